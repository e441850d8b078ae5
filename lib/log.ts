/**
 * One JSON line per event, to stderr. Signatures, policies, cookies and passwords never reach it: known
 * fields are censored, and any URL keeps its path but loses its query.
 */
import pino from "pino";
import { settings } from "./env.ts";

const secretPaths = [
  "authorization",
  "cookie",
  "password",
  "token",
  "secret",
  "policy",
  "fields",
  "headers.authorization",
  "headers.cookie",
  'headers["set-cookie"]',
  "*.password",
  "*.token",
  "*.secretAccessKey",
  "*.fields",
];

/** A text without what opens something in its addresses: signatures, and the tokens of shares. */
export const withoutSignatures = (text: string): string =>
  text
    .replace(/\/(s|guest)\/[\w-]{16,}/g, "/$1/[redacted]")
    .replace(/\?[^\s"']*(?:x-amz-|signature|policy|key-pair-id|token)[^\s"']*/gi, "?[redacted]");

type Described = { name: string; message: string; code?: unknown; stack?: string; cause?: Described };

function describe(error: unknown, depth = 0): Described {
  if (!(error instanceof Error)) return { name: typeof error, message: withoutSignatures(String(error)) };
  // Drizzle puts the SQL and its parameters into the message; the cause says what went wrong without them.
  const message = error.name === "DrizzleQueryError" ? "query failed" : withoutSignatures(error.message);
  return {
    name: error.name,
    message,
    ...("code" in error ? { code: error.code } : {}),
    ...(error.stack === undefined
      ? {}
      : { stack: withoutSignatures(error.stack.slice(error.stack.indexOf("\n    at ") + 1)) }),
    ...(error.cause === undefined || depth > 4 ? {} : { cause: describe(error.cause, depth + 1) }),
  };
}

let root: pino.Logger | undefined;

/** The logger of a part of Tintype: `log("worker").info({ uploadId }, "finalized")`. */
export function log(part: string): pino.Logger {
  root ??= pino(
    {
      level: settings().logLevel,
      base: undefined,
      redact: { paths: secretPaths, censor: "[redacted]" },
      serializers: { err: describe, error: describe },
      formatters: { level: (level) => ({ level }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ fd: 2, sync: true }),
  );
  return root.child({ part });
}

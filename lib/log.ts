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

/** Drizzle gives its failures no name of their own; their message holds the SQL and all its parameters. */
const failedQuery = "Failed query: ";

/**
 * A text without what opens something: signatures in addresses, the tokens of shares and invitations, the password of
 * the database, and the parameters of a query, which may be a session's token. No part of a pattern may begin anywhere in
 * what another reads to its end: a failure may quote whatever somebody sent, and all requests wait for this.
 */
export const withoutSecrets = (text: string): string =>
  text
    .replace(/Failed query: [\s\S]*?(?=\n[ \t]{1,8}at |$)/g, "query failed")
    .replace(/(\b\w{1,32}:\/\/[^\s:/@]*:)[^\s/@]+@/g, "$1[redacted]@")
    .replace(/\/(s|guest|invite)\/[\w-]{16,}/g, "/$1/[redacted]")
    .replace(/\?[^\s"'?]*(?:x-amz-|signature|policy|key-pair-id|token)[^\s"']*/gi, "?[redacted]");

type Described = { name: string; message: string; code?: unknown; stack?: string; cause?: Described };

function describe(error: unknown, depth = 0): Described {
  if (!(error instanceof Error)) return { name: typeof error, message: withoutSecrets(String(error)) };
  const { name, stack } = error;
  // The cause says what went wrong without the parameters.
  const message = error.message.startsWith(failedQuery) ? "query failed" : withoutSecrets(error.message);
  return {
    name,
    message,
    ...("code" in error ? { code: error.code } : {}),
    ...(stack === undefined ? {} : { stack: withoutSecrets(callsIn(stack, error.message)) }),
    ...(error.cause === undefined || depth > 4 ? {} : { cause: describe(error.cause, depth + 1) }),
  };
}

/** The lines of a stack below its message, which may hold such lines itself. */
function callsIn(stack: string, message: string): string {
  const from = message === "" ? 0 : stack.indexOf(message) + message.length;
  return stack.slice(stack.indexOf("\n    at ", from) + 1);
}

let root: pino.Logger | undefined;

/** The logger of a part of Tintype: `log("worker").info({ uploadId }, "finalized")`. */
export function log(part: string): pino.Logger {
  root ??= pino(
    {
      level: settings().logLevel,
      base: undefined,
      redact: { paths: secretPaths, censor: "[redacted]" },
      serializers: { err: describe, error: describe, fatalError: describe },
      formatters: { level: (level) => ({ level }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: {
        // Some libraries write the failure into the sentence.
        logMethod(given, write) {
          const told = given.map((one) => (typeof one === "string" ? withoutSecrets(one) : one));
          write.apply(this, told as typeof given);
        },
      },
    },
    pino.destination({ fd: 2, sync: true }),
  );
  return root.child({ part });
}

/**
 * One HTTP request and exactly what came back: no redirect followed, nothing retried, nothing kept. The SDK hides the
 * very things a doctor looks at: a redirect, a page of HTML, the headers of a refusal.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { XMLParser } from "fast-xml-parser";
import { agentOptions } from "../storage/s3/connection.ts";

export type Answer = {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** S3's own description of a refusal, where the body is one. */
  fault: { code: string; message: string } | undefined;
  /** Milliseconds since 1970, before and after. */
  sent: number;
  received: number;
};

export type Asked = {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
};

/** There was no answer; `code` is the system's, such as ECONNREFUSED. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const answerMsMax = 10_000;
/** More than any answer that is judged here. */
const bodyBytesMax = 1024 * 1024;

const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false });

/** The document in a body, or undefined when it is not XML. */
export function xmlOf(body: Buffer): Record<string, unknown> | undefined {
  const text = body.toString("utf8").trimStart();
  if (!text.startsWith("<") || /^<(!doctype\s+html|html)/i.test(text)) return undefined;
  try {
    const parsed: unknown = parser.parse(text);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : undefined;
  } catch {
    // Not XML after all: the caller is told so.
    return undefined;
  }
}

/** A node of a parsed document, always as a list. */
export const listOf = (node: unknown): unknown[] =>
  node === undefined || node === "" ? [] : Array.isArray(node) ? node : [node];

/** The value below a path of names, as text. */
export function textAt(node: unknown, ...names: string[]): string | undefined {
  const found = nodeAt(node, ...names);
  return typeof found === "string" ? found : undefined;
}

export function nodeAt(node: unknown, ...names: string[]): unknown {
  let current = node;
  for (const name of names) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Reflect.get(current, name);
  }
  return current;
}

function faultOf(body: Buffer): Answer["fault"] {
  const error = nodeAt(xmlOf(body), "Error");
  const code = textAt(error, "Code");
  return code === undefined ? undefined : { code, message: textAt(error, "Message") ?? "" };
}

/** Sends one request. Throws NoAnswer. */
export function ask({ method, url, headers = {}, body }: Asked): Promise<Answer> {
  const target = new URL(url);
  const isHttps = target.protocol === "https:";
  const send = isHttps ? httpsRequest : httpRequest;
  // Through the same proxy as everything else, but on a connection of its own: nothing an earlier answer left open.
  const agent = new (isHttps ? HttpsAgent : HttpAgent)({ ...agentOptions(url), keepAlive: false });
  const sent = Date.now();
  return new Promise((resolve, reject) => {
    const none = (error: NodeJS.ErrnoException): void =>
      // The signal is ours alone: it means that there was no answer in time.
      reject(
        new NoAnswer(error.name === "AbortError" ? "ETIMEDOUT" : (error.code ?? error.name), error.message),
      );
    const request = send(
      target,
      {
        method,
        agent,
        headers: { ...headers, ...(body === undefined ? {} : { "content-length": String(body.byteLength) }) },
        signal: AbortSignal.timeout(answerMsMax),
      },
      (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        const end = (): void => {
          const whole = Buffer.concat(pieces);
          const { statusCode: status = 0, headers } = response;
          // A store that refuses early closes while we still send; its answer is what counts.
          request.destroy();
          resolve({ status, headers, body: whole, fault: faultOf(whole), sent, received: Date.now() });
        };
        response.on("data", (piece: Buffer) => {
          pieces.push(piece);
          bytes += piece.byteLength;
          if (bytes > bodyBytesMax) end();
        });
        response.on("end", end);
        response.on("error", none);
      },
    );
    request.on("error", none);
    request.end(body);
  });
}

/** "403 AccessDenied", "200", "502": an answer in as few words as a person needs to look it up. */
export const named = ({ status, fault }: Pick<Answer, "status" | "fault">): string =>
  fault === undefined ? String(status) : `${status} ${fault.code}`;

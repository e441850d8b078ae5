/**
 * The route handlers of the upload, called without Next in between. They are asked far more often than anything else,
 * and Next's frame around them costs more than they do; what it adds (compression) is done here. Whatever is not
 * plainly one of them goes to Next as before.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import * as complete from "#app/api/uploads/complete/route.ts";
import * as uploads from "#app/api/uploads/route.ts";
import * as status from "#app/api/uploads/status/route.ts";
import { limits } from "#lib/media.ts";

type Handler = (request: Request, context: { params: Promise<unknown> }) => Promise<Response>;

const handlers = new Map<string, Handler>([
  ["POST /api/uploads", uploads.POST],
  ["POST /api/uploads/complete", complete.POST],
  ["POST /api/uploads/status", status.POST],
]);
/** Below this a packet is a packet. */
const gzipFrom = 1_024;
const zip = promisify(gzip);

/** The handler for a request, if it is one of these. */
export const uploadHandler = (request: IncomingMessage): Handler | undefined =>
  handlers.get(`${request.method} ${request.url}`);

/** Answers a request with its handler, which catches everything that its work can throw. */
export async function answer(
  handler: Handler,
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
): Promise<void> {
  const left = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) left.abort();
  });
  const body = await bodyOf(request).catch((error: unknown) => {
    // Whoever went away in the middle of a question needs no answer, and it is no fault of ours to be logged.
    if (request.destroyed) return undefined;
    throw error;
  });
  if (body === undefined) return;
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  const asked = new Request(`${origin}${request.url}`, {
    method: request.method ?? "POST",
    headers,
    body,
    signal: left.signal,
  });
  const given = await handler(asked, { params: Promise.resolve({}) });
  let told: Uint8Array = new Uint8Array(await given.arrayBuffer());
  response.statusCode = given.status;
  for (const [name, value] of given.headers) response.setHeader(name, value);
  response.setHeader("vary", "Accept-Encoding");
  if (told.byteLength >= gzipFrom && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "")) {
    told = await zip(told, { level: 4 });
    response.setHeader("content-encoding", "gzip");
  }
  response.setHeader("content-length", told.byteLength);
  response.end(told);
}

/** At most one byte more than the handler takes: it refuses that, and nothing larger is ever held. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  // Not destroyed by leaving early: the refusal has to reach whoever is still sending.
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes > limits.jsonBytesMax) break;
  }
  return new Uint8Array(Buffer.concat(pieces).subarray(0, limits.jsonBytesMax + 1));
}

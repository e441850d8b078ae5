/**
 * The one wrapper of every route handler: who asks, from where, with what; and the one place where an
 * error becomes an answer. A handler parses nothing twice and catches nothing.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { viewerFrom } from "./auth.ts";
import { isDatabaseGone } from "./database-gone.ts";
import { settings } from "./env.ts";
import { type ErrorCode, errorStatus, TintypeError } from "./errors.ts";
import { log } from "./log.ts";
import { limits, type Problem, type Viewer } from "./media.ts";
import { StorageError } from "./storage/port.ts";
import { words } from "./words.ts";

const sentences = words("errors");
const changing = new Set(["POST", "PUT", "PATCH", "DELETE"]);

export type Asked<Body, Params> = {
  request: Request;
  viewer: Viewer | undefined;
  body: Body;
  params: Params;
};
type Shapes<Body, Params> = {
  /** The JSON body; without a shape no body is read. */
  body?: z.ZodType<Body>;
  /** How long the body may be where that is more than usual. */
  bodyBytesMax?: number;
  params?: z.ZodType<Params>;
};
type Context = { params: Promise<unknown> };

/** A route handler: `export const POST = route({ body: beginShape }, async ({ viewer, body }) => json(…))`. */
export function route<Body = undefined, Params = undefined>(
  shapes: Shapes<Body, Params>,
  handle: (asked: Asked<Body, Params>) => Promise<Response>,
): (request: Request, context: Context) => Promise<Response> {
  return async (request, context) => {
    const requestId = request.headers.get("x-request-id") ?? randomUUID();
    try {
      if (changing.has(request.method)) assertSameSite(request.headers);
      const params =
        shapes.params === undefined ? undefined : parseParams(shapes.params, await context.params);
      const body =
        shapes.body === undefined
          ? undefined
          : parseBody(shapes.body, await readJson(request, shapes.bodyBytesMax ?? limits.jsonBytesMax));
      const viewer = await viewerFrom(request.headers);
      // Where no shape is given, Body and Params are undefined by their defaults.
      const response = await handle({ request, viewer, body: body as Body, params: params as Params });
      response.headers.set("cache-control", response.headers.get("cache-control") ?? "no-store");
      response.headers.set("x-request-id", requestId);
      return response;
    } catch (error) {
      return problem(error, requestId);
    }
  };
}

/** A JSON answer. */
export const json = (value: unknown, init?: ResponseInit): Response => Response.json(value, init);

/**
 * a browser always tells where a changing request comes from. Scripts that send neither header
 * cannot carry a visitor's cookie, but are refused too: nobody needs that door.
 */
export function assertSameSite(headers: Headers): void {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if (origin !== new URL(settings().appUrl).origin) throw new TintypeError("cross_site");
  if (site !== null && site !== "same-origin") throw new TintypeError("cross_site");
}

function parseParams<Params>(shape: z.ZodType<Params>, params: unknown): Params {
  const parsed = shape.safeParse(params);
  // an id that cannot exist is answered like one that does not.
  if (!parsed.success) throw new TintypeError("not_found");
  return parsed.data;
}

function parseBody<Body>(shape: z.ZodType<Body>, value: unknown): Body {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.some((issue) => issue.code === "unrecognized_keys");
  throw new TintypeError(unknown ? "unknown_field" : "bad_request", {
    details: { fields: parsed.error.issues.slice(0, 10).map((issue) => z.core.toDotPath(issue.path)) },
  });
}

/** Reads at most `bytesMax` of JSON; a longer body is refused while it arrives, not after. */
async function readJson(request: Request, bytesMax: number): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) throw new TintypeError("wrong_content_type");
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (request.body !== null)
    for await (const chunk of request.body) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw new TintypeError("too_large", { details: { max: bytesMax } });
      chunks.push(chunk);
    }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new TintypeError("bad_json", { cause });
  }
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof TintypeError) return error.code;
  // A bucket that is gone is as good as one that does not answer.
  if (error instanceof StorageError)
    return error.code === "unavailable" || error.code === "not_found" ? "storage_unavailable" : "internal";
  return isDatabaseGone(error) ? "database_unavailable" : "internal";
}

/** application/problem+json with a code for programs and a sentence for people; the cause goes to the log alone. */
function problem(error: unknown, requestId: string): Response {
  const code = codeOf(error);
  const status = errorStatus[code];
  const known = error instanceof TintypeError ? error : undefined;
  const retryAfter = known?.retryAfter ?? (status === 503 ? 5 : undefined);
  if (status >= 500) log("http").error({ err: error, requestId, code }, "request failed");
  const body: Problem = {
    type: "about:blank",
    title: code,
    status,
    code,
    detail: sentences(code),
    requestId,
    ...known?.details,
  };
  return Response.json(body, {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-request-id": requestId,
      ...(retryAfter === undefined ? {} : { "retry-after": String(Math.ceil(retryAfter)) }),
    },
  });
}

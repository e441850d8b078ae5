/** Conditional requests (RFC 9110 §13) and byte ranges (§14), as far as S3 has them. */
import { S3Error } from "./s3-error.ts";
import type { StoredObject } from "./schema.ts";

type Headers = Map<string, string>;

const namesEtag = (list: string, etag: string): boolean =>
  list.split(",").some((one) => {
    const name = one
      .trim()
      .replace(/^W\//, "")
      .replace(/^"(.*)"$/, "$1");
    return name === "*" || name === etag;
  });

/** HTTP dates have whole seconds; undefined for what is none, which is then ignored. */
function seconds(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}

const unmet = (condition: string): S3Error =>
  new S3Error(
    "PreconditionFailed",
    `At least one of the pre-conditions you specified did not hold: ${condition}`,
  );

/** Whether a reader already has this version (304). Refuses with PreconditionFailed. */
export function isUnchanged(headers: Headers, object: StoredObject): boolean {
  const modified = Math.floor(object.modified / 1000);
  const match = headers.get("if-match");
  const since = seconds(headers.get("if-unmodified-since"));
  if (match !== undefined) {
    if (!namesEtag(match, object.etag)) throw unmet("If-Match");
  } else if (since !== undefined && modified > since) throw unmet("If-Unmodified-Since");
  const none = headers.get("if-none-match");
  if (none !== undefined) return namesEtag(none, object.etag);
  const modifiedSince = seconds(headers.get("if-modified-since"));
  return modifiedSince !== undefined && modified <= modifiedSince;
}

/** Whether a write may happen, seen against what is there now. Refuses with PreconditionFailed or NoSuchKey. */
export function checkWrite(headers: Headers, object: StoredObject | undefined): void {
  const none = headers.get("if-none-match");
  if (none !== undefined) {
    if (none.trim() !== "*")
      throw new S3Error(
        "NotImplemented",
        "A header you provided implies functionality that is not implemented: If-None-Match other than *.",
      );
    if (object !== undefined) throw unmet("If-None-Match");
  }
  const match = headers.get("if-match");
  if (match === undefined) return;
  if (object === undefined) throw new S3Error("NoSuchKey", "The specified key does not exist.");
  if (!namesEtag(match, object.etag)) throw unmet("If-Match");
}

/** Both ends included. */
export type Span = { start: number; end: number };

/**
 * The one range asked for, both ends included; undefined means the whole object. Several ranges are answered with
 * the whole, which RFC 9110 allows. Refuses with InvalidRange when nothing of it is there.
 */
export function rangeOf(headers: Headers, object: StoredObject): Span | undefined {
  const m = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get("range")?.trim() ?? "");
  const [, first = "", last = ""] = m ?? [];
  if (m === null || (first === "" && last === "")) return undefined;
  const ifRange = headers.get("if-range");
  if (ifRange !== undefined && !rangeStillFits(ifRange, object)) return undefined;
  const size = object.bytes;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  if (start >= size || (first === "" && Number(last) === 0))
    throw new S3Error("InvalidRange", "The requested range is not satisfiable", {
      headers: { "Content-Range": `bytes */${size}` },
    });
  return { start, end };
}

function rangeStillFits(ifRange: string, object: StoredObject): boolean {
  if (/^(W\/)?"/.test(ifRange)) return ifRange === `"${object.etag}"`;
  return seconds(ifRange) === Math.floor(object.modified / 1000);
}

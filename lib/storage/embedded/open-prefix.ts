/**
 * What of a bucket anybody may read: nothing, unless whoever starts the store names a folder. For static/, which holds
 * the scripts of pages that anybody may load.
 */
import type { S3Request } from "./request.ts";
import type { Signed } from "./sigv4.ts";

/** `prefix` is a folder: it ends with a slash. */
export type OpenPrefix = { bucket: string; prefix: string };

/** Goes with a request that nobody signed. */
export const nobody: Signed = {
  payload: "UNSIGNED-PAYLOAD",
  seed: { signature: "", date: "", scope: "", key: Buffer.alloc(0) },
};

/** Whoever signs is judged by the signature; a query is only for those who do. */
const isAnonymous = (request: S3Request): boolean =>
  !request.headers.has("authorization") &&
  !request.query.some(([name]) => /^(x-amz-|response-|AWSAccessKeyId$|Signature$)/i.test(name));

/** A plain read of one object in a folder that is open to everybody. */
export function isOpenRead(request: S3Request, open: readonly OpenPrefix[]): boolean {
  return (
    (request.method === "GET" || request.method === "HEAD") &&
    isAnonymous(request) &&
    open.some(
      ({ bucket, prefix }) =>
        prefix.endsWith("/") &&
        request.bucket === bucket &&
        request.key.startsWith(prefix) &&
        // A proxy in front may read dots as a way out; there is nothing of that name to be missed.
        request.key.split("/").every((part) => part !== "" && part !== "." && part !== ".."),
    )
  );
}

/**
 * The folder static/ that `url` leads to in the bucket at `base`. None when it leads elsewhere, to a folder of any
 * other name, or to one in which the pictures at `location` are: no setting opens pictures.
 */
export function openPrefixOf(
  url: string | undefined,
  base: string,
  bucket: string,
  location = "",
): OpenPrefix[] {
  const start = `${base.replace(/\/+$/, "")}/${bucket}/`;
  if (url === undefined || !`${url}/`.startsWith(start)) return [];
  const prefix = `${url}/`.slice(start.length);
  if (!/^([a-zA-Z0-9_-]+\/)*static\/$/.test(prefix) || location.startsWith(prefix)) return [];
  return [{ bucket, prefix }];
}

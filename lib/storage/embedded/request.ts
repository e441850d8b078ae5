/** A request as SigV4 and S3 see it: the bytes of the address before anything has been made pretty. */
import type { IncomingMessage } from "node:http";
import { headerText, uriDecode } from "./encoding.ts";
import { S3Error } from "./s3-error.ts";

export type S3Request = {
  message: IncomingMessage;
  method: string;
  /** The decoded path as it was signed. */
  path: string;
  /** Decoded names and values in the order sent. */
  query: [string, string][];
  bucket: string;
  /** "" for a request about the bucket. */
  key: string;
  /** Lower-case names; a repeated header's values joined with commas, as they are signed. */
  headers: Map<string, string>;
};

export const keyBytesMax = 1024;

/** The value of a query parameter. Refuses one that is given twice, since signer and reader could pick different ones. */
export function queryValue(request: Pick<S3Request, "query">, name: string): string | undefined {
  const found = request.query.filter(([known]) => known === name);
  if (found.length > 1) throw new S3Error("InvalidArgument", `${name} is given more than once.`);
  return found[0]?.[1];
}

/** The parts of a signature in a query. They are no headers that moved. */
const proofNames =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256)$/;

/**
 * A signed URL may carry in its query what otherwise is a header (x-amz-meta-*, x-amz-checksum-*): the SDKs move it
 * there. The signature covers both places.
 */
export function withMovedHeaders(request: S3Request): S3Request {
  const headers = new Map(request.headers);
  for (const [name, value] of request.query) {
    const header = name.toLowerCase();
    if (header.startsWith("x-amz-") && !proofNames.test(header) && !headers.has(header))
      headers.set(header, headerText(value));
  }
  return { ...request, headers };
}

/** S3 reads a plus sign in a query as a space; clients that mean a plus write %2B. */
function parseQuery(text: string): [string, string][] {
  if (text === "") return [];
  return text
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      const [name, value] = at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
      return [uriDecode(name.replaceAll("+", " ")), uriDecode(value.replaceAll("+", " "))];
    });
}

function joinedHeaders(raw: string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? "").toLowerCase();
    const before = headers.get(name);
    const value = raw[i + 1] ?? "";
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

/** The bucket in `<bucket>.<domain>`, for clients that put it into the host name. */
function hostedBucket(host: string, domains: string[]): string | undefined {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const domain = domains.find((one) => name.endsWith(`.${one}`));
  return domain === undefined ? undefined : name.slice(0, -(domain.length + 1));
}

/** The key of an object, checked: at most 1,024 bytes of UTF-8 without NUL, which no XML answer could carry. */
export function checkedKey(key: string): string {
  if (Buffer.byteLength(key) > keyBytesMax)
    throw new S3Error("KeyTooLongError", `Your key is too long: the limit is ${keyBytesMax} bytes.`);
  if (key.includes("\0")) throw new S3Error("InvalidArgument", "A key cannot contain NUL.");
  return key;
}

/** Takes the request line apart. Segments like `..` stay what they are: part of a name. */
export function readRequest(message: IncomingMessage, domains: string[]): S3Request {
  const url = message.url ?? "/";
  if (!url.startsWith("/")) throw new S3Error("InvalidURI", "Couldn't parse the specified URI.");
  const mark = url.indexOf("?");
  const path = uriDecode(mark < 0 ? url : url.slice(0, mark));
  const headers = joinedHeaders(message.rawHeaders);
  const hosted = hostedBucket(headers.get("host") ?? "", domains);
  const slash = path.indexOf("/", 1);
  const bucket = hosted ?? (slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = hosted !== undefined ? path.slice(1) : slash < 0 ? "" : path.slice(slash + 1);
  return {
    message,
    method: message.method ?? "GET",
    path,
    query: mark < 0 ? [] : parseQuery(url.slice(mark + 1)),
    bucket,
    key: checkedKey(key),
    headers,
  };
}

/** Operations on one object: put, get, head, delete. */
import { pipeline } from "node:stream/promises";
import { checksumElements, checksumHeaders } from "./checksums.ts";
import { checkWrite, isUnchanged, rangeOf, type Span } from "./conditions.ts";
import { checkedHeaderValue, headerText, mimeWord } from "./encoding.ts";
import { bytesOf, noSuchKey, type OpenObject, openObject } from "./reading.ts";
import { queryValue } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import {
  bucketNamed,
  type Call,
  detailsOf,
  incoming,
  keepObject,
  objectBytesMax,
  receive,
  removeBodies,
} from "./store.ts";
import { tagCount } from "./tags.ts";
import { document } from "./xml.ts";

export async function putObject(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const details = detailsOf(request.headers);
  const body = incoming(call);
  if (body.bytes === undefined)
    throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.");
  if (body.bytes > objectBytesMax)
    throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  // Once before the body, to spare its transfer, and again in the transaction that decides.
  checkWrite(request.headers, store.catalogue.object(bucket, request.key));
  const received = await receive(store, body, { bytesMin: 0, bytesMax: objectBytesMax });
  const object = await keepObject(store, bucket, received, {
    key: request.key,
    conditions: request.headers,
    ...details,
  });
  exchange.send(200, { ETag: `"${object.etag}"`, ...checksumHeaders(object.checksum) });
}

const overrides = [
  "content-type",
  "content-language",
  "expires",
  "cache-control",
  "content-disposition",
  "content-encoding",
];

function objectHeaders(call: Call, { object }: OpenObject): Record<string, string> {
  const headers: Record<string, string> = {
    "content-type": "binary/octet-stream",
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.modified).toUTCString(),
    "accept-ranges": "bytes",
  };
  for (const [name, value] of Object.entries(object.headers))
    headers[name] = name.startsWith("x-amz-meta-") ? mimeWord(value) : value;
  if (object.tags !== "") headers["x-amz-tagging-count"] = String(tagCount(object.tags));
  for (const name of overrides) {
    const value = queryValue(call.request, `response-${name}`);
    if (value !== undefined) headers[name] = checkedHeaderValue(`response-${name}`, headerText(value));
  }
  return headers;
}

/** Where a part lies in its object. Refuses with InvalidPartNumber. */
function spanOfPart(text: string, { object, parts }: OpenObject): Span {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 10_000)
    throw new S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
  const all = object.parts === undefined ? [object] : parts;
  const part = all[Number(text) - 1];
  if (part === undefined)
    throw new S3Error("InvalidPartNumber", "The requested partnumber is not satisfiable");
  const start = all.slice(0, Number(text) - 1).reduce((sum, { bytes }) => sum + bytes, 0);
  return { start, end: start + part.bytes - 1 };
}

/** The bytes asked for by Range or partNumber; undefined means all of them. */
function spanAsked({ request }: Call, opened: OpenObject): Span | undefined {
  const part = queryValue(request, "partNumber");
  if (part === undefined) return rangeOf(request.headers, opened.object);
  if (request.headers.has("range"))
    throw new S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter");
  return spanOfPart(part, opened);
}

type Answer = { status: number; headers: Record<string, string>; span: Span | undefined };

/** Status, headers and the bytes that follow, none for 304. */
function answerOf(call: Call, opened: OpenObject): Answer {
  const { request } = call;
  const { object } = opened;
  const headers = objectHeaders(call, opened);
  if (isUnchanged(request.headers, object)) {
    for (const name of ["content-type", "content-encoding"]) delete headers[name];
    return { status: 304, headers, span: undefined };
  }
  if (queryValue(request, "partNumber") !== undefined && object.parts !== undefined)
    headers["x-amz-mp-parts-count"] = String(object.parts);
  const asked = spanAsked(call, opened);
  const span = asked ?? { start: 0, end: object.bytes - 1 };
  headers["content-length"] = String(span.end - span.start + 1);
  const isWhole = span.start === 0 && span.end === object.bytes - 1;
  if (isWhole && request.headers.get("x-amz-checksum-mode")?.toUpperCase() === "ENABLED")
    Object.assign(headers, checksumHeaders(object.checksum));
  // An empty part has no first byte that a range could name.
  if (asked === undefined || span.end < span.start) return { status: 200, headers, span };
  headers["content-range"] = `bytes ${span.start}-${span.end}/${object.bytes}`;
  return { status: 206, headers, span };
}

/** GET and HEAD, with conditions, a range or a part, and the response-* overrides of signed URLs. */
export async function getObject(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const opened = openObject(store, bucketNamed(store, request.bucket), request.key);
  try {
    const { status, headers, span } = answerOf(call, opened);
    if (request.method === "HEAD" || span === undefined || span.end < span.start) {
      exchange.head(status, headers);
      exchange.response.end();
      return;
    }
    const chunks = bytesOf(store, opened.pieces, span);
    // The status goes out when the disk has given the first bytes: what fails before is a refusal, not a torn answer.
    const first = await chunks.next();
    exchange.head(status, headers);
    if (first.done === true || first.value.length === span.end - span.start + 1) {
      await chunks.return();
      exchange.response.end(first.value);
    } else {
      exchange.response.write(first.value);
      await pipeline(chunks, exchange.response);
    }
  } finally {
    await opened.close();
  }
}

export async function deleteObject(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const bodies = await store.catalogue.change(() => {
    checkWrite(request.headers, store.catalogue.object(bucket, request.key));
    return store.catalogue.removeObject(bucket, request.key);
  });
  await removeBodies(store, bodies);
  exchange.send(204);
}

/** GetObjectAttributes: what is known of an object, as far as it is asked for. */
export async function getAttributes(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const wanted = (request.headers.get("x-amz-object-attributes") ?? "").split(",").map((one) => one.trim());
  if (wanted.every((one) => one === ""))
    throw new S3Error("InvalidArgument", "x-amz-object-attributes must name at least one attribute.");
  const bucket = bucketNamed(store, request.bucket);
  const object = store.catalogue.object(bucket, request.key);
  if (object === undefined) throw noSuchKey();
  const has = (name: string): boolean => wanted.includes(name);
  const body = {
    ETag: has("ETag") ? object.etag : undefined,
    Checksum: has("Checksum") && object.checksum ? checksumElements(object.checksum) : undefined,
    ObjectParts: has("ObjectParts") && object.parts !== undefined ? { PartsCount: object.parts } : undefined,
    StorageClass: has("StorageClass") ? "STANDARD" : undefined,
    ObjectSize: has("ObjectSize") ? object.bytes : undefined,
  };
  exchange.sendXml(200, document("GetObjectAttributesResponse", body), {
    "Last-Modified": new Date(object.modified).toUTCString(),
  });
}

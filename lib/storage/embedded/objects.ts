/** Operations on one object: put, get, head, delete, copy. */

import type { FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Bucket, StoredObject } from "./catalogue.ts";
import { checkWrite, isUnchanged, rangeOf, type Span } from "./conditions.ts";
import { checkedHeaderValue, headerText, uriDecode } from "./encoding.ts";
import { checkedKey, queryValue } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import {
  bucketNamed,
  type Call,
  headersToKeep,
  incoming,
  keepObject,
  objectBytesMax,
  receive,
  removeBodies,
  type Store,
} from "./store.ts";
import { document } from "./xml.ts";

/** A whole object up to this size is read at once; a rendition usually is. */
const wholeReadBytesMax = 256 * 1024;
const readBatchBytes = 256 * 1024;

const noSuchKey = (): S3Error => new S3Error("NoSuchKey", "The specified key does not exist.");

export async function putObject(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const headers = headersToKeep(request.headers);
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
    headers,
    conditions: request.headers,
  });
  exchange.send(200, { ETag: `"${object.etag}"`, ...checksumsBack(body.promised.checksums) });
}

const checksumsBack = (checksums: Map<string, string | undefined>): Record<string, string> =>
  Object.fromEntries([...checksums].map(([name, value]) => [`x-amz-checksum-${name}`, value ?? ""]));

const overrides = [
  "content-type",
  "content-language",
  "expires",
  "cache-control",
  "content-disposition",
  "content-encoding",
];

function objectHeaders(call: Call, object: StoredObject): Record<string, string> {
  const headers: Record<string, string> = {
    "content-type": "binary/octet-stream",
    ...object.headers,
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.modified).toUTCString(),
    "accept-ranges": "bytes",
  };
  for (const name of overrides) {
    const value = queryValue(call.request, `response-${name}`);
    if (value !== undefined) headers[name] = checkedHeaderValue(`response-${name}`, headerText(value));
  }
  return headers;
}

/** The row and its open body. A replacement in between makes the row stale, hence the second look. */
async function openObject(store: Store, bucket: Bucket, key: string): Promise<[StoredObject, FileHandle]> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const object = store.catalogue.object(bucket, key);
    if (object === undefined) throw noSuchKey();
    const handle = await store.bodies.read(object.body);
    if (handle !== undefined) return [object, handle];
  }
  throw new Error("The index names a body that is not on the disk.");
}

async function sendBytes(call: Call, handle: FileHandle, span: Span): Promise<void> {
  const { response } = call.exchange;
  const bytes = span.end - span.start + 1;
  if (bytes <= wholeReadBytesMax) {
    const buffer = Buffer.allocUnsafe(bytes);
    const { bytesRead } = await handle.read(buffer, 0, bytes, span.start);
    if (bytesRead !== bytes) throw new Error("A body is shorter than the index says.");
    response.end(buffer);
    return;
  }
  const stream = handle.createReadStream({
    start: span.start,
    end: span.end,
    highWaterMark: readBatchBytes,
    autoClose: false,
  });
  await pipeline(stream, response);
}

/** GET and HEAD, with conditions, one range and the response-* overrides of signed URLs. */
export async function getObject(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const isHead = request.method === "HEAD";
  if (isHead) {
    const object = store.catalogue.object(bucket, request.key);
    if (object === undefined) throw noSuchKey();
    answerObject(call, object);
    exchange.response.end();
    return;
  }
  const [object, handle] = await openObject(store, bucket, request.key);
  try {
    const span = answerObject(call, object);
    if (span === undefined) exchange.response.end();
    else await sendBytes(call, handle, span);
  } finally {
    await handle.close();
  }
}

/** Writes status and headers; returns what is to be sent, undefined for nothing. */
function answerObject(call: Call, object: StoredObject): Span | undefined {
  const { request, exchange } = call;
  const headers = objectHeaders(call, object);
  if (isUnchanged(request.headers, object)) {
    for (const name of ["content-type", "content-encoding"]) delete headers[name];
    exchange.head(304, headers);
    return undefined;
  }
  const span = rangeOf(request.headers, object);
  if (span !== undefined) {
    headers["content-range"] = `bytes ${span.start}-${span.end}/${object.bytes}`;
    headers["content-length"] = String(span.end - span.start + 1);
    exchange.head(206, headers);
    return span;
  }
  if (
    object.sha256 !== undefined &&
    request.headers.get("x-amz-checksum-mode")?.toUpperCase() === "ENABLED"
  ) {
    headers["x-amz-checksum-sha256"] = object.sha256;
    headers["x-amz-checksum-type"] = "FULL_OBJECT";
  }
  headers["content-length"] = String(object.bytes);
  exchange.head(200, headers);
  return object.bytes === 0 ? undefined : { start: 0, end: object.bytes - 1 };
}

export async function deleteObject(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const body = await store.catalogue.change(() => {
    if (request.headers.has("if-match")) {
      const conditions = new Map([["if-match", request.headers.get("if-match") ?? ""]]);
      checkWrite(conditions, store.catalogue.object(bucket, request.key));
    }
    return store.catalogue.removeObject(bucket, request.key);
  });
  await removeBodies(store, [body]);
  exchange.send(204);
}

/** The object that x-amz-copy-source names, `/bucket/key` in percent-encoding. */
export function copySource(call: Call): { bucket: Bucket; key: string } {
  const header = call.request.headers.get("x-amz-copy-source") ?? "";
  if (header.includes("?")) throw new S3Error("NotImplemented", "This store keeps no versions.");
  const path = uriDecode(header).replace(/^\//, "");
  const slash = path.indexOf("/");
  if (slash < 1 || slash === path.length - 1)
    throw new S3Error("InvalidArgument", "Copy Source must mention the source bucket and key: /bucket/key");
  return { bucket: bucketNamed(call.store, path.slice(0, slash)), key: checkedKey(path.slice(slash + 1)) };
}

/** Opens the source of a copy once its conditions hold. The caller closes the handle. */
export async function openCopySource(call: Call): Promise<[StoredObject, FileHandle]> {
  const source = copySource(call);
  const opened = await openObject(call.store, source.bucket, source.key);
  const conditions = new Map(
    [...call.request.headers]
      .filter(([name]) => name.startsWith("x-amz-copy-source-if-"))
      .map(([name, value]) => [name.slice("x-amz-copy-source-".length), value]),
  );
  try {
    if (isUnchanged(conditions, opened[0]))
      throw new S3Error(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
      );
    return opened;
  } catch (error) {
    await opened[1].close();
    throw error;
  }
}

export async function copyObject(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const replaces = request.headers.get("x-amz-metadata-directive")?.toUpperCase() === "REPLACE";
  const given = headersToKeep(request.headers);
  const source = copySource(call);
  if (!replaces && source.bucket === bucket && source.key === request.key)
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it changes nothing about the object.",
    );
  const [object, handle] = await openCopySource(call);
  try {
    const chunks = handle.createReadStream({ autoClose: false, highWaterMark: readBatchBytes });
    const body = { chunks, promised: { checksums: new Map() }, bytes: object.bytes };
    const received = await receive(store, body, { bytesMin: 0, bytesMax: objectBytesMax });
    const copy = await keepObject(store, bucket, received, {
      key: request.key,
      headers: replaces ? given : object.headers,
      conditions: request.headers,
    });
    exchange.sendXml(
      200,
      document("CopyObjectResult", {
        LastModified: new Date(copy.modified).toISOString(),
        ETag: `"${copy.etag}"`,
      }),
    );
  } finally {
    await handle.close();
  }
}

/** Multipart uploads: parts are bodies like any other, and completing makes them the body of an object as they are. */
import { createHash, randomBytes } from "node:crypto";
import {
  type ChecksumName,
  checksumElement,
  checksumElements,
  checksumKind,
  checksumOfParts,
  nothingPromised,
} from "./checksums.ts";
import { checkWrite } from "./conditions.ts";
import { openCopySource } from "./copying.ts";
import { bytesOf } from "./reading.ts";
import { queryValue } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { type Bucket, partsMax, type StoredObject, type StoredPart, type StoredUpload } from "./schema.ts";
import {
  bucketNamed,
  type Call,
  commitBodies,
  detailsOf,
  type Incoming,
  incoming,
  objectBytesMax,
  readText,
  receive,
  removeBodies,
} from "./store.ts";
import { childrenOf, document, parseXml, textOf, type XmlElement } from "./xml.ts";

const completeBytesMax = 4 * 1024 * 1024;
/** S3's smallest part, the last one excepted; a client that does not know it would fail elsewhere. */
const partBytesMin = 5 * 1024 * 1024;

const noSuchUpload = (): S3Error =>
  new S3Error(
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
  );

export function uploadOf(call: Call): { bucket: Bucket; upload: StoredUpload } {
  const bucket = bucketNamed(call.store, call.request.bucket);
  const id = queryValue(call.request, "uploadId") ?? "";
  const upload = call.store.catalogue.upload(bucket, call.request.key, id);
  if (upload === undefined) throw noSuchUpload();
  return { bucket, upload };
}

export async function createUpload(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const upload: StoredUpload = {
    id: randomBytes(20).toString("hex"),
    key: request.key,
    created: Date.now(),
    checksum: checksumKind(request.headers),
    ...detailsOf(request.headers),
  };
  await store.catalogue.change(() => store.catalogue.addUpload(bucket, upload));
  const answer = { Bucket: bucket.name, Key: request.key, UploadId: upload.id };
  const headers: Record<string, string> = {};
  if (upload.checksum !== undefined) {
    headers["x-amz-checksum-algorithm"] = upload.checksum.algorithm.toUpperCase();
    headers["x-amz-checksum-type"] = upload.checksum.type;
  }
  exchange.sendXml(200, document("InitiateMultipartUploadResult", answer), headers);
}

function partNumber(call: Call): number {
  const text = queryValue(call.request, "partNumber") ?? "";
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > partsMax)
    throw new S3Error(
      "InvalidArgument",
      `Part number must be an integer between 1 and ${partsMax}, inclusive`,
    );
  return number;
}

/** Refuses a checksum of another kind than the upload was begun with: its object could have none. */
function checkKind(upload: StoredUpload, promised: Incoming["promised"]): void {
  const [given] = promised.checksums.keys();
  const begun = upload.checksum?.algorithm;
  if (given !== undefined && begun !== undefined && given !== begun)
    throw new S3Error(
      "InvalidRequest",
      `Checksum Type mismatch occurred, expected checksum Type: ${begun}, actual checksum Type: ${given}`,
    );
}

async function storePart(call: Call, number: number, body: Incoming): Promise<StoredPart> {
  const { store } = call;
  const { bucket, upload } = uploadOf(call);
  checkKind(upload, body.promised);
  if ((body.bytes ?? 0) > objectBytesMax)
    throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  const checksum = upload.checksum?.algorithm;
  const limits = { bytesMin: 0, bytesMax: objectBytesMax, checksum };
  const { writer, measured } = await receive(store, body, limits);
  const part: StoredPart = {
    number,
    body: writer.name,
    bytes: measured.bytes,
    etag: measured.md5.toString("hex"),
    checksum: checksum === undefined ? undefined : measured.checksums.get(checksum),
    modified: Date.now(),
  };
  const replaced = await commitBodies(store, [writer], () => {
    if (store.catalogue.upload(bucket, upload.key, upload.id) === undefined) throw noSuchUpload();
    return store.catalogue.putPart(upload.id, part);
  });
  await removeBodies(store, replaced);
  return part;
}

export async function uploadPart(call: Call): Promise<void> {
  const number = partNumber(call);
  const body = incoming(call);
  if (body.bytes === undefined)
    throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.");
  const part = await storePart(call, number, body);
  const headers: Record<string, string> = { ETag: `"${part.etag}"` };
  for (const [name, value] of body.promised.checksums) headers[`x-amz-checksum-${name}`] = value ?? "";
  call.exchange.send(200, headers);
}

export async function uploadPartCopy(call: Call): Promise<void> {
  const number = partNumber(call);
  const { upload } = uploadOf(call);
  const source = await openCopySource(call);
  try {
    const { bytes } = source.object;
    const range = call.request.headers.get("x-amz-copy-source-range");
    const m = range === undefined ? undefined : /^bytes=(\d{1,15})-(\d{1,15})$/.exec(range);
    const [start, end] = m === undefined ? [0, bytes - 1] : [Number(m?.[1]), Number(m?.[2])];
    if (m === null || (m !== undefined && start > end))
      throw new S3Error(
        "InvalidArgument",
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
      );
    if (end >= bytes)
      throw new S3Error(
        "InvalidArgument",
        `Range specified is not valid for source object of size: ${bytes}`,
      );
    const part = await storePart(call, number, {
      chunks: bytesOf(call.store, source.pieces, { start, end }),
      promised: nothingPromised(),
      bytes: end - start + 1,
    });
    const answer = {
      LastModified: new Date(part.modified).toISOString(),
      ETag: `"${part.etag}"`,
      ...(upload.checksum === undefined || part.checksum === undefined
        ? {}
        : { [checksumElement(upload.checksum.algorithm)]: part.checksum }),
    };
    call.exchange.sendXml(200, document("CopyPartResult", answer));
  } finally {
    await source.close();
  }
}

const invalidPart = (): S3Error =>
  new S3Error(
    "InvalidPart",
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  );

/** The parts that a Complete document names, each as it was uploaded. Refuses with InvalidPart or InvalidPartOrder. */
function chosenParts(root: XmlElement, upload: StoredUpload, stored: StoredPart[]): StoredPart[] {
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  const element = upload.checksum === undefined ? undefined : checksumElement(upload.checksum.algorithm);
  let before = 0;
  const chosen = childrenOf(root, "Part").map((one) => {
    const text = textOf(one, "PartNumber")?.trim() ?? "";
    if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > partsMax)
      throw new S3Error("MalformedXML", "A part has no number.");
    const number = Number(text);
    if (number <= before)
      throw new S3Error(
        "InvalidPartOrder",
        "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
      );
    before = number;
    const part = byNumber.get(number);
    if (part === undefined || part.etag !== (textOf(one, "ETag") ?? "").trim().replaceAll('"', ""))
      throw invalidPart();
    const checksum = element === undefined ? undefined : textOf(one, element);
    if (checksum !== undefined && checksum !== part.checksum) throw invalidPart();
    return part;
  });
  if (chosen.length === 0)
    throw new S3Error("MalformedXML", "The XML you provided was not well-formed: it names no part.");
  if (chosen.slice(0, -1).some((part) => part.bytes < partBytesMin))
    throw new S3Error(
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed object size.",
    );
  return chosen;
}

/** S3's ETag of such an object: the MD5 of the parts' MD5s, and how many there are. */
function etagOf(parts: StoredPart[]): string {
  const hash = createHash("md5");
  for (const part of parts) hash.update(Buffer.from(part.etag, "hex"));
  return `${hash.digest("hex")}-${parts.length}`;
}

function objectOf(call: Call, root: XmlElement, upload: StoredUpload): [StoredObject, StoredPart[]] {
  const { headers } = call.request;
  const parts = chosenParts(root, upload, call.store.catalogue.parts(upload.id));
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const announced = headers.get("x-amz-mp-object-size");
  if (announced !== undefined && announced !== String(bytes))
    throw new S3Error(
      "InvalidRequest",
      `The provided 'x-amz-mp-object-size' header value ${announced} does not match what was computed: ${bytes}`,
    );
  const checksum = checksumOfParts(upload.checksum, parts);
  const promised = promisedWhole(headers, upload.checksum?.algorithm);
  if (promised !== undefined && promised !== checksum?.value)
    throw new S3Error("BadDigest", "The checksum you specified did not match the calculated checksum.");
  const object = {
    key: upload.key,
    body: upload.id,
    parts: parts.length,
    bytes,
    etag: etagOf(parts),
    checksum,
    modified: Date.now(),
    headers: upload.headers,
    tags: upload.tags,
  };
  return [object, parts];
}

/** Beside a Complete document the checksum headers speak of the whole object, not of the document. */
const promisedWhole = (headers: Map<string, string>, name: ChecksumName | undefined): string | undefined =>
  name === undefined ? undefined : headers.get(`x-amz-checksum-${name}`);

function answerCompleted(call: Call, object: StoredObject): void {
  const { request, exchange } = call;
  const answer = {
    Location: `http://${request.headers.get("host") ?? ""}/${request.bucket}/${object.key}`,
    Bucket: request.bucket,
    Key: object.key,
    ETag: `"${object.etag}"`,
    ...checksumElements(object.checksum),
  };
  exchange.sendXml(200, document("CompleteMultipartUploadResult", answer));
}

export async function completeUpload(call: Call): Promise<void> {
  const { store, request } = call;
  const root = parseXml(await readText(call, completeBytesMax, false), "CompleteMultipartUpload");
  const there = store.catalogue.object(bucketNamed(store, request.bucket), request.key);
  // Whoever lost the answer asks again.
  if (there !== undefined && there.body === queryValue(request, "uploadId")) {
    answerCompleted(call, there);
    return;
  }
  const completed = await store.catalogue.change(() => {
    const { bucket, upload } = uploadOf(call);
    checkWrite(request.headers, store.catalogue.object(bucket, upload.key));
    const [object, parts] = objectOf(call, root, upload);
    return { object, bodies: store.catalogue.completeUpload(bucket, object, parts) };
  });
  await removeBodies(store, completed.bodies);
  answerCompleted(call, completed.object);
}

export async function abortUpload(call: Call): Promise<void> {
  const { catalogue } = call.store;
  uploadOf(call);
  const bodies = await catalogue.change(() => catalogue.removeUpload(uploadOf(call).upload.id));
  await removeBodies(call.store, bodies);
  call.exchange.send(204);
}

/** Multipart uploads: parts are bodies like any other; completing writes them one after the other into a new one. */
import { createHash, randomBytes } from "node:crypto";
import type { Chunks } from "./byte-reader.ts";
import type { Bucket, StoredPart, StoredUpload } from "./catalogue.ts";
import { partsMax } from "./catalogue.ts";
import { checkWrite } from "./conditions.ts";
import { limitOf, spelling } from "./listing.ts";
import { openCopySource } from "./objects.ts";
import { queryValue } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import {
  bucketNamed,
  type Call,
  commitBody,
  headersToKeep,
  type Incoming,
  incoming,
  keepObject,
  objectBytesMax,
  readText,
  receive,
  removeBodies,
  type Store,
} from "./store.ts";
import { childrenOf, document, parseXml, textOf } from "./xml.ts";

const completeBytesMax = 2 * 1024 * 1024;
/** S3's smallest part, the last one excepted; a client that does not know it would fail elsewhere. */
const partBytesMin = 5 * 1024 * 1024;
const pageMax = 1000;

const noSuchUpload = (): S3Error =>
  new S3Error("NoSuchUpload", "The specified multipart upload does not exist.");

function uploadOf(call: Call): { bucket: Bucket; upload: StoredUpload } {
  const bucket = bucketNamed(call.store, call.request.bucket);
  const id = queryValue(call.request, "uploadId") ?? "";
  const upload = call.store.catalogue.upload(bucket, call.request.key, id);
  if (upload === undefined) throw noSuchUpload();
  return { bucket, upload };
}

export async function createUpload(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const headers = headersToKeep(request.headers);
  const upload = { id: randomBytes(20).toString("hex"), key: request.key, headers, created: Date.now() };
  await store.catalogue.change(() => store.catalogue.addUpload(bucket, upload));
  const answer = { Bucket: bucket.name, Key: request.key, UploadId: upload.id };
  exchange.sendXml(200, document("InitiateMultipartUploadResult", answer));
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

async function storePart(call: Call, number: number, body: Incoming): Promise<StoredPart> {
  const { store } = call;
  const { bucket, upload } = uploadOf(call);
  if ((body.bytes ?? 0) > objectBytesMax)
    throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  const { writer, measured } = await receive(store, body, { bytesMin: 0, bytesMax: objectBytesMax });
  const part: StoredPart = {
    number,
    body: writer.name,
    bytes: measured.bytes,
    etag: measured.md5.toString("hex"),
    modified: Date.now(),
  };
  const replaced = await commitBody(store, writer, () => {
    if (store.catalogue.upload(bucket, upload.key, upload.id) === undefined) throw noSuchUpload();
    return store.catalogue.putPart(upload.id, part);
  });
  await removeBodies(store, [replaced]);
  return part;
}

export async function uploadPart(call: Call): Promise<void> {
  const body = incoming(call);
  if (body.bytes === undefined)
    throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.");
  const part = await storePart(call, partNumber(call), body);
  call.exchange.send(200, { ETag: `"${part.etag}"` });
}

export async function uploadPartCopy(call: Call): Promise<void> {
  const number = partNumber(call);
  const [source, handle] = await openCopySource(call);
  try {
    const range = call.request.headers.get("x-amz-copy-source-range");
    const m = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(range ?? `bytes=0-${source.bytes - 1}`);
    const [start, end] = [Number(m?.[1]), Number(m?.[2])];
    if (m === null || start > end || end >= source.bytes)
      throw new S3Error(
        "InvalidArgument",
        "The x-amz-copy-source-range value must be of the form bytes=first-last",
      );
    const chunks = handle.createReadStream({ start, end, autoClose: false });
    const part = await storePart(call, number, {
      chunks,
      promised: { checksums: new Map() },
      bytes: end - start + 1,
    });
    const answer = { LastModified: new Date(part.modified).toISOString(), ETag: `"${part.etag}"` };
    call.exchange.sendXml(200, document("CopyPartResult", answer));
  } finally {
    await handle.close();
  }
}

/** The parts that a Complete document names, each as it was uploaded. Refuses with InvalidPart or InvalidPartOrder. */
function chosenParts(xml: string, stored: StoredPart[]): StoredPart[] {
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  let before = 0;
  const chosen = childrenOf(parseXml(xml, "CompleteMultipartUpload"), "Part").map((one) => {
    const number = Number(textOf(one, "PartNumber"));
    const etag = (textOf(one, "ETag") ?? "").replaceAll('"', "");
    const part = byNumber.get(number);
    if (part === undefined || part.etag !== etag)
      throw new S3Error("InvalidPart", "One or more of the specified parts could not be found.");
    if (number <= before)
      throw new S3Error("InvalidPartOrder", "The list of parts was not in ascending order.");
    before = number;
    return part;
  });
  if (chosen.length === 0) throw new S3Error("MalformedXML", "You must specify at least one part.");
  if (chosen.slice(0, -1).some((part) => part.bytes < partBytesMin))
    throw new S3Error(
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed object size.",
    );
  return chosen;
}

async function* bytesOf(store: Store, parts: StoredPart[]): Chunks & AsyncGenerator<Buffer, void, void> {
  for (const part of parts) {
    const handle = await store.bodies.read(part.body);
    // Only an abort or a second completion at the same time removes it.
    if (handle === undefined) throw noSuchUpload();
    try {
      yield* handle.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 });
    } finally {
      await handle.close();
    }
  }
}

/** S3's ETag of such an object: the MD5 of the parts' MD5s, and how many there are. */
function etagOf(parts: StoredPart[]): string {
  const hash = createHash("md5");
  for (const part of parts) hash.update(Buffer.from(part.etag, "hex"));
  return `${hash.digest("hex")}-${parts.length}`;
}

export async function completeUpload(call: Call): Promise<void> {
  const { store, request, exchange } = call;
  const xml = await readText(call, completeBytesMax);
  const { bucket, upload } = uploadOf(call);
  const parts = chosenParts(xml, store.catalogue.parts(upload.id, 0, partsMax));
  checkWrite(request.headers, store.catalogue.object(bucket, upload.key));
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const body = { chunks: bytesOf(store, parts), promised: { checksums: new Map() }, bytes };
  const received = await receive(store, body, { bytesMin: 0, bytesMax: Number.MAX_SAFE_INTEGER });
  const object = await keepObject(store, bucket, received, {
    key: upload.key,
    headers: upload.headers,
    etag: etagOf(parts),
    conditions: request.headers,
  });
  await removeBodies(store, await store.catalogue.change(() => store.catalogue.removeUpload(upload.id)));
  const location = `/${bucket.name}/${object.key}`;
  const answer = { Location: location, Bucket: bucket.name, Key: object.key, ETag: `"${object.etag}"` };
  exchange.sendXml(200, document("CompleteMultipartUploadResult", answer));
}

export async function abortUpload(call: Call): Promise<void> {
  const { upload } = uploadOf(call);
  const { catalogue } = call.store;
  await removeBodies(call.store, await catalogue.change(() => catalogue.removeUpload(upload.id)));
  call.exchange.send(204);
}

export function listParts(call: Call): void {
  const { bucket, upload } = uploadOf(call);
  const limit = limitOf(call, "max-parts", pageMax);
  const marker = queryValue(call.request, "part-number-marker") ?? "0";
  const parts = call.store.catalogue.parts(upload.id, Number(marker) || 0, limit + 1);
  const page = parts.slice(0, limit);
  const answer = {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.id,
    StorageClass: "STANDARD",
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number,
    MaxParts: limit,
    IsTruncated: parts.length > limit,
    Part: page.map((part) => ({
      PartNumber: part.number,
      LastModified: new Date(part.modified).toISOString(),
      ETag: `"${part.etag}"`,
      Size: part.bytes,
    })),
  };
  call.exchange.sendXml(200, document("ListPartsResult", answer));
}

export function listUploads(call: Call): void {
  const { store, request, exchange } = call;
  const bucket = bucketNamed(store, request.bucket);
  const { type, spell } = spelling(call);
  if (queryValue(request, "delimiter"))
    throw new S3Error("NotImplemented", "Uploads are listed without a delimiter.");
  const limit = limitOf(call, "max-uploads", pageMax);
  const prefix = queryValue(request, "prefix") ?? "";
  const key = queryValue(request, "key-marker") ?? "";
  const id = queryValue(request, "upload-id-marker") ?? "";
  // "~" follows every id: a key marker alone means after all uploads of that key.
  const after = key < prefix ? { key: prefix, id: "" } : { key, id: id === "" && key !== "" ? "~" : id };
  const uploads = store.catalogue
    .uploads(bucket, after, limit + 1)
    .filter((one) => one.key.startsWith(prefix));
  const page = uploads.slice(0, limit);
  const answer = {
    Bucket: bucket.name,
    Prefix: spell(prefix),
    KeyMarker: spell(key),
    UploadIdMarker: id,
    NextKeyMarker: page.length === 0 ? undefined : spell(page.at(-1)?.key ?? ""),
    NextUploadIdMarker: page.at(-1)?.id,
    MaxUploads: limit,
    EncodingType: type,
    IsTruncated: uploads.length > limit,
    Upload: page.map((upload) => ({
      Key: spell(upload.key),
      UploadId: upload.id,
      StorageClass: "STANDARD",
      Initiated: new Date(upload.created).toISOString(),
    })),
  };
  exchange.sendXml(200, document("ListMultipartUploadsResult", answer));
}

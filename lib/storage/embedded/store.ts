/** What the operations share: the index, the bodies, the keys, and how a body becomes durable. */
import type pino from "pino";
import type { Bodies, BodyWriter, Sealed } from "./bodies.ts";
import type { Chunks } from "./byte-reader.ts";
import type { Catalogue } from "./catalogue.ts";
import {
  type ChecksumName,
  isChecksumName,
  type Measured,
  Meter,
  nothingPromised,
  type Promised,
  promisedBy,
} from "./checksums.ts";
import { chunkedKind, unchunked } from "./chunked.ts";
import { checkWrite } from "./conditions.ts";
import { checkedHeaderValue } from "./encoding.ts";
import type { Exchange } from "./exchange.ts";
import type { S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import type { Bucket, Details, StoredHeaders, StoredObject } from "./schema.ts";
import { type Keyring, type Signed, unsignedPayload } from "./sigv4.ts";
import { tagsOfHeader } from "./tags.ts";

export type Store = {
  catalogue: Catalogue;
  bodies: Bodies;
  keyring: Keyring;
  log: pino.Logger;
  refusesPost: boolean;
};

/** A request that has been let in. */
export type Call = { store: Store; exchange: Exchange; request: S3Request; signed: Signed };

/** S3's limit for a single upload. */
export const objectBytesMax = 5 * 1024 ** 3;
const metadataBytesMax = 2048;

export function bucketNamed(store: Store, name: string): Bucket {
  const bucket = store.catalogue.bucket(name);
  if (bucket === undefined) throw new S3Error("NoSuchBucket", "The specified bucket does not exist.");
  return bucket;
}

const keptHeaders = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
];
const refusedHeaders: [RegExp, "AccessControlListNotSupported" | "NotImplemented"][] = [
  [/^x-amz-grant-/, "AccessControlListNotSupported"],
  [/^x-amz-server-side-encryption|^x-amz-object-lock-/, "NotImplemented"],
  [/^x-amz-website-redirect-location$|^x-amz-write-offset-bytes$/, "NotImplemented"],
];

/** What a request wants kept with an object. Refuses what this store has not. */
export const detailsOf = (headers: Map<string, string>): Details => ({
  headers: headersToKeep(headers),
  tags: tagsOfHeader(headers.get("x-amz-tagging")),
});

/** The headers (or form fields) that stay with an object. Refuses those that ask for something this store has not. */
export function headersToKeep(headers: Map<string, string>): StoredHeaders {
  const acl = headers.get("x-amz-acl") ?? headers.get("acl") ?? "private";
  if (acl !== "private" && acl !== "bucket-owner-full-control")
    throw new S3Error("AccessControlListNotSupported", "The bucket does not allow ACLs.");
  if ((headers.get("x-amz-storage-class") ?? "STANDARD") !== "STANDARD")
    throw new S3Error("InvalidStorageClass", "The storage class you specified is not valid.");
  const kept: StoredHeaders = {};
  let metadataBytes = 0;
  for (const [name, value] of headers) {
    const refused = refusedHeaders.find(([pattern]) => pattern.test(name));
    if (refused !== undefined) throw new S3Error(refused[1], `${name} is not supported by this store.`);
    const isMetadata = name.startsWith("x-amz-meta-");
    if (isMetadata) metadataBytes += name.length - "x-amz-meta-".length + value.length;
    if (isMetadata || keptHeaders.includes(name)) kept[name] = checkedHeaderValue(name, value);
  }
  if (metadataBytes > metadataBytesMax)
    throw new S3Error("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size.");
  const encoding = kept["content-encoding"]
    ?.split(",")
    .filter((one) => one.trim() !== "aws-chunked")
    .join(",");
  // aws-chunked says how the request was framed, not what the object is.
  if (encoding === "") delete kept["content-encoding"];
  else if (encoding !== undefined) kept["content-encoding"] = encoding.trim();
  return kept;
}

/** A body as it will be stored, and what its sender promised about it. */
export type Incoming = {
  chunks: Chunks;
  promised: Promised;
  /** Exactly so many, when they were announced. */
  bytes: number | undefined;
  /** At most so many: a form tells its own length only. */
  bytesAbout?: number;
};

function wholeHeader(headers: Map<string, string>, name: string): number | undefined {
  const value = headers.get(name);
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw new S3Error("InvalidArgument", `${name} must be a whole number.`);
  return Number(value);
}

/** The body of a signed request, unframed where it came in frames. */
export function incoming(call: Call, hasChecksum = true): Incoming {
  const { headers } = call.request;
  const { signed, exchange } = call;
  const promised = hasChecksum ? promisedBy(headers) : nothingPromised();
  if (chunkedKind(signed.payload) !== undefined) {
    const bytes = wholeHeader(headers, "x-amz-decoded-content-length");
    if (bytes === undefined)
      throw new S3Error("MissingContentLength", "You must provide the x-amz-decoded-content-length header.");
    return { chunks: unframed(exchange.chunks(), signed, promised), promised, bytes };
  }
  if (signed.payload.startsWith("STREAMING-"))
    throw new S3Error("NotImplemented", `This store does not read bodies sent as ${signed.payload}.`);
  if (signed.payload !== unsignedPayload) {
    if (!/^[0-9a-f]{64}$/.test(signed.payload))
      throw new S3Error(
        "InvalidArgument",
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value.",
      );
    promised.payload = signed.payload;
  }
  return { chunks: exchange.chunks(), promised, bytes: wholeHeader(headers, "content-length") };
}

async function* unframed(
  source: Chunks,
  signed: Signed,
  promised: Promised,
): AsyncGenerator<Buffer, void, void> {
  const trailer = new Map<string, string>();
  yield* unchunked(source, signed, trailer);
  for (const [name, value] of trailer) {
    const checksum = name.replace(/^x-amz-checksum-/, "");
    if (isChecksumName(checksum) && promised.checksums.has(checksum)) promised.checksums.set(checksum, value);
  }
}

/**
 * Reads a small body, an XML document, and checks what was promised about it; `hasChecksum` false where the checksum
 * headers speak of something else.
 */
export async function readText(call: Call, bytesMax: number, hasChecksum = true): Promise<string> {
  const { chunks, promised } = incoming(call, hasChecksum);
  const text = await call.exchange.text(chunks, bytesMax);
  const meter = new Meter(promised);
  meter.update(Buffer.from(text));
  meter.finish(promised);
  return text;
}

export type Received = { writer: BodyWriter; measured: Measured };

/**
 * Writes a body to the disk while checking it. Refuses with EntityTooLarge as soon as it is over the limit, and with
 * EntityTooSmall, BadDigest or IncompleteBody at its end; then nothing is left of it.
 */
export async function receive(
  store: Store,
  body: Incoming,
  limits: { bytesMin: number; bytesMax: number; checksum?: ChecksumName | undefined },
): Promise<Received> {
  const writer = await store.bodies.create(body.bytes ?? body.bytesAbout);
  try {
    const wanted = limits.checksum === undefined ? [] : [limits.checksum];
    const meter = new Meter(body.promised, wanted, !writer.hashes);
    let bytes = 0;
    for await (const piece of body.chunks) {
      bytes += piece.length;
      if (bytes > limits.bytesMax)
        throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
      meter.update(piece);
      await writer.write(piece);
    }
    if (bytes < limits.bytesMin)
      throw new S3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
    if (body.bytes !== undefined && body.bytes !== bytes)
      throw new S3Error("IncompleteBody", "You did not provide the number of bytes specified.");
    const measured = meter.finish(body.promised, await writer.finish());
    await writer.seal();
    return { writer, measured };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Removes bodies that no row names any more. A failure leaves a file for the next sweep and harms nobody. */
export async function removeBodies(store: Store, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await store.bodies.remove(name);
    } catch (err) {
      store.log.warn({ err, body: name }, "a body could not be removed");
    }
  }
}

/** Runs the change that names sealed bodies, and removes them when the change is refused. */
export async function commitBodies<T>(store: Store, bodies: readonly Sealed[], change: () => T): Promise<T> {
  try {
    const result = await store.catalogue.change(change);
    for (const body of bodies) body.release();
    return result;
  } catch (error) {
    for (const body of bodies) {
      // A failing disk leaves open whether the row is there; a body that it names must stay.
      if (store.catalogue.names(body.name)) body.release();
      else await body.discard();
    }
    throw error;
  }
}

/** Makes a received body an object. From here on it survives anything that leaves the disk whole. */
export async function keepObject(
  store: Store,
  bucket: Bucket,
  received: Received,
  more: Details & { key: string; conditions?: Map<string, string> },
): Promise<StoredObject> {
  const { writer, measured } = received;
  const { key, headers, tags } = more;
  const [[algorithm, value] = []] = measured.checksums;
  const object: StoredObject = {
    key,
    body: writer.name,
    parts: undefined,
    bytes: measured.bytes,
    etag: measured.md5.toString("hex"),
    checksum:
      algorithm === undefined || value === undefined ? undefined : { algorithm, type: "FULL_OBJECT", value },
    modified: Date.now(),
    headers,
    tags,
  };
  const replaced = await commitBodies(store, [writer], () => {
    checkWrite(more.conditions ?? new Map(), store.catalogue.object(bucket, key));
    return store.catalogue.putObject(bucket, object);
  });
  await removeBodies(store, replaced);
  return object;
}

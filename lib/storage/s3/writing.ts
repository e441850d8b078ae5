/** Storing, removing and copying objects. */
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { asking, failureOf, isUnsupported, storageError } from "../failures.ts";
import {
  type ObjectHead,
  type ObjectMeta,
  type OpenStream,
  type SizedStream,
  type Storage,
  StorageError,
  type StoredPart,
} from "../port.ts";
import { type Connection, orAbsent } from "./connection.ts";
import { keptFields } from "./metadata.ts";
import { beginningOf, collect, forgotten, inParts, type PartSizes } from "./parts.ts";
import { writtenFields } from "./written.ts";

const batchMax = 1000;
const singlesAtOnce = 16;

export type Limits = PartSizes & {
  /** A larger object is copied in parts: S3 refuses above 5 GiB, and a copy that takes minutes loses its answer. */
  copyBytesMax: number;
};

/** As a header: every segment escaped, the slashes kept. */
const copySource = (bucket: string, key: string): string =>
  `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;

type Reader = Pick<Storage, "head" | "describe">;
type Writing = Pick<Storage, "put" | "delete" | "deleteMany" | "copy">;

export function writing(
  connection: Connection,
  others: Reader & { multipart: Storage["multipart"] },
  limits: Limits,
): Writing {
  const { at, client, deadline } = connection;
  const { multipart } = others;

  async function put(key: string, body: Uint8Array | SizedStream | OpenStream, meta: Meta): Promise<void> {
    if (body instanceof Uint8Array) return putWhole(key, body, meta);
    // Held whole, a small body can be sent again when the connection breaks; a stream could not.
    if (body.bytes !== undefined && body.bytes <= limits.partBytes)
      return putHeld(key, await collect(body), meta, body);
    // Refused before the bytes travel; completing asks again, for whoever was quicker meanwhile.
    if (meta.ifAbsent === true && (await others.head(key)) !== undefined) throw taken();
    if (body.bytes !== undefined) return inParts(multipart, { key, body, meta, sizes: limits });
    const beginning = await beginningOf(body, limits);
    if ("whole" in beginning) return putHeld(key, beginning.whole, meta, body);
    return inParts(multipart, { key, body, pieces: beginning.rest, meta, sizes: limits });
  }

  async function putHeld(
    key: string,
    held: Buffer,
    meta: Meta,
    { onStored }: SizedStream | OpenStream,
  ): Promise<void> {
    await putWhole(key, held, meta);
    onStored?.(held.byteLength);
  }

  async function putWhole(key: string, body: Uint8Array, meta: Meta): Promise<void> {
    const command = new PutObjectCommand({
      ...at(key),
      ...keptFields(meta),
      ...writtenFields(connection.bucket, key),
      Body: body,
      ContentLength: body.byteLength,
      ...(meta.ifAbsent === true ? { IfNoneMatch: "*" } : {}),
    });
    try {
      await asking("store an object", () => client.send(command, deadline(body.byteLength)));
    } catch (error) {
      if (meta.ifAbsent !== true || !isUnsupported(error)) throw error;
      // A store without conditions, such as Backblaze: looked at instead, which two writers at once could slip by.
      if ((await others.head(key)) !== undefined) throw taken();
      await putWhole(key, body, { ...meta, ifAbsent: false });
    }
  }

  async function remove(key: string): Promise<void> {
    const command = new DeleteObjectCommand(connection.atOrMarker(key));
    await asking("delete an object", () => orAbsent(() => client.send(command, deadline())));
  }

  async function copyWhole(
    from: string,
    to: string,
    options: { meta?: ObjectMeta; ifAbsent?: boolean },
    source: ObjectHead,
  ): Promise<boolean> {
    const { Bucket, Key } = at(from);
    const command = new CopyObjectCommand({
      ...at(to),
      CopySource: copySource(Bucket, Key),
      ...writtenFields(connection.bucket, to),
      ...(options.meta === undefined ? {} : { MetadataDirective: "REPLACE", ...keptFields(options.meta) }),
      ...(options.ifAbsent === true ? { IfNoneMatch: "*" } : {}),
    });
    return (await orAbsent(() => client.send(command, deadline(source.bytes)))) !== undefined;
  }

  /** Metadata does not come along with parts, so it is named here. */
  async function copyInParts(
    from: string,
    to: string,
    options: { meta?: ObjectMeta; ifAbsent?: boolean },
    source: ObjectHead,
  ): Promise<boolean> {
    const { Bucket, Key } = at(from);
    const kept = options.meta ?? (await others.describe(from));
    if (kept === undefined) return false;
    const meta = { ...kept, contentType: kept.contentType ?? "application/octet-stream" };
    const uploadId = await multipart.begin(to, meta);
    let copies: Promise<StoredPart>[] = [];
    try {
      const size = limits.copyBytesMax;
      const atOnce = pLimit(4);
      copies = Array.from({ length: Math.ceil(source.bytes / size) }, (_, index) =>
        atOnce(async () => {
          const [first, last] = [index * size, Math.min((index + 1) * size, source.bytes) - 1];
          const command = new UploadPartCopyCommand({
            ...at(to),
            UploadId: uploadId,
            PartNumber: index + 1,
            CopySource: copySource(Bucket, Key),
            CopySourceRange: `bytes=${first}-${last}`,
            // The parts must be of one and the same object.
            CopySourceIfMatch: source.etag,
          });
          const answer = await client.send(command, deadline(last - first + 1));
          return { number: index + 1, bytes: last - first + 1, etag: answer.CopyPartResult?.ETag ?? "" };
        }),
      );
      const ifAbsent = options.ifAbsent === true;
      const done = await multipart.complete(to, uploadId, await Promise.all(copies), { ifAbsent });
      if (done === undefined) throw forgotten();
      return true;
    } catch (error) {
      // A part that arrives after the upload was forgotten would stay and be paid for.
      await Promise.allSettled(copies);
      await Promise.allSettled([multipart.abort(to, uploadId)]);
      throw error;
    }
  }

  async function copy(
    from: string,
    to: string,
    options: { meta?: ObjectMeta; ifAbsent?: boolean } = {},
  ): Promise<ObjectHead | undefined> {
    const source = await others.head(from);
    if (source === undefined) return undefined;
    // Not every store reads If-None-Match on a copy.
    if (options.ifAbsent === true && (await others.head(to)) !== undefined) throw taken();
    const how = source.bytes > limits.copyBytesMax ? copyInParts : copyWhole;
    const done = await asking("copy an object", () => how(from, to, options, source)).catch(
      (error: unknown) => {
        if (options.ifAbsent !== true || !isUnsupported(error)) throw error;
        return asking("copy an object", () => how(from, to, { ...options, ifAbsent: false }, source));
      },
    );
    return done ? others.head(to) : undefined;
  }

  return { put, delete: remove, deleteMany: manyRemover(connection, remove), copy };
}

type Meta = Parameters<Storage["put"]>[2];
type Unremoved = { key: string; error: StorageError };

const taken = (): StorageError =>
  new StorageError("conflict", "The bucket has another object under this key.");

const reasonOf = (error: unknown): StorageError => storageError(error, "delete an object");

/** Removes by the thousand where the store can, one by one where it cannot. */
function manyRemover(
  connection: Connection,
  remove: (key: string) => Promise<void>,
): (keys: readonly string[]) => Promise<Unremoved[]> {
  const { bucket, location } = connection.bucket;
  let hasBatches = true;

  async function batch(keys: string[]): Promise<Unremoved[]> {
    const Objects = keys.map((key) => ({ Key: connection.atOrMarker(key).Key }));
    const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
    const { Errors = [] } = await connection.client.send(command, connection.deadline());
    return Errors.filter(({ Code }) => Code !== "NoSuchKey").map(({ Key = "", Code, Message }) => {
      const cause = Object.assign(new Error(Message), { name: Code ?? "unknown" });
      const code = Code === "AccessDenied" ? "denied" : "unavailable";
      const error = new StorageError(
        code,
        `The bucket could not delete an object: the store answered ${Code}.`,
        { cause },
      );
      return { key: Key.slice(location.length), error };
    });
  }

  async function oneByOne(keys: string[]): Promise<Unremoved[]> {
    const atOnce = pLimit(singlesAtOnce);
    const left: Unremoved[] = [];
    const work = keys.map((key) =>
      atOnce(async () => {
        try {
          await remove(key);
        } catch (error) {
          left.push({ key, error: reasonOf(error) });
        }
      }),
    );
    await Promise.all(work);
    return left;
  }

  async function some(keys: string[]): Promise<Unremoved[]> {
    if (!hasBatches) return oneByOne(keys);
    try {
      return await batch(keys);
    } catch (error) {
      // Some stores have no batches, and some want the MD5 of the list, which the SDK no longer sends.
      const { name, status } = failureOf(error);
      if (status !== 400 && status !== 405 && status !== 411 && status !== 501)
        return keys.map((key) => ({ key, error: reasonOf(error) }));
      // This one list may have been at fault: a key that XML cannot spell.
      if (name !== "MalformedXML") hasBatches = false;
      return oneByOne(keys);
    }
  }

  return async (keys) => {
    const plain: string[] = [];
    const left: Unremoved[] = [];
    for (const key of new Set(keys)) {
      try {
        connection.atOrMarker(key);
        plain.push(key);
      } catch (error) {
        left.push({ key, error: reasonOf(error) });
      }
    }
    for (let from = 0; from < plain.length; from += batchMax)
      left.push(...(await some(plain.slice(from, from + batchMax))));
    return left;
  };
}

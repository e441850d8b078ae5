/** Objects that arrive in parts. */
import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  type ListPartsCommandOutput,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { asking, failureOf, isUnsupported, storageError } from "../failures.ts";
import { type ObjectMeta, type OpenMultipart, type Storage, StorageError, type StoredPart } from "../port.ts";
import { type Connection, orAbsent } from "./connection.ts";
import { nextOf } from "./listing.ts";
import { keptFields } from "./metadata.ts";
import { writtenFields } from "./written.ts";

/** The ETag that S3 gives an object of these parts; `undefined` when those of the parts are no MD5. */
function etagOf(parts: readonly StoredPart[]): string | undefined {
  const hash = createHash("md5");
  for (const { etag } of parts) {
    const md5 = /^"?([0-9a-f]{32})"?$/.exec(etag)?.[1];
    if (md5 === undefined) return undefined;
    hash.update(md5, "hex");
  }
  return `"${hash.digest("hex")}-${parts.length}"`;
}

export function multipart(
  connection: Connection,
  others: { head: Storage["head"]; presignPart: Storage["multipart"]["presignPart"] },
): Storage["multipart"] {
  const { at, client, deadline } = connection;

  async function begin(key: string, meta: ObjectMeta): Promise<string> {
    const command = new CreateMultipartUploadCommand({
      ...at(key),
      ...keptFields(meta),
      ...writtenFields(connection.bucket, key),
    });
    const { UploadId } = await asking("begin an upload in parts", () => client.send(command, deadline()));
    if (UploadId === undefined)
      throw new StorageError("unavailable", "The bucket began an upload in parts without naming it.");
    return UploadId;
  }

  async function put(key: string, uploadId: string, number: number, body: Uint8Array): Promise<StoredPart> {
    const command = new UploadPartCommand({
      ...at(key),
      UploadId: uploadId,
      PartNumber: number,
      Body: body,
      ContentLength: body.byteLength,
    });
    const answer = await asking("store a part", () => client.send(command, deadline(body.byteLength)));
    return { number, bytes: body.byteLength, etag: answer.ETag ?? "" };
  }

  async function parts(key: string, uploadId: string): Promise<StoredPart[] | undefined> {
    const found: StoredPart[] = [];
    let PartNumberMarker: string | undefined;
    do {
      const command: ListPartsCommand = new ListPartsCommand({
        ...at(key),
        UploadId: uploadId,
        PartNumberMarker,
      });
      const page: ListPartsCommandOutput | undefined = await asking("list the parts of an upload", () =>
        orAbsent(() => client.send(command, deadline())),
      );
      if (page === undefined) return undefined;
      for (const { PartNumber = 0, Size = 0, ETag = "" } of page.Parts ?? [])
        found.push({ number: PartNumber, bytes: Size, etag: ETag });
      PartNumberMarker = nextOf(page.IsTruncated, page.NextPartNumberMarker);
    } while (PartNumberMarker !== undefined);
    return found.sort((a, b) => a.number - b.number);
  }

  async function complete(
    key: string,
    uploadId: string,
    chosen: readonly StoredPart[],
    options: { ifAbsent?: boolean } = {},
  ): Promise<{ etag: string } | undefined> {
    const bytes = chosen.reduce((sum, part) => sum + part.bytes, 0);
    // Not every store reads If-None-Match here.
    if (options.ifAbsent === true && (await others.head(key)) !== undefined)
      throw new StorageError("conflict", "The bucket has another object under this key.");
    const answer = await asking("put the parts of an upload together", () => {
      const send = (ifAbsent: boolean) => {
        const command = new CompleteMultipartUploadCommand({
          ...at(key),
          UploadId: uploadId,
          MultipartUpload: { Parts: chosen.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
          ...(ifAbsent ? { IfNoneMatch: "*" } : {}),
        });
        return orAbsent(() => client.send(command, deadline(bytes)));
      };
      // Nothing is there, as was just seen, and some stores have no condition that would keep it so.
      const sent = send(options.ifAbsent === true).catch((error: unknown) => {
        if (options.ifAbsent !== true || !isUnsupported(storageError(error, ""))) throw error;
        return send(false);
      });
      return sent.catch(async (error: unknown) => {
        // Ceph answers 500 for an upload that it does not have.
        if ((failureOf(error).status ?? 0) >= 500 && (await parts(key, uploadId)) === undefined)
          return undefined;
        throw error;
      });
    });
    // Ceph leaves the ETag away, or its quotes.
    const told = answer?.ETag?.replaceAll('"', "") ?? "";
    if (told !== "") return { etag: `"${told}"` };
    const etag = (await others.head(key))?.etag;
    if (answer !== undefined) return { etag: etag ?? "" };
    // The answer to an earlier try may have been lost on the way: then the object of these very parts is there.
    return etag !== undefined && etag === etagOf(chosen) ? { etag } : undefined;
  }

  async function abort(key: string, uploadId: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ ...at(key), UploadId: uploadId });
    await asking("forget an upload in parts", () => orAbsent(() => client.send(command, deadline())));
  }

  async function* open(prefix: string): AsyncGenerator<OpenMultipart> {
    const { bucket, location } = connection.bucket;
    let next: { KeyMarker: string; UploadIdMarker: string | undefined } | undefined;
    do {
      const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
        Bucket: bucket,
        Prefix: `${location}${prefix}`,
        ...next,
      });
      const page: ListMultipartUploadsCommandOutput = await asking("list uploads in parts", () =>
        client.send(command, deadline()),
      );
      for (const { Key = "", UploadId = "", Initiated } of page.Uploads ?? [])
        yield { key: Key.slice(location.length), uploadId: UploadId, started: Initiated ?? new Date(0) };
      const marker = nextOf(page.IsTruncated, page.NextKeyMarker);
      next =
        marker === undefined ? undefined : { KeyMarker: marker, UploadIdMarker: page.NextUploadIdMarker };
    } while (next !== undefined);
  }

  return { begin, put, presignPart: others.presignPart, parts, complete, abort, open };
}

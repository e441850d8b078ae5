/** Reading objects and what is kept with them. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { asking } from "../failures.ts";
import { type ByteRange, type ObjectHead, type Storage, StorageError } from "../port.ts";
import { quickHeads } from "../quick-head.ts";
import { agentOptions, type Connection, orAbsent } from "./connection.ts";
import { readMetadata } from "./metadata.ts";

/** A body that was cut off is asked for again from there, so often as long as it hardly comes further. */
const resumesMax = 3;
const furtherBytes = 1024 ** 2;

type HeadFields = "ContentLength" | "ETag" | "ContentType" | "LastModified";

export const headOf = (key: string, answer: Pick<HeadObjectCommandOutput, HeadFields>): ObjectHead => ({
  key,
  bytes: answer.ContentLength ?? 0,
  etag: answer.ETag ?? "",
  contentType: answer.ContentType,
  modified: answer.LastModified ?? new Date(0),
});

const tooLarge = (bytesMax: number): StorageError =>
  new StorageError("too_large", `The object is larger than the ${bytesMax} bytes that were asked for.`);

type Stream = AsyncIterable<Uint8Array> & { destroy(): void };
const isStream = (body: unknown): body is Stream =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body && "destroy" in body;

/** An answer whose body is still on its way: `start` and `end` (not included) say which bytes of the object. */
type Opened = { head: ObjectHead; start: number; end: number | undefined; stream: Stream };

function checkRange(range: ByteRange): void {
  const { start, end = start } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start)
    throw new RangeError(`A range must be whole numbers from 0 on, got ${range.start} to ${range.end}.`);
}

function openedOf(key: string, answer: GetObjectCommandOutput, range: ByteRange | undefined): Opened {
  const stream: unknown = answer.Body;
  if (!isStream(stream)) throw new StorageError("unavailable", "The bucket answered without a body.");
  const sent = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.ContentRange ?? "");
  if (sent === null) {
    if (range !== undefined && range.start > 0) {
      stream.destroy();
      throw new StorageError("unsupported", "The store sends whole objects only, not a part of one.");
    }
    return { head: headOf(key, answer), start: 0, end: answer.ContentLength, stream };
  }
  const [first, last, bytes] = [Number(sent[1]), Number(sent[2]), Number(sent[3])];
  return { head: headOf(key, { ...answer, ContentLength: bytes }), start: first, end: last + 1, stream };
}

/** The SDK's word for bytes that are not those of the object. A resumed rest would hide it: no store has its checksum. */
const isMismatch = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith("Checksum mismatch");

/** The bytes of an answer; what is cut off on the way is asked for again, as long as the object is the same. */
async function* bytesOf(first: Opened, again: (from: number) => Promise<Opened>): AsyncGenerator<Uint8Array> {
  let { stream } = first;
  let position = first.start;
  let begun = position;
  let failures = 0;
  for (;;) {
    try {
      for await (const piece of stream) {
        position += piece.length;
        yield piece;
      }
      if (first.end === undefined || position === first.end) return;
      throw new StorageError("unavailable", "The bucket sent fewer bytes than it announced.");
    } catch (error) {
      stream.destroy();
      if (isMismatch(error) || position === first.end) throw error;
      if (position - begun >= furtherBytes) failures = 0;
      if (first.end === undefined || first.head.etag === "" || failures++ === resumesMax) throw error;
      begun = position;
    }
    ({ stream } = await again(position));
  }
}

/** Errors on the way leave as StorageError, like those of the first answer. */
async function* told(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const { done, value } = await asking("read an object", () => bytes.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    await bytes.return(undefined);
  }
}

type Reading = Pick<Storage, "get" | "read" | "head" | "describe" | "exists"> & { close(): void };

export function reading(connection: Connection): Reading {
  const { client, at, deadline } = connection;

  async function open(
    key: string,
    range: ByteRange | undefined,
    more: { abortSignal: AbortSignal; sameAs?: string },
  ): Promise<Opened | undefined> {
    const command = new GetObjectCommand({
      ...at(key),
      ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end ?? ""}` }),
      ...(more.sameAs === undefined ? {} : { IfMatch: more.sameAs }),
    });
    const { abortSignal } = more;
    const answer = await orAbsent(() => client.send(command, { abortSignal }));
    return answer === undefined ? undefined : openedOf(key, answer, range);
  }

  /** Waits so long for the beginning of an answer and not for all of it. */
  async function openPatiently(
    key: string,
    range: ByteRange | undefined,
    sameAs?: string,
  ): Promise<Opened | undefined> {
    const impatience = new AbortController();
    const timer = setTimeout(() => impatience.abort(), connection.answerMsMax);
    try {
      return await open(key, range, {
        abortSignal: impatience.signal,
        ...(sameAs === undefined ? {} : { sameAs }),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  const resumed =
    (key: string, first: Opened) =>
    async (start: number): Promise<Opened> => {
      const range = { start, ...(first.end === undefined ? {} : { end: first.end - 1 }) };
      const opened = await openPatiently(key, range, first.head.etag);
      if (opened === undefined)
        throw new StorageError("conflict", "The object was removed while it was being read.");
      return opened;
    };

  async function get(
    key: string,
    options: { bytesMax: number; range?: ByteRange },
  ): ReturnType<Storage["get"]> {
    const { bytesMax, range } = options;
    if (range !== undefined) checkRange(range);
    return asking("read an object", async () => {
      const opened = await open(key, range, deadline(bytesMax));
      if (opened === undefined) return undefined;
      try {
        if ((opened.end ?? 0) - opened.start > bytesMax) throw tooLarge(bytesMax);
        const pieces: Uint8Array[] = [];
        let bytes = 0;
        for await (const piece of bytesOf(opened, resumed(key, opened))) {
          bytes += piece.length;
          if (bytes > bytesMax) throw tooLarge(bytesMax);
          pieces.push(piece);
        }
        return { head: opened.head, body: Buffer.concat(pieces, bytes) };
      } finally {
        opened.stream.destroy();
      }
    });
  }

  async function read(key: string, options: { range?: ByteRange } = {}): ReturnType<Storage["read"]> {
    const { range } = options;
    if (range !== undefined) checkRange(range);
    const opened = await asking("read an object", () => openPatiently(key, range));
    if (opened === undefined) return undefined;
    return { head: opened.head, body: told(bytesOf(opened, resumed(key, opened))) };
  }

  async function describe(key: string): ReturnType<Storage["describe"]> {
    const command = new HeadObjectCommand(at(key));
    const answer = await asking("look up an object", () => orAbsent(() => client.send(command, deadline())));
    if (answer === undefined) return undefined;
    const { CacheControl, ContentDisposition, ContentEncoding, Metadata } = answer;
    return {
      ...headOf(key, answer),
      contentType: answer.ContentType ?? "application/octet-stream",
      ...(CacheControl === undefined ? {} : { cacheControl: CacheControl }),
      ...(ContentDisposition === undefined ? {} : { contentDisposition: ContentDisposition }),
      ...(ContentEncoding === undefined || ContentEncoding === ""
        ? {}
        : { contentEncoding: ContentEncoding }),
      metadata: readMetadata(Metadata),
    };
  }

  const { head, close } = heads(connection);
  return { get, read, head, describe, exists: async (key) => (await head(key)) !== undefined, close };
}

/** HEAD is the question that is asked most often: the plain answers come without the SDK. */
function heads(connection: Connection): { head: Storage["head"]; close(): void } {
  const { bucket, client, at, deadline } = connection;
  let agent: HttpAgent | undefined;
  let quickHead: Promise<ReturnType<typeof quickHeads>> | undefined;

  /** The SDK is asked for the bucket's address once: it knows every partition, style and endpoint. */
  async function prepare(): Promise<ReturnType<typeof quickHeads>> {
    const { url } = await createPresignedPost(client, { Bucket: bucket.bucket, Key: "address" });
    agent = new (url.startsWith("https:") ? HttpsAgent : HttpAgent)(agentOptions(url));
    return quickHeads({ base: url, region: bucket.region, agent });
  }

  async function head(key: string): Promise<ObjectHead | undefined> {
    const { Bucket, Key } = at(key);
    return asking("look up an object", async () => {
      quickHead ??= prepare().catch((error: unknown) => {
        // Credentials may come later; a refusal kept here would last for ever.
        quickHead = undefined;
        throw error;
      });
      const quick = await (await quickHead)(Key, await client.config.credentials());
      if (quick === undefined) return undefined;
      if (
        quick !== "ask the SDK" &&
        quick["content-length"] !== undefined &&
        quick["last-modified"] !== undefined
      )
        return headOf(key, {
          ContentLength: Number(quick["content-length"]),
          ETag: quick.etag,
          ContentType: quick["content-type"],
          LastModified: new Date(quick["last-modified"]),
        });
      const command = new HeadObjectCommand({ Bucket, Key });
      const answer = await orAbsent(() => client.send(command, deadline()));
      return answer === undefined ? undefined : headOf(key, answer);
    });
  }
  return { head, close: () => agent?.destroy() };
}

/** The bytes of stored objects: one body, or the bodies of their parts one after the other. */
import type { FileHandle } from "node:fs/promises";
import type { Span } from "./conditions.ts";
import { S3Error } from "./s3-error.ts";
import type { Bucket, StoredObject, StoredPart } from "./schema.ts";
import type { Store } from "./store.ts";

type Piece = { body: string; bytes: number };

/** One read; a rendition usually is no larger. Two of them are in memory for each transfer. */
const readBytes = 256 * 1024;

export const noSuchKey = (): S3Error => new S3Error("NoSuchKey", "The specified key does not exist.");

/** An object whose bodies stay on the disk until it is closed, whatever happens to it meanwhile. */
export type OpenObject = {
  object: StoredObject;
  /** Those it was put together from; none for one in a single piece. */
  parts: StoredPart[];
  pieces: Piece[];
  close(): Promise<void>;
};

/** Refuses with NoSuchKey. Whoever opens has to close. */
export function openObject(store: Store, bucket: Bucket, key: string): OpenObject {
  const object = store.catalogue.object(bucket, key);
  if (object === undefined) throw noSuchKey();
  const parts = object.parts === undefined ? [] : store.catalogue.parts(object.body);
  const pieces: Piece[] = object.parts === undefined ? [object] : parts;
  const close = store.bodies.hold(pieces.map((piece) => piece.body));
  return { object, parts, pieces, close };
}

/** Reads ahead by one, so that the disk works while the network does. */
async function* bytesOfPiece(handle: FileHandle, span: Span): AsyncGenerator<Buffer, void, void> {
  const read = async (at: number): Promise<Buffer> => {
    const bytes = Math.min(readBytes, span.end - at + 1);
    const buffer = Buffer.allocUnsafeSlow(bytes);
    const { bytesRead } = await handle.read(buffer, 0, bytes, at);
    if (bytesRead !== bytes) throw new Error("A body is shorter than the index says.");
    return buffer;
  };
  let at = span.start;
  let next = read(at);
  try {
    while (at <= span.end) {
      const buffer = await next;
      at += buffer.length;
      if (at <= span.end) {
        next = read(at);
        // Awaited when the reader comes back; without this a failure in between would end the process.
        next.catch(() => {});
      }
      yield buffer;
    }
  } finally {
    // A read that is under way when the reader leaves must not meet a closed file.
    await next.catch(() => {});
  }
}

/** The bytes of a span. Throws when a body is missing or too short: then the disk has lost something. */
export async function* bytesOf(
  store: Pick<Store, "bodies">,
  pieces: readonly Piece[],
  span: Span,
): AsyncGenerator<Buffer, void, void> {
  let offset = 0;
  for (const { body, bytes } of pieces) {
    const within = {
      start: Math.max(0, span.start - offset),
      end: Math.min(bytes, span.end - offset + 1) - 1,
    };
    offset += bytes;
    if (within.start > within.end) continue;
    const handle = await store.bodies.read(body);
    try {
      yield* bytesOfPiece(handle, within);
    } finally {
      await handle.close();
    }
  }
}

/** One file: what it is, its digest and its bytes, and whether it stayed the same while it was read. It is never written. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Rejection } from "../imaging/rejection.ts";
import { sniffAny } from "../imaging/sniff.ts";
import type { MediaType } from "../media.ts";
import type { SizedStream } from "../storage/port.ts";
import { type Place, reason } from "./walk.ts";

/** Enough to tell every kind of file that is told apart. */
const startBytes = 4_100;
/** Up to here a file is held while it is hashed and sent: read once, it cannot change in between. */
const heldBytesMax = 16 * 1024 * 1024;
const pieceBytes = 1024 * 1024;

export type Picture = {
  sha256: string;
  bytes: number;
  modified: Date;
  /** Reads a large file once more. Throws Changed at its end when the bytes are others than before. */
  body(): Uint8Array | SizedStream;
  close(): Promise<void>;
};

export type Examined =
  | { is: "picture"; picture: Picture }
  | { is: "other_kind" | "not_picture" | "unreadable"; why: string }
  | { is: "empty" | "changed" }
  | { is: "too_large"; bytes: number };

type BytesMax = (type: MediaType) => number;

/** The file was written to while it was read. */
export class Changed extends Error {
  override readonly name = "Changed";
}

/** Whoever has called must close the picture. A file that is being written is looked at twice, then told. */
export async function examine(place: Place, bytesMax: BytesMax): Promise<Examined> {
  for (let tries = 1; ; tries++) {
    try {
      return await examineOnce(place, bytesMax);
    } catch (error) {
      if (!(error instanceof Changed)) return { is: "unreadable", why: reason(error) };
      if (tries === 2) return { is: "changed" };
    }
  }
}

async function examineOnce(place: Place, bytesMax: BytesMax): Promise<Examined> {
  // A pipe put in the place of a file since it was listed would hold this process up for ever.
  const handle = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  let kept = false;
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) return { is: "unreadable", why: "it is not a file any more" };
    if (facts.size === 0) return { is: "empty" };
    const start = Buffer.alloc(Math.min(startBytes, facts.size));
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    const kind = await kindOf(start.subarray(0, bytesRead));
    if (typeof kind !== "string") return kind;
    if (facts.size > bytesMax(kind)) return { is: "too_large", bytes: facts.size };
    const picture =
      facts.size <= heldBytesMax
        ? await readWhole(handle, facts.size)
        : await readThrough(handle, facts.size);
    await refuseChanged(handle, facts);
    kept = true;
    return {
      is: "picture",
      picture: { ...picture, bytes: facts.size, modified: facts.mtime, close: () => handle.close() },
    };
  } finally {
    if (!kept) await handle.close();
  }
}

/** By its first bytes, never by its name. The type of what may be sent. */
async function kindOf(start: Buffer): Promise<Examined | MediaType> {
  try {
    return await sniffAny(start);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const [, why = ""] = /: (.*)$/s.exec(error.message) ?? [];
    if (error.code === "not_an_image") return { is: "not_picture", why };
    return { is: "other_kind", why: why };
  }
}

async function readWhole(handle: FileHandle, bytes: number): Promise<Pick<Picture, "sha256" | "body">> {
  const body = Buffer.allocUnsafe(bytes);
  let at = 0;
  while (at < bytes) {
    const { bytesRead } = await handle.read(body, at, bytes - at, at);
    if (bytesRead === 0) throw new Changed();
    at += bytesRead;
  }
  return { sha256: createHash("sha256").update(body).digest("hex"), body: () => body };
}

async function readThrough(handle: FileHandle, bytes: number): Promise<Pick<Picture, "sha256" | "body">> {
  const hash = createHash("sha256");
  for await (const piece of pieces(handle, bytes)) hash.update(piece);
  const sha256 = hash.digest("hex");
  return {
    sha256,
    body: () => ({ bytes, stream: sameAgain(handle, bytes, sha256) }),
  };
}

async function* sameAgain(handle: FileHandle, bytes: number, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let last: Buffer | undefined;
  // The last piece is held back until all is known to be the same: without it, nothing is stored.
  for await (const piece of pieces(handle, bytes)) {
    hash.update(piece);
    if (last !== undefined) yield last;
    last = piece;
  }
  if (hash.digest("hex") !== sha256) throw new Changed();
  if (last !== undefined) yield last;
}

async function* pieces(handle: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes; ) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, bytes - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0) throw new Changed();
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

async function refuseChanged(
  handle: FileHandle,
  before: { size: number; mtimeMs: number; ctimeMs: number },
): Promise<void> {
  const after = await handle.stat();
  if (after.size !== before.size || after.mtimeMs !== before.mtimeMs || after.ctimeMs !== before.ctimeMs)
    throw new Changed();
}

/**
 * finalize for a video, which no worker could hold: its bytes pass by once, are hashed and written to where nobody but
 * the worker writes, and only there they are read for what they are. What was hashed is what is served.
 */
import { createHash } from "node:crypto";
import type { Db } from "#db/client.ts";
import { addPurges } from "#db/queries/purges.ts";
import * as ledger from "#db/queries/uploads.ts";
import type { Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import {
  type Derivation,
  deriveStill,
  patched,
  posterOf,
  Rejection,
  readVideo,
  type Source,
  sniffVideo,
  type Video,
} from "../imaging/index.ts";
import { extensionOf, isVideo, type VideoType } from "../media.ts";
import { motionKey, originalKey } from "../storage/keys.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { publishClip } from "./halves.ts";
import { originalMeta } from "./original-meta.ts";
import { type Ending, publish, reject } from "./publish.ts";
import { atRisk } from "./risk.ts";
import { keyPurges } from "./rules.ts";
import { confirmUnchanged, findTwin, giveBack, type Held, LeaseLost, noteFound } from "./staged.ts";
import { confirmWritten, type Keys, noteKeys, writeRenditions } from "./written.ts";

type Room = <T>(size: number, work: () => Promise<T>) => Promise<T>;
type Bounds = { pixels: Room; signal: AbortSignal };

/** Of a video in the worker's memory at any moment, whatever it weighs: parts under way, and its poster. */
export const videoBytesHeld = 64 * 1024 * 1024;
const startBytes = 4_100;

/** An object that is read by ranges. */
function sourceOf(storage: Storage, key: string, bytes: number): Source {
  return {
    bytes,
    async read(start, end) {
      const got = await storage.get(key, { bytesMax: end - start, range: { start, end: end - 1 } });
      if (got === undefined) throw new StorageError("unavailable", "A video just written is not there.");
      return got.body;
    },
  };
}

/** What is held anyway need not be looked at first. */
const unlookedBytesMax = 4 * 1024 * 1024;

/** Whether something of unknown type is a video that must not be held: a command brings them as it finds them. */
export async function isLargeVideo(storage: Storage, upload: Upload): Promise<boolean> {
  if (upload.declaredMime !== "" || upload.bytes <= unlookedBytesMax) return false;
  const range = { start: 0, end: startBytes - 1 };
  const start = await storage
    .get(upload.stagingKey, { bytesMax: startBytes, range })
    .catch((error: unknown) => {
      // Shorter than announced: the whole of it will be read, and refused.
      if (error instanceof StorageError && error.code === "too_large") return undefined;
      throw error;
    });
  return start !== undefined && sniffVideo(start.body) !== undefined;
}

/** Same kind of file, or one that programs give the other's name. */
function typeOf(start: Buffer, declared: string): VideoType {
  const found = sniffVideo(start);
  if (found === undefined)
    throw new Rejection(isVideo(declared) ? "type_mismatch" : "unsupported_type", "no video");
  const webm = (type: string): boolean => type === "video/webm";
  if (declared !== "" && (!isVideo(declared) || webm(declared) !== webm(found)))
    throw new Rejection("type_mismatch", `declared ${declared}, is ${found}`);
  return found;
}

type Staged = { bytes: number; etag: string; mime: VideoType };

/** What lies in incoming/, by its head and its first bytes. `undefined` when it is not there. */
async function lookAt(storage: Storage, upload: Upload): Promise<Staged | undefined> {
  const head = await storage.head(upload.stagingKey);
  if (head === undefined) return undefined;
  const exact = !upload.inPlace && upload.sha256 !== null;
  const bytesMax = exact ? upload.bytes : settings().uploads.videoBytesMax;
  if ((exact && head.bytes !== upload.bytes) || head.bytes > bytesMax)
    throw new Rejection("size_mismatch", `${head.bytes} bytes instead of ${upload.bytes}`);
  const range = { start: 0, end: Math.min(startBytes, head.bytes) - 1 };
  const start = await storage.get(upload.stagingKey, { bytesMax: startBytes, range });
  if (start === undefined) return undefined;
  return { bytes: head.bytes, etag: head.etag, mime: typeOf(start.body, upload.declaredMime) };
}

async function* hashed(
  body: AsyncIterable<Uint8Array>,
  hash: { update(piece: Uint8Array): unknown },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    signal.throwIfAborted();
    hash.update(piece);
    yield piece;
  }
}

async function digestOf(storage: Storage, key: string, signal: AbortSignal): Promise<string | undefined> {
  const read = await storage.read(key);
  if (read === undefined) return undefined;
  const hash = createHash("sha256");
  for await (const piece of read.body) {
    signal.throwIfAborted();
    hash.update(piece);
  }
  return hash.digest("hex");
}

/** Writes what is read, and says what it was. `conflict` when an earlier run was here. */
async function copy(
  storage: Storage,
  upload: Upload,
  to: string,
  { bytes, mime }: Staged,
  signal: AbortSignal,
): Promise<string> {
  const put = async (ifAbsent: boolean): Promise<string> => {
    const read = await storage.read(upload.stagingKey);
    if (read === undefined) throw new StorageError("unavailable", "A video went away while it was read.");
    const hash = createHash("sha256");
    const meta = originalMeta(upload, mime);
    const stream = hashed(read.body, hash, signal);
    await storage.put(to, { stream, bytes }, ifAbsent ? { ...meta, ifAbsent } : meta);
    return hash.digest("hex");
  };
  return put(true).catch(async (error: unknown) => {
    if (!(error instanceof StorageError && error.code === "unsupported")) throw error;
    // I-4: what another worker has verified and shown must not be written over with what lies in incoming/ by now.
    if ((await storage.head(to)) !== undefined)
      throw new StorageError("conflict", "An earlier run has written this video.");
    return put(false);
  });
}

/** the keys, which have changed when something else lay at the first. */
async function writeVideo(
  db: Db,
  storage: Storage,
  held: Held,
  upload: Upload,
  keys: Keys,
  staged: Staged,
  signal: AbortSignal,
): Promise<{ keys: Keys; sha256: string }> {
  try {
    return { keys, sha256: await copy(storage, upload, keys.finalKey, staged, signal) };
  } catch (error) {
    if (!(error instanceof StorageError && error.code === "conflict")) throw error;
  }
  const there = await digestOf(storage, keys.finalKey, signal);
  if (there !== undefined && there === upload.sha256) return { keys, sha256: there };
  const fresh = { ...keys, finalKey: originalKey(staged.mime) };
  if (!(await ledger.assignKeys(db, held, fresh))) throw new LeaseLost();
  await addPurges(db, keyPurges([keys.finalKey], "foreign bytes at a final key"));
  return { keys: fresh, sha256: await copy(storage, upload, fresh.finalKey, staged, signal) };
}

/** Writes what others may see of a video: a copy that tells nothing but pictures and sounds. Answers its ending. */
export async function writeMotion(
  storage: Storage,
  key: string,
  folder: string,
  video: Pick<Video, "mime" | "patches">,
): Promise<string> {
  const read = await storage.read(key);
  if (read === undefined) throw new StorageError("unavailable", "A video just read is not there.");
  // A QuickTime file of today's codings is an MP4 to every browser, under that name.
  const format = video.mime === "video/webm" ? extensionOf["video/webm"] : extensionOf["video/mp4"];
  await storage.put(
    motionKey(folder, format),
    { stream: patched(read.body, video.patches), bytes: read.head.bytes },
    {
      contentType: `video/${format}`,
      cacheControl: settings().mediaCacheControl,
      contentDisposition: "inline",
    },
  );
  return format;
}

/**
 * Writes all that is shown of a video: renditions of its poster and, when it tells more than pictures and sounds, a copy
 * that does not. Answers the ending of that copy.
 */
export async function writeShown(
  storage: Storage,
  key: string,
  folder: string,
  video: Video,
  made: Derivation,
): Promise<string | undefined> {
  await writeRenditions(storage, folder, made);
  return video.patches.length === 0 ? undefined : writeMotion(storage, key, folder, video);
}

type Lying = { key: string; bytes: number; mime: VideoType };

/** What a video says of itself, from where it lies. Throws Rejection. */
export const readLying = (storage: Storage, at: Lying, signal: AbortSignal): Promise<Video> =>
  readVideo(sourceOf(storage, at.key, at.bytes), at.mime, signal);

/** The still of a video, from where it lies. Throws Rejection. */
export const stillOf = (
  storage: Storage,
  at: Lying,
  video: Video,
  { pixels, signal }: Bounds,
): Promise<Derivation> =>
  pixels(video.width * video.height * 2, async () =>
    deriveStill(video, await posterOf(sourceOf(storage, at.key, at.bytes), video, signal)),
  );

/** The whole of finalize for what was declared as a video, or turned out to be one. Throws Rejection. */
export async function verifyVideo(
  db: Db,
  storage: Storage,
  held: Held,
  upload: Upload,
  bounds: Bounds,
): Promise<Ending | "missing"> {
  const staged = await lookAt(storage, upload);
  if (staged === undefined) {
    await giveBack(db, held, upload);
    return "missing";
  }
  const { bytes, mime } = staged;
  const noted = await noteKeys(db, held, upload, mime);
  const { keys, sha256 } = upload.inPlace
    ? { keys: noted, sha256: (await digestOf(storage, upload.stagingKey, bounds.signal)) ?? "" }
    : await writeVideo(db, storage, held, upload, noted, staged, bounds.signal);
  if (upload.inPlace || upload.sha256 === null) await noteFound(db, held, upload, { sha256, bytes });
  else if (sha256 !== upload.sha256)
    throw new Rejection("checksum_mismatch", "the bytes have another SHA-256 than declared");
  const twin = await findTwin(db, upload, sha256);
  if (twin !== undefined) return reject(db, held, upload, "duplicate", twin);

  const at = { key: keys.finalKey, bytes, mime };
  const video = await atRisk(db, held, () => readLying(storage, at, bounds.signal));
  const { width, height, duration, codecs, facts } = video;
  const found = { keys, bytes, sha256, mime, duration, codecs, facts };
  const confirm = (): Promise<void> =>
    upload.inPlace
      ? confirmUnchanged(storage, upload, { etag: staged.etag, bytes })
      : confirmWritten(storage, keys, bytes);
  const shown = async (): Promise<void> => {
    await writeMotion(storage, keys.finalKey, keys.renditionFolder, video);
    await confirm();
  };
  const alone = async (): Promise<Ending | "met"> => {
    const made = await atRisk(db, held, () => stillOf(storage, at, video, bounds));
    const motion = await writeShown(storage, keys.finalKey, keys.renditionFolder, video, made);
    await confirm();
    const whole = { ...found, width, height, frames: 1, made, motion };
    return publish(db, held, upload, { ...whole, kind: "video" });
  };
  return publishClip({ db, storage, held, upload }, found, shown, alone);
}

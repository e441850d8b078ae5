/**
 * finalize: from bytes in incoming/ to a medium, or to a reason why not. Safe to run twice, to race and
 * to be killed at any line: the row is held by a lease, keys are noted before they are written, and one transaction
 * at the end makes everything visible at once.
 */
import { createHash, randomUUID } from "node:crypto";
import { type Db, inTransaction } from "#db/client.ts";
import { insertMedia } from "#db/queries/media.ts";
import { addPurges } from "#db/queries/purges.ts";
import * as ledger from "#db/queries/uploads.ts";
import type { NewMedia, Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import {
  type Derivation,
  derive,
  type Facts,
  type Identity,
  identify,
  Rejection,
  readFacts,
} from "../imaging/index.ts";
import { log } from "../log.ts";
import { type MediaType, mediaTypes, type RejectCode, type Visibility } from "../media.ts";
import { motionKey, originalKey, renditionFolder, renditionKey } from "../storage/keys.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { attemptsMax, leaseSeconds, retrySeconds, stagingPurges } from "./rules.ts";
import {
  confirmUnchanged,
  findTwin,
  giveBack,
  type Held,
  LeaseLost,
  noteFound,
  readStaged,
} from "./staged.ts";

type Room = <T>(size: number, work: () => Promise<T>) => Promise<T>;
/** What a worker lends to each picture: room for its bytes while it is read, and for its pixels while it is decoded. */
export type Budget = { bytes: Room; pixels: Room };

export type FinalizeResult = "ready" | "rejected" | "missing" | "postponed" | "not_mine";

type Keys = { finalKey: string; renditionFolder: string };

export async function finalize(
  db: Db,
  storage: Storage,
  uploadId: string,
  budget: Budget,
): Promise<FinalizeResult> {
  const held = { id: uploadId, token: randomUUID() };
  const upload = await ledger.claimUpload(db, uploadId, { token: held.token, seconds: leaseSeconds });
  if (upload === undefined) return "not_mine";
  const logger = log("finalize").child({ uploadId });
  // A worker that was killed stops renewing: its uploads are free again within a minute, however long they take.
  const ending = new AbortController();
  const renewal = setInterval(
    () => {
      ledger
        .extendLease(db, held, leaseSeconds)
        // Cancelled, or another worker's by now: a decoder that runs apart need not come to its end.
        .then((kept) => kept || ending.abort(new LeaseLost()))
        .catch((error: unknown) => logger.warn({ err: error }, "the lease was not renewed"));
    },
    (leaseSeconds * 1000) / 3,
  );
  renewal.unref();
  try {
    if (upload.attempts > attemptsMax) return await reject(db, held, upload, "internal");
    const result = await budget.bytes(upload.bytes, () =>
      verify(db, storage, held, upload, { ...budget, signal: ending.signal }),
    );
    logger.info({ result, bytes: upload.bytes }, "finalized");
    return result;
  } catch (error) {
    if (error instanceof Rejection) {
      logger.info({ code: error.code, reason: error.message }, "rejected");
      return await reject(db, held, upload, error.code);
    }
    if (error instanceof LeaseLost) {
      await abandon(db, upload.id);
      return "not_mine";
    }
    // a store that does not answer is no fault of the picture, so that try does not count.
    // One object of a bucket of others may be archived, or closed to us: that does not pass by itself.
    const counted =
      !(error instanceof StorageError) || (upload.inPlace && ["denied", "unsupported"].includes(error.code));
    logger.error({ err: error, attempts: upload.attempts, counted }, "will be tried again");
    await ledger.postpone(db, held, { seconds: retrySeconds, counted });
    return "postponed";
  } finally {
    clearInterval(renewal);
  }
}

async function verify(
  db: Db,
  storage: Storage,
  held: Held,
  upload: Upload,
  budget: Budget & { signal: AbortSignal },
): Promise<FinalizeResult> {
  const staged = await readStaged(storage, upload);
  if (staged === undefined) {
    await giveBack(db, held, upload);
    return "missing";
  }
  const { original, etag } = staged;
  const sha256 = createHash("sha256").update(original).digest("hex");
  if (upload.inPlace || upload.sha256 === null)
    await noteFound(db, held, upload, { sha256, bytes: original.byteLength });
  else if (sha256 !== upload.sha256)
    throw new Rejection("checksum_mismatch", "the bytes have another SHA-256 than declared");
  const identity = await identify(original, declaredType(upload.declaredMime));
  const twin = await findTwin(db, upload, sha256);
  if (twin !== undefined) return reject(db, held, upload, "duplicate", twin);

  const facts = await readFacts(original, identity);
  // The last try is made alone, so that no picture is refused for what its neighbour did to the worker.
  const pixels = upload.attempts < attemptsMax ? identity.pixels : Number.POSITIVE_INFINITY;
  const made = await budget.pixels(pixels, () => derive(original, identity, budget.signal));
  const keys = await noteKeys(db, held, upload, identity.mime);
  const what = { original, mime: identity.mime, sha256 };
  const written = upload.inPlace ? keys : await writeOriginal(db, storage, held, keys, what);
  await writeRenditions(storage, written.renditionFolder, made);
  if (upload.inPlace) await confirmUnchanged(storage, upload, { etag, bytes: original.byteLength });
  else await confirmWritten(storage, written, original.byteLength);
  return publish(db, held, upload, {
    keys: written,
    bytes: original.byteLength,
    sha256,
    identity,
    facts,
    made,
  });
}

const declaredType = (mime: string): MediaType | "" => mediaTypes.find((type) => type === mime) ?? "";

/**
 * The same keys on every run of the same upload, in the row before any object exists (I-2). What stays where it
 * lies gets no final key: whatever is removed for an upload is removed by that column.
 */
async function noteKeys(db: Db, held: Held, upload: Upload, mime: MediaType): Promise<Keys> {
  const folder = upload.renditionFolder ?? renditionFolder();
  const finalKey = upload.inPlace ? undefined : (upload.finalKey ?? originalKey(mime));
  if (!(await ledger.assignKeys(db, held, { finalKey, renditionFolder: folder }))) throw new LeaseLost();
  return { finalKey: finalKey ?? upload.stagingKey, renditionFolder: folder };
}

/** Writes the bytes that were verified, never a copy of what the store holds now. */
async function writeOriginal(
  db: Db,
  storage: Storage,
  held: Held,
  keys: Keys,
  what: { original: Buffer; mime: MediaType; sha256: string },
): Promise<Keys> {
  const meta = {
    contentType: what.mime,
    cacheControl: settings().mediaCacheControl,
    contentDisposition: "inline",
  };
  const put = (key: string) =>
    storage.put(key, what.original, { ...meta, ifAbsent: true }).catch((error: unknown) => {
      // Without conditional writes it is written over: the key is this upload's own, the bytes are the same.
      if (error instanceof StorageError && error.code === "unsupported")
        return storage.put(key, what.original, meta);
      throw error;
    });
  try {
    await put(keys.finalKey);
    return keys;
  } catch (error) {
    if (!(error instanceof StorageError && error.code === "conflict")) throw error;
  }
  // An earlier run of this upload was here: its bytes are right, or they are not trusted.
  const there = await storage
    .get(keys.finalKey, { bytesMax: what.original.byteLength })
    .catch((error: unknown) => {
      if (error instanceof StorageError && error.code === "too_large") return undefined;
      throw error;
    });
  if (there !== undefined && createHash("sha256").update(there.body).digest("hex") === what.sha256)
    return keys;
  log("finalize").error(
    { uploadId: held.id, key: keys.finalKey },
    "another object was at the key of this upload",
  );
  const fresh = { ...keys, finalKey: originalKey(what.mime) };
  if (!(await ledger.assignKeys(db, held, fresh))) throw new LeaseLost();
  await addPurges(db, [{ key: keys.finalKey, reason: "foreign bytes at a final key" }]);
  await put(fresh.finalKey);
  return fresh;
}

/**
 * Writes all renditions at once, so that a store's wait for its disk is waited for once. Also used when renditions are
 * made anew. When one fails, the others have ended before this throws: nothing is written after a caller gave up.
 */
export async function writeRenditions(storage: Storage, folder: string, made: Derivation): Promise<void> {
  const put = (key: string, body: Buffer, contentType: string) =>
    storage.put(key, body, {
      contentType,
      cacheControl: settings().mediaCacheControl,
      contentDisposition: "inline",
    });
  const results = await Promise.allSettled([
    ...made.renditions.map(({ width, format, body }) =>
      put(renditionKey(folder, width, format), body, format === "avif" ? "image/avif" : "image/jpeg"),
    ),
    ...(made.motion === undefined
      ? []
      : [put(motionKey(folder, made.motion.format), made.motion.body, `image/${made.motion.format}`)]),
  ]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** I-1: nothing becomes visible before the store has shown that it holds it. */
async function confirmWritten(storage: Storage, keys: Keys, bytes: number): Promise<void> {
  const head = await storage.head(keys.finalKey);
  if (head?.bytes !== bytes)
    throw new StorageError(
      "unavailable",
      `The store holds ${head?.bytes ?? "no"} bytes at a key just written with ${bytes}.`,
    );
}

/** Which widths exist, as the row keeps them. */
export const widthsOf = (made: Derivation, format: "avif" | "jpg"): number[] =>
  made.renditions
    .filter((rendition) => rendition.format === format)
    .map((rendition) => rendition.width)
    .sort((a, b) => a - b);

function takenOf(facts: Facts, upload: Upload): Pick<NewMedia, "takenAt" | "takenSource" | "takenOffset"> {
  if (facts.takenAt !== undefined)
    return { takenAt: facts.takenAt, takenSource: "camera", takenOffset: facts.takenOffset ?? null };
  if (upload.fileModifiedAt !== null)
    return { takenAt: upload.fileModifiedAt, takenSource: "file", takenOffset: null };
  return { takenAt: upload.createdAt, takenSource: "upload", takenOffset: null };
}

/** What was asked for, unless the gallery does not show anything that way (any more). */
function visibilityOf(upload: Upload): Visibility {
  const allowed = settings().visibilities;
  return allowed.find((one) => one === upload.visibility) ?? allowed[0] ?? "private";
}

async function publish(
  db: Db,
  held: Held,
  upload: Upload,
  found: {
    keys: Keys;
    bytes: number;
    sha256: string;
    identity: Identity;
    facts: Facts;
    made: Derivation;
  },
): Promise<FinalizeResult> {
  const { keys, bytes, sha256, identity, facts, made } = found;
  return inTransaction(db, async (tx) => {
    await ledger.lockQuota(tx, upload.ownerId);
    const mediaId = await insertMedia(tx, {
      ownerId: upload.ownerId,
      visibility: visibilityOf(upload),
      key: keys.finalKey,
      keepOriginal: upload.keepOriginal,
      renditionFolder: keys.renditionFolder,
      avifWidths: widthsOf(made, "avif"),
      jpegWidths: widthsOf(made, "jpg"),
      motion: made.motion?.format ?? null,
      sha256,
      bytes,
      mime: identity.mime,
      width: identity.width,
      height: identity.height,
      frames: identity.frames,
      thumbhash: made.thumbhash,
      color: made.color,
      filename: upload.filename,
      ...takenOf(facts, upload),
      camera: facts.camera ?? null,
      lens: facts.lens ?? null,
      aperture: facts.aperture ?? null,
      exposureTime: facts.exposureTime ?? null,
      iso: facts.iso ?? null,
      focalLength: facts.focalLength ?? null,
      latitude: facts.latitude ?? null,
      longitude: facts.longitude ?? null,
      altitude: facts.altitude ?? null,
    });
    if (mediaId === undefined) {
      // the same picture became ready through another upload in the meantime.
      const [twin] = await ledger.findDuplicates(tx, upload.ownerId, [sha256]);
      return rejectWithin(tx, held, "duplicate", twin?.id);
    }
    const closed = await ledger.closeHeld(tx, held, { state: "ready", mediaId });
    // Throwing undoes the insert: the row went to someone else.
    if (closed === undefined) throw new LeaseLost();
    await ledger.settleQuota(tx, upload.ownerId, { used: bytes, reserved: -bytes });
    await addPurges(tx, stagingPurges(closed, "verified"));
    return "ready";
  });
}

async function reject(
  db: Db,
  held: Held,
  upload: Upload,
  code: RejectCode,
  mediaId?: string,
): Promise<FinalizeResult> {
  return inTransaction(db, async (tx) => {
    await ledger.lockQuota(tx, upload.ownerId);
    return rejectWithin(tx, held, code, mediaId);
  });
}

async function rejectWithin(
  tx: Db,
  held: Held,
  rejectCode: RejectCode,
  mediaId: string | undefined,
): Promise<FinalizeResult> {
  const closed = await ledger.closeHeld(tx, held, {
    state: "rejected",
    rejectCode,
    ...(mediaId === undefined ? {} : { mediaId }),
  });
  if (closed === undefined) return "not_mine";
  await ledger.settleQuota(tx, closed.ownerId, { reserved: -closed.bytes });
  await addPurges(tx, [...stagingPurges(closed, "rejected"), ...finalPurges(closed, "rejected")]);
  return "rejected";
}

const finalPurges = (upload: Upload, reason: string) => [
  ...(upload.finalKey === null ? [] : [{ key: upload.finalKey, reason }]),
  ...(upload.renditionFolder === null ? [] : [{ key: `${upload.renditionFolder}/`, reason }]),
];

/** whoever lost the row removes what it wrote, unless the winner uses the same keys. */
async function abandon(db: Db, id: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    const now = await ledger.lockUpload(tx, id);
    if (
      now !== undefined &&
      (now.state === "cancelled" || now.state === "expired" || now.state === "rejected")
    )
      await addPurges(tx, finalPurges(now, "lost its upload"));
  });
}

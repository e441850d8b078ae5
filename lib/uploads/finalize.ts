/**
 * finalize: from bytes in incoming/ to a medium, or to a reason why not. Safe to run twice, to race and
 * to be killed at any line: the row is held by a lease, keys are noted before they are written, and one transaction
 * at the end makes everything visible at once.
 */
import { createHash, randomUUID } from "node:crypto";
import type { Db } from "#db/client.ts";
import * as ledger from "#db/queries/uploads.ts";
import type { Upload } from "#db/schema.ts";
import { isDatabaseInTrouble } from "../database-gone.ts";
import { failpoint } from "../failpoint.ts";
import {
  DecoderLost,
  DecoderMissing,
  derive,
  identify,
  Rejection,
  readFacts,
  sniffVideo,
} from "../imaging/index.ts";
import { log } from "../log.ts";
import { isVideo, type MediaType, mediaTypes } from "../media.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { publishStill } from "./halves.ts";
import { abandon, type Ending, reject } from "./publish.ts";
import { atRisk } from "./risk.ts";
import { attemptsMax, leaseSeconds, retrySeconds, shortageSeconds } from "./rules.ts";
import {
  confirmUnchanged,
  findTwin,
  giveBack,
  type Held,
  LeaseLost,
  noteFound,
  readStaged,
} from "./staged.ts";
import { isLargeVideo, verifyVideo, videoBytesHeld } from "./video.ts";
import { confirmWritten, noteKeys, writeOriginal, writeRenditions } from "./written.ts";

/** Those that lost a decoder to the machine: their next try is made with nothing decoded beside it. */
const lostBeside = new Set<string>();

type Room = <T>(size: number, work: () => Promise<T>) => Promise<T>;
/** What a worker lends to each picture: room for its bytes while it is read, and for its pixels while it is decoded. */
export type Budget = { bytes: Room; pixels: Room };

export type FinalizeResult = Ending | "missing" | "postponed";

export async function finalize(
  db: Db,
  storage: Storage,
  uploadId: string,
  budget: Budget,
): Promise<FinalizeResult> {
  const held = { id: uploadId, token: randomUUID() };
  const upload = await ledger.claimUpload(db, uploadId, { token: held.token, seconds: leaseSeconds });
  if (upload === undefined) return "not_mine";
  await failpoint("finalize.claimed");
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
    const result = await attempt(db, storage, held, upload, { ...budget, signal: ending.signal });
    // the upload is over, or another worker's. What was written here in the meantime, nobody else may know of.
    if (result === "not_mine") {
      await failpoint("finalize.lost");
      await abandon(db, upload.id);
    }
    if (result !== "postponed") lostBeside.delete(upload.id);
    logger.info({ result, bytes: upload.bytes }, "finalized");
    return result;
  } finally {
    clearInterval(renewal);
  }
}

async function attempt(
  db: Db,
  storage: Storage,
  held: Held,
  upload: Upload,
  budget: Budget & { signal: AbortSignal },
): Promise<FinalizeResult> {
  const logger = log("finalize").child({ uploadId: upload.id });
  // The last try is made alone, so that no picture is refused for what its neighbour did to the worker.
  const alone = upload.attempts + 1 >= attemptsMax || lostBeside.has(upload.id);
  const pixels: Room = (size, work) => budget.pixels(alone ? Number.POSITIVE_INFINITY : size, work);
  const bounds = { ...budget, pixels };
  try {
    if (upload.attempts >= attemptsMax) return await reject(db, held, upload, "internal");
    const video = isVideo(upload.declaredMime) || (await isLargeVideo(storage, upload));
    return await bounds.bytes(video ? videoBytesHeld : upload.bytes, () =>
      (video ? verifyVideo : verify)(db, storage, held, upload, bounds),
    );
  } catch (error) {
    if (error instanceof Rejection) {
      logger.info({ code: error.code, reason: error.message }, "rejected");
      return await reject(db, held, upload, error.code);
    }
    if (error instanceof LeaseLost) return "not_mine";
    const byMachine = error instanceof DecoderLost && error.byMachine;
    const counted = byMachine ? alone : isOfPicture(error, upload);
    if (byMachine) lostBeside.add(upload.id);
    const seconds = byMachine && alone ? (shortageSeconds[upload.attempts] ?? retrySeconds) : retrySeconds;
    logger.error({ err: error, attempts: upload.attempts, counted }, "will be tried again");
    const kept = await ledger.postpone(db, held, { seconds, counted });
    return kept ? "postponed" : "not_mine";
  }
}

/** a store, a database or a machine that does not answer is no fault of the picture, so that try does not count. */
function isOfPicture(error: unknown, upload: Upload): boolean {
  // One object of a bucket of others may be archived, or closed to us: that does not pass by itself.
  if (error instanceof StorageError) return upload.inPlace && ["denied", "unsupported"].includes(error.code);
  return !isDatabaseInTrouble(error) && !(error instanceof DecoderMissing);
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
  await failpoint("finalize.read");
  // Nobody said what it is: a video is read as videos are.
  if (upload.declaredMime === "" && sniffVideo(original) !== undefined)
    return verifyVideo(db, storage, held, upload, budget);
  const sha256 = createHash("sha256").update(original).digest("hex");
  if (upload.inPlace || upload.sha256 === null)
    await noteFound(db, held, upload, { sha256, bytes: original.byteLength });
  else if (sha256 !== upload.sha256)
    throw new Rejection("checksum_mismatch", "the bytes have another SHA-256 than declared");
  const twin = await findTwin(db, upload, sha256);
  if (twin !== undefined) return reject(db, held, upload, "duplicate", twin);

  const { identity, facts, made } = await atRisk(db, held, async () => {
    const identity = await identify(original, declaredType(upload.declaredMime));
    await failpoint("finalize.identified");
    const facts = await readFacts(original, identity);
    const made = await budget.pixels(identity.pixels, () => derive(original, identity, budget.signal));
    await failpoint("finalize.derived");
    return { identity, facts, made };
  });
  const keys = await noteKeys(db, held, upload, identity.mime);
  await failpoint("finalize.keysNoted");
  const what = { upload, original, mime: identity.mime, sha256 };
  const written = upload.inPlace ? keys : await writeOriginal(db, storage, held, keys, what);
  await failpoint("finalize.originalWritten");
  await writeRenditions(storage, written.renditionFolder, made);
  await failpoint("finalize.renditionsWritten");
  if (upload.inPlace) await confirmUnchanged(storage, upload, { etag, bytes: original.byteLength });
  else await confirmWritten(storage, written, original.byteLength);
  await failpoint("finalize.confirmed");
  return publishStill(
    { db, storage, held, upload },
    {
      keys: written,
      bytes: original.byteLength,
      sha256,
      ...identity,
      facts,
      made,
      kind: made.motion?.format === "mp4" ? "live" : "picture",
      motion: made.motion?.format,
      ...(made.motion?.format === "mp4"
        ? { duration: made.motion.duration, codecs: made.motion.codecs }
        : {}),
    },
  );
}

const declaredType = (mime: string): MediaType | "" => mediaTypes.find((type) => type === mime) ?? "";

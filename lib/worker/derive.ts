/** Makes all renditions of a medium anew from its original: new folder, one switch, the old folder purged later. */
import { createHash } from "node:crypto";
import { type Db, inTransaction } from "#db/client.ts";
import { type Clip, findClip } from "#db/queries/halves.ts";
import { findMedia, replaceRenditions } from "#db/queries/media.ts";
import { addLatePurges, addPurges, callOffPromised, promisePurges } from "#db/queries/purges.ts";
import type { Media } from "#db/schema.ts";
import { settings } from "../env.ts";
import { failpoint } from "../failpoint.ts";
import { type Derivation, derive, identify } from "../imaging/index.ts";
import { log } from "../log.ts";
import { isVideo } from "../media.ts";
import { renditionFolder } from "../storage/keys.ts";
import type { Storage } from "../storage/port.ts";
import type { Budget } from "../uploads/finalize.ts";
import { writingSeconds } from "../uploads/rules.ts";
import { readLying, stillOf, writeMotion, writeShown } from "../uploads/video.ts";
import { widthsOf, writeRenditions } from "../uploads/written.ts";

/** What was made, and how to write it; the latter answers the ending of what moves. */
type Remade = { made: Derivation; write(folder: string): Promise<string | undefined> };

/** The worker was away for so long that the purge has begun to remove what it wrote. */
class TooLate extends Error {}

/** A store that takes less than that of a long video has its renditions removed while they are written. */
const bytesPerSecondMin = 1_000_000;

const damaged = (row: Media, found: boolean): undefined => {
  log("derive").error({ mediaId: row.id, key: row.key, found }, "the original is missing or damaged");
  return undefined;
};

const forever = new AbortController().signal;

async function stillAnew(
  storage: Storage,
  row: Media,
  clip: Clip | undefined,
  budget: Budget,
): Promise<Remade | undefined> {
  const got = await budget.bytes(row.bytes, () => storage.get(row.key, { bytesMax: row.bytes }));
  if (got === undefined || createHash("sha256").update(got.body).digest("hex") !== row.sha256)
    return damaged(row, got !== undefined);
  const identity = await identify(got.body, isVideo(row.mime) ? "" : row.mime);
  const made = await budget.pixels(identity.pixels, () => derive(got.body, identity));
  const write = async (folder: string): Promise<string | undefined> => {
    await writeRenditions(storage, folder, made);
    return clip === undefined ? made.motion?.format : clipAnew(storage, clip, folder);
  };
  return { made, write };
}

/** What others see of the clip that was uploaded beside a still. */
async function clipAnew(storage: Storage, clip: Clip, folder: string): Promise<string> {
  const { mime } = clip;
  if (!isVideo(mime)) throw new Error(`A clip of type ${mime}.`);
  const video = await readLying(storage, { ...clip, mime }, forever);
  return writeMotion(storage, clip.key, folder, video);
}

/** Its digest is not taken anew: gigabytes would be read for a picture of it. */
async function videoAnew(storage: Storage, row: Media, { pixels }: Budget): Promise<Remade | undefined> {
  const head = await storage.head(row.key);
  if (head?.bytes !== row.bytes || !isVideo(row.mime)) return damaged(row, head !== undefined);
  const at = { key: row.key, bytes: row.bytes, mime: row.mime };
  const video = await readLying(storage, at, forever);
  const made = await stillOf(storage, at, video, { pixels, signal: forever });
  return { made, write: (folder) => writeShown(storage, row.key, folder, video, made) };
}

/** False when the medium or its original is gone, or someone else replaced its renditions first. */
export async function deriveAgain(
  db: Db,
  storage: Storage,
  mediaId: string,
  budget: Budget,
): Promise<boolean> {
  const row = await findMedia(db, mediaId);
  if (row === undefined || row.purgedAt !== null) return false;
  const remade = isVideo(row.mime)
    ? await videoAnew(storage, row, budget)
    : await stillAnew(storage, row, await findClip(db, mediaId), budget);
  if (remade === undefined) return false;
  const { made, write } = remade;
  const folder = renditionFolder();
  // I-2: the folder is on record before anything is in it; if this process dies, the purge removes what it left.
  // The second time for a worker that was held up, wrote on after the first, and was ended before it could say so.
  const { ageSecondsMax } = settings().uploads;
  const soon = writingSeconds + Math.ceil(row.bytes / bytesPerSecondMin);
  const promised = await promisePurges(db, {
    key: `${folder}/`,
    reason: "unfinished renditions",
    inSeconds: [soon, soon + ageSecondsMax],
  });
  await failpoint("derive.promised");
  const motion = await write(folder);
  await failpoint("derive.written");
  const work = async (tx: Db): Promise<boolean> => {
    const replaced = await replaceRenditions(tx, row.id, row.renditionFolder, {
      renditionFolder: folder,
      avifWidths: widthsOf(made, "avif"),
      jpegWidths: widthsOf(made, "jpg"),
      motion: motion ?? null,
      thumbhash: made.thumbhash,
      color: made.color,
    });
    if (!replaced) return false;
    await failpoint("derive.replaced");
    // I-5: taken off the list of what is to be removed in the moment in which it is shown.
    if (!(await callOffPromised(tx, promised))) throw new TooLate("The purge was faster.");
    // Pages in people's hands still name the old ones until their URLs have ended.
    await addPurges(tx, [
      {
        key: `${row.renditionFolder}/`,
        reason: "replaced renditions",
        inSeconds: settings().delivery.windowSeconds * 2,
      },
    ]);
    // A worker that lost the upload may still be writing them.
    await addLatePurges(tx, [{ key: `${row.renditionFolder}/`, reason: "replaced renditions" }], {
      since: row.updatedAt,
      seconds: ageSecondsMax,
    });
    return true;
  };
  return inTransaction(db, work).catch(async (error: unknown) => {
    if (!(error instanceof TooLate)) throw error;
    await failpoint("derive.tooLate");
    // I-2: should this be after both, no row knows any more of what was written just now.
    await addPurges(db, [{ key: `${folder}/`, reason: "unfinished renditions, too late" }]);
    return false;
  });
}

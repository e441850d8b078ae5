/**
 * How the two files of a Live Photo become one medium, whichever came first. What the pair shows is written into the
 * folder of the upload that came last, which is on record (I-2); then one transaction makes the medium that was there the
 * whole of both. It keeps its address, its albums and whatever people said of it.
 */
import { type Db, inTransaction } from "#db/client.ts";
import * as halves from "#db/queries/halves.ts";
import { addLatePurges, addPurges } from "#db/queries/purges.ts";
import * as ledger from "#db/queries/uploads.ts";
import type { Media, Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import type { Facts } from "../imaging/index.ts";
import { extensionOf } from "../media.ts";
import { motionKey, renditionKey } from "../storage/keys.ts";
import type { Storage } from "../storage/port.ts";
import { type Ending, type Found, halfOf, publish, rejectWithin, seenOf } from "./publish.ts";
import { stagingPurges } from "./rules.ts";
import { type Held, LeaseLost } from "./staged.ts";
import { type Taken, takenOf } from "./taken.ts";
import type { Keys } from "./written.ts";

/** How often the other half may come or go between a look and the transaction. */
const triesMax = 4;

/** All that is played of a live picture is an MP4. */
const motion = extensionOf["video/mp4"];

/** What is known of a clip before it has a poster. */
export type ClipFound = {
  keys: Keys;
  bytes: number;
  sha256: string;
  mime: Media["mime"];
  duration: number;
  codecs: string;
  facts: Facts;
};

type At = { db: Db; storage: Storage; held: Held; upload: Upload };
type Half = NonNullable<ReturnType<typeof halfOf>>;

/** Publishes by itself what meets nobody; `alone` answers "met" when its other half became a medium meanwhile. */
async function meet(
  join: () => Promise<Ending | "alone" | "changed">,
  alone: () => Promise<Ending | "met">,
): Promise<Ending> {
  for (let n = 0; n < triesMax; n++) {
    const joined = await join();
    const ending = joined === "alone" ? await alone() : joined;
    if (ending !== "changed" && ending !== "met") return ending;
  }
  throw new Error("Two halves of a picture did not come together.");
}

/** Finds the other half, writes what the pair shows, and makes them one. */
async function joinOther(
  at: At,
  half: Half,
  found: Pick<Found, "bytes" | "sha256">,
  write: (other: Media) => Promise<boolean>,
  change: (other: Media) => { clip: halves.Clip; change: Partial<Media> },
): Promise<Ending | "alone" | "changed"> {
  const { db, held, upload } = at;
  const sought = { ...upload, contentId: half.contentId };
  const other = await halves.findOtherHalf(db, sought, half.wants);
  if (other === undefined) return "alone";
  if (!(await write(other))) return "changed";
  return inTransaction(db, async (tx) => {
    await ledger.lockQuota(tx, upload.ownerId);
    await halves.lockContent(tx, sought);
    const [twin] =
      upload.guestId === null ? await ledger.findDuplicates(tx, upload.ownerId, [found.sha256]) : [];
    if (twin !== undefined) return rejectWithin(tx, held, "duplicate", twin.id);
    const joined = change(other);
    if (!(await halves.joinHalves(tx, other, joined.clip, joined.change))) return "changed";
    const closed = await ledger.closeHeld(tx, held, { state: "ready", mediaId: other.id });
    // Throwing undoes it: the row went to someone else.
    if (closed === undefined) throw new LeaseLost();
    await ledger.settleQuota(tx, upload.ownerId, { used: found.bytes, reserved: -found.bytes });
    await addPurges(tx, [
      ...stagingPurges(closed, "verified"),
      // Pages in people's hands still name the old ones until their URLs have ended.
      {
        key: `${other.renditionFolder}/`,
        reason: "replaced renditions",
        inSeconds: settings().delivery.windowSeconds * 2,
      },
    ]);
    // A worker that lost the first half's upload may still be writing them.
    await addLatePurges(tx, [{ key: `${other.renditionFolder}/`, reason: "replaced renditions" }], {
      since: other.updatedAt,
      seconds: settings().uploads.ageSecondsMax,
    });
    return "ready";
  });
}

/** Copies inside the bucket; false when one of them is not there any more. */
async function copyAll(storage: Storage, pairs: [from: string, to: string][]): Promise<boolean> {
  const meta = (key: string) => ({
    contentType: key.endsWith(".mp4") ? "video/mp4" : key.endsWith(".avif") ? "image/avif" : "image/jpeg",
    cacheControl: settings().mediaCacheControl,
    contentDisposition: "inline",
  });
  const copied = await Promise.allSettled(
    pairs.map(([from, to]) => storage.copy(from, to, { meta: meta(to) })),
  );
  for (const one of copied) if (one.status === "rejected") throw one.reason;
  return copied.every((one) => one.status === "fulfilled" && one.value !== undefined);
}

/**
 * The end of a clip's verification. `writeMotion` puts what others may see of it into its own folder; `alone` publishes
 * it as a video when no still waits for it.
 */
export async function publishClip(
  at: At,
  found: ClipFound,
  writeMotion: () => Promise<void>,
  alone: () => Promise<Ending | "met">,
): Promise<Ending> {
  const half = halfOf({ ...found, kind: "video" });
  const { keys, duration, codecs, bytes, sha256, mime } = found;
  const join = async (): Promise<Ending | "alone" | "changed"> => {
    if (half === undefined) return "alone";
    const write = async (still: Media): Promise<boolean> => {
      const keyIn = (folder: string, format: "avif" | "jpg") => (width: number) =>
        renditionKey(folder, width, format);
      const pairs = (["avif", "jpg"] as const).flatMap((format) =>
        (format === "avif" ? still.avifWidths : still.jpegWidths).map((width): [string, string] => [
          keyIn(still.renditionFolder, format)(width),
          keyIn(keys.renditionFolder, format)(width),
        ]),
      );
      if (!(await copyAll(at.storage, pairs))) return false;
      await writeMotion();
      return true;
    };
    return joinOther(at, half, found, write, () => ({
      clip: { key: keys.finalKey, bytes, sha256, mime, filename: at.upload.filename },
      change: { renditionFolder: keys.renditionFolder, motion, duration, codecs },
    }));
  };
  return meet(join, alone);
}

/** The end of a still's verification, whose renditions are written. */
export async function publishStill(at: At, found: Found): Promise<Ending> {
  const half = halfOf(found);
  const { renditionFolder } = found.keys;
  const join = async (): Promise<Ending | "alone" | "changed"> => {
    if (half === undefined) return "alone";
    const write = (clip: Media): Promise<boolean> =>
      copyAll(at.storage, [
        [
          clip.motion === null ? clip.key : motionKey(clip.renditionFolder, clip.motion),
          motionKey(renditionFolder, motion),
        ],
      ]);
    return joinOther(at, half, found, write, (clip) => ({
      clip,
      change: {
        ...seenOf(found),
        ...bestOf(found.facts, clip),
        ...takenBest(takenOf(found.facts, at.upload), clip),
        filename: at.upload.filename,
        motion,
      },
    }));
  };
  return meet(join, () => publish(at.db, at.held, at.upload, found));
}

/** What a camera wrote counts more than what a file system did; what a person said counts most. */
function takenBest(still: Taken, clip: Media): Taken {
  return clip.takenSource === "person" || (clip.takenSource === "camera" && still.takenSource !== "camera")
    ? { takenAt: clip.takenAt, takenSource: clip.takenSource, takenOffset: clip.takenOffset }
    : still;
}

/** Both tell where they were taken and by what; the still tells more of it, if it tells anything. */
const bestOf = (facts: Facts, clip: Media): Partial<Media> => ({
  camera: facts.camera ?? clip.camera,
  ...(facts.latitude === undefined
    ? { latitude: clip.latitude, longitude: clip.longitude, altitude: clip.altitude }
    : {}),
});

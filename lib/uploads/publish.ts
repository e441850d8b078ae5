/** How an upload ends: as a medium, or refused with a reason; in one transaction with its quota and its purges. */
import { type Db, inTransaction } from "#db/client.ts";
import { addArrival } from "#db/queries/guests.ts";
import * as halves from "#db/queries/halves.ts";
import { insertMedia } from "#db/queries/media.ts";
import { addPurges } from "#db/queries/purges.ts";
import * as ledger from "#db/queries/uploads.ts";
import type { Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import { failpoint } from "../failpoint.ts";
import type { Derivation, Facts } from "../imaging/index.ts";
import { type MediaKind, type MediaType, type RejectCode, type Visibility, waitingSince } from "../media.ts";
import { placeColumns } from "../places/place.ts";
import { finalPurges, stagingPurges } from "./rules.ts";
import { type Held, LeaseLost } from "./staged.ts";
import { takenOf } from "./taken.ts";
import { type Keys, widthsOf } from "./written.ts";

export type Ending = "ready" | "rejected" | "not_mine";

/** What was asked for, unless the gallery does not show anything that way (any more). */
function visibilityOf(upload: Upload): Visibility {
  const allowed = settings().visibilities;
  return allowed.find((one) => one === upload.visibility) ?? allowed[0] ?? "private";
}

/** What was found out about the bytes, and where they are. */
export type Found = {
  keys: Keys;
  bytes: number;
  sha256: string;
  mime: MediaType;
  width: number;
  height: number;
  frames: number;
  facts: Facts;
  made: Derivation;
  kind: MediaKind;
  /** The ending of what moves, beside the renditions. */
  motion?: string | undefined;
  /** Milliseconds. */
  duration?: number;
  codecs?: string;
};

/** Longer videos are no part of a still, whatever is written into them. */
const clipMsMax = 30_000;

/** Whether this is one of the two files of a picture, and which one it waits for. */
export function halfOf({
  facts: { contentId },
  kind,
  frames = 1,
  duration = 0,
}: Pick<Found, "facts" | "kind"> & { frames?: number; duration?: number }):
  | { contentId: string; wants: "still" | "clip" }
  | undefined {
  if (contentId === undefined) return undefined;
  if (kind === "video") return duration > clipMsMax ? undefined : { contentId, wants: "still" };
  return kind === "picture" && frames === 1 ? { contentId, wants: "clip" } : undefined;
}

/** The columns that say what is seen of a medium, where it lies and what its camera wrote. */
export const seenOf = ({ keys, facts, made, ...found }: Found) => ({
  key: keys.finalKey,
  renditionFolder: keys.renditionFolder,
  avifWidths: widthsOf(made, "avif"),
  jpegWidths: widthsOf(made, "jpg"),
  sha256: found.sha256,
  bytes: found.bytes,
  mime: found.mime,
  width: found.width,
  height: found.height,
  frames: found.frames,
  thumbhash: made.thumbhash,
  color: made.color,
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

/**
 * The last step: everything becomes visible at once, or nothing does. "met": the other half of this picture is
 * there, and nothing was done.
 */
export async function publish(db: Db, held: Held, upload: Upload, found: Found): Promise<Ending | "met"> {
  const { bytes, sha256 } = found;
  const place = await placeColumns(found.facts);
  const ending = await inTransaction(db, async (tx): Promise<Ending | "met"> => {
    await ledger.lockQuota(tx, upload.ownerId);
    await failpoint("publish.locked");
    const half = halfOf(found);
    const sought = half && { ...upload, contentId: half.contentId };
    if (half !== undefined && sought !== undefined) {
      await halves.lockContent(tx, sought);
      // As the clip of another medium it is in no unique index.
      const [twin] = await ledger.findDuplicates(tx, upload.ownerId, [sha256]);
      if (twin !== undefined && upload.guestId === null) return rejectWithin(tx, held, "duplicate", twin.id);
      if (await halves.findOtherHalf(tx, sought, half.wants)) return "met";
    }
    const mediaId = await insertMedia(tx, {
      ...seenOf(found),
      ...place,
      ownerId: upload.ownerId,
      visibility: visibilityOf(upload),
      keepOriginal: upload.keepOriginal,
      kind: found.kind,
      motion: found.motion ?? null,
      duration: found.duration ?? null,
      codecs: found.codecs ?? null,
      filename: upload.filename,
      ...takenOf(found.facts, upload),
      deletedAt: upload.guestId === null ? null : waitingSince,
    });
    if (mediaId === undefined) {
      // the same picture became ready through another upload in the meantime.
      const [twin] = await ledger.findDuplicates(tx, upload.ownerId, [sha256]);
      return rejectWithin(tx, held, "duplicate", twin?.id);
    }
    await failpoint("publish.inserted");
    if (sought !== undefined)
      await halves.insertHalf(tx, { mediaId, ownerId: upload.ownerId, contentId: sought.contentId });
    if (upload.guestId !== null && !(await addArrival(tx, upload.guestId, mediaId)))
      await addPurges(tx, [
        { key: found.keys.finalKey, reason: "deleted", mediaId, inSeconds: settings().trashSeconds },
      ]);
    const closed = await ledger.closeHeld(tx, held, { state: "ready", mediaId });
    // Throwing undoes the insert: the row went to someone else.
    if (closed === undefined) throw new LeaseLost();
    await failpoint("publish.closed");
    await ledger.settleQuota(tx, upload.ownerId, { used: bytes, reserved: -bytes });
    await failpoint("publish.settled");
    await addPurges(tx, stagingPurges(closed, "verified"));
    await failpoint("publish.purgesAdded");
    return "ready";
  });
  await failpoint("publish.committed");
  return ending;
}

/** The upload is over: its reason is kept, its space given back, whatever was written is removed. */
export async function reject(
  db: Db,
  held: Held,
  upload: Upload,
  code: RejectCode,
  mediaId?: string,
): Promise<Ending> {
  const ending = await inTransaction(db, async (tx) => {
    await ledger.lockQuota(tx, upload.ownerId);
    return rejectWithin(tx, held, code, mediaId);
  });
  await failpoint("reject.committed");
  return ending;
}

/** The same within a transaction that holds the owner's quota. */
export async function rejectWithin(
  tx: Db,
  held: Held,
  rejectCode: RejectCode,
  mediaId: string | undefined,
): Promise<Ending> {
  const closed = await ledger.closeHeld(tx, held, {
    state: "rejected",
    rejectCode,
    ...(mediaId === undefined ? {} : { mediaId }),
  });
  if (closed === undefined) return "not_mine";
  await failpoint("reject.closed");
  await ledger.settleQuota(tx, closed.ownerId, { reserved: -closed.bytes });
  // Whose fault it was that three tries failed, only a person can find out: what was sent waits for that as long as any
  // upload may (I-3), and can be taken up again.
  const keepSeconds = rejectCode === "internal" ? settings().uploads.ageSecondsMax : 0;
  await addPurges(tx, [
    ...stagingPurges(closed, "rejected", keepSeconds),
    ...finalPurges(closed, "rejected"),
  ]);
  return "rejected";
}

/**
 * whoever lost the row removes what it wrote, unless the winner uses the same keys: that is what the purge looks
 * at, and of a medium that was published and purged meanwhile nothing else would know what was written just now.
 */
export async function abandon(db: Db, id: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    const now = await ledger.lockUpload(tx, id);
    if (now !== undefined && now.state !== "issued" && now.state !== "verifying")
      await addPurges(tx, finalPurges(now, "lost its upload"));
  });
}

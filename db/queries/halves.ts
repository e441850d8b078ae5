/** Pictures that a telephone stores as two files: which halves wait for each other, and how they become one medium. */
import { and, eq, isNull, sql } from "drizzle-orm";
import { waitingSince } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { type Half, halves, type Media, media, type Upload } from "../schema.ts";

/** Whose half it is, and what was written into it. */
export type Sought = Pick<Upload, "ownerId" | "guestId" | "keepOriginal" | "filename"> & {
  contentId: string;
};

/** Halves of one name meet one after another, whichever worker brings them; until the transaction ends. */
export async function lockContent(
  db: Db,
  { ownerId, contentId }: Pick<Sought, "ownerId" | "contentId">,
): Promise<void> {
  await db.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`tintype half ${ownerId} ${contentId}`}, 0))`,
  );
}

const stem = (name: string): string => name.replace(/(.)\.[A-Za-z0-9]{1,8}$/, "$1").toLowerCase();

/**
 * The medium that waits for this half: a still for a clip, a clip for a still. Of several (an edited copy is named as its
 * original was) the one whose file is called the same, then the one added first. What a guest sends meets only what the
 * same guest sent, as long as it waits for approval. Both originals are kept, or both removed, when the medium is purged.
 */
export async function findOtherHalf(
  db: Db,
  sought: Sought,
  wants: "still" | "clip",
): Promise<Media | undefined> {
  const found = await db
    .select({ media })
    .from(halves)
    .innerJoin(media, eq(media.id, halves.mediaId))
    .where(
      and(
        eq(halves.ownerId, sought.ownerId),
        eq(halves.contentId, sought.contentId),
        isNull(halves.clipSha256),
        eq(media.kind, wants === "still" ? "picture" : "video"),
        eq(media.keepOriginal, sought.keepOriginal),
        isNull(media.purgedAt),
        sought.guestId === null
          ? isNull(media.deletedAt)
          : sql`${media.deletedAt} = ${sql.param(waitingSince, media.deletedAt)} and exists (
              select from arrivals a where a.media_id = ${media.id} and a.guest_id = ${sought.guestId})`,
      ),
    )
    .orderBy(media.createdAt, media.id)
    .limit(20);
  const same = found.find((row) => stem(row.media.filename) === stem(sought.filename));
  return (same ?? found[0])?.media;
}

/** Notes that a medium is one half of a picture and that the other has not come yet. */
export async function insertHalf(
  db: Db,
  row: Pick<Half, "mediaId" | "ownerId" | "contentId">,
): Promise<void> {
  await db.insert(halves).values(row);
}

/** A clip as it was uploaded. */
export type Clip = { key: string; bytes: number; sha256: string; mime: Media["mime"]; filename: string };

/**
 * Makes one medium of two halves: `change` is what it takes from the half that came last. False when the one that was
 * there is no longer as it was: thrown away, shown by other renditions, or met by another.
 */
export async function joinHalves(
  db: Db,
  before: Pick<Media, "id" | "renditionFolder" | "kind">,
  clip: Clip,
  change: Partial<Media>,
): Promise<boolean> {
  const joined = await db
    .update(media)
    .set({ ...change, kind: "live", updatedAt: sql`now()` })
    .where(
      and(
        eq(media.id, before.id),
        eq(media.kind, before.kind),
        eq(media.renditionFolder, before.renditionFolder),
        sql`(${media.deletedAt} is null or ${media.deletedAt} = ${sql.param(waitingSince, media.deletedAt)})`,
        isNull(media.purgedAt),
      ),
    )
    .returning({ id: media.id });
  if (joined.length === 0) return false;
  await db
    .update(halves)
    .set({
      clipKey: clip.key,
      clipBytes: clip.bytes,
      clipSha256: clip.sha256,
      clipMime: clip.mime,
      clipFilename: clip.filename,
    })
    .where(eq(halves.mediaId, before.id));
  return true;
}

/** The clip of a medium that has one and is not purged. */
export async function findClip(db: Db, mediaId: string): Promise<Clip | undefined> {
  const [row] = await db.select().from(halves).where(eq(halves.mediaId, mediaId));
  if (row === undefined) return undefined;
  const { clipKey, clipBytes, clipSha256, clipMime, clipFilename } = row;
  if (
    clipKey === null ||
    clipBytes === null ||
    clipSha256 === null ||
    clipMime === null ||
    clipFilename === null
  )
    return undefined;
  return { key: clipKey, bytes: clipBytes, sha256: clipSha256, mime: clipMime, filename: clipFilename };
}

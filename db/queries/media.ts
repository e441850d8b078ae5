/** Changes of media. What may be seen is asked in queries/gallery.ts. */
import { and, eq, inArray, isNotNull, isNull, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Visibility } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { halves, type Media, media, type NewMedia } from "../schema.ts";

/** Inserts a medium; `undefined` when its owner has a live one with the same content (R-26). */
export async function insertMedia(db: Db, row: NewMedia): Promise<string | undefined> {
  const [inserted] = await db
    .insert(media)
    .values(row)
    .onConflictDoNothing({ target: [media.ownerId, media.sha256], where: sql`deleted_at is null` })
    .returning({ id: media.id });
  return inserted?.id;
}

export async function findMedia(db: Db, id: string): Promise<Media | undefined> {
  const [row] = await db.select().from(media).where(eq(media.id, id));
  return row;
}

/** Locks the medium until the transaction ends. False: there is none. */
export async function lockMedia(db: Db, id: string): Promise<boolean> {
  const found = await db.select({ id: media.id }).from(media).where(eq(media.id, id)).for("no key update");
  return found.length > 0;
}

/** The medium of which an original lies at this key. */
export async function findByKey(db: Db, key: string): Promise<string | undefined> {
  const whole = db
    .select({ id: media.id })
    .from(media)
    .where(and(eq(media.key, key), isNull(media.purgedAt)));
  const [row] = await unionAll(
    whole,
    db.select({ id: halves.mediaId }).from(halves).where(eq(halves.clipKey, key)),
  );
  return row?.id;
}

/** `ownerId: undefined` means anyone's: for administrators. An empty list of ids changes nothing. */
const chosen = (ids: string[], ownerId: string | undefined) =>
  and(inArray(media.id, ids), ownerId === undefined ? undefined : eq(media.ownerId, ownerId));

export async function updateVisibility(
  db: Db,
  ids: string[],
  ownerId: string | undefined,
  visibility: Visibility,
): Promise<string[]> {
  const rows = await db
    .update(media)
    .set({ visibility, updatedAt: sql`now()` })
    .where(and(chosen(ids, ownerId), isNull(media.deletedAt)))
    .returning({ id: media.id });
  return rows.map((row) => row.id);
}

export async function updateTexts(
  db: Db,
  id: string,
  ownerId: string | undefined,
  texts: { title?: string; description?: string; alt?: string },
): Promise<string[]> {
  const rows = await db
    .update(media)
    .set({ ...texts, updatedAt: sql`now()` })
    .where(and(chosen([id], ownerId), isNull(media.deletedAt)))
    .returning({ id: media.id });
  return rows.map((row) => row.id);
}

/** Puts live media in the trash; returns what each purge needs (F-18). */
export async function markDeleted(
  db: Db,
  ids: string[],
  ownerId: string | undefined,
): Promise<{ id: string; key: string }[]> {
  return db
    .update(media)
    .set({ deletedAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(chosen(ids, ownerId), isNull(media.deletedAt)))
    .returning({ id: media.id, key: media.key });
}

/**
 * Takes media out of the trash. Left there: what is purged already, and what its owner has uploaded again since
 * (or has chosen twice here), because content is unique among live media.
 */
export async function markRestored(db: Db, ids: string[], ownerId: string | undefined): Promise<string[]> {
  const rows = await db
    .update(media)
    .set({ deletedAt: null, updatedAt: sql`now()` })
    .where(
      and(
        chosen(ids, ownerId),
        isNotNull(media.deletedAt),
        isNull(media.purgedAt),
        sql`not exists (select 1 from media live where live.owner_id = ${media.ownerId}
          and live.sha256 = ${media.sha256} and live.deleted_at is null)`,
        sql`not exists (select 1 from media twin where twin.owner_id = ${media.ownerId}
          and twin.sha256 = ${media.sha256} and twin.id < ${media.id} and twin.deleted_at is not null
          and twin.purged_at is null and ${inArray(sql`twin.id`, ids)})`,
      ),
    )
    .returning({ id: media.id });
  return rows.map((row) => row.id);
}

export async function listProcessable(db: Db, ids: string[], ownerId: string | undefined): Promise<string[]> {
  const rows = await db
    .select({ id: media.id })
    .from(media)
    .where(and(chosen(ids, ownerId), isNull(media.purgedAt)));
  return rows.map((row) => row.id);
}

/** Points a medium at its new renditions, if it still shows the old ones. */
export async function replaceRenditions(
  db: Db,
  id: string,
  oldFolder: string,
  made: Pick<Media, "renditionFolder" | "avifWidths" | "jpegWidths" | "motion" | "thumbhash" | "color">,
): Promise<boolean> {
  const rows = await db
    .update(media)
    .set({ ...made, updatedAt: sql`now()` })
    .where(and(eq(media.id, id), eq(media.renditionFolder, oldFolder), isNull(media.purgedAt)))
    .returning({ id: media.id });
  return rows.length > 0;
}

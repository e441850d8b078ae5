/** One person's trash: what they threw away and the store still holds. */
import { and, desc, eq, gt, inArray, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import { waitingSince } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { media, purges } from "../schema.ts";

/** A place in the trash; media thrown away at the same moment are told apart by their id. */
export type TrashPlace = { deletedAt: Date; id: string };

const columns = {
  id: media.id,
  title: media.title,
  filename: media.filename,
  color: media.color,
  renditionFolder: media.renditionFolder,
  avifWidths: media.avifWidths,
  // Of the trash, so never null.
  deletedAt: sql<Date>`${media.deletedAt}`.mapWith(media.deletedAt),
  /** When its objects may be removed; null when that is settled some other way. */
  // Spelt out: among the columns of a single table Drizzle leaves out its name, and `id` would be the purge's.
  goesAt: sql<Date | null>`(select min(due.not_before) from purges due
    where due.media_id = media.id and due.done_at is null)`.mapWith(purges.notBefore),
};

const olderThan = (from: TrashPlace | undefined): SQL | undefined =>
  from === undefined
    ? undefined
    : sql`(${media.deletedAt}, ${media.id}) < (${sql.param(from.deletedAt, media.deletedAt)}, ${sql.param(from.id, media.id)})`;

/** Newest thrown away first, from after `from`. */
export async function listTrashed(
  db: Db,
  { ownerId, from, limit }: { ownerId: string; from: TrashPlace | undefined; limit: number },
) {
  return db
    .select(columns)
    .from(media)
    .where(
      and(
        eq(media.ownerId, ownerId),
        isNotNull(media.deletedAt),
        // What guests sent and nobody has looked at yet.
        gt(media.deletedAt, waitingSince),
        isNull(media.purgedAt),
        // What is being removed already.
        sql`not exists (select 1 from purges due
          where due.media_id = media.id and due.done_at is null and due.not_before <= now())`,
        olderThan(from),
      ),
    )
    .orderBy(desc(media.deletedAt), desc(media.id))
    .limit(limit);
}

/** Where those of the ids are that this person owns. */
export async function whereabouts(
  db: Db,
  ownerId: string,
  ids: string[],
): Promise<{ id: string; place: "gallery" | "trash" | "gone" }[]> {
  const rows = await db
    .select({ id: media.id, deletedAt: media.deletedAt, purgedAt: media.purgedAt })
    .from(media)
    .where(and(eq(media.ownerId, ownerId), inArray(media.id, ids)));
  return rows.map(({ id, deletedAt, purgedAt }) => ({
    id,
    place: deletedAt === null ? "gallery" : purgedAt === null ? "trash" : "gone",
  }));
}

/**
 * Ends the days in the trash of everything this person threw away before that moment: gone as of now, its objects at the
 * purge's next run. Answers how many there were and their bytes, which the caller gives back.
 */
export async function endTrash(
  db: Db,
  ownerId: string,
  before: Date,
): Promise<{ count: number; bytes: number }> {
  const [row] = await db.execute<{ count: number; bytes: string }>(sql`
    with gone as (
      update media set purged_at = now()
      where owner_id = ${ownerId} and deleted_at > ${waitingSince.toISOString()}::timestamptz
        and deleted_at <= ${before.toISOString()}::timestamptz and purged_at is null
      returning id, key, bytes),
    hurried as (
      update purges set not_before = now() from gone where media_id = gone.id and done_at is null returning media_id),
    missing as (
      insert into purges (key, reason, media_id, not_before)
      select key, 'emptied', id, now() from gone where id not in (select media_id from hurried))
    select count(*)::int as count,
      coalesce(sum(gone.bytes + coalesce(h.clip_bytes, 0)), 0)::text as bytes
    from gone left join halves h on h.media_id = gone.id and h.clip_key is not null`);
  return { count: row?.count ?? 0, bytes: Number(row?.bytes ?? 0) };
}

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

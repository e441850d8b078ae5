/** What comes through guest links: who sent it, how much a link still takes, and what waits for its maker's word. */
import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { waitingSince } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { arrivals, guests, media, shares, uploads } from "../schema.ts";
import { listOf } from "./selections.ts";

export async function insertGuest(
  db: Db,
  guest: { id: string; shareId: string; name: string },
): Promise<void> {
  await db.insert(guests).values(guest).onConflictDoNothing();
}

export async function hasGuest(db: Db, guest: { id: string; shareId: string }): Promise<boolean> {
  const found = await db
    .select({ id: guests.id })
    .from(guests)
    .where(and(eq(guests.id, guest.id), eq(guests.shareId, guest.shareId)));
  return found.length > 0;
}

/** Pictures and bytes that a link has taken or promised to take; bounded by what it may take. */
export async function takenThrough(db: Db, shareId: string): Promise<{ files: number; bytes: number }> {
  const [row] = await db
    .select({
      files: sql<number>`count(*)::int`,
      bytes: sql<number>`coalesce(sum(${uploads.bytes}), 0)::float8`,
    })
    .from(guests)
    .innerJoin(uploads, eq(uploads.guestId, guests.id))
    .where(and(eq(guests.shareId, shareId), inArray(uploads.state, ["issued", "verifying", "ready"])));
  return row ?? { files: 0, bytes: 0 };
}

/** Those of the ids that this guest sends. */
export async function ownOf(db: Db, guestId: string, ids: string[]): Promise<string[]> {
  const rows = await db
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(eq(uploads.guestId, guestId), sql`${uploads.id} = any(${listOf(ids)}::uuid[])`));
  return rows.map(({ id }) => id);
}

/** What became of a guest's pictures; one that its maker's library has already counts as taken. */
export async function fateOf(
  db: Db,
  guestId: string,
): Promise<{ waiting: number; taken: number; refused: number }> {
  const [row] = await db.execute<{ waiting: number; taken: number; refused: number }>(sql`
    select count(*) filter (where fate = 'waiting')::int as waiting, count(*) filter (where fate = 'taken')::int as taken,
      count(*) filter (where fate = 'refused')::int as refused
    from (
      select case when exists (select from ${arrivals} a where a.media_id = u.media_id) then 'waiting'
        when exists (select from ${media} m join ${media} kept on kept.owner_id = m.owner_id and kept.sha256 = m.sha256
          where m.id = u.media_id and kept.deleted_at is null) then 'taken' else 'refused' end as fate
      from ${uploads} u where u.guest_id = ${guestId}::uuid and u.state = 'ready') sent`);
  return row ?? { waiting: 0, taken: 0, refused: 0 };
}

/** A guest's uploads that are under way. */
export async function openOf(db: Db, guestId: string, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(eq(uploads.guestId, guestId), inArray(uploads.state, ["issued", "verifying"])))
    .limit(limit);
  return rows.map(({ id }) => id);
}

/**
 * A verified picture of a guest's waits. False when its link was removed meanwhile: nobody would ever see it there, and it
 * is in the trash, whose end the caller has to note.
 */
export async function addArrival(db: Db, guestId: string, mediaId: string): Promise<boolean> {
  const rows = await db.execute(sql`
    insert into ${arrivals} (media_id, share_id, guest_id)
    select ${mediaId}::uuid, share_id, id from ${guests} where id = ${guestId} returning media_id`);
  if (rows.length === 0) await db.update(media).set({ deletedAt: sql`now()` }).where(eq(media.id, mediaId));
  return rows.length > 0;
}

const waiting = and(eq(media.deletedAt, waitingSince), sql`${media.purgedAt} is null`);

/** What waits at one of the owner's links, oldest first, from after `from`. */
export async function listArrivals(
  db: Db,
  ask: { shareId: string; ownerId: string; from: { createdAt: Date; id: string } | undefined; limit: number },
) {
  const beyond =
    ask.from === undefined
      ? undefined
      : sql`(${arrivals.createdAt}, ${arrivals.mediaId}) > (${sql.param(ask.from.createdAt, arrivals.createdAt)}, ${ask.from.id}::uuid)`;
  return db
    .select({
      id: media.id,
      guest: guests.name,
      createdAt: arrivals.createdAt,
      filename: media.filename,
      bytes: media.bytes,
      width: media.width,
      height: media.height,
      color: media.color,
      renditionFolder: media.renditionFolder,
      avifWidths: media.avifWidths,
      jpegWidths: media.jpegWidths,
    })
    .from(arrivals)
    .innerJoin(media, and(eq(media.id, arrivals.mediaId), waiting))
    .leftJoin(guests, eq(guests.id, arrivals.guestId))
    .where(and(eq(arrivals.shareId, ask.shareId), eq(media.ownerId, ask.ownerId), beyond))
    .orderBy(asc(arrivals.createdAt), asc(arrivals.mediaId))
    .limit(ask.limit);
}

export type ArrivalRow = Awaited<ReturnType<typeof listArrivals>>[number];

/** How many wait at each of the links, counted no further than what a link may take. */
export async function countArrivals(db: Db, shareIds: string[]): Promise<Map<string, number>> {
  if (shareIds.length === 0) return new Map();
  const rows = await db
    .select({ shareId: arrivals.shareId, n: sql<number>`count(*)::int` })
    .from(arrivals)
    .where(sql`${arrivals.shareId} = any(${listOf(shareIds)}::uuid[])`)
    .groupBy(arrivals.shareId);
  return new Map(rows.map(({ shareId, n }) => [shareId, n]));
}

/** Ends the waiting of some, or with `ids` undefined of all at one link; returns what they are. */
export async function takeArrivals(
  db: Db,
  ask: { shareId: string; ownerId: string; ids: string[] | undefined },
): Promise<{ id: string; key: string; sha256: string }[]> {
  const some = ask.ids === undefined ? sql`true` : sql`a.media_id = any(${listOf(ask.ids)}::uuid[])`;
  const rows = await db.execute<{ id: string; key: string; sha256: string }>(sql`
    with taken as (
      delete from ${arrivals} a using ${shares} s
      where s.id = a.share_id and s.id = ${ask.shareId} and s.owner_id = ${ask.ownerId} and ${some}
      returning a.media_id)
    select m.id, m.key, encode(m.sha256, 'hex') as sha256 from taken join ${media} m on m.id = taken.media_id
    where m.deleted_at = ${waitingSince.toISOString()}::timestamptz and m.purged_at is null order by m.id`);
  return [...rows];
}

/** What waited is in the trash now. */
export async function trashWaiting(db: Db, ids: string[]): Promise<void> {
  await db
    .update(media)
    .set({ deletedAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(sql`${media.id} = any(${listOf(ids)}::uuid[])`, waiting));
}

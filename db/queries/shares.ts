/** Shares: who was given what, how long, how often; and what a share holds. Deadlines and caps are the database's. */
import { and, asc, desc, eq, gt, inArray, isNull, lt, or, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import {
  albums,
  media,
  type NewShare,
  type Share,
  shareMedia,
  shares,
  shareVisits,
  users,
} from "../schema.ts";
import { tileColumns } from "./gallery.ts";
import { type Chosen, chosenIds, listOf, within } from "./selections.ts";

export type { NewShare, Share };

/** Why a share does not open, the first that holds; null while it does. */
const ended = sql<"revoked" | "gone" | "expired" | null>`case
  when ${shares.revokedAt} is not null then 'revoked'
  when ${users.disabledAt} is not null or ${users.role} = 'viewer' then 'gone'
  when ${shares.kind} <> 'selection' and ${shares.albumId} is null then 'gone'
  when ${shares.expiresAt} <= now() then 'expired' end`;

const full = {
  id: shares.id,
  ownerId: shares.ownerId,
  kind: shares.kind,
  salt: shares.salt,
  tokenHash: shares.tokenHash,
  label: shares.label,
  title: shares.title,
  albumId: shares.albumId,
  albumTitle: albums.title,
  albumText: albums.description,
  albumCover: albums.coverId,
  albumCount: albums.count,
  withAlbums: shares.withAlbums,
  passwordHash: shares.passwordHash,
  expiresAt: shares.expiresAt,
  visitsMax: shares.visitsMax,
  downloadsMax: shares.downloadsMax,
  visits: shares.visits,
  downloads: shares.downloads,
  download: shares.download,
  bytesMax: shares.bytesMax,
  filesMax: shares.filesMax,
  lastVisitAt: shares.lastVisitAt,
  revokedAt: shares.revokedAt,
  createdAt: shares.createdAt,
  ended,
};

const joined = (db: Db) =>
  db
    .select(full)
    .from(shares)
    .innerJoin(users, eq(users.id, shares.ownerId))
    .leftJoin(albums, eq(albums.id, shares.albumId));

export type ShareRow = Awaited<ReturnType<typeof findShare>> & object;

export async function findShare(db: Db, by: { tokenHash: string } | { id: string; ownerId: string }) {
  const [row] = await joined(db).where(
    "tokenHash" in by
      ? eq(shares.tokenHash, by.tokenHash)
      : and(eq(shares.id, by.id), eq(shares.ownerId, by.ownerId)),
  );
  return row;
}

/** Newest first, from after `from`; with `albumId` those of one album. */
export async function listShares(
  db: Db,
  ask: {
    ownerId: string;
    albumId?: string | undefined;
    from: { createdAt: Date; id: string } | undefined;
    limit: number;
  },
) {
  const beyond =
    ask.from === undefined
      ? undefined
      : sql`(${shares.createdAt}, ${shares.id}) < (${sql.param(ask.from.createdAt, shares.createdAt)}, ${ask.from.id}::uuid)`;
  return joined(db)
    .where(
      and(
        eq(shares.ownerId, ask.ownerId),
        ask.albumId === undefined ? undefined : eq(shares.albumId, ask.albumId),
        beyond,
      ),
    )
    .orderBy(desc(shares.createdAt), desc(shares.id))
    .limit(ask.limit);
}

export async function insertShare(db: Db, row: NewShare): Promise<string> {
  const [made] = await db.insert(shares).values(row).returning({ id: shares.id });
  if (made === undefined) throw new RangeError("Expected the share that was inserted, got nothing");
  return made.id;
}

export type ShareChange = Partial<
  Pick<
    Share,
    | "label"
    | "title"
    | "passwordHash"
    | "visitsMax"
    | "downloadsMax"
    | "download"
    | "bytesMax"
    | "filesMax"
    | "expiresAt"
    | "withAlbums"
  >
>;

/** False: there is none, or it is somebody else's. */
export async function updateShare(
  db: Db,
  at: { id: string; ownerId: string },
  change: ShareChange | { revoked: true } | { salt: Buffer; tokenHash: string },
): Promise<boolean> {
  const set = "revoked" in change ? { revokedAt: sql`coalesce(${shares.revokedAt}, now())` } : { ...change };
  const rows = await db
    .update(shares)
    .set({ ...set, updatedAt: sql`now()` })
    .where(and(eq(shares.id, at.id), eq(shares.ownerId, at.ownerId)))
    .returning({ id: shares.id });
  return rows.length > 0;
}

export async function deleteShare(db: Db, at: { id: string; ownerId: string }): Promise<boolean> {
  const rows = await db
    .delete(shares)
    .where(and(eq(shares.id, at.id), eq(shares.ownerId, at.ownerId)))
    .returning({ id: shares.id });
  return rows.length > 0;
}

/** The owner's own album, by its id. */
export async function findOwnAlbum(db: Db, at: { id: string; ownerId: string }) {
  const [row] = await db
    .select({ id: albums.id, title: albums.title })
    .from(albums)
    .where(and(eq(albums.id, at.id), eq(albums.ownerId, at.ownerId)));
  return row;
}

/**
 * Freezes a choice: what was counted up in its order, what was described after it, newest first. Whatever is not the
 * owner's, or is in the trash, is left out. Returns how many there are, at most `limit`.
 */
export async function insertShareMedia(
  db: Db,
  share: { id: string; ownerId: string },
  chosen: Chosen,
  limit: number,
): Promise<number> {
  const reach = { userId: share.ownerId, administers: false, wants: "own" } as const;
  const rows = await db.execute(sql`
    insert into ${shareMedia} (share_id, position, media_id)
    select ${share.id}::uuid, row_number() over (order by given.n nulls last, m.taken_at desc, m.id), m.id
    from (${chosenIds(chosen, reach)}) chosen join media m on m.id = chosen.id
      left join unnest(${listOf(chosen.ids)}::uuid[]) with ordinality as given (id, n) on given.id = m.id
    where m.deleted_at is null and ${within(reach)} and not (m.id = any(${listOf(chosen.except)}::uuid[]))
    order by 2 limit ${limit}
    on conflict do nothing returning media_id`);
  return rows.length;
}

// Visits

/**
 * Counts one visit, unless the cap is reached: of many at once no more than the cap are let in. The log keeps what
 * `seen` says of it.
 */
export async function countVisit(
  db: Db,
  id: string,
  seen: { network: string; browser: string },
): Promise<boolean> {
  const rows = await db.execute(sql`
    with counted as (
      update ${shares} set visits = visits + 1, last_visit_at = now()
      where id = ${id} and (visits_max is null or visits < visits_max) returning id)
    insert into ${shareVisits} (share_id, network, browser)
    select id, ${seen.network}, ${seen.browser} from counted returning share_id`);
  return rows.length > 0;
}

/** Counts one download; false when the cap is reached. */
export async function countDownload(db: Db, id: string): Promise<boolean> {
  const rows = await db
    .update(shares)
    .set({ downloads: sql`${shares.downloads} + 1` })
    .where(and(eq(shares.id, id), or(isNull(shares.downloadsMax), lt(shares.downloads, shares.downloadsMax))))
    .returning({ id: shares.id });
  return rows.length > 0;
}

/** Newest first. */
export async function listVisits(
  db: Db,
  ask: { shareId: string; from: { at: Date; id: string } | undefined; limit: number },
) {
  const beyond =
    ask.from === undefined
      ? undefined
      : sql`(${shareVisits.at}, ${shareVisits.id}) < (${sql.param(ask.from.at, shareVisits.at)}, ${ask.from.id}::uuid)`;
  return db
    .select({
      id: shareVisits.id,
      at: shareVisits.at,
      network: shareVisits.network,
      browser: shareVisits.browser,
    })
    .from(shareVisits)
    .where(and(eq(shareVisits.shareId, ask.shareId), beyond))
    .orderBy(desc(shareVisits.at), desc(shareVisits.id))
    .limit(ask.limit);
}

/** Forgets at most `limit` visits from before `days` days ago, oldest first. Returns how many. */
export async function forgetOldVisits(db: Db, ask: { days: number; limit: number }): Promise<number> {
  const rows = await db.execute(sql`
    delete from ${shareVisits} where id in (
      select id from ${shareVisits} where at < now() - ${ask.days} * interval '1 day' order by at limit ${ask.limit})
    returning id`);
  return rows.length;
}

/**
 * Forgets, of the shares visited within the last `hours`, all but the newest `kept` visits each. How often a share was
 * visited stays known. Returns how many were forgotten.
 */
export async function forgetCrowdedVisits(db: Db, ask: { kept: number; hours: number }): Promise<number> {
  const rows = await db.execute(sql`
    delete from ${shareVisits} old using (
      select s.id as share_id, edge.at, edge.id from ${shares} s cross join lateral (
        select at, id from (
          select at, id from ${shareVisits} v where v.share_id = s.id order by at desc, id desc limit ${ask.kept}
        ) newest order by at, id limit 1) edge
      where s.visits > ${ask.kept} and s.last_visit_at > now() - ${ask.hours} * interval '1 hour') edge
    where old.share_id = edge.share_id and (old.at, old.id) < (edge.at, edge.id) returning old.id`);
  return rows.length;
}

// What a selection holds. What an album holds, the album's own list says.

/** A page of what was chosen, in its order, after the place `from`. What went to the trash since is left out. */
export async function listChosen(
  db: Db,
  ask: { share: Pick<ShareRow, "id" | "ownerId">; from: number | undefined; before?: boolean; limit: number },
) {
  const { share, from, before = false } = ask;
  return db
    .select({ ...tileColumns(share.ownerId), position: shareMedia.position })
    .from(shareMedia)
    .innerJoin(media, eq(media.id, shareMedia.mediaId))
    .where(
      and(
        eq(shareMedia.shareId, share.id),
        eq(media.ownerId, share.ownerId),
        isNull(media.deletedAt),
        from === undefined
          ? undefined
          : before
            ? lt(shareMedia.position, from)
            : gt(shareMedia.position, from),
      ),
    )
    .orderBy(before ? desc(shareMedia.position) : asc(shareMedia.position))
    .limit(ask.limit);
}

/** How many of the choice are left; a choice is bounded, so this is too. */
export async function countChosen(db: Db, share: Pick<ShareRow, "id" | "ownerId">): Promise<number> {
  const [row] = await db
    .select({ n: sql<number>`count(*)::int` })
    .from(shareMedia)
    .innerJoin(media, eq(media.id, shareMedia.mediaId))
    .where(and(eq(shareMedia.shareId, share.id), eq(media.ownerId, share.ownerId), isNull(media.deletedAt)));
  return row?.n ?? 0;
}

/** Those of the ids that were chosen, with their places, in no order. */
export async function listChosenById(
  db: Db,
  ask: { share: Pick<ShareRow, "id" | "ownerId">; ids: string[] },
) {
  return db
    .select({ ...tileColumns(ask.share.ownerId), position: shareMedia.position })
    .from(shareMedia)
    .innerJoin(media, eq(media.id, shareMedia.mediaId))
    .where(
      and(
        eq(shareMedia.shareId, ask.share.id),
        inArray(shareMedia.mediaId, ask.ids),
        eq(media.ownerId, ask.share.ownerId),
        isNull(media.deletedAt),
      ),
    );
}

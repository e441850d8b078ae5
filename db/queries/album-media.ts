/** What is in an album, in each of its orders: every page and every neighbour is a walk along one index. */
import { and, asc, desc, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { AlbumSort } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { albumMedia, media } from "../schema.ts";
import { pictureColumns, tileColumns } from "./gallery.ts";

/** What of an album somebody sees: all of it, or what is public, what the album's link opens, and what is theirs. */
export type Sight = { viewerId: string | undefined; all: boolean; unlisted: boolean };

/** A place in an order: the album's own key as text, and the medium. */
export type AlbumPlace = { key: string; id: string };
type Walk = { albumId: string; sort: AlbumSort; sight: Sight };

/** Each has an index of its own that goes on with the medium's id. */
const keys: Record<AlbumSort, { key: SQL; text: SQL<string>; type: SQL; newestFirst: boolean }> = (() => {
  const ms = sql<string>`round(extract(epoch from ${albumMedia.takenAt}) * 1000)::bigint::text`;
  const taken = { key: sql`${albumMedia.takenAt}`, text: ms };
  // From milliseconds and back: a cursor made from a time with a zone would depend on the session.
  const type = sql`ms`;
  return {
    newest: { ...taken, type, newestFirst: true },
    oldest: { ...taken, type, newestFirst: false },
    added: {
      key: sql`${albumMedia.number}`,
      text: sql<string>`${albumMedia.number}::text`,
      type: sql`bigint`,
      newestFirst: true,
    },
    title: {
      key: sql`${albumMedia.title} collate "C"`,
      text: sql<string>`${albumMedia.title}`,
      type: sql`text`,
      newestFirst: false,
    },
    manual: {
      key: sql`${albumMedia.position}`,
      text: sql<string>`${albumMedia.position}::text`,
      type: sql`numeric`,
      newestFirst: false,
    },
  };
})();

const bound = (sort: AlbumSort, key: string): SQL =>
  sort === "newest" || sort === "oldest"
    ? sql`to_timestamp(${key}::float8 / 1000)::timestamptz(3)`
    : sql`${key}::${keys[sort].type}`;

export function seen({ viewerId, all, unlisted }: Sight): SQL | undefined {
  if (all) return undefined;
  return or(
    inArray(albumMedia.visibility, unlisted ? ["public", "unlisted"] : ["public"]),
    viewerId === undefined
      ? undefined
      : sql`exists (select from media mine where mine.id = ${albumMedia.mediaId} and mine.owner_id = ${viewerId}::uuid)`,
  );
}

function walk(
  db: Db,
  {
    albumId,
    sort,
    sight,
    from,
    limit,
    back,
  }: Walk & { from?: AlbumPlace | undefined; limit: number; back: boolean },
) {
  const { key, newestFirst } = keys[sort];
  const descending = newestFirst !== back;
  const direction = descending ? desc : asc;
  const past =
    from === undefined
      ? undefined
      : sql`(${key}, ${albumMedia.mediaId}) ${descending ? sql`<` : sql`>`} (${bound(sort, from.key)}, ${from.id}::uuid)`;
  return db
    .select({
      id: albumMedia.mediaId,
      sortKey: sql`${key}`.as("sort_key"),
      // Not "place": a medium has a column of that name.
      place: keys[sort].text.as("stand"),
    })
    .from(albumMedia)
    .where(and(eq(albumMedia.albumId, albumId), sql`${albumMedia.live}`, seen(sight), past))
    .orderBy(direction(key), direction(albumMedia.mediaId))
    .limit(limit)
    .as("page");
}

/** In the album's order, from after `from`, or backwards from before it; `place` leads on from the row. */
export async function listAlbumTiles(
  db: Db,
  ask: Walk & { from: AlbumPlace | undefined; limit: number; back?: boolean },
) {
  const back = ask.back ?? false;
  const page = walk(db, { ...ask, back });
  const direction = keys[ask.sort].newestFirst !== back ? desc : asc;
  const collated = ask.sort === "title" ? sql`${page.sortKey} collate "C"` : sql`${page.sortKey}`;
  return db
    .select({ ...tileColumns(ask.sight.viewerId), place: page.place })
    .from(page)
    .innerJoin(media, eq(media.id, page.id))
    .orderBy(direction(collated), direction(media.id));
}

/** Those of the given ids that this one sees in the album, in no order. */
export async function listAlbumTilesById(db: Db, ask: { albumId: string; sight: Sight; ids: string[] }) {
  return db
    .select(tileColumns(ask.sight.viewerId))
    .from(albumMedia)
    .innerJoin(media, eq(media.id, albumMedia.mediaId))
    .where(
      and(
        eq(albumMedia.albumId, ask.albumId),
        sql`${albumMedia.live}`,
        inArray(albumMedia.mediaId, ask.ids),
        seen(ask.sight),
      ),
    );
}

/** Where a medium stands in the album's order; `undefined` for one that is not in it or not for this one to see. */
export async function findAlbumPlace(
  db: Db,
  ask: Walk & { mediaId: string },
): Promise<AlbumPlace | undefined> {
  const [place] = await db
    .select({ key: keys[ask.sort].text })
    .from(albumMedia)
    .where(
      and(
        eq(albumMedia.albumId, ask.albumId),
        eq(albumMedia.mediaId, ask.mediaId),
        sql`${albumMedia.live}`,
        seen(ask.sight),
      ),
    );
  return place && { key: place.key, id: ask.mediaId };
}

/** The media before and after this one in the album; none around one that is not in it. */
export async function findAlbumNeighbours(db: Db, ask: Walk & { mediaId: string }) {
  const from = await findAlbumPlace(db, ask);
  if (from === undefined) return [];
  const probe = (back: boolean) => {
    const page = walk(db, { ...ask, from, limit: 1, back });
    return db
      .select({ ...pictureColumns, newer: back ? sql<boolean>`true` : sql<boolean>`false` })
      .from(page)
      .innerJoin(media, eq(media.id, page.id));
  };
  return unionAll(probe(true), probe(false));
}

/**
 * The picture that stands for each album: the chosen one, or the newest, or one of the albums in it; of what this one
 * sees. Albums without any are left out.
 */
export async function coversOf(
  db: Db,
  {
    albumIds,
    viewerId,
    administers,
  }: { albumIds: string[]; viewerId: string | undefined; administers: boolean },
) {
  if (albumIds.length === 0) return [];
  const visible = (album: string): SQL =>
    administers
      ? sql`true`
      : sql`(am.visibility = 'public' or (am.visibility = 'unlisted' and ${sql.raw(album)}.visibility <> 'private')
        ${viewerId === undefined ? sql`` : sql`or exists (select from media mine where mine.id = am.media_id and mine.owner_id = ${viewerId}::uuid)`})`;
  const newest = (album: string): SQL => sql`(select am.media_id from album_media am
    where am.album_id = ${sql.raw(album)}.id and am.live and ${visible(album)}
    order by am.taken_at desc, am.media_id desc limit 1)`;
  const openInside =
    viewerId === undefined
      ? sql`c.visibility = 'public'`
      : administers
        ? sql`true`
        : sql`(c.visibility = 'public' or c.owner_id = ${viewerId}::uuid)`;
  return db
    .select({ albumId: sql<string>`covers.album_id`, ...tileColumns(viewerId) })
    .from(
      sql`(select a.id as album_id, coalesce(
          (select am.media_id from album_media am where am.album_id = a.id and am.media_id = a.cover_id and am.live
            and ${visible("a")}),
          ${newest("a")},
          (select inside.media_id from (select c.id, c.visibility, c.title from albums c
              where c.parent_id = a.id and ${openInside} order by c.title limit 12) c
            cross join lateral ${newest("c")} inside limit 1)) as media_id
        from unnest(${`{${albumIds.join(",")}}`}::uuid[]) given (id) join albums a on a.id = given.id) covers`,
    )
    .innerJoin(media, eq(media.id, sql`covers.media_id`));
}

const orderOf = (sort: AlbumSort): SQL => {
  const { key, newestFirst } = keys[sort];
  const way = newestFirst ? sql`desc` : sql`asc`;
  return sql`${key} ${way}, ${albumMedia.mediaId} ${way}`;
};

/** Gives every medium the place by hand that it has in another order; what is in the trash goes behind them. */
export async function copyOrder(db: Db, albumId: string, sort: AlbumSort): Promise<void> {
  await db.execute(sql`
    update album_media am set position = placed.position
    from (select ${albumMedia.mediaId} as media_id,
        row_number() over (order by ${albumMedia.live} desc, ${orderOf(sort)}) as position
      from ${albumMedia} where ${albumMedia.albumId} = ${albumId}::uuid) placed
    where am.album_id = ${albumId}::uuid and am.media_id = placed.media_id and am.position <> placed.position`);
}

/**
 * Puts media right before or after another one of the album, in the order they have among themselves: one statement,
 * and no other row is touched. Between any two places there is room; the new ones take as few digits as will do.
 */
export async function place(
  db: Db,
  ask: { changeId: string; userId: string; albumId: string; ids: string[]; target: string; after: boolean },
): Promise<number> {
  const moved = `{${ask.ids.join(",")}}`;
  const rest = sql`am.album_id = ${ask.albumId}::uuid and am.live and not (am.media_id = any(${moved}::uuid[]))`;
  const [row] = await db.execute<{ moved: number }>(sql`
    with target as (
      select position as at from album_media where album_id = ${ask.albumId}::uuid and media_id = ${ask.target}::uuid
        and not (media_id = any(${moved}::uuid[]))),
    beside as (
      select t.at, ${
        ask.after
          ? sql`(select am.position from album_media am where ${rest} and am.position > t.at order by am.position limit 1)`
          : sql`(select am.position from album_media am where ${rest} and am.position < t.at order by am.position desc limit 1)`
      } as next from target t),
    moving as (
      select media_id, position as was, row_number() over (order by position, media_id) as rank, count(*) over () as size
      from album_media where album_id = ${ask.albumId}::uuid and live and media_id = any(${moved}::uuid[])),
    room as (
      select least(b.at, coalesce(b.next, b.at - s.size - 1)) as low,
        case when b.next is null then 1::numeric else abs(b.next - b.at) / (s.size + 1) end as each,
        ${ask.after} as after, b.at, b.next
      from beside b cross join (select size from moving limit 1) s),
    steps as (
      select case when next is null and after then at else low end as low,
        trunc(each, greatest(0, ceil(-log(each)))::int) as step
      from room),
    made as (
      update album_media am set position = trim_scale(s.low + m.rank * s.step)
      from moving m cross join steps s
      where am.album_id = ${ask.albumId}::uuid and am.media_id = m.media_id
      returning am.media_id, m.was, am.position),
    noted as (
      insert into changes (id, user_id, kind)
      select ${ask.changeId}::uuid, ${ask.userId}::uuid, 'album' where exists (select from made)),
    kept as (
      insert into change_rows (change_id, media_id, place_id, before, after)
      select ${ask.changeId}::uuid, media_id, ${ask.albumId}::uuid,
        jsonb_build_object('position', was::text), jsonb_build_object('position', position::text) from made)
    select count(*)::int as moved from made`);
  return row?.moved ?? 0;
}

export type AlbumTileRow = Awaited<ReturnType<typeof listAlbumTiles>>[number];

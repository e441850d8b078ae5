/** Albums themselves. What is in them is asked in queries/album-media.ts; media come and go by queries/changes.ts. */
import { and, asc, eq, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import type { Visibility } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { type Album, albums } from "../schema.ts";

/** Who asks: their own albums and, for administrators, everybody's are theirs to see and change. */
export type Asker = { userId: string | undefined; administers: boolean };

const sortTitle = sql<string>`search_fold(left(${albums.title}, 100)) collate "C"`;

/** One album, kept from being changed or filled by anyone else until the transaction ends. */
export async function lockAlbum(db: Db, id: string): Promise<Album | undefined> {
  const [row] = await db.select().from(albums).where(eq(albums.id, id)).for("no key update");
  return row;
}

export async function findAlbum(db: Db, id: string): Promise<Album | undefined> {
  const [row] = await db.select().from(albums).where(eq(albums.id, id));
  return row;
}

export async function insertAlbum(
  db: Db,
  row: Pick<Album, "ownerId" | "parentId" | "title" | "description" | "visibility">,
): Promise<string> {
  const [made] = await db.insert(albums).values(row).returning({ id: albums.id });
  if (made === undefined) throw new Error("Expected a row from insert … returning");
  return made.id;
}

export async function updateAlbum(
  db: Db,
  id: string,
  values: Partial<
    Pick<Album, "title" | "description" | "visibility" | "sort" | "arranged" | "coverId" | "parentId">
  >,
): Promise<void> {
  await db
    .update(albums)
    .set({ ...values, updatedAt: sql`now()` })
    .where(eq(albums.id, id));
}

/**
 * The albums in it move up to where it was; its pictures stay in the gallery. What `putBack` needs is written down as the
 * change `changeId`: a row for each picture, and one for the album itself, with the albums and links that hung on it.
 */
export async function removeAlbum(
  db: Db,
  { id, changeId, userId }: { id: string; changeId: string; userId: string },
): Promise<void> {
  await db.execute(sql`
    with noted as (
      insert into changes (id, user_id, kind) values (${changeId}::uuid, ${userId}::uuid, 'albumDeleted')),
    pictures as (
      insert into change_rows (change_id, media_id, place_id, before)
      select ${changeId}::uuid, media_id, album_id,
        jsonb_build_object('position', position, 'number', number, 'added_at', added_at)
      from album_media where album_id = ${id}::uuid)
    insert into change_rows (change_id, media_id, place_id, before, after)
    select ${changeId}::uuid, a.id, a.id, jsonb_build_object('album', to_jsonb(a),
      'inside', array(select c.id from albums c where c.parent_id = a.id),
      'shares', array(select s.id from shares s where s.album_id = a.id)), 'null'
    from albums a where a.id = ${id}::uuid`);
  await db.execute(sql`
    update albums c set parent_id = a.parent_id, updated_at = now() from albums a
    where a.id = ${id}::uuid and c.parent_id = a.id`);
  await db.delete(albums).where(eq(albums.id, id));
}

export type Deleted = { id: string; title: string; ownerId: string; parentId: string | null };

const deletedRow = (changeId: string): SQL =>
  sql`select r.before->'album' as album, r.before from change_rows r
    where r.change_id = ${changeId}::uuid and r.media_id = r.place_id`;

/** The album that this person has deleted by this change, while it can be put back. */
export async function findDeleted(
  db: Db,
  { changeId, userId, hours }: { changeId: string; userId: string; hours: number },
): Promise<Deleted | undefined> {
  const [row] = await db.execute<Deleted>(sql`
    select (d.album->>'id')::uuid as id, d.album->>'title' as title, (d.album->>'owner_id')::uuid as "ownerId",
      (d.album->>'parent_id')::uuid as "parentId"
    from (${deletedRow(changeId)}) d join changes c on c.id = ${changeId}::uuid
    where c.user_id = ${userId}::uuid and c.kind = 'albumDeleted' and c.undone_at is null
      and c.created_at > now() - make_interval(hours => ${hours})`);
  return row;
}

/**
 * Puts a deleted album, still without its pictures, back under `parentId`, with those albums in it that are where its
 * deletion had put them, and the links to it. False when its owner is gone, or the album is there.
 */
export async function putBack(
  db: Db,
  { changeId, parentId }: { changeId: string; parentId: string | null },
): Promise<boolean> {
  const made = await db.execute(sql`
    insert into albums (id, owner_id, parent_id, title, description, visibility, sort, arranged, created_at)
    select a.id, a.owner_id, ${parentId}::uuid, a.title, a.description, a.visibility, a.sort, a.arranged, a.created_at
    from (${deletedRow(changeId)}) d cross join lateral jsonb_populate_record(null::albums, d.album) a
    join users u on u.id = a.owner_id
    on conflict do nothing
    returning id`);
  if (made.length === 0) return false;
  const listed = (name: string): SQL =>
    sql`array(select jsonb_array_elements_text(d.before->${name}::text)::uuid)`;
  await db.execute(sql`
    update albums c set parent_id = (d.album->>'id')::uuid, updated_at = now() from (${deletedRow(changeId)}) d
    where c.id = any(${listed("inside")}) and c.parent_id is not distinct from ${parentId}::uuid`);
  await db.execute(sql`
    update shares s set album_id = (d.album->>'id')::uuid, updated_at = now() from (${deletedRow(changeId)}) d
    where s.id = any(${listed("shares")}) and s.album_id is null`);
  return true;
}

/** The cover it had, once its pictures are back. */
export async function coverAgain(db: Db, changeId: string): Promise<void> {
  await db.execute(sql`
    update albums a set cover_id = am.media_id
    from (${deletedRow(changeId)}) d join album_media am
      on am.album_id = (d.album->>'id')::uuid and am.media_id = (d.album->>'cover_id')::uuid
    where a.id = am.album_id`);
}

/** Whoever moves albums of this person holds this until the transaction ends: two moves at once could close a circle. */
export async function lockTree(db: Db, ownerId: string): Promise<void> {
  await db.execute(sql`select from users where id = ${ownerId}::uuid for no key update`);
}

export type Step = Pick<Album, "id" | "title" | "visibility" | "ownerId">;

/** From the outermost album to this one, both included. */
export async function pathTo(db: Db, id: string): Promise<Step[]> {
  return db.execute<Step>(sql`
    with recursive up as (
      select id, parent_id, title, visibility, owner_id, 1 as step from albums where id = ${id}::uuid
      union all
      select a.id, a.parent_id, a.title, a.visibility, a.owner_id, up.step + 1
      from albums a join up on a.id = up.parent_id where up.step < 64)
    select id, title, visibility, owner_id as "ownerId" from up order by step desc`);
}

/** How many levels of albums are below this one. */
export async function heightOf(db: Db, id: string): Promise<number> {
  const [row] = await db.execute<{ height: number }>(sql`
    with recursive down as (
      select id, 0 as step from albums where id = ${id}::uuid
      union all
      select a.id, down.step + 1 from albums a join down on a.parent_id = down.id where down.step < 64)
    select max(step)::int as height from down`);
  return row?.height ?? 0;
}

const cardColumns = {
  id: albums.id,
  ownerId: albums.ownerId,
  parentId: albums.parentId,
  title: albums.title,
  visibility: albums.visibility,
  count: albums.count,
  unlistedCount: albums.unlistedCount,
  publicCount: albums.publicCount,
  coverId: albums.coverId,
  sortTitle,
};
export type Past = { title: string; id: string };
const past = (from: Past | undefined): SQL | undefined =>
  from === undefined ? undefined : sql`(${sortTitle}, ${albums.id}) > (${from.title}, ${from.id}::uuid)`;

type Page = { from: Past | undefined; limit: number };
const inOrder = [asc(sortTitle), asc(albums.id)];

/** One person's albums that are in no other, by title. */
export async function listOwnRoots(db: Db, { ownerId, from, limit }: Page & { ownerId: string }) {
  return db
    .select(cardColumns)
    .from(albums)
    .where(and(eq(albums.ownerId, ownerId), isNull(albums.parentId), past(from)))
    .orderBy(...inOrder)
    .limit(limit);
}

/** Public albums of anybody else, by title; one in a public album is found there. */
export async function listPublic(db: Db, { except, from, limit }: Page & { except: string | undefined }) {
  return db
    .select(cardColumns)
    .from(albums)
    .where(
      and(
        sql`${albums.visibility} = 'public'`,
        except === undefined ? undefined : sql`${albums.ownerId} <> ${except}::uuid`,
        sql`not exists (select from albums outer_album where outer_album.id = ${albums.parentId}
          and outer_album.visibility = 'public')`,
        past(from),
      ),
    )
    .orderBy(...inOrder)
    .limit(limit);
}

/** The albums in an album, by title; of those that are not the asker's, only what `shown` has. */
export async function listChildren(
  db: Db,
  { parentId, shown, asker, from, limit }: Page & { parentId: string; shown: Visibility[]; asker: Asker },
) {
  const isShown = inArray(albums.visibility, shown);
  return db
    .select(cardColumns)
    .from(albums)
    .where(
      and(
        eq(albums.parentId, parentId),
        asker.administers
          ? undefined
          : asker.userId === undefined
            ? isShown
            : or(isShown, eq(albums.ownerId, asker.userId)),
        past(from),
      ),
    )
    .orderBy(...inOrder)
    .limit(limit);
}

/** Albums whose title has these words, of one person or, without one, of anybody; not one album and those in it. */
export async function findByTitle(
  db: Db,
  {
    ownerId,
    text,
    limit,
    outside,
  }: { ownerId: string | undefined; text: string; limit: number; outside?: string },
): Promise<(Past & { name: string; parentTitle: string | null; count: number })[]> {
  const isOutside =
    outside === undefined
      ? sql`true`
      : sql`a.id not in (with recursive down as (
          select id, 0 as step from albums where id = ${outside}::uuid
          union all
          select own.id, down.step + 1 from albums own join down on own.parent_id = down.id where down.step < 64)
        select id from down)`;
  return db.execute<Past & { name: string; parentTitle: string | null; count: number }>(sql`
    select a.id, a.title as name, ${sql.raw('search_fold(left(a.title, 100)) collate "C"')} as title,
      p.title as "parentTitle", a.count
    from albums a left join albums p on p.id = a.parent_id
    where ${ownerId === undefined ? sql`true` : sql`a.owner_id = ${ownerId}::uuid`} and ${isOutside}
      and search_fold(a.title) like '%' || regexp_replace(search_fold(${text}::text), '([\\\\%_])', '\\\\\\1', 'g') || '%'
    order by a.updated_at desc, a.id limit ${limit}`);
}

/** The albums a medium is in that are the asker's to change or, when not, public. */
export async function albumsWith(
  db: Db,
  { mediaId, asker, limit }: { mediaId: string; asker: Asker; limit: number },
): Promise<{ id: string; title: string; mayEdit: boolean }[]> {
  const mine = asker.administers
    ? sql`true`
    : asker.userId === undefined
      ? sql`false`
      : sql`a.owner_id = ${asker.userId}::uuid`;
  return db.execute<{ id: string; title: string; mayEdit: boolean }>(sql`
    select a.id, a.title, ${mine} as "mayEdit" from album_media am join albums a on a.id = am.album_id
    where am.media_id = ${mediaId}::uuid and am.live and (${mine} or a.visibility = 'public')
    order by a.title, a.id limit ${limit}`);
}

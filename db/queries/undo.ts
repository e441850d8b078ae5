/**
 * The way back from a change. Each is one statement over the rows the change wrote down; a medium that somebody has
 * changed again since is left as it is.
 */
import { type SQL, sql } from "drizzle-orm";
import type { ChangeKind } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { type Reach, within } from "./selections.ts";

export type Undone = { restored: number; left: number };

/** Claims a change for taking it back, once. `undefined`: there is none, it is another person's, too old, or undone. */
export async function claimChange(
  db: Db,
  { id, userId, hours }: { id: string; userId: string; hours: number },
): Promise<ChangeKind | undefined> {
  const [row] = await db.execute<{ kind: ChangeKind }>(sql`
    update changes set undone_at = now()
    where id = ${id}::uuid and user_id = ${userId}::uuid and undone_at is null
      and created_at > now() - make_interval(hours => ${hours})
    returning kind`);
  return row?.kind;
}

/** The album or tag a change was about; several for tags. */
export async function placesOf(db: Db, id: string): Promise<string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select distinct place_id as id from change_rows where change_id = ${id}::uuid and place_id is not null`);
  return rows.map((row) => row.id);
}

/** `back` are parts of a statement, the last one `undone`, which returns the media_id of every row it wrote. */
async function undo(db: Db, id: string, back: SQL): Promise<Undone> {
  const [row] = await db.execute<{ restored: number; all: number }>(sql`
    with r as materialized (
      select media_id, place_id, before, after from change_rows where change_id = ${id}::uuid order by media_id),
    ${back}
    select (select count(distinct media_id)::int from undone) as restored,
      (select count(distinct media_id)::int from r) as "all"`);
  const { restored, all } = row ?? { restored: 0, all: 0 };
  return { restored, left: all - restored };
}

const columns = {
  date: [
    ["taken_at", "timestamptz(3)"],
    ["taken_source", "taken_source"],
    ["taken_offset", "smallint"],
  ],
  texts: [
    ["title", "text"],
    ["description", "text"],
    ["alt", "text"],
    ["place", "text"],
    ["place_also", "text"],
    ["place_source", "place_source"],
  ],
  visibility: [["visibility", "visibility"]],
  rating: [["rating", "smallint"]],
} as const;

/** A column that the change did not touch is neither compared nor set. */
function undoSettings(db: Db, id: string, reach: Reach, kind: keyof typeof columns): Promise<Undone> {
  const now = columns[kind].map(([column]) => `m.${column}`);
  const then = (side: "before" | "after"): string[] =>
    columns[kind].map(
      ([column, type]) =>
        `case when r.before ? '${column}' then (r.${side}->>'${column}')::${type} else m.${column} end`,
    );
  const settings = then("before").map((value, n) => `${columns[kind][n]?.[0]} = ${value}`);
  return undo(
    db,
    id,
    sql`undone as (
      update media m set ${sql.raw(settings.join(", "))}, updated_at = now() from r
      where m.id = r.media_id and m.purged_at is null and ${within(reach)}
        and row(${sql.raw(now.join(", "))}) is not distinct from row(${sql.raw(then("after").join(", "))})
      returning m.id as media_id)`,
  );
}

/** What has been uploaded again since stays in the trash: content is unique among live media. */
const undoTrash = (db: Db, id: string, reach: Reach): Promise<Undone> =>
  undo(
    db,
    id,
    sql`undone as (
      update media m set deleted_at = null, updated_at = now() from r
      where m.id = r.media_id and m.purged_at is null and ${within(reach)}
        and m.deleted_at = (r.after->>'deleted_at')::timestamptz(3)
        and not exists (select from media live where live.owner_id = m.owner_id and live.sha256 = m.sha256
          and live.deleted_at is null)
      returning m.id as media_id),
    called_off as (
      update purges p set done_at = now(), lease_until = null, last_error = 'restored' from undone u
      where p.media_id = u.media_id and p.done_at is null)`,
  );

/**
 * What a change added is known by its moment. Found by arrays of ids, not by a join: of rows this fresh the planner knows
 * nothing, and a join would compare each with each.
 */
const madeAt = (id: string): SQL => sql`(select created_at from changes where id = ${id}::uuid)`;

const undoTags = (db: Db, id: string, reach: Reach): Promise<Undone> =>
  undo(
    db,
    id,
    sql`removed as (
      delete from media_tags mt using media m
      where mt.tag_id = any(array(select distinct place_id from r where after = 'true'))
        and mt.media_id = any(array(select media_id from r where after = 'true'))
        and mt.added_at = ${madeAt(id)} and m.id = mt.media_id and ${within(reach)}
      returning mt.media_id),
    added as (
      insert into media_tags (tag_id, media_id, taken_at, live)
      select t.id, m.id, m.taken_at, m.deleted_at is null
      from r join tags t on t.id = r.place_id join media m on m.id = r.media_id
      where r.before = 'true' and m.purged_at is null and ${within(reach)}
      order by m.id for share of m
      on conflict do nothing
      returning media_id),
    undone as (select media_id from removed union all select media_id from added)`,
  );

/** Whether the viewer may change the album is asked before. A picture that was the cover is it again if none is. */
const undoAlbum = (db: Db, id: string): Promise<Undone> =>
  undo(
    db,
    id,
    sql`removed as (
      delete from album_media am
      where am.album_id = any(array(select distinct place_id from r where after = 'true'))
        and am.media_id = any(array(select media_id from r where after = 'true'))
        and am.added_at = ${madeAt(id)}
      returning am.media_id),
    moved as (
      update album_media am set position = (r.before->>'position')::numeric from r
      where r.after ? 'position' and am.album_id = r.place_id and am.media_id = r.media_id
        and am.position = (r.after->>'position')::numeric
      returning am.media_id),
    added as (
      insert into album_media (album_id, media_id, position, number, added_at, taken_at, title, visibility, live)
      select a.id, m.id, (r.before->>'position')::numeric, (r.before->>'number')::bigint,
        (r.before->>'added_at')::timestamptz, m.taken_at, media_sort_title(m.title, m.filename), m.visibility,
        m.deleted_at is null
      from r join albums a on a.id = r.place_id join media m on m.id = r.media_id
      where r.after is null and m.purged_at is null
      order by m.id for share of m
      on conflict do nothing
      returning media_id),
    undone as (
      select media_id from removed union all select media_id from moved union all select media_id from added)`,
  );

const undoFavourites = (db: Db, id: string, reach: Reach): Promise<Undone> =>
  undo(
    db,
    id,
    sql`removed as (
      delete from favourites f
      where f.user_id = ${reach.userId}::uuid and f.created_at = ${madeAt(id)}
        and f.media_id = any(array(select media_id from r where after = 'true'))
      returning f.media_id),
    added as (
      insert into favourites (user_id, media_id, created_at, taken_at)
      select ${reach.userId}::uuid, m.id, (r.before->>'created_at')::timestamptz, m.taken_at
      from r join media m on m.id = r.media_id where r.after is null and m.purged_at is null
      order by m.id for share of m
      on conflict do nothing
      returning media_id),
    undone as (select media_id from removed union all select media_id from added)`,
  );

/** Takes a claimed change back within what the viewer may change now. */
export async function undoChange(db: Db, id: string, kind: ChangeKind, reach: Reach): Promise<Undone> {
  switch (kind) {
    case "albumDeleted": {
      const { restored, left } = await undoAlbum(db, id);
      // One of the rows is the album itself.
      return { restored, left: left - 1 };
    }
    case "trash":
      return undoTrash(db, id, reach);
    case "tags":
      return undoTags(db, id, reach);
    case "album": {
      const undone = await undoAlbum(db, id);
      await db.execute(sql`
        update albums a set cover_id = r.media_id from change_rows r
        where r.change_id = ${id}::uuid and (r.before->>'cover')::boolean and a.id = r.place_id and a.cover_id is null
          and exists (select from album_media am where am.album_id = a.id and am.media_id = r.media_id)`);
      return undone;
    }
    case "favourite":
      return undoFavourites(db, id, reach);
    default:
      return undoSettings(db, id, reach, kind);
  }
}

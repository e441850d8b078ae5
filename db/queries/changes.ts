/**
 * Changes of many media at once. Each is one statement, however many there are: it finds what was chosen, changes it,
 * and writes down what undo needs (queries/undo.ts) from the very rows it changed.
 */
import { type SQL, sql } from "drizzle-orm";
import type { ChangeKind, Visibility } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { type Chosen, chosenRows, type Reach } from "./selections.ts";

/** `id` is the new change's; it comes to be only when something changed. */
export type Ask = { id: string; chosen: Chosen; reach: Reach };
/** How many of the chosen media were changed, and how many were within reach. */
export type Count = { changed: number; chosen: number };

const noted = ({ id, reach }: Ask, kind: ChangeKind): SQL =>
  sql`insert into changes (id, user_id, kind)
    select ${id}::uuid, ${reach.userId}::uuid, ${kind}::change_kind where exists (select from made)`;

/** `made` is a part of the statement that returns media_id, place_id, before and after of every row it wrote. */
async function apply(db: Db, ask: Ask, kind: ChangeKind, before: SQL, made: SQL): Promise<Count> {
  const [row] = await db.execute<Count>(sql`
    with before as materialized (${before}), ${made}, noted as (${noted(ask, kind)}),
    kept as (
      insert into change_rows (change_id, media_id, place_id, before, after)
      select ${ask.id}::uuid, media_id, place_id, before, after from made)
    select (select count(distinct media_id)::int from made) as changed,
      (select count(*)::int from before) as chosen`);
  return { changed: row?.changed ?? 0, chosen: row?.chosen ?? 0 };
}

/** Tens of thousands of rows with all their indexes take longer than any other statement may. */
export async function allowLong(db: Db, seconds: number): Promise<void> {
  await db.execute(sql`select set_config('statement_timeout', ${`${seconds}s`}, true)`);
}

/** A column of media, its type, and what it is to become: an expression that speaks of the medium as `m`. */
type Setting = [column: string, type: string, value: SQL];

function set(db: Db, ask: Ask, kind: ChangeKind, settings: Setting[], only: SQL = sql`true`): Promise<Count> {
  const columns = settings.map(([column]) => column);
  const spelt = (make: (column: string) => string): SQL => sql.raw(columns.map(make).join(", "));
  const values = settings.map(
    ([column, type, value]) => sql`${sql.raw(`m.${column} as old_${column}`)},
      (${value})${sql.raw(`::${type} as new_${column}`)}`,
  );
  const before = chosenRows(ask.chosen, ask.reach, sql`m.id, ${sql.join(values, sql`, `)}`, "no key update");
  return apply(
    db,
    ask,
    kind,
    before,
    sql`made as (
      update media m set ${spelt((column) => `${column} = b.new_${column}`)}, updated_at = now()
      from before b
      where m.id = b.id and ${only} and row(${spelt((column) => `b.old_${column}`)})
        is distinct from row(${spelt((column) => `b.new_${column}`)})
      returning m.id as media_id, null::uuid as place_id,
        jsonb_build_object(${spelt((column) => `'${column}', b.old_${column}`)}) as before,
        jsonb_build_object(${spelt((column) => `'${column}', m.${column}`)}) as after)`,
  );
}

/** What the camera's clock showed, without a zone. */
const clock = sql`(m.taken_at at time zone 'UTC')`;

export type DateChange =
  | { shiftSeconds: number }
  | { date: string; time?: string | undefined }
  | { zoneMinutes: number };

function takenAt(change: DateChange): SQL {
  if ("shiftSeconds" in change)
    return sql`m.taken_at + make_interval(secs => ${change.shiftSeconds}::float8)`;
  // The clock was right, and it is what is kept.
  if ("zoneMinutes" in change) return sql`m.taken_at`;
  const time = change.time === undefined ? sql`${clock}::time` : sql`${change.time}::time`;
  return sql`(${change.date}::date + ${time}) at time zone 'UTC'`;
}

/** No change leads to a date that an upload could not have: those media stay as they are. */
export function changeDate(db: Db, ask: Ask, change: DateChange): Promise<Count> {
  const settings: Setting[] = [
    ["taken_at", "timestamptz(3)", takenAt(change)],
    ["taken_source", "taken_source", sql`'person'`],
  ];
  if ("zoneMinutes" in change) settings.push(["taken_offset", "smallint", sql`${change.zoneMinutes}`]);
  return set(
    db,
    ask,
    "date",
    settings,
    sql`b.new_taken_at between '1826-01-01T00:00:00Z' and now() + interval '1 day'`,
  );
}

export type Texts = {
  title?: string | undefined;
  description?: string | undefined;
  alt?: string | undefined;
  place?: string | undefined;
};

/** Another place is a person's word, and nobody knows it in another language; the same one stays whoever said it. */
const placeSettings = (place: string): Setting[] => {
  const same = sql`m.place = ${place}::text and m.place_source is not null`;
  return [
    ["place", "text", sql`${place}::text`],
    ["place_also", "text", sql`case when ${same} then m.place_also else '' end`],
    ["place_source", "place_source", sql`case when ${same} then m.place_source else 'person' end`],
  ];
};

/** A text left out stays as it is. At least one must be given. A place is changed where the medium is one's own. */
export const changeTexts = (db: Db, ask: Ask, texts: Texts): Promise<Count> =>
  set(
    db,
    ask,
    "texts",
    [
      ...(["title", "description", "alt"] as const).flatMap((column): Setting[] => {
        const value = texts[column];
        return value === undefined ? [] : [[column, "text", sql`${value}`]];
      }),
      ...(texts.place === undefined ? [] : placeSettings(texts.place)),
    ],
    texts.place === undefined ? sql`true` : sql`m.owner_id = ${ask.reach.userId}::uuid`,
  );

/** With `widen` only media that fewer people may see than that; the type's order is from fewest to most. */
export const changeVisibility = (
  db: Db,
  ask: Ask,
  { visibility, widen }: { visibility: Visibility; widen: boolean },
): Promise<Count> =>
  set(
    db,
    ask,
    "visibility",
    [["visibility", "visibility", sql`${visibility}`]],
    widen ? sql`b.old_visibility < b.new_visibility` : sql`true`,
  );

export const changeRating = (db: Db, ask: Ask, rating: number): Promise<Count> =>
  set(db, ask, "rating", [["rating", "smallint", sql`${rating}`]]);

/** Puts media in the trash; what is due is removed after so many seconds (F-18). */
export const trash = (db: Db, ask: Ask, seconds: number): Promise<Count> =>
  apply(
    db,
    ask,
    "trash",
    chosenRows(ask.chosen, ask.reach, sql`m.id, m.key`, "no key update"),
    sql`made as (
      update media m set deleted_at = now(), updated_at = now() from before b where m.id = b.id
      returning m.id as media_id, null::uuid as place_id, null::jsonb as before,
        jsonb_build_object('deleted_at', m.deleted_at) as after),
    due as (
      insert into purges (key, reason, media_id, not_before)
      select key, 'deleted', id, now() + make_interval(secs => ${seconds}) from before)`,
  );

/** Names as one parameter: a JSON array, because a name may hold anything. */
const names = (given: string[]): SQL => sql`jsonb_array_elements_text(${JSON.stringify(given)}::jsonb)`;

/** Gives media tags of their own owner, made where there are none of that name, and takes others away. */
export const changeTags = (db: Db, ask: Ask, tags: { add: string[]; remove: string[] }): Promise<Count> =>
  apply(
    db,
    ask,
    "tags",
    chosenRows(ask.chosen, ask.reach, sql`m.id, m.owner_id, m.taken_at`, "share"),
    sql`wanted as (
      insert into tags (owner_id, name, folded)
      select distinct on (o.owner_id, search_fold(n.name)) o.owner_id, n.name, search_fold(n.name)
      from (select distinct owner_id from before) o cross join ${names(tags.add)} n (name)
      order by o.owner_id, search_fold(n.name)
      on conflict (owner_id, folded collate "C") do update set name = tags.name
      returning id, owner_id),
    added as (
      insert into media_tags (tag_id, media_id, taken_at, live)
      select w.id, b.id, b.taken_at, true from before b join wanted w on w.owner_id = b.owner_id
      on conflict do nothing
      returning tag_id, media_id),
    removed as (
      delete from media_tags mt using before b, tags t
      where mt.media_id = b.id and t.id = mt.tag_id and t.owner_id = b.owner_id
        and t.folded in (select search_fold(n.name) from ${names(tags.remove)} n (name))
        and not exists (select from wanted w where w.id = t.id)
      returning mt.tag_id, mt.media_id),
    made as (
      select media_id, tag_id as place_id, 'false'::jsonb as before, 'true'::jsonb as after from added
      union all
      select media_id, tag_id, 'true', 'false' from removed)`,
  );

/** Puts media at the end of an album, in the order they were taken. The album must be locked (queries/albums.ts). */
export const addToAlbum = (db: Db, ask: Ask, albumId: string): Promise<Count> =>
  apply(
    db,
    ask,
    "album",
    chosenRows(
      ask.chosen,
      ask.reach,
      sql`m.id, m.taken_at, media_sort_title(m.title, m.filename) as title, m.visibility`,
      "share",
    ),
    sql`added as (
      insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
      select ${albumId}::uuid, b.id, n.position + row_number() over w, n.number + row_number() over w,
        b.taken_at, b.title, b.visibility, true
      from before b cross join (
        select
          coalesce((select floor(am.position) from album_media am where am.album_id = ${albumId}::uuid and am.live
            order by am.position desc limit 1), 0) as position,
          coalesce((select am.number from album_media am where am.album_id = ${albumId}::uuid and am.live
            order by am.number desc limit 1), 0) as number) n
      where not exists (
        select from album_media there where there.album_id = ${albumId}::uuid and there.media_id = b.id)
      window w as (order by b.taken_at, b.id)
      on conflict do nothing
      returning media_id),
    made as (
      select media_id, ${albumId}::uuid as place_id, null::jsonb as before, 'true'::jsonb as after from added)`,
  );

/** Takes media out of an album; they stay in the gallery. */
export const removeFromAlbum = (db: Db, ask: Ask, albumId: string): Promise<Count> =>
  apply(
    db,
    ask,
    "album",
    chosenRows(ask.chosen, ask.reach, sql`m.id`, "share"),
    sql`removed as (
      delete from album_media am using before b, albums a
      where am.album_id = ${albumId}::uuid and am.media_id = b.id and a.id = am.album_id
      returning am.media_id, am.position, am.number, am.added_at, a.cover_id is not distinct from am.media_id as cover),
    made as (
      select media_id, ${albumId}::uuid as place_id, null::jsonb as after, jsonb_build_object(
        'position', position::text, 'number', number, 'added_at', added_at, 'cover', cover) as before
      from removed)`,
  );

export const addFavourites = (db: Db, ask: Ask): Promise<Count> =>
  apply(
    db,
    ask,
    "favourite",
    chosenRows(ask.chosen, ask.reach, sql`m.id, m.taken_at`, "share"),
    sql`added as (
      insert into favourites (user_id, media_id, taken_at) select ${ask.reach.userId}::uuid, id, taken_at from before
      on conflict do nothing returning media_id),
    made as (
      select media_id, null::uuid as place_id, null::jsonb as before, 'true'::jsonb as after from added)`,
  );

export const removeFavourites = (db: Db, ask: Ask): Promise<Count> =>
  apply(
    db,
    ask,
    "favourite",
    chosenRows(ask.chosen, ask.reach, sql`m.id`, "share"),
    sql`removed as (
      delete from favourites f using before b where f.user_id = ${ask.reach.userId}::uuid and f.media_id = b.id
      returning f.media_id, f.created_at),
    made as (
      select media_id, null::uuid as place_id, jsonb_build_object('created_at', created_at) as before,
        null::jsonb as after from removed)`,
  );

/** Forgets what cannot be taken back any more, some at a time. Returns how many changes went. */
export async function forgetChanges(db: Db, hours: number, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    delete from changes where id in (
      select id from changes where created_at < now() - make_interval(hours => ${hours})
      order by created_at limit ${limit})
    returning id`);
  return rows.length;
}

/** Tags that nothing has had for a day: what was removed by mistake can be brought back until then. */
export async function forgetTags(db: Db, hours: number, limit: number): Promise<void> {
  await db.execute(sql`
    delete from tags where id in (
      select t.id from tags t where t.count = 0 and t.created_at < now() - make_interval(hours => ${hours})
        and not exists (select from media_tags mt where mt.tag_id = t.id)
        and not exists (select from change_rows r join changes c on c.id = r.change_id
          where c.kind = 'tags' and r.place_id = t.id)
      limit ${limit})`);
}

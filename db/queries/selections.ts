/** What was chosen, as a relation of ids: described media never cross the wire. */
import { type SQL, sql } from "drizzle-orm";
import type { AlbumSort } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { searchStatement, type Wanted } from "./search.ts";

/** A list as one parameter; ids have been parsed and hold nothing that an array's text would need to escape. */
export const listOf = (values: readonly string[]): string => `{${values.join(",")}}`;

export type Span = { from: Date; before: Date };
export type ChosenList =
  | { kind: "timeline" }
  | { kind: "album"; id: string; sort: AlbumSort; count: number }
  | { kind: "favourites" }
  /** `undefined` finds nothing. */
  | { kind: "search"; wanted: Wanted | undefined };

export type Chosen = {
  list: ChosenList;
  all: boolean;
  ids: string[];
  /** Of the time taken. */
  spans: Span[];
  /** From one medium to another in the list's order. */
  ranges: [string, string][];
  except: string[];
};

/**
 * Whose media come into question: the viewer's own; those they may change, which for administrators is everybody's;
 * those they may see by their address.
 */
export type Reach = { userId: string; administers: boolean; wants: "own" | "change" | "see" };

export function within({ userId, administers, wants }: Reach): SQL {
  if (wants === "own" || (wants === "change" && !administers)) return sql`m.owner_id = ${userId}::uuid`;
  if (administers) return sql`true`;
  return sql`(m.owner_id = ${userId}::uuid or m.visibility <> 'private')`;
}

const spanRows = (spans: Span[]): SQL =>
  sql`unnest(${listOf(spans.map(({ from }) => from.toISOString()))}::timestamptz[],
    ${listOf(spans.map(({ before }) => before.toISOString()))}::timestamptz[]) s (since, until)`;
const inSpan = sql`m.taken_at >= s.since and m.taken_at < s.until`;
const rangeRows = (ranges: [string, string][]): SQL =>
  sql`unnest(${listOf(ranges.map(([from]) => from))}::uuid[], ${listOf(ranges.map(([, to]) => to))}::uuid[])
    r (one, other)`;

/** The older end `a` and the newer end `b` of each range of the timeline. */
const timelineEnds = (ranges: [string, string][]): SQL =>
  sql`${rangeRows(ranges)}
    cross join lateral (select e.taken_at, e.id from media e where e.id in (r.one, r.other)
      order by e.taken_at, e.id limit 1) a
    cross join lateral (select e.taken_at, e.id from media e where e.id in (r.one, r.other)
      order by e.taken_at desc, e.id desc limit 1) b`;

/**
 * The parts of the timeline: one's own and, unless only those count, everybody's public ones, each along its index.
 * What administrators may change besides, the timeline does not show, and so nobody has chosen it there.
 */
function timelineParts({ all, spans, ranges }: Chosen, reach: Reach): SQL[] {
  const own = sql`m.owner_id = ${reach.userId}::uuid`;
  const isOwnOnly = reach.wants === "own" || (reach.wants === "change" && !reach.administers);
  const scopes = isOwnOnly ? [own] : [own, sql`m.visibility = 'public'`];
  return scopes.flatMap((scope) => [
    ...(all ? [sql`select m.id from media m where m.deleted_at is null and ${scope}`] : []),
    ...(spans.length === 0
      ? []
      : [
          sql`select m.id from ${spanRows(spans)} join media m on m.deleted_at is null and ${scope} and ${inSpan}`,
        ]),
    ...(ranges.length === 0
      ? []
      : [
          sql`select m.id from ${timelineEnds(ranges)}
            join media m on m.deleted_at is null and ${scope}
              and (m.taken_at, m.id) >= (a.taken_at, a.id) and (m.taken_at, m.id) <= (b.taken_at, b.id)`,
        ]),
  ]);
}

/** What an album is walked by; each has an index that goes on with the id. */
export const albumKeys: Record<AlbumSort, SQL> = {
  newest: sql.raw("taken_at"),
  oldest: sql.raw("taken_at"),
  added: sql.raw("number"),
  title: sql.raw('title collate "C"'),
  manual: sql.raw("position"),
};

function albumParts({ all, spans, ranges }: Chosen, id: string, sort: AlbumSort): SQL[] {
  const inAlbum = sql`am.live and am.album_id = ${id}::uuid`;
  const key = albumKeys[sort];
  const end = (descending: boolean): SQL => sql`(select e.${key} as key, e.media_id from album_media e
    where e.album_id = ${id}::uuid and e.media_id in (r.one, r.other)
    order by 1 ${descending ? sql`desc, 2 desc` : sql`, 2`} limit 1)`;
  return [
    ...(all ? [sql`select am.media_id from album_media am where ${inAlbum}`] : []),
    ...(spans.length === 0
      ? []
      : [
          sql`select am.media_id from ${spanRows(spans)} join album_media am on ${inAlbum}
            join media m on m.id = am.media_id and ${inSpan}`,
        ]),
    ...(ranges.length === 0
      ? []
      : [
          sql`select am.media_id from ${rangeRows(ranges)} cross join lateral ${end(false)} a
            cross join lateral ${end(true)} b
            join album_media am on ${inAlbum} and (am.${key}, am.media_id) >= (a.key, a.media_id)
              and (am.${key}, am.media_id) <= (b.key, b.media_id)`,
        ]),
  ];
}

function favouriteParts({ all, spans, ranges }: Chosen, userId: string): SQL[] {
  const mine = sql`f.user_id = ${userId}::uuid`;
  const end = (descending: boolean): SQL => sql`(select e.created_at, e.media_id from favourites e
    where e.user_id = ${userId}::uuid and e.media_id in (r.one, r.other)
    order by ${descending ? sql`1 desc, 2 desc` : sql`1, 2`} limit 1)`;
  return [
    ...(all ? [sql`select f.media_id from favourites f where ${mine}`] : []),
    ...(spans.length === 0
      ? []
      : [
          sql`select f.media_id from favourites f join media m on m.id = f.media_id join ${spanRows(spans)}
            on ${inSpan} where ${mine}`,
        ]),
    ...(ranges.length === 0
      ? []
      : [
          sql`select f.media_id from ${rangeRows(ranges)} cross join lateral ${end(false)} a
            cross join lateral ${end(true)} b
            join favourites f on ${mine} and (f.created_at, f.media_id) >= (a.created_at, a.media_id)
              and (f.created_at, f.media_id) <= (b.created_at, b.media_id)`,
        ]),
  ];
}

/** More than any library holds; a search ends at a limit. */
const foundMax = 100_000_000;

const searchParts = ({ all }: Chosen, wanted: Wanted | undefined): SQL[] =>
  all && wanted !== undefined
    ? [
        sql`select found.id from (${searchStatement(wanted, { from: undefined, newer: false, limit: foundMax })}) found`,
      ]
    : [];

function describedParts(chosen: Chosen, list: ChosenList, reach: Reach): SQL[] {
  switch (list.kind) {
    case "timeline":
      return timelineParts(chosen, reach);
    case "album":
      return albumParts(chosen, list.id, list.sort);
    case "favourites":
      return favouriteParts(chosen, reach.userId);
    case "search":
      return searchParts(chosen, list.wanted);
  }
}

/** `select id`: everything chosen, whether it still lives and is within reach or not. */
export function chosenIds(chosen: Chosen, reach: Reach): SQL {
  const { list } = chosen;
  const described = describedParts(chosen, list, reach);
  return sql.join(
    [sql`select id from unnest(${listOf(chosen.ids)}::uuid[]) given (id)`, ...described],
    sql` union `,
  );
}

/**
 * The rows of a selection that live and are within reach, locked in one order so that two selections that overlap
 * cannot deadlock. `columns` may speak of the medium as `m`.
 */
export const chosenRows = (
  chosen: Chosen,
  reach: Reach,
  columns: SQL,
  lock: "no key update" | "share",
): SQL =>
  sql`select ${columns} from (${chosenIds(chosen, reach)}) chosen join media m on m.id = chosen.id
    where m.deleted_at is null and ${within(reach)} and not (m.id = any(${listOf(chosen.except)}::uuid[]))
    order by m.id for ${sql.raw(lock)} of m`;

/** How many media these days, months or the whole timeline hold for this one, from the totals. */
export async function countTimeline(
  db: Db,
  { userId, all, days, months }: { userId: string; all: boolean; days: string[]; months: string[] },
): Promise<number> {
  const seen = sql`(t.visibility = 'public' or t.owner_id = ${userId}::uuid)`;
  const firsts = months.map((month) => `${month}-01`);
  const [row] = await db.execute<{ count: number }>(sql`
    select (coalesce((select sum(count) from media_months t where ${seen}
        and (${all} or t.month = any(${listOf(firsts)}::text[]))), 0)
      + coalesce((select sum(count) from media_days t where ${seen}
        and not ${all} and t.day = any(${listOf(days)}::date[])), 0))::int as count`);
  return row?.count ?? 0;
}

/**
 * How many media of the timeline lie in these ranges, which do not overlap, or are single ones beside them; whole days
 * from the totals, the first and the last one counted, no further than `limit`.
 */
export async function countRanges(
  db: Db,
  ask: { userId: string; ranges: [string, string][]; ids: string[]; limit: number },
): Promise<number> {
  const mine = (table: SQL): SQL => sql`${table}.owner_id = ${ask.userId}::uuid`;
  const start = (day: SQL): SQL => sql`(${day}::timestamp at time zone 'UTC')`;
  const counted = (scope: SQL, edge: SQL): SQL => sql`(select count(*) from (
    select from ends e join media m on m.deleted_at is null and ${scope}
      and (m.taken_at, m.id) >= (e.low, e.low_id) and (m.taken_at, m.id) <= (e.high, e.high_id) and ${edge}
    limit ${ask.limit}) c)`;
  const edges = [
    sql`m.taken_at < ${start(sql`(e.first + 1)`)}`,
    sql`e.first < e.last and m.taken_at >= ${start(sql`e.last`)}`,
  ];
  const scopes = [mine(sql`m`), sql`m.visibility = 'public' and m.owner_id <> ${ask.userId}::uuid`];
  const sums = scopes.flatMap((scope) => edges.map((edge) => counted(scope, edge)));
  const [row] = await db.execute<{ count: number }>(sql`
    with ends as materialized (
      select a.taken_at as low, a.id as low_id, b.taken_at as high, b.id as high_id,
        (a.taken_at at time zone 'UTC')::date as first, (b.taken_at at time zone 'UTC')::date as last
      from ${timelineEnds(ask.ranges)})
    select (${sql.join(sums, sql` + `)}
      + coalesce((select sum(t.count) from ends e join media_days t on t.day > e.first and t.day < e.last
        and (t.visibility = 'public' or ${mine(sql`t`)})), 0)
      + (select count(*) from unnest(${listOf(ask.ids)}::uuid[]) given (id) where not exists (
        select from media m join ends e on (m.taken_at, m.id) >= (e.low, e.low_id)
          and (m.taken_at, m.id) <= (e.high, e.high_id) where m.id = given.id)))::int as count`);
  return row?.count ?? 0;
}

/** How many favourites somebody has, counted no further than `limit`. */
export async function countFavourites(
  db: Db,
  { userId, limit }: { userId: string; limit: number },
): Promise<number> {
  const [row] = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from (
      select from favourites where user_id = ${userId}::uuid limit ${limit}) counted`);
  return row?.count ?? 0;
}

/**
 * How a search goes while the worker makes the index of terms over a library that is older than it: month by month, by the
 * index of before. A month costs some pages whether anything is in it or not; apart from that it finds the same.
 */
import { type SQL, sql } from "drizzle-orm";
import {
  and,
  Conditions,
  edges,
  firstId,
  instant,
  lastId,
  order,
  quoted,
  range,
  type Scope,
  timeline,
  until,
  type Walk,
  type Wanted,
} from "./search-conditions.ts";

/** More matches than this in one month, and the month is walked. */
const monthMax = 1_000;
/** Stands for owner and month in the keys of a question. */
const scopeMark = "\u0001";

/** The keys a row must have, as a tsquery with a mark for scope and month; `undefined` when there is none. */
function keysOf(wanted: Wanted): string | undefined {
  const parts = [
    ...wanted.words.filter(({ not }) => !not).map(({ grams }) => grams.map(marked).join("&")),
    ...wanted.facts
      .filter(({ not }) => !not)
      .map(({ any }) => `(${any.map((fact) => marked(`#${fact}`)).join("|")})`),
  ].filter((part) => part !== "");
  return parts.length === 0 ? undefined : parts.join("&");
}

const marked = (key: string): string => quoted(`${scopeMark}${key}`);

/** The same within the month that begins at `e.begins`. */
function monthRange(wanted: Wanted, walk: Walk): SQL[] {
  const { near, far } = edges(wanted, walk);
  const [begins, ends] = [sql`e.begins`, sql`(e.begins + interval '1 month')`];
  if (walk.newer) {
    const [time, id] = near
      ? [
          sql`greatest(${begins} - interval '1 millisecond', ${instant(near.takenAt)})`,
          sql`case when ${instant(near.takenAt)} >= ${begins} then ${near.id}::uuid else ${lastId}::uuid end`,
        ]
      : [sql`${begins} - interval '1 millisecond'`, sql`${lastId}::uuid`];
    return [
      sql`(m.taken_at, m.id) > (${time}, ${id})`,
      far === undefined ? sql`m.taken_at < ${ends}` : sql`m.taken_at < least(${ends}, ${instant(far)})`,
    ];
  }
  const [time, id] = near
    ? [
        sql`least(${ends}, ${instant(near.takenAt)})`,
        sql`case when ${instant(near.takenAt)} < ${ends} then ${near.id}::uuid else ${firstId}::uuid end`,
      ]
    : [ends, sql`${firstId}::uuid`];
  return [
    sql`(m.taken_at, m.id) < (${time}, ${id})`,
    far === undefined
      ? sql`m.taken_at >= ${begins}`
      : sql`m.taken_at >= greatest(${begins}, ${instant(far)})`,
  ];
}

/** Month by month through the index of keys. */
export function byMonths(wanted: Wanted, scope: Scope, walk: Walk): SQL {
  const keys = keysOf(wanted);
  const { newer, limit } = walk;
  // Whoever wants more than a month's worth reads on where it is known what to read.
  const hitsMax = Math.max(monthMax, limit);
  const conditions = new Conditions(wanted, scope);
  const next = (conditions: SQL[]): SQL => sql`
    select m.taken_at from media m where ${and([timeline(wanted, scope, sql`m`), ...conditions])}
    order by m.taken_at ${newer ? sql`asc` : sql`desc`} limit 1`;
  const month = sql`date_trunc('month', n.taken_at, 'UTC')`;
  const first = range(wanted, walk, sql`m.taken_at`, sql`m.id`);
  const beyond = newer ? sql`m.taken_at >= e.begins + interval '1 month'` : sql`m.taken_at < e.begins`;
  return sql`(
    with recursive eras(begins) as (
      (select ${month} from (${next(first)}) n)
      union all
      (select ${month} from eras e cross join lateral (${next([beyond, ...until(wanted, walk, sql`m.taken_at`)])}) n)
    )
    select x.id, x.taken_at from eras e cross join lateral (
      with hits as materialized (
        select s.media_id as id, s.taken_at from media_search s
        where s.keyed and search_keys(s.owner_id, s.open, s.taken_at, s.words, s.own_words, s.facts, s.own_facts) @@
            replace(${keys}::text, ${scopeMark}::text,
              search_scope(${scope === "public" ? null : (wanted.viewerId ?? null)}::uuid) || search_era(e.begins))::tsquery
          and ${and([...range(wanted, walk, sql`s.taken_at`, sql`s.media_id`), conditions.all()])}
        limit ${hitsMax + 1})
      (select id, taken_at from hits where (select count(*) from hits) <= ${hitsMax})
      union all
      (select m.id, m.taken_at from media m join media_search s on s.media_id = m.id
        where (select count(*) from hits) > ${hitsMax}
          and ${and([timeline(wanted, scope, sql`m`), ...monthRange(wanted, walk), conditions.all()])}
        ${order(newer, sql`m.taken_at`, sql`m.id`)} limit ${limit})
      ${order(newer, sql`taken_at`, sql`id`)} limit ${limit}) x
    limit ${limit})`;
}

/**
 * What a search finds, newest first. Every medium has its words in pieces and its facts in one index, each behind whose it
 * is and its span of time; windows of time are asked of it (search-windows.ts). What has no such terms, dates alone for
 * example, is walked in the order of time, and tags, albums and favourites are gone through in their own.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import type { Place } from "./gallery.ts";
import {
  and,
  Conditions,
  colorFar,
  instant,
  kmPerDegree,
  order,
  range,
  type Scope,
  texts,
  timeline,
  uuids,
  type Walk,
  type Wanted,
} from "./search-conditions.ts";
import { type List, listOfAlbums, listOfTags, listsOf, throughList, throughLists } from "./search-lists.ts";
import { byMonths } from "./search-months.ts";
import { allSpans, hasTerms, scopesOf, termsOf } from "./search-terms.ts";
import { type Ask, asking, type Before, type IsLate, throughWindows } from "./search-windows.ts";

export type { Measure, Wanted } from "./search-conditions.ts";

/** Who wants everything at once goes through lists of so many pictures, one picture after the other. */
const walkMax = 20_000;
const intMax = 2 ** 31 - 1;

/** By time alone: for what has no terms, and is therefore not rare. */
function walked(wanted: Wanted, scope: Scope, walk: Walk): SQL {
  // The walk keeps to the days that are wanted; said twice, the planner takes them for rarer than they are.
  const rest = { ...wanted, dates: wanted.dates.filter(({ not }) => not) };
  if (!wanted.indexed)
    return sql`(select m.id, m.taken_at from media m join media_search s on s.media_id = m.id
      where ${and([timeline(wanted, scope, sql`m`), ...range(wanted, walk, sql`m.taken_at`, sql`m.id`), new Conditions(rest, scope, { m: true }).all()])}
      ${order(walk.newer, sql`m.taken_at`, sql`m.id`)} limit ${walk.limit})`;
  return sql`(select s.media_id as id, s.taken_at from media_search s
    where s.keyed and ${and([...range(wanted, walk, sql`s.taken_at`, sql`s.media_id`), new Conditions(rest, scope).all()])}
    ${order(walk.newer, sql`s.taken_at`, sql`s.media_id`)} limit ${walk.limit})`;
}

/** What came or changed so lately that its keys are not in the index yet. */
function notKeyed(wanted: Wanted, scope: Scope, walk: Walk): SQL {
  const conditions = new Conditions(wanted, scope);
  return sql`(select s.media_id as id, s.taken_at from media_search s
    where not s.keyed and ${and([...range(wanted, walk, sql`s.taken_at`, sql`s.media_id`), conditions.all()])}
    ${order(walk.newer, sql`s.taken_at`, sql`s.media_id`)} limit ${walk.limit})`;
}

/** After so many without keys, all of them are read as they lie on the disk. */
const dueWalked = 64;

/**
 * What has no keys yet, whoever it is found for. Few pictures, as they come in one by one, are walked in the order of time.
 * A change of many leaves tens of thousands, which lie together where the change has written them: reading them in that
 * order takes some pages for a hundred of them, in the order of time two for each. `until`: nothing farther is in question.
 */
class Due {
  readonly #ask: Ask;
  readonly #wanted: Wanted;
  readonly #walk: Walk;
  /** All of them were looked at. */
  whole = false;

  constructor(ask: Ask, wanted: Wanted, walk: Walk) {
    [this.#ask, this.#wanted, this.#walk] = [ask, wanted, walk];
  }

  get #conditions(): SQL {
    const { among } = this.#wanted;
    return new Conditions(this.#wanted, among === "all" ? "any" : among).all();
  }

  async few(): Promise<Place[]> {
    const { newer } = this.#walk;
    const rows = await this.#ask<{ id: string | null; taken_at: string; seen: number }>(sql`
      with s as materialized (select * from media_search s
        where not s.keyed and ${and(range(this.#wanted, this.#walk, sql`s.taken_at`, sql`s.media_id`))}
        ${order(newer, sql`s.taken_at`, sql`s.media_id`)} limit ${dueWalked}),
      hits as (select s.media_id, s.taken_at from s where ${this.#conditions})
      select h.media_id as id, h.taken_at, seen from (select count(*)::int as seen from s) n left join hits h on true`);
    this.whole = (rows[0]?.seen ?? 0) < dueWalked;
    return placesIn(rows);
  }

  async all(until: Place | undefined): Promise<Place[]> {
    const { newer, limit } = this.#walk;
    const time = sql`s.taken_at`;
    const near =
      until === undefined
        ? []
        : [newer ? sql`${time} <= ${instant(until.takenAt)}` : sql`${time} >= ${instant(until.takenAt)}`];
    await this.#ask(sql`select set_config('enable_indexscan', 'off', true)`);
    const rows = await this.#ask<{ id: string; taken_at: string }>(sql`
      select s.media_id as id, s.taken_at from media_search s
      where not s.keyed and ${and([...range(this.#wanted, this.#walk, time, sql`s.media_id`), ...near, this.#conditions])}
      ${order(newer, time, sql`s.media_id`)} limit ${limit}`);
    await this.#ask(sql`select set_config('enable_indexscan', 'on', true)`);
    return placesIn(rows);
  }
}

/** Everything with these terms, in no order: for a search that is wanted whole. */
function withTerms(wanted: Wanted, scope: Scope): SQL {
  const terms = allSpans.map((span) => termsOf(wanted, scope, span));
  return sql`(select s.media_id as id, s.taken_at from search_taken(${texts(terms)}, ${intMax}::int) s
    where ${new Conditions(wanted, scope, { texts: true }).all()})`;
}

/** The one list that everything is gone through, if there is one that is no longer way round. */
function onlyList(wanted: Wanted): List | undefined {
  const [shortest] = listsOf(wanted);
  if (shortest === undefined || (hasTerms(wanted) && shortest.count > walkMax)) return undefined;
  return shortest;
}

/** A word that is the name of a tag or an album finds what is in it, whatever its own texts say. */
const throughNames = (wanted: Wanted, walk: Walk): SQL[] =>
  wanted.words
    .filter(({ not }) => !not)
    .flatMap(({ tags, albums }) => [
      ...(tags.length === 0 ? [] : [throughList(listOfTags({ ids: tags, count: 0 }), wanted, walk)]),
      ...(albums.length === 0 ? [] : [throughList(listOfAlbums({ ids: albums, count: 0 }), wanted, walk)]),
    ]);

/** The ways that lead to everything beside the index of terms, each ended by its limit. */
function otherWays(wanted: Wanted, walk: Walk): SQL[] {
  const scopes = scopesOf(wanted);
  if (!hasTerms(wanted))
    return scopes.flatMap((scope) => [
      walked(wanted, scope, walk),
      ...(wanted.indexed ? [notKeyed(wanted, scope, walk)] : []),
    ]);
  return [...scopes.map((scope) => notKeyed(wanted, scope, walk)), ...throughNames(wanted, walk)];
}

const union = (ways: SQL[], { newer, limit }: Walk): SQL =>
  sql`select id, taken_at from (${sql.join(ways, sql` union `)}) found ${order(newer, sql`taken_at`, sql`id`)} limit ${limit}`;

/** Everything that a search finds, or the next `limit` places of it, as one statement. Dear where that is much. */
export function searchStatement(wanted: Wanted, walk: Walk): SQL {
  const list = onlyList(wanted);
  if (list !== undefined) return union([throughList(list, wanted, walk)], walk);
  const scopes = scopesOf(wanted);
  const byTerms = scopes.map((scope) =>
    wanted.indexed ? withTerms(wanted, scope) : byMonths(wanted, scope, walk),
  );
  const ways = [...(hasTerms(wanted) ? byTerms : []), ...otherWays(wanted, walk)];
  if (ways.length === 0) return sql`select null::uuid as id, null::timestamptz as taken_at where false`;
  return union(ways, walk);
}

const placesIn = (rows: readonly { id: string | null; taken_at: string }[]): Place[] =>
  rows.flatMap(({ id, taken_at }) => (id === null ? [] : [{ id, takenAt: new Date(taken_at) }]));

const placesOf = async (ask: Ask, statement: SQL): Promise<Place[]> => placesIn(await ask(statement));

/** Negative when `one` comes before `other`. */
const inOrder = (one: Place, other: Place, { newer }: Walk): number =>
  (newer ? 1 : -1) *
  (one.takenAt.getTime() - other.takenAt.getTime() || (one.id === other.id ? 0 : one.id < other.id ? -1 : 1));

const isNearer = (one: Place, other: Place, walk: Walk): boolean => inOrder(one, other, walk) < 0;

/** In the order of a walk, each once. */
const merged = (places: Place[], walk: Walk): Place[] =>
  [...new Map(places.map((place) => [place.id, place])).values()]
    .sort((one, other) => inOrder(one, other, walk))
    .slice(0, walk.limit);

/** Where a search ended before its page was full, because its time was over: all that is nearer was looked at. */
export type Partly = { places: Place[]; reached?: Place };

/** The next places of a search, nearest to `from` first. */
export const searchPlaces = async (db: Db, wanted: Wanted, walk: Walk, before?: Before): Promise<Place[]> =>
  (await searchInTime(db, wanted, walk, () => false, before)).places;

/**
 * The same, ended early when `isLate`, which is asked between statements: two things that are both common and never
 * together are looked for through all of a library. Something is looked at each time, so that whoever goes on from
 * `reached` comes to the end.
 */
export async function searchInTime(
  db: Db,
  wanted: Wanted,
  walk: Walk,
  isLate: IsLate,
  before?: Before,
): Promise<Partly> {
  const ask = asking(db, before);
  const lists = listsOf(wanted).length;
  if (!wanted.indexed || (!hasTerms(wanted) && lists < 2))
    return { places: await placesOf(ask, searchStatement(wanted, walk)) };
  if (!hasTerms(wanted)) return throughLists(ask, wanted, walk, isLate);
  const due = new Due(ask, wanted, walk);
  let places = await due.few();
  const named = throughNames(wanted, walk);
  if (named.length > 0) places = merged([...places, ...(await placesOf(ask, union(named, walk)))], walk);
  // What is farther than a page that is full already need not be looked for, nor what is farther than where one of the
  // ways has come to.
  let reached: Place | undefined;
  const until = (): Place | undefined => (places.length < walk.limit ? reached : places.at(-1));
  const add = (found: Partly): void => {
    if (found.reached !== undefined && (reached === undefined || isNearer(found.reached, reached, walk)))
      reached = found.reached;
    places = merged([...places, ...found.places], walk);
  };
  if (lists > 0) add(await throughLists(ask, wanted, walk, isLate));
  else
    for (const scope of scopesOf(wanted))
      add(await throughWindows(ask, wanted, scope, walk, { until: until(), isLate }));
  if (!due.whole) add({ places: await due.all(until()) });
  const end = reached;
  if (end === undefined) return { places };
  const sure = places.filter((place) => !isNearer(end, place, walk));
  return sure.length < walk.limit ? { places: sure, reached: end } : { places: sure };
}

/** Whether this medium is one that the search finds. */
export async function isFound(db: Db, wanted: Wanted, id: string): Promise<boolean> {
  const conditions = new Conditions(wanted, wanted.among === "all" ? "any" : wanted.among);
  const found = await db.execute(sql`
    select 1 from media_search s where s.media_id = ${id}::uuid and ${conditions.all()}`);
  return found.length > 0;
}

/**
 * Makes the statements of this transaction give up after `ms`, be planned for the values they carry, and go by index: on
 * fresh tables, whose sizes the planner does not know yet, it would read and hash them whole.
 */
export async function boundSearch(tx: Db, ms: number): Promise<void> {
  await tx.execute(sql`select set_config('statement_timeout', ${String(ms)}, true),
    set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true),
    set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true), set_config('work_mem', '16MB', true)`);
}

/** Whether the index of terms is whole. It is never taken away again. */
export async function isSearchIndexed(db: Db): Promise<boolean> {
  const [row] = await db.execute(
    sql`select 1 from pg_index where indexrelid = to_regclass('media_search_terms') and indisvalid`,
  );
  return row !== undefined;
}

/** The boxes of search_color_fact that hold anything so near to this colour. */
export const colorFacts = (color: number): SQL => {
  const side = (axis: SQL, n: number, size: number): SQL => {
    const [box, at] = [sql`${axis}.n * ${size}::float8`, sql`x.lab[${sql.raw(String(n))}]`];
    return sql`power(greatest(0, ${box} - ${at}, ${at} - ${box} - ${size}::float8), 2)`;
  };
  const around = (n: number, size: number): SQL => {
    const at = sql`x.lab[${sql.raw(String(n))}]`;
    return sql`generate_series(floor((${at} - ${colorFar}::float8) / ${size}::float8)::int,
      floor((${at} + ${colorFar}::float8) / ${size}::float8)::int)`;
  };
  return sql`array(select 'b:' || l.n || ':' || a.n || ':' || b.n
    from (select color_lab(${color}::int) as lab) x, ${around(1, 0.1)} l(n), ${around(2, 0.06)} a(n), ${around(3, 0.06)} b(n)
    where ${side(sql`l`, 1, 0.1)} + ${side(sql`a`, 2, 0.06)} + ${side(sql`b`, 3, 0.06)} <= power(${colorFar}::float8, 2) + 1e-9)`;
};

export const placeFacts = ({
  latitude,
  longitude,
  km,
}: {
  latitude: number;
  longitude: number;
  km: number;
}): SQL => {
  const far = km / kmPerDegree;
  const wide = far / Math.max(0.01, Math.cos((Math.min(89.5, Math.abs(latitude) + far) * Math.PI) / 180));
  return sql`search_place_facts(${latitude}::float8, ${longitude}::float8, ${far}::float8, ${Math.min(180, wide)}::float8)`;
};

/**
 * Gives up to `most` media that are older than the search their place in it; false when none is left. Their rows are held
 * meanwhile: a change that ran between reading and writing would be undone in what is searched.
 */
export async function fillSearch(db: Db, most: number): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [progress] = await tx.execute<{ after: string }>(
      sql`select after from search_backfill for update skip locked`,
    );
    if (progress === undefined) return false;
    const rows = await tx.execute<{ id: string }>(
      sql`select id from media where id > ${progress.after}::uuid order by id limit ${most} for share`,
    );
    const last = rows.at(-1)?.id;
    if (last === undefined) {
      await tx.execute(sql`delete from search_backfill`);
      return false;
    }
    await tx.execute(sql`select media_search_write(${uuids(rows.map(({ id }) => id))})`);
    await tx.execute(sql`update search_backfill set after = ${last}::uuid`);
    return true;
  });
}

/**
 * Puts the keys of up to `most` media into the index; false when none lacks them. Rows that somebody is changing are left
 * for the next time: nobody waits for this, and it waits for nobody.
 */
export async function keySearch(db: Db, most: number): Promise<boolean> {
  const keyed = await db.execute(sql`
    update media_search s set keyed = true from (
      select media_id from media_search where not keyed order by taken_at desc, media_id desc
      limit ${most} for update skip locked) due
    where s.media_id = due.media_id returning 1`);
  return keyed.length > 0;
}

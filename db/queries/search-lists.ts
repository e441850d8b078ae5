/**
 * Through lists that hold what is wanted: tags, albums, a person's favourites, those with stars. Each lies in its index in
 * the order of time. Where several are asked for, or words beside one, stretches of the list that is thinnest there are
 * taken: either its pictures are looked at, or, where a word is rarer than they are, what the index of terms holds of that
 * stretch. So a page costs what the rarest of all that is asked for has on its way.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Place } from "./gallery.ts";
import {
  and,
  Conditions,
  instant,
  order,
  range,
  texts,
  type Walk,
  type Wanted,
} from "./search-conditions.ts";
import { dayMs, hasTerms, type Level, scopesOf, termsOf, type Unit, unitOf } from "./search-terms.ts";
import type { Ask, IsLate } from "./search-windows.ts";

/** In this list is what is in one of its `parts`; `without` takes it out of what is wanted. */
export type List = { table: SQL; id: SQL; parts: SQL[]; count: number; without: (wanted: Wanted) => Wanted };

const starsMax = 5;

function stars(wanted: Wanted, one: Wanted["measures"][number]): List {
  const given = Array.from({ length: starsMax }, (_, n) => n + 1).filter(
    (n) => n >= (one.min ?? 0) && n <= (one.max ?? starsMax),
  );
  return {
    table: sql`media`,
    id: sql`k.id`,
    // As numbers, not as parameters: only then is it plain that the index of those with stars has them. A list without parts
    // would be no statement.
    parts: (given.length === 0 ? [starsMax + 1] : given).map(
      (n) => sql`k.owner_id = ${wanted.viewerId ?? null}::uuid and k.rating = ${sql.raw(String(n))}
        and k.rating > 0 and k.deleted_at is null`,
    ),
    count: Number.POSITIVE_INFINITY,
    without: (wanted) => ({ ...wanted, measures: wanted.measures.filter((other) => other !== one) }),
  };
}

const mediaId = sql`k.media_id`;

/** What has one of these tags. */
export const listOfTags = (one: Pick<Wanted["tags"][number], "ids" | "count">): List => ({
  table: sql`media_tags`,
  id: mediaId,
  parts: one.ids.map((id) => sql`k.tag_id = ${id}::uuid and k.live`),
  count: one.count,
  without: (wanted) => ({ ...wanted, tags: wanted.tags.filter((other) => other !== one) }),
});

/** What is in one of these albums. */
export const listOfAlbums = (one: Pick<Wanted["albums"][number], "ids" | "count">): List => ({
  table: sql`album_media`,
  id: mediaId,
  parts: one.ids.map((id) => sql`k.album_id = ${id}::uuid and k.live`),
  count: one.count,
  without: (wanted) => ({ ...wanted, albums: wanted.albums.filter((other) => other !== one) }),
});

/** A person's own favourites are few, as far as anybody knows. */
const favouritesCount = 10_000;

/** The lists that what is wanted must be in, those known to be short first. */
export function listsOf(wanted: Wanted): List[] {
  const { tags, albums, favourite, measures } = wanted;
  const lists: List[] = [
    ...tags.filter(({ not }) => !not).map(listOfTags),
    ...albums.filter(({ not }) => !not).map(listOfAlbums),
    ...favourite
      .filter(({ not }) => !not)
      .map((one) => ({
        table: sql`favourites`,
        id: mediaId,
        parts: [sql`k.user_id = ${wanted.viewerId ?? null}::uuid`],
        count: favouritesCount,
        without: (wanted: Wanted) => ({
          ...wanted,
          favourite: wanted.favourite.filter((other) => other !== one),
        }),
      })),
    // Stars are asked of nobody but their owner.
    ...measures
      .filter(({ of, min = 0, not }) => of === "rating" && min > 0 && !not)
      .map((one) => stars(wanted, one)),
  ];
  return lists.sort((one, other) => one.count - other.count);
}

type Limits = (time: SQL, id: SQL) => SQL[];

/** What is in a list, each once, as many as there may be in each of its parts. */
function members({ table, id, parts }: List, limits: Limits, newer: boolean, limit?: number): SQL {
  const most = limit === undefined ? sql`` : sql` limit ${limit}`;
  const each = parts.map(
    (part) => sql`(select ${id} as media_id, k.taken_at from ${table} k
      where ${and([part, ...limits(sql`k.taken_at`, id)])} ${order(newer, sql`k.taken_at`, id)}${most})`,
  );
  const [only] = each;
  if (each.length === 1 && only !== undefined) return only;
  return sql`(select distinct media_id, taken_at from (${sql.join(each, sql` union all `)}) every
    ${order(newer, sql`taken_at`, sql`media_id`)}${most})`;
}

/** The next places of the search through one list, as one statement. */
export function throughList(list: List, wanted: Wanted, walk: Walk): SQL {
  const rest = list.without(wanted);
  const conditions = new Conditions(rest, rest.among === "all" ? "any" : rest.among);
  const { newer, limit } = walk;
  const each = list.parts.map(
    (
      part,
    ) => sql`(select s.media_id as id, s.taken_at from ${list.table} k join media_search s on s.media_id = ${list.id}
      where ${and([part, ...range(rest, walk, sql`k.taken_at`, list.id), conditions.all()])}
      ${order(newer, sql`k.taken_at`, list.id)} limit ${limit})`,
  );
  // One that is in two of its parts is found once.
  return sql`(select distinct id, taken_at from (${sql.join(each, sql` union all `)}) every
    ${order(newer, sql`taken_at`, sql`id`)} limit ${limit})`;
}

/** So many of a list are looked at first, and at most at once. */
const firstStretch = 64;
const lookedAtMax = 1_024;
const stretchMax = 8_192;
/** Where nothing was found in so many, all that is left is asked for at once. */
const scarceAfter = 512;
/** Of what the index of terms holds no more than this is looked at at once, however long the stretch. */
const takenMax = 2_000;
const takenOfRestMax = 400;
/** So many stretches are looked at picture by picture after one in which the words were the more common ones. */
const lookedAtAfter = 3;
/** A list is read along another that has up to so many times fewer pictures; beyond that, single ones are looked up. */
const readAlongMax = 200;

/** The next of a list, up to so many as were asked for. */
type Reach = { list: List; count: number; first: Place; last: Place };
/**
 * What of `list` is looked at, from one place to another, both included: no other list has fewer there. `along` are lists
 * that are short enough there to be read beside it. `ended`: nothing is left after it.
 */
type Stretch = { list: List; along: List[]; from: Place; to: Place; ended: boolean };
type Found = { id: string; taken_at: string };
type Looked = { found: Place[]; tooMuch: boolean };

const placesOf = (rows: readonly { id: string | null; taken_at: string }[]): Place[] =>
  rows.flatMap(({ id, taken_at }) => (id === null ? [] : [{ id, takenAt: new Date(taken_at) }]));

const perMs = ({ count, first, last }: Reach): number =>
  count / (1 + Math.abs(first.takenAt.getTime() - last.takenAt.getTime()));

/** A walk through lists that is under way. */
class Crossing {
  readonly #ask: Ask;
  readonly #wanted: Wanted;
  readonly #lists: List[];
  readonly #newer: boolean;
  readonly #limit: number;
  readonly #found = new Map<string, Place>();
  #walk: Walk;

  constructor(ask: Ask, wanted: Wanted, lists: List[], walk: Walk) {
    [this.#ask, this.#wanted, this.#lists, this.#walk] = [ask, wanted, lists, walk];
    [this.#newer, this.#limit] = [walk.newer, walk.limit];
  }

  get #missing(): number {
    return this.#limit - this.#found.size;
  }

  get #order(): SQL {
    return order(this.#newer, sql`s.taken_at`, sql`s.media_id`);
  }

  /** Negative when `one` comes before `other` on this walk. */
  #compare(one: Place, other: Place): number {
    const later =
      one.takenAt.getTime() - other.takenAt.getTime() ||
      (one.id < other.id ? -1 : Number(one.id !== other.id));
    return this.#newer ? later : -later;
  }

  /** How far the next `most` of each list reach, or all that is left of it; none when one of them has no more. */
  async #reach(most: number | undefined): Promise<Reach[]> {
    const limits: Limits = (time, id) => range(this.#wanted, this.#walk, time, id);
    const each = this.#lists.map((list, n) => {
      const [next, last] = [
        members(list, limits, this.#newer, most ?? 1),
        members(list, limits, !this.#newer, 1),
      ];
      if (most === undefined)
        return sql`select ${n}::int as n, media_id as id, taken_at, 1 as count from (${next} union all ${last}) ends`;
      return sql`
        select ${n}::int as n, media_id as id, taken_at, count from (
          select media_id, taken_at, row_number() over (${order(this.#newer, sql`taken_at`, sql`media_id`)}) as at,
            count(*) over ()::int as count
          from ${next} next) numbered
        where at in (1, count)`;
    });
    const rows = await this.#ask<Found & { n: number; count: number }>(
      sql`select * from (${sql.join(each, sql` union all `)}) reached
        order by n, ${this.#newer ? sql`taken_at, id` : sql`taken_at desc, id desc`}`,
    );
    const reached = this.#lists.flatMap((list, n): Reach[] => {
      const own = rows.filter((row) => row.n === n);
      const places = placesOf(own);
      const [first, last] = [places[0], places.at(-1)];
      return first && last ? [{ list, count: own[0]?.count ?? 0, first, last }] : [];
    });
    return reached.length === this.#lists.length ? reached : [];
  }

  /** The list that is thinnest here, and the stretch of it that can hold anything. */
  async #next(most: number | undefined): Promise<Stretch | undefined> {
    const far = (await this.#reach(most)).sort((one, other) => this.#compare(one.last, other.last));
    // Beyond the last of any list there is nothing.
    const end = far.find(({ count }) => count < (most ?? 2));
    const thinnest = end ?? far.at(-1);
    const from = far.map(({ first }) => first).sort((one, other) => this.#compare(other, one))[0];
    if (thinnest === undefined || from === undefined) return undefined;
    const { list, last: to } = thinnest;
    const along = far.filter((one) => one !== thinnest && perMs(one) <= readAlongMax * perMs(thinnest));
    return {
      ...{ list, from, to, ended: end !== undefined },
      along: most === undefined ? [] : along.map((one) => one.list),
    };
  }

  /** Between two places, both included. */
  #between({ from, to }: Stretch): Limits {
    const [low, high] = this.#newer ? [from, to] : [to, from];
    return (time, id) => [
      sql`(${time}, ${id}) >= (${instant(low.takenAt)}, ${low.id}::uuid)`,
      sql`(${time}, ${id}) <= (${instant(high.takenAt)}, ${high.id}::uuid)`,
    ];
  }

  /** Of one row `s`: that it is in these lists, each of them read as a whole. */
  #isIn(lists: List[], stretch: Stretch): SQL[] {
    // Not as a plain condition: Postgres would ask the list for each row by itself.
    return lists.map(
      (list) =>
        sql`coalesce(s.media_id in (select media_id from ${members(list, this.#between(stretch), this.#newer)} k), false)`,
    );
  }

  #conditions(without: List[], how: { texts?: boolean }): SQL {
    const rest = without.reduce((wanted, list) => list.without(wanted), this.#wanted);
    return new Conditions(rest, rest.among === "all" ? "any" : rest.among, how).all();
  }

  /** Looks at each picture of the list. */
  async #look(stretch: Stretch): Promise<Place[]> {
    const { list, along } = stretch;
    const rows = await this.#ask<Found>(sql`
      with one as materialized ${members(list, this.#between(stretch), this.#newer)},
      k as materialized (select * from one s where ${and(this.#isIn(along, stretch))})
      select s.media_id as id, s.taken_at from k join media_search s on s.media_id = k.media_id
      where ${this.#conditions([list, ...along], {})} ${this.#order} limit ${this.#missing}`);
    return placesOf(rows);
  }

  /** Looks at what the index of terms holds of this stretch, unless that is more than `most`. */
  async #lookByTerms(stretch: Stretch, most: number, isRest: boolean): Promise<Looked> {
    const units = unitsOf(stretch.from.takenAt.getTime(), stretch.to.takenAt.getTime());
    const terms = scopesOf(this.#wanted).flatMap((scope) =>
      units.map((unit) => termsOf(this.#wanted, scope, unit)),
    );
    const lists = isRest ? [] : [stretch.list, ...stretch.along];
    const rows = await this.#ask<{ id: string | null; taken_at: string; taken: number }>(sql`
      with s as materialized (select * from search_taken(${texts(terms)}, ${most + 1}::int)),
      within as materialized (select * from s where (select count(*) from s) <= ${most}
        and ${and(this.#between(stretch)(sql`s.taken_at`, sql`s.media_id`))}),
      mine as materialized (select * from within s where ${and(this.#isIn(lists, stretch))}),
      hits as (select distinct s.media_id, s.taken_at from mine s where ${this.#conditions(lists, { texts: true })}
        ${this.#order} limit ${this.#missing})
      select h.media_id as id, h.taken_at, taken from (select count(*)::int as taken from s) t left join hits h on true`);
    return { found: placesOf(rows), tooMuch: (rows[0]?.taken ?? 0) > most };
  }

  #keep(places: Place[]): void {
    for (const place of places) this.#found.set(place.id, place);
  }

  /** All that is left at once, where words are rare; false when that is too much. */
  async #lookAtRest(): Promise<boolean> {
    const rest = await this.#next(undefined);
    if (rest === undefined || this.#compare(rest.from, rest.to) > 0) return true;
    const { found, tooMuch } = await this.#lookByTerms(rest, takenOfRestMax, true);
    this.#keep(found);
    return !tooMuch;
  }

  async run(isLate: IsLate): Promise<{ places: Place[]; reached?: Place }> {
    let reached: Place | undefined;
    let began = false;
    let next = firstStretch;
    // Stretches that are to be looked at picture by picture.
    let singly = hasTerms(this.#wanted) ? 0 : Number.POSITIVE_INFINITY;
    let triedRest = false;
    while (this.#missing > 0) {
      if (began && isLate(1)) {
        reached = this.#walk.from;
        break;
      }
      if (singly === 0 && next > scarceAfter && this.#found.size === 0 && !triedRest) {
        if (await this.#lookAtRest()) break;
        triedRest = true;
      }
      const most = singly > 0 ? Math.min(next, lookedAtMax) : next;
      const stretch = await this.#next(most);
      if (stretch === undefined) break;
      const before = this.#found.size;
      if (this.#compare(stretch.from, stretch.to) <= 0) {
        const looked =
          singly > 0 ? undefined : await this.#lookByTerms(stretch, Math.min(2 * most, takenMax), false);
        if (looked?.tooMuch && most > lookedAtMax) {
          next = lookedAtMax;
          continue;
        }
        if (looked && !looked.tooMuch) this.#keep(looked.found);
        else {
          singly = looked ? lookedAtAfter : singly - 1;
          this.#keep(await this.#look(stretch));
        }
      }
      if (stretch.ended) break;
      this.#walk = { ...this.#walk, from: stretch.to };
      began = true;
      // As many as should fill the page, going by this stretch.
      const hoped = (this.#missing * most * 1.2) / (this.#found.size - before + 0.5);
      next = Math.ceil(Math.min(stretchMax, most * 8, Math.max(firstStretch, hoped)));
    }
    const places = [...this.#found.values()].sort((one, other) => this.#compare(one, other));
    return { places: places.slice(0, this.#limit), ...(reached ? { reached } : {}) };
  }
}

/** Few windows of time that hold everything between two moments. */
function unitsOf(one: number, other: number): Unit[] {
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  const days = (high - low) / dayMs;
  const level: Level = days < 6 ? "day" : days < 40 ? "week" : days < 300 ? "month" : "span";
  const units: Unit[] = [];
  for (let at = low; at <= high; ) {
    const unit = unitOf(level, at);
    units.push(unit);
    at = unit.to;
  }
  return units;
}

/** The next places of a search that asks for several lists, or for one and for words; `reached`: as far as it came in time. */
export const throughLists = (
  ask: Ask,
  wanted: Wanted,
  walk: Walk,
  isLate: IsLate,
): Promise<{ places: Place[]; reached?: Place }> =>
  new Crossing(ask, wanted, listsOf(wanted), walk).run(isLate);

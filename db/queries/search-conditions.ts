/** What a search asks, and the same as conditions on the rows it reads. */
import { type SQL, sql } from "drizzle-orm";
import type { Place } from "./gallery.ts";

/** Numbers of a medium that have bounds, both included. */
export type Measure = {
  of: "rating" | "pixels" | "width" | "height";
  min?: number;
  max?: number;
  not: boolean;
};

/** A search whose names are known to the database. All of it must hold. */
export type Wanted = {
  viewerId: string | undefined;
  /** Folded by `resolve`; `grams` are the keys a text that has it must have. Tags and albums whose names have the word. */
  words: { needle: string; grams: string[]; not: boolean; tags: string[]; albums: string[] }[];
  /** One of the facts. */
  facts: { any: string[]; not: boolean }[];
  /** One of these tags; `count` is how many pictures the rarest way leads to. */
  tags: { ids: string[]; not: boolean; count: number }[];
  albums: { ids: string[]; not: boolean; count: number }[];
  owners: { ids: string[]; not: boolean }[];
  favourite: { not: boolean }[];
  /** Days of the place where it was taken, both included. */
  dates: { from?: string; to?: string; not: boolean }[];
  colors: { color: number; not: boolean }[];
  near: { latitude: number; longitude: number; km: number; not: boolean }[];
  measures: Measure[];
  /** "own" where something is asked that only owners may know of their pictures. */
  among: "all" | "own" | "public";
  /** Whether the index of terms is whole; until it is, a search goes by the one of months. */
  indexed: boolean;
};

/** How far a colour may be from the one that was asked for, in OKLab. */
export const colorFar = 0.09;

export type Scope = "own" | "public" | "any";
/** From where, in which direction, and how many at most. */
export type Walk = { from: Place | undefined; newer: boolean; limit: number };

export const or = (parts: SQL[]): SQL => sql`(${sql.join(parts, sql` or `)})`;
export const and = (parts: SQL[]): SQL => (parts.length === 0 ? sql`true` : sql.join(parts, sql` and `));
export const texts = (values: string[]): SQL => sql`${sql.param(values)}::text[]`;
export const uuids = (values: string[]): SQL => sql`${sql.param(values)}::uuid[]`;
export const instant = (value: Date | string): SQL =>
  sql`${typeof value === "string" ? value : value.toISOString()}::timestamptz`;

/**
 * `m`: the medium is at hand under this name, and need not be looked up. `texts`: words are looked for in texts alone,
 * because what has them by the name of a tag or an album is found through that.
 */
type How = { m?: boolean; texts?: boolean };

/** The search of one scope, as conditions on a row of media_search `s`. */
export class Conditions {
  readonly #wanted: Wanted;
  readonly #scope: Scope;
  readonly #how: How;
  constructor(wanted: Wanted, scope: Scope, how: How = {}) {
    this.#wanted = wanted;
    this.#scope = scope;
    this.#how = how;
  }

  get #own(): SQL {
    return sql`s.owner_id = ${this.#wanted.viewerId ?? null}::uuid`;
  }

  visible(): SQL {
    if (this.#scope === "public") return sql`s.open`;
    if (this.#wanted.among === "public") return sql`(s.open and ${this.#own})`;
    return this.#scope === "own" ? this.#own : sql`(s.open or ${this.#own})`;
  }

  /**
   * A condition on what only the owner may know; `undefined` where nobody is the owner. Among what is public are one's own:
   * what their file names say keeps them out of a search without it.
   */
  #private(condition: SQL): SQL | undefined {
    if (this.#wanted.viewerId === undefined) return undefined;
    return this.#scope === "own" ? condition : sql`(${this.#own} and ${condition})`;
  }

  #word({ needle, tags, albums, not }: Wanted["words"][number]): SQL {
    const pattern = `%${needle}%`;
    const ways = [sql`s.words like ${pattern}`];
    const ownWay = this.#private(sql`s.own_words like ${pattern}`);
    if (ownWay) ways.push(ownWay);
    const byName = not || this.#how.texts !== true;
    if (byName && tags.length > 0) ways.push(tagged(tags));
    if (byName && albums.length > 0) ways.push(inAlbums(albums));
    return or(ways);
  }

  #fact(any: string[]): SQL {
    const ways = [sql`s.facts && ${texts(any)}`];
    const ownWay = this.#private(sql`s.own_facts && ${texts(any)}`);
    if (ownWay) ways.push(ownWay);
    return or(ways);
  }

  /** Cheap ones first: what they let through is looked up in other tables. */
  all(): SQL {
    const wanted = this.#wanted;
    const parts: { not: boolean; is: SQL }[] = [
      ...wanted.dates.map((range) => ({ not: range.not, is: taken(range) })),
      ...wanted.facts.map(({ any, not }) => ({ not, is: this.#fact(any) })),
      ...wanted.words.map((word) => ({ not: word.not, is: this.#word(word) })),
      ...wanted.owners.map(({ ids, not }) => ({ not, is: sql`s.owner_id = any(${uuids(ids)})` })),
      ...wanted.tags.map(({ ids, not }) => ({ not, is: tagged(ids) })),
      ...wanted.albums.map(({ ids, not }) => ({ not, is: inAlbums(ids) })),
      ...wanted.favourite.map(({ not }) => ({
        not,
        is: sql`exists (select 1 from favourites f where f.user_id = ${wanted.viewerId ?? null}::uuid and f.media_id = s.media_id)`,
      })),
    ];
    return and([this.visible(), ...parts.map(turned), ...this.#medium()]);
  }

  /** What only the medium itself knows. */
  #medium(): SQL[] {
    const { colors, near, measures } = this.#wanted;
    const parts: { not: boolean; is: SQL }[] = [
      ...colors.map(({ color, not }) => ({
        not,
        is: sql`color_distance(color_lab(m.color), color_lab(${color}::int)) <= ${colorFar}::float8`,
      })),
      ...near.map((place) => ({ not: place.not, is: within(place) })),
      ...measures.map((measure) => ({ not: measure.not, is: measured(measure) })),
    ];
    if (parts.length === 0) return [];
    const all = and(parts.map(turned));
    // As a value: of a question whether there is one, Postgres may make a list of all media first.
    return [this.#how.m ? all : sql`(select ${all} from media m where m.id = s.media_id)`];
  }
}

/** A key as a tsquery takes it. */
export const quoted = (key: string): string => `'${key.replaceAll(/['\\]/g, "$&$&")}'`;

const turned = ({ not, is }: { not: boolean; is: SQL }): SQL => (not ? sql`not coalesce(${is}, false)` : is);

const tagged = (ids: string[]): SQL =>
  sql`exists (select 1 from media_tags t where t.media_id = s.media_id and t.tag_id = any(${uuids(ids)}))`;
const inAlbums = (ids: string[]): SQL =>
  sql`exists (select 1 from album_media a where a.media_id = s.media_id and a.album_id = any(${uuids(ids)}))`;

function taken({ from, to }: { from?: string; to?: string }): SQL {
  const local = sql`(s.taken_at at time zone 'UTC')`;
  return and([
    ...(from === undefined ? [] : [sql`${local} >= ${from}::timestamp`]),
    ...(to === undefined ? [] : [sql`${local} < ${to}::timestamp + interval '1 day'`]),
  ]);
}

export const kmPerDegree = 111.2;

function within({ latitude, longitude, km }: { latitude: number; longitude: number; km: number }): SQL {
  return sql`(2 * 6371 * asin(least(1, sqrt(power(sin(radians(m.latitude - ${latitude}::float8) / 2), 2) +
    cos(radians(m.latitude)) * cos(radians(${latitude}::float8)) *
    power(sin(radians(m.longitude - ${longitude}::float8) / 2), 2)))) <= ${km}::float8)`;
}

function measured({ of, min, max }: Measure): SQL {
  const value = {
    rating: sql`m.rating`,
    pixels: sql`(m.width::float8 * m.height)`,
    width: sql`m.width`,
    height: sql`m.height`,
  }[of];
  return and([
    ...(min === undefined ? [] : [sql`${value} >= ${min}::float8`]),
    ...(max === undefined ? [] : [sql`${value} <= ${max}::float8`]),
  ]);
}

/** The time that can be in question at all: what dates say. */
function bounds(wanted: Wanted): { low: string | undefined; high: string | undefined } {
  let low: number | undefined;
  let high: number | undefined;
  for (const { from, to, not } of wanted.dates) {
    if (not) continue;
    if (from !== undefined) low = Math.max(low ?? Number.NEGATIVE_INFINITY, Date.parse(`${from}T00:00Z`));
    if (to !== undefined)
      high = Math.min(high ?? Number.POSITIVE_INFINITY, Date.parse(`${to}T00:00Z`) + 86_400_000);
  }
  const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return { low: iso(low), high: iso(high) };
}

export const firstId = "00000000-0000-0000-0000-000000000000";
export const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/**
 * Where the walk begins and where it must end. One bound at either side: given two, an index is entered at whichever
 * comes first, and walks from there to the other.
 */
export function edges(
  wanted: Wanted,
  { from, newer }: Walk,
): { near: Place | undefined; far: string | undefined } {
  const { low, high } = bounds(wanted);
  if (newer) {
    const day = low === undefined ? undefined : { takenAt: new Date(Date.parse(low) - 1), id: lastId };
    return { near: from && (!day || from.takenAt >= day.takenAt) ? from : day, far: high };
  }
  const day = high === undefined ? undefined : { takenAt: new Date(high), id: firstId };
  return { near: from && (!day || from.takenAt < day.takenAt) ? from : day, far: low };
}

export const before = (newer: boolean): SQL => (newer ? sql`>` : sql`<`);

/** The far bound: the first moment that is not in question any more, or the last that is. */
export const until = (wanted: Wanted, walk: Walk, time: SQL): SQL[] => {
  const { far } = edges(wanted, walk);
  if (far === undefined) return [];
  return [walk.newer ? sql`${time} < ${instant(far)}` : sql`${time} >= ${instant(far)}`];
};

/** Conditions on a column of time and one of ids: where the page begins, and between which days. */
export function range(wanted: Wanted, walk: Walk, time: SQL, id: SQL): SQL[] {
  const { near } = edges(wanted, walk);
  const last = until(wanted, walk, time);
  if (near === undefined) return last;
  return [sql`(${time}, ${id}) ${before(walk.newer)} (${instant(near.takenAt)}, ${near.id}::uuid)`, ...last];
}

export const order = (newer: boolean, time: SQL, id: SQL): SQL =>
  newer ? sql`order by ${time}, ${id}` : sql`order by ${time} desc, ${id} desc`;

/** Rows of the timeline of one scope. */
export const timeline = (wanted: Wanted, scope: Scope, table: SQL): SQL =>
  scope === "public"
    ? sql`${table}.deleted_at is null and ${table}.visibility = 'public'`
    : sql`${table}.deleted_at is null and ${table}.owner_id = ${wanted.viewerId ?? null}::uuid`;

/**
 * What a search finds, newest first. Every medium has keys in one index: its words in pieces and its facts, each behind
 * whose it is and the month it was taken in. A search asks that index month by month until its page is full, so that
 * neither a rare nor a common word grows with the library. Where a month holds very many matches, its pictures are walked
 * in the order of time instead, and the page is full soon.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
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
};

/** How far a colour may be from the one that was asked for, in OKLab. */
export const colorFar = 0.09;
/** More matches than this in one month, and the month is walked. */
const monthMax = 1_000;
/** Tags and albums of so many pictures are gone through, one picture after the other. */
const walkMax = 20_000;
/** Stands for owner and month in the keys of a question. */
const scopeMark = "\u0001";

type Scope = "own" | "public" | "any";
type Walk = { from: Place | undefined; newer: boolean; limit: number };

const or = (parts: SQL[]): SQL => sql`(${sql.join(parts, sql` or `)})`;
const and = (parts: SQL[]): SQL => (parts.length === 0 ? sql`true` : sql.join(parts, sql` and `));
const texts = (values: string[]): SQL => sql`${sql.param(values)}::text[]`;
const uuids = (values: string[]): SQL => sql`${sql.param(values)}::uuid[]`;
const instant = (value: Date | string): SQL =>
  sql`${typeof value === "string" ? value : value.toISOString()}::timestamptz`;

/** The search of one scope, as conditions on a row of media_search `s` and its medium `m`. */
class Conditions {
  readonly #wanted: Wanted;
  readonly #scope: Scope;
  constructor(wanted: Wanted, scope: Scope) {
    this.#wanted = wanted;
    this.#scope = scope;
  }

  get #own(): SQL {
    return sql`s.owner_id = ${this.#wanted.viewerId ?? null}::uuid`;
  }

  visible(): SQL {
    if (this.#scope === "public") return sql`s.open`;
    return this.#scope === "own" ? this.#own : sql`(s.open or ${this.#own})`;
  }

  /** A condition on what only the owner may know; `undefined` where nobody is the owner. */
  #private(condition: SQL): SQL | undefined {
    if (this.#scope === "public") return undefined;
    return this.#scope === "own" ? condition : sql`(${this.#own} and ${condition})`;
  }

  #word({ needle, tags, albums }: Wanted["words"][number]): SQL {
    const pattern = `%${needle}%`;
    const ways = [sql`s.words like ${pattern}`];
    const ownWay = this.#private(sql`s.own_words like ${pattern}`);
    if (ownWay) ways.push(ownWay);
    if (tags.length > 0) ways.push(tagged(tags));
    if (albums.length > 0) ways.push(inAlbums(albums));
    return or(ways);
  }

  #fact(any: string[]): SQL {
    const ways = [sql`s.facts && ${texts(any)}`];
    const ownWay = this.#private(sql`s.own_facts && ${texts(any)}`);
    if (ownWay) ways.push(ownWay);
    return or(ways);
  }

  all(): SQL {
    const wanted = this.#wanted;
    const parts: { not: boolean; is: SQL }[] = [
      ...wanted.words.map((word) => ({ not: word.not, is: this.#word(word) })),
      ...wanted.facts.map(({ any, not }) => ({ not, is: this.#fact(any) })),
      ...wanted.tags.map(({ ids, not }) => ({ not, is: tagged(ids) })),
      ...wanted.albums.map(({ ids, not }) => ({ not, is: inAlbums(ids) })),
      ...wanted.owners.map(({ ids, not }) => ({ not, is: sql`s.owner_id = any(${uuids(ids)})` })),
      ...wanted.favourite.map(({ not }) => ({
        not,
        is: sql`exists (select 1 from favourites f where f.user_id = ${wanted.viewerId ?? null}::uuid and f.media_id = s.media_id)`,
      })),
      ...wanted.dates.map((range) => ({ not: range.not, is: taken(range) })),
      ...wanted.colors.map(({ color, not }) => ({
        not,
        is: sql`color_distance(color_lab(m.color), color_lab(${color}::int)) <= ${colorFar}::float8`,
      })),
      ...wanted.near.map((place) => ({ not: place.not, is: within(place) })),
      ...wanted.measures.map((measure) => ({ not: measure.not, is: measured(measure) })),
    ];
    return and([this.visible(), ...parts.map(({ not, is }) => (not ? sql`not coalesce(${is}, false)` : is))]);
  }

  /** Whether a condition reads the medium itself. */
  get readsMedia(): boolean {
    const { colors, near, measures } = this.#wanted;
    return colors.length + near.length + measures.length > 0;
  }

  /** The keys a row must have, as a tsquery with a mark for scope and month; `undefined` when there is none. */
  keys(): string | undefined {
    const parts = [
      ...this.#wanted.words.filter(({ not }) => !not).map(({ grams }) => grams.map(quoted).join("&")),
      ...this.#wanted.facts
        .filter(({ not }) => !not)
        .map(({ any }) => `(${any.map((fact) => quoted(`#${fact}`)).join("|")})`),
    ].filter((part) => part !== "");
    return parts.length === 0 ? undefined : parts.join("&");
  }
}

const quoted = (key: string): string => `'${scopeMark}${key.replaceAll(/['\\]/g, "$&$&")}'`;

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

const kmPerDegree = 111.2;

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

const firstId = "00000000-0000-0000-0000-000000000000";
const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/**
 * Where the walk begins and where it must end. One bound at either side: given two, an index is entered at whichever
 * comes first, and walks from there to the other.
 */
function edges(wanted: Wanted, { from, newer }: Walk): { near: Place | undefined; far: string | undefined } {
  const { low, high } = bounds(wanted);
  if (newer) {
    const day = low === undefined ? undefined : { takenAt: new Date(Date.parse(low) - 1), id: lastId };
    return { near: from && (!day || from.takenAt >= day.takenAt) ? from : day, far: high };
  }
  const day = high === undefined ? undefined : { takenAt: new Date(high), id: firstId };
  return { near: from && (!day || from.takenAt < day.takenAt) ? from : day, far: low };
}

const before = (newer: boolean): SQL => (newer ? sql`>` : sql`<`);

/** The far bound: the first moment that is not in question any more, or the last that is. */
const until = (wanted: Wanted, walk: Walk, time: SQL): SQL[] => {
  const { far } = edges(wanted, walk);
  if (far === undefined) return [];
  return [walk.newer ? sql`${time} < ${instant(far)}` : sql`${time} >= ${instant(far)}`];
};

/** Conditions on a column of time and one of ids: where the page begins, and between which days. */
function range(wanted: Wanted, walk: Walk, time: SQL, id: SQL): SQL[] {
  const { near } = edges(wanted, walk);
  const last = until(wanted, walk, time);
  if (near === undefined) return last;
  return [sql`(${time}, ${id}) ${before(walk.newer)} (${instant(near.takenAt)}, ${near.id}::uuid)`, ...last];
}

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

const order = (newer: boolean, time: SQL, id: SQL): SQL =>
  newer ? sql`order by ${time}, ${id}` : sql`order by ${time} desc, ${id} desc`;

/** Rows of the timeline of one scope. */
const timeline = (wanted: Wanted, scope: Scope, table: SQL): SQL =>
  scope === "public"
    ? sql`${table}.deleted_at is null and ${table}.visibility = 'public'`
    : sql`${table}.deleted_at is null and ${table}.owner_id = ${wanted.viewerId ?? null}::uuid`;

/** By time alone: for what has no keys, and is therefore not rare. */
function walked(wanted: Wanted, scope: Scope, walk: Walk, extra: SQL[] = []): SQL {
  // The walk keeps to the days that are wanted; said twice, the planner takes them for rarer than they are.
  const conditions = new Conditions({ ...wanted, dates: wanted.dates.filter(({ not }) => not) }, scope);
  return sql`(select m.id, m.taken_at from media m join media_search s on s.media_id = m.id
    where ${and([timeline(wanted, scope, sql`m`), ...extra, ...range(wanted, walk, sql`m.taken_at`, sql`m.id`), conditions.all()])}
    ${order(walk.newer, sql`m.taken_at`, sql`m.id`)} limit ${walk.limit})`;
}

/** Month by month through the index of keys. */
function byKeys(wanted: Wanted, scope: Scope, walk: Walk, keys: string): SQL {
  const { newer, limit } = walk;
  // Whoever wants more than a month's worth reads on where it is known what to read.
  const hitsMax = Math.max(monthMax, limit);
  const conditions = new Conditions(wanted, scope);
  const next = (conditions: SQL[]): SQL => sql`
    select m.taken_at from media m where ${and([timeline(wanted, scope, sql`m`), ...conditions])}
    order by m.taken_at ${newer ? sql`asc` : sql`desc`} limit 1`;
  const month = sql`date_trunc('month', n.taken_at, 'UTC')`;
  const medium = conditions.readsMedia ? sql`join media m on m.id = s.media_id` : sql``;
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
        select s.media_id as id, s.taken_at from media_search s ${medium}
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

/** What came or changed so lately that its keys are not in the index yet. */
function notKeyed(wanted: Wanted, scope: Scope, walk: Walk): SQL {
  const conditions = new Conditions(wanted, scope);
  return sql`(select s.media_id as id, s.taken_at from media_search s
      ${conditions.readsMedia ? sql`join media m on m.id = s.media_id` : sql``}
    where not s.keyed and ${and([...range(wanted, walk, sql`s.taken_at`, sql`s.media_id`), conditions.all()])}
    ${order(walk.newer, sql`s.taken_at`, sql`s.media_id`)} limit ${walk.limit})`;
}

/** Through tags or albums, each in the order of time. */
function through(wanted: Wanted, walk: Walk, kind: "tags" | "albums", ids: string[]): SQL {
  const [table, column] =
    kind === "tags" ? [sql`media_tags`, sql`tag_id`] : [sql`album_media`, sql`album_id`];
  const conditions = new Conditions(wanted, wanted.among === "all" ? "any" : wanted.among);
  return sql`(select x.id, x.taken_at from unnest(${uuids(ids)}) one(id) cross join lateral (
      select k.media_id as id, k.taken_at from ${table} k join media_search s on s.media_id = k.media_id
        ${conditions.readsMedia ? sql`join media m on m.id = s.media_id` : sql``}
      where k.${column} = one.id and k.live
        and ${and([...range(wanted, walk, sql`k.taken_at`, sql`k.media_id`), conditions.all()])}
      ${order(walk.newer, sql`k.taken_at`, sql`k.media_id`)} limit ${walk.limit}) x
    ${order(walk.newer, sql`taken_at`, sql`id`)} limit ${walk.limit})`;
}

/** All one ever marked: a person's own favourites are few. */
function throughFavourites(wanted: Wanted, walk: Walk): SQL {
  const conditions = new Conditions(wanted, wanted.among === "all" ? "any" : wanted.among);
  return sql`(select s.media_id as id, s.taken_at from favourites f0 join media_search s on s.media_id = f0.media_id
      ${conditions.readsMedia ? sql`join media m on m.id = s.media_id` : sql``}
    where f0.user_id = ${wanted.viewerId ?? null}::uuid
      and ${and([...range(wanted, walk, sql`s.taken_at`, sql`s.media_id`), conditions.all()])}
    ${order(walk.newer, sql`s.taken_at`, sql`s.media_id`)} limit ${walk.limit})`;
}

function inScope(wanted: Wanted, scope: "own" | "public", walk: Walk): SQL[] {
  const keys = new Conditions(wanted, scope).keys();
  if (keys !== undefined) return [byKeys(wanted, scope, walk, keys), notKeyed(wanted, scope, walk)];
  const isRated = wanted.measures.some(({ of, min = 0, not }) => of === "rating" && min > 0 && !not);
  return [walked(wanted, scope, walk, isRated && scope === "own" ? [sql`m.rating > 0`] : [])];
}

/** The ways that together find everything, each ended by its limit. */
function ways(wanted: Wanted, walk: Walk): SQL[] {
  const hasKeys = new Conditions(wanted, "own").keys() !== undefined;
  const rarest = [
    ...wanted.tags.map((one) => ({ ...one, kind: "tags" as const })),
    ...wanted.albums.map((one) => ({ ...one, kind: "albums" as const })),
  ]
    .filter(({ not }) => !not)
    .sort((one, other) => one.count - other.count)[0];
  if (rarest !== undefined && (!hasKeys || rarest.count <= walkMax))
    return [through(wanted, walk, rarest.kind, rarest.ids)];
  if (wanted.favourite.some(({ not }) => !not)) return [throughFavourites(wanted, walk)];
  const scopes = [
    ...(wanted.viewerId === undefined || wanted.among === "public" ? [] : (["own"] as const)),
    ...(wanted.among === "own" ? [] : (["public"] as const)),
  ];
  const named = wanted.words.filter(({ not }) => !not);
  return [
    ...scopes.flatMap((scope) => inScope(wanted, scope, walk)),
    // A word that is the name of a tag or an album finds what is in it, whatever its own texts say.
    ...named.flatMap(({ tags, albums }) => [
      ...(tags.length === 0 ? [] : [through(wanted, walk, "tags", tags)]),
      ...(albums.length === 0 ? [] : [through(wanted, walk, "albums", albums)]),
    ]),
  ];
}

/** The next places of a search, nearest to `from` first. */
export function searchStatement(wanted: Wanted, walk: Walk): SQL {
  const found = ways(wanted, walk);
  if (found.length === 0) return sql`select null::uuid as id, null::timestamptz as taken_at where false`;
  const all = sql.join(found, sql` union `);
  return sql`select id, taken_at from (${all}) found ${order(walk.newer, sql`taken_at`, sql`id`)} limit ${walk.limit}`;
}

export async function searchPlaces(db: Db, wanted: Wanted, walk: Walk): Promise<Place[]> {
  const rows = await db.execute<{ id: string; taken_at: string }>(searchStatement(wanted, walk));
  return rows.map((row) => ({ id: row.id, takenAt: new Date(row.taken_at) }));
}

/** How many there are, counted no further than `max`. */
export async function countFound(db: Db, wanted: Wanted, max: number): Promise<number> {
  const places = searchStatement(wanted, { from: undefined, newer: false, limit: max });
  const [row] = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from (${places}) found`,
  );
  return row?.count ?? 0;
}

/** Whether this medium is one that the search finds. */
export async function isFound(db: Db, wanted: Wanted, id: string): Promise<boolean> {
  const conditions = new Conditions(wanted, wanted.among === "all" ? "any" : wanted.among);
  const found = await db.execute(sql`
    select 1 from media_search s join media m on m.id = s.media_id
    where s.media_id = ${id}::uuid and ${conditions.all()}`);
  return found.length > 0;
}

/**
 * Makes the statements of this transaction give up after `ms`, be planned for the values they carry, and go by index: on
 * fresh tables, whose sizes the planner does not know yet, it would read and hash them whole.
 */
export async function boundSearch(tx: Db, ms: number): Promise<void> {
  await tx.execute(sql`select set_config('statement_timeout', ${String(ms)}, true),
    set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true),
    set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`);
}

export const colorFacts = (color: number): SQL =>
  sql`search_color_facts(color_lab(${color}::int), ${colorFar}::float8)`;

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

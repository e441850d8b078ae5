/**
 * How a search finds the next places without reading more than it shows. First a few pictures are walked in the order of
 * time: what is common fills the page at once. They tell how crowded the library is there, and how often it matches; after
 * that whole windows of time are asked of the index of terms, as wide as will hold a page or so. A window that finds little
 * is followed by a wider one, at last by all the rest; one that finds too much is asked again in parts. So neither a rare
 * nor a common word, nor one that is in no picture, grows with the library.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import type { Place } from "./gallery.ts";
import {
  and,
  Conditions,
  edges,
  firstId,
  instant,
  lastId,
  order,
  range,
  type Scope,
  texts,
  type Walk,
  type Wanted,
} from "./search-conditions.ts";
import {
  type DayOfYear,
  dayMs,
  dayOfYear,
  daysOfYears,
  hasTerms,
  type Level,
  levels,
  narrowerThan,
  spanDays,
  termsOf,
  type Unit,
  unitOf,
} from "./search-terms.ts";

/** Told of each statement before it is asked; a search that has taken too long is ended by an error here. */
export type Before = (statement: SQL) => Promise<void> | void;

/** A way to ask the statements of one search. */
export const asking =
  (db: Db, before: Before | undefined) =>
  async <T extends Record<string, unknown>>(statement: SQL) => {
    await before?.(statement);
    return db.execute<T>(statement);
  };
export type Ask = ReturnType<typeof asking>;

/** Whether a search has taken so long that it should tell what it has; `share` of its time may be gone. */
export type IsLate = (share: number) => boolean;

/** So many pictures are walked before the index is asked. */
const sampleRows = 64;
/** Where at least one in so many matches, walking on is cheaper than the index. */
const commonRate = 1 / 4;
/** A walk ends here at the latest. */
const walkedMax = 384;
/** So many matches are hoped for in a window, at the most, and more than this many are not looked at. */
const hopedMax = 110;
const takenMax = 170;
/** The same day of so many years is asked for at once. */
const daysAtOnce = 12;

type Row = {
  id: string | null;
  taken_at: string;
  seen: number;
  oldest: string;
  newest: string;
  last_at: string;
  last_id: string;
};

/** Nothing farther than `until` is looked for. */
type Bounds = { until: Place | undefined; isLate: IsLate };

/** A walk in one scope that is under way. `near` is where it has come to; nothing beyond `stop` is in question. */
class Windows {
  readonly #do: Ask;
  readonly #wanted: Wanted;
  readonly #scope: Scope;
  readonly #newer: boolean;
  readonly #limit: number;
  /** Where a day of every year is asked for, its days are the windows. */
  readonly #day: DayOfYear | undefined;
  #near: Place | undefined;
  #stop: number;
  /** It was ended before it had come to the end. */
  #late = false;
  /** Something was looked at: who goes on where a search ended must come farther each time. */
  #began = false;
  readonly #isLate: IsLate;
  readonly #found: Place[] = [];

  constructor(ask: Ask, wanted: Wanted, scope: Scope, walk: Walk, { until, isLate }: Bounds) {
    const { near, far } = edges(wanted, walk);
    this.#isLate = isLate;
    [this.#do, this.#wanted, this.#scope] = [ask, wanted, scope];
    [this.#newer, this.#limit] = [walk.newer, walk.limit];
    this.#day = dayOfYear(wanted);
    this.#near = near;
    this.#stop = far === undefined ? (walk.newer ? Infinity : -Infinity) : Date.parse(far);
    if (until !== undefined) this.#stopAt(until.takenAt);
  }

  /** Nothing beyond this moment is in question. */
  #stopAt(last: Date): void {
    const at = last.getTime();
    this.#stop = this.#newer ? Math.min(this.#stop, at + 1) : Math.max(this.#stop, at);
  }

  get #missing(): number {
    return this.#limit - this.#found.length;
  }

  /** True when nothing more is to be asked: what was is kept, and the walk is where all has been looked at. */
  #isOver(): boolean {
    // The other scope has the same question before it.
    this.#late ||= this.#began && this.#isLate(this.#scope === "own" ? 0.6 : 1);
    return this.#late || this.#missing === 0;
  }

  /** Rows of this scope that have keys, from where the walk is to `end`, in the order of time. */
  #inOrder(columns: SQL, conditions: SQL[], limit: number): SQL {
    const scope =
      this.#scope === "public" ? sql`s.open` : sql`s.owner_id = ${this.#wanted.viewerId ?? null}::uuid`;
    return sql`select ${columns} from media_search s
      where s.keyed and ${and([scope, ...conditions])}
      ${order(this.#newer, sql`s.taken_at`, sql`s.media_id`)} limit ${limit}`;
  }

  /** Between where the walk is and `end`, which is left out going up, and included going down as everywhere. */
  #between(end: number): SQL[] {
    const walk = { from: this.#near, newer: this.#newer, limit: this.#limit };
    const near = range({ ...this.#wanted, dates: [] }, walk, sql`s.taken_at`, sql`s.media_id`);
    if (!Number.isFinite(end)) return near;
    const at = instant(new Date(end));
    return [...near, this.#newer ? sql`s.taken_at < ${at}` : sql`s.taken_at >= ${at}`];
  }

  #conditions(): SQL {
    return new Conditions(this.#wanted, this.#scope, { texts: true }).all();
  }

  /** Looks at the next `rows` pictures; the rate of matches and the days walked, or `undefined` at the end. */
  async #sample(rows: number): Promise<{ hits: number; days: number } | undefined> {
    const columns = sql`s.media_id, s.owner_id, s.open, s.taken_at, s.words, s.own_words, s.facts, s.own_facts`;
    const answer = await this.#do<Row>(sql`
      with s as materialized (${this.#inOrder(columns, this.#between(this.#stop), rows)}),
      hits as (select s.media_id, s.taken_at from s where ${this.#conditions()}),
      seen as (select count(*)::int as seen, min(taken_at) as oldest, max(taken_at) as newest from s),
      last as (select taken_at as last_at, media_id as last_id from s
        ${order(!this.#newer, sql`s.taken_at`, sql`s.media_id`)} limit 1)
      select h.media_id as id, h.taken_at, seen, oldest, newest, last_at, last_id from seen cross join last left join hits h on true
      ${order(this.#newer, sql`h.taken_at`, sql`h.media_id`)}`);
    const [first] = answer;
    if (first === undefined) return undefined;
    const hits = placesOf(answer);
    this.#found.push(...hits.slice(0, this.#missing));
    this.#near = { takenAt: new Date(first.last_at), id: first.last_id };
    this.#began = true;
    if (first.seen < rows) return undefined;
    const days = (Date.parse(first.newest) - Date.parse(first.oldest)) / dayMs;
    return { hits: hits.length, days };
  }

  /** True when the page is full or the end was reached. */
  async #walk(): Promise<{ ended: boolean; hits: number; days: number }> {
    let [walked, hits, days] = [0, 0, 0];
    let rows = sampleRows;
    for (;;) {
      const seen = await this.#sample(rows);
      if (seen === undefined || this.#missing === 0) return { ended: true, hits, days };
      walked += rows;
      hits += seen.hits;
      days += seen.days;
      const rate = hits / walked;
      if (rate < commonRate || walked >= walkedMax) return { ended: false, hits, days };
      rows = Math.min(walkedMax - walked, Math.ceil((this.#missing / rate) * 1.2));
      if (rows <= 0) return { ended: false, hits, days };
    }
  }

  /** The moment the next window must hold. */
  get #at(): number {
    const { takenAt, id } = this.#near ?? { takenAt: new Date(0), id: "" };
    const at = takenAt.getTime();
    return this.#newer ? at + (id === lastId ? 1 : 0) : at - (id === firstId ? 1 : 0);
  }

  get #ended(): boolean {
    return this.#newer ? this.#at >= this.#stop : this.#at < this.#stop;
  }

  /**
   * The widest level that will hold no more than is hoped for, going by what the last window held; none that is wider
   * than what is left to look at.
   */
  #levelFor(hits: number, days: number): Level {
    const perDay = (hits + 0.5) / Math.max(days, 1 / 24);
    const hoped = Math.max(hopedMax, this.#missing * 1.8);
    const rest = Math.abs(this.#at - this.#stop) / dayMs;
    const enough = levels.findIndex(({ days }) => days >= rest);
    const fits = levels.filter(({ level, days }, n) => {
      const held = level === "all" ? Math.max(rest, spanDays) : days;
      return n <= enough && held * perDay <= hoped;
    });
    return fits.at(-1)?.level ?? "day";
  }

  /** The parts of this level from where the walk is to the end of `within`, in the order of the walk. */
  #parts(level: Level, within: number): Unit[] {
    const parts: Unit[] = [];
    const end = this.#clip(within);
    for (let at = this.#at; this.#newer ? at < end : at >= end; ) {
      const unit = unitOf(level, at);
      parts.push(unit);
      at = this.#newer ? unit.to : unit.from - 1;
    }
    return parts;
  }

  /**
   * Asks the index for these windows, one after the other, until it has taken more than a page can need. What was taken
   * in full counts; `crowded` is the first window, when that alone was too much.
   */
  async #ask(units: Unit[]): Promise<{ hits: number; days: number; crowded?: Unit }> {
    const most = Math.max(takenMax, Math.ceil(this.#missing * 2.5));
    const terms = units.map((unit) => termsOf(this.#day?.rest ?? this.#wanted, this.#scope, unit));
    const rows = await this.#do<{ id: string | null; taken_at: string; taken: number; last: number }>(sql`
      with s as materialized (select * from search_taken(${texts(terms)}, ${most + 1}::int)),
      ends as (select count(*)::int as taken, coalesce(max(n), 0)::int as last from s),
      hits as (select s.media_id, s.taken_at from s
        where (s.n < (select last from ends) or (select taken from ends) <= ${most})
          and ${and(this.#between(this.#stop))} and ${this.#conditions()}
        ${order(this.#newer, sql`s.taken_at`, sql`s.media_id`)} limit ${this.#missing})
      select h.media_id as id, h.taken_at, taken, last from ends left join hits h on true
      ${order(this.#newer, sql`h.taken_at`, sql`h.media_id`)}`);
    const [first] = rows;
    const [taken, last] = [first?.taken ?? 0, first?.last ?? 0];
    const whole = taken > most ? units.slice(0, last - 1) : units;
    const end = whole.at(-1);
    if (end === undefined) {
      const [crowded] = units;
      return { hits: taken, days: 0, ...(crowded ? { crowded } : {}) };
    }
    const began = this.#at;
    this.#found.push(...placesOf(rows));
    this.#goTo(this.#farOf(end));
    return { hits: taken, days: Math.abs(began - this.#at) / dayMs };
  }

  #farOf(unit: Unit): number {
    return this.#newer ? unit.to : unit.from;
  }

  #clip(end: number): number {
    return this.#newer ? Math.min(end, this.#stop) : Math.max(end, this.#stop);
  }

  #goTo(end: number): void {
    this.#began = true;
    const at = this.#clip(end);
    this.#near = this.#newer
      ? { takenAt: new Date(at - 1), id: lastId }
      : { takenAt: new Date(at), id: firstId };
  }

  /** A day that holds too many matches for the index is walked. */
  async #walkDay(day: Unit): Promise<void> {
    const end = this.#clip(this.#farOf(day));
    const rows = await this.#do<{ id: string; taken_at: string }>(
      this.#inOrder(
        sql`s.media_id as id, s.taken_at`,
        [...this.#between(end), this.#conditions()],
        this.#missing,
      ),
    );
    this.#found.push(...placesOf(rows));
    this.#goTo(end);
  }

  /** All of a window that holds too much, in its parts. */
  async #askParts(crowded: Unit): Promise<void> {
    const narrower = narrowerThan(crowded.level);
    if (narrower === undefined) return this.#walkDay(crowded);
    for (;;) {
      const parts = this.#parts(narrower, this.#farOf(crowded));
      if (parts.length === 0 || this.#isOver()) return;
      const asked = await this.#ask(parts);
      if (asked.crowded) await this.#askParts(asked.crowded);
    }
  }

  /** When the newest picture of this scope was taken, or the oldest. */
  async #outermost(newest: boolean): Promise<number | undefined> {
    const scope =
      this.#scope === "public" ? sql`s.open` : sql`s.owner_id = ${this.#wanted.viewerId ?? null}::uuid`;
    const [row] = await this.#do<{ taken_at: string }>(sql`
      select s.taken_at from media_search s where s.keyed and ${scope}
      ${order(!newest, sql`s.taken_at`, sql`s.media_id`)} limit 1`);
    return row && Date.parse(row.taken_at);
  }

  /** The farthest picture there is: no window need be wider. */
  async #findStop(): Promise<void> {
    const last = await this.#outermost(this.#newer);
    if (last !== undefined) this.#stopAt(new Date(last));
  }

  /** Where nothing lies between the walk and this day, it goes on at that day. */
  #enter(day: Unit): void {
    const at = this.#near?.takenAt.getTime();
    if (this.#newer && (at === undefined || at < day.from))
      this.#near = { takenAt: new Date(day.from - 1), id: lastId };
    if (!this.#newer && (at === undefined || at >= day.to))
      this.#near = { takenAt: new Date(day.to), id: firstId };
  }

  /** One day a year: each is walked, or looked up where words are asked for too. */
  async #runDays(which: DayOfYear): Promise<void> {
    const first = this.#near === undefined ? await this.#outermost(!this.#newer) : this.#at;
    await this.#findStop();
    if (first === undefined || !Number.isFinite(this.#stop)) return;
    const all = daysOfYears(which, first, this.#stop);
    let days = all.filter((day) => (this.#newer ? day.to > first : day.from <= first));
    for (let [day] = days; day !== undefined && !this.#isOver(); [day] = days) {
      this.#enter(day);
      const asked = hasTerms(which.rest) ? await this.#ask(days.slice(0, daysAtOnce)) : { crowded: day };
      if (asked.crowded) await this.#walkDay(day);
      days = days.slice(1).filter((other) => (this.#newer ? other.to > this.#at : other.from <= this.#at));
    }
  }

  async #runWindows(): Promise<void> {
    const walked = await this.#walk();
    if (walked.ended) return;
    await this.#findStop();
    let { hits, days } = walked;
    while (!this.#ended && !this.#isOver()) {
      const level = this.#levelFor(hits, days);
      const asked = await this.#ask(
        level === "all" ? this.#parts("span", this.#stop) : [unitOf(level, this.#at)],
      );
      ({ hits, days } = asked);
      if (asked.crowded) await this.#askParts(asked.crowded);
    }
  }

  async run(): Promise<{ places: Place[]; reached?: Place }> {
    await (this.#day === undefined ? this.#runWindows() : this.#runDays(this.#day));
    const reached = this.#late ? this.#near : undefined;
    return { places: this.#found, ...(reached && this.#missing > 0 ? { reached } : {}) };
  }
}

const placesOf = (rows: readonly { id: string | null; taken_at: string }[]): Place[] =>
  rows.flatMap(({ id, taken_at }) => (id === null ? [] : [{ id, takenAt: new Date(taken_at) }]));

/**
 * The next places of one scope, nearest first, among what has keys; the search must ask for terms. `reached`: it was late, and
 * has come so far.
 */
export const throughWindows = (
  ask: Ask,
  wanted: Wanted,
  scope: Scope,
  walk: Walk,
  bounds: Bounds,
): Promise<{ places: Place[]; reached?: Place }> => new Windows(ask, wanted, scope, walk, bounds).run();

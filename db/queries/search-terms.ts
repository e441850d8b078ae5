/**
 * The terms of a medium in the index: the pieces of its words and its facts, each behind whose it is and its span of time,
 * and beside them the day, the week and the month it is of. search_terms in the database makes them.
 */
import { quoted, type Scope, type Wanted } from "./search-conditions.ts";

export const dayMs = 86_400_000;

export type Level = "day" | "week" | "month" | "span" | "all";
export const spanDays = 730;
/** From narrow to wide, and how many days each has about. */
export const levels: readonly { level: Level; days: number }[] = [
  { level: "day", days: 1 },
  { level: "week", days: 8 },
  { level: "month", days: 30.5 },
  { level: "span", days: spanDays },
  { level: "all", days: Infinity },
];

/** Spans are two years long; before the first everything is one, and after the last. */
const spanYears = 2;
const firstYear = 2000;
const spanMax = 21;
/** A few pieces of a word find hardly more than all of them, and each is looked up. */
const piecesMax = 4;
const piecesOfWord = 3;

/** A window of time in one span; `to` is not part of it. `mark` is the term of what is in it. */
export type Unit = { level: Level; from: number; to: number; span: number; mark?: string };

export const narrowerThan = (level: Level): Level | undefined =>
  levels[levels.findIndex((one) => one.level === level) - 1]?.level;

const spanOf = (at: number): number => {
  const year = new Date(at).getUTCFullYear();
  return Math.min(spanMax, Math.max(0, Math.floor((year - firstYear) / spanYears) + 1));
};

const pad = (value: number): string => String(value).padStart(2, "0");

/** The day, week, month or span that holds this moment, UTC. */
export function unitOf(level: Level, at: number): Unit {
  const span = spanOf(at);
  if (level === "span" || level === "all") {
    const year = firstYear + (span - 1) * spanYears;
    return {
      level: "span",
      span,
      from: span === 0 ? -Infinity : Date.UTC(year, 0),
      to: span === spanMax ? Infinity : Date.UTC(year + spanYears, 0),
    };
  }
  const date = new Date(at);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const name = `${String(year).padStart(4, "0")}${pad(month + 1)}`;
  const next = Date.UTC(year, month + 1);
  if (level === "month") return { level, span, from: Date.UTC(year, month), to: next, mark: `@m${name}` };
  if (level === "day") {
    const from = Date.UTC(year, month, day);
    return { level, span, from, to: from + dayMs, mark: `@d${name}${pad(day)}` };
  }
  const week = Math.min(3, Math.floor((day - 1) / 8));
  return {
    level,
    span,
    from: Date.UTC(year, month, 1 + 8 * week),
    to: week === 3 ? next : Date.UTC(year, month, 9 + 8 * week),
    mark: `@w${name}${week}`,
  };
}

/** A day of every year; `rest` is the search without it, which windows of these days say anyway. */
export type DayOfYear = { month: number; day: number; rest: Wanted };

/** The day of every year that is asked for, if one is. */
export function dayOfYear(wanted: Wanted): DayOfYear | undefined {
  for (const fact of wanted.facts) {
    const [, month, day] = /^d:(\d\d)(\d\d)$/.exec(fact.any[0] ?? "") ?? [];
    if (fact.not || fact.any.length > 1 || month === undefined) continue;
    const facts = wanted.facts.filter((other) => other !== fact);
    return { month: Number(month), day: Number(day), rest: { ...wanted, facts } };
  }
  return undefined;
}

/** That day of each year between two moments, in the order of the walk. */
export function daysOfYears({ month, day }: DayOfYear, from: number, to: number): Unit[] {
  const [first, last] = [new Date(from).getUTCFullYear(), new Date(to).getUTCFullYear()];
  return Array.from({ length: Math.abs(last - first) + 1 }, (_, n) => first + (last < first ? -n : n))
    .map((year) => new Date(Date.UTC(year, month - 1, day)))
    .filter((date) => date.getUTCDate() === day)
    .map((date) => unitOf("day", date.getTime()));
}

export const allSpans = Array.from({ length: spanMax + 1 }, (_, span) => ({ span }));

/** So many of them, from the first to the last. */
function spread(grams: string[], most: number): string[] {
  if (grams.length <= most) return grams;
  const chosen = Array.from({ length: most }, (_, n) =>
    Math.round((n * (grams.length - 1)) / Math.max(1, most - 1)),
  );
  return grams.filter((_, n) => chosen.includes(n));
}

/** Whether there is anything to ask the index for. */
export const hasTerms = ({ words, facts }: Wanted): boolean =>
  words.some(({ not, grams }) => !not && grams.length > 0) || facts.some(({ not }) => !not);

/** Of what is public, one's own are asked for too: they have words that only their owner knows. */
export const scopesOf = ({ viewerId, among }: Wanted): Scope[] => [
  ...(viewerId === undefined ? [] : (["own"] as const)),
  ...(among === "own" ? [] : (["public"] as const)),
];

/** What the rows of this window, or of a whole span, must have, as a tsquery. */
export function termsOf(wanted: Wanted, scope: Scope, { span, mark }: Pick<Unit, "span" | "mark">): string {
  const words = wanted.words.filter(({ not, grams }) => !not && grams.length > 0);
  const each = Math.max(1, Math.min(piecesOfWord, Math.floor(piecesMax / Math.max(1, words.length))));
  const own = `o${(wanted.viewerId ?? "").slice(0, 8)}`;
  const keyOf =
    (whose: string) =>
    (term: string): string =>
      quoted(`${whose}${pad(span)}${term}`);
  const key = keyOf(scope === "public" ? "p" : own);
  // What is public and one's own is asked for as one's own. A whole span holds so few that it may come twice.
  const others = scope === "public" && wanted.viewerId !== undefined && mark !== undefined;
  return [
    ...words.map(({ grams }) => spread(grams, each).map(key).join("&")),
    ...wanted.facts
      .filter(({ not }) => !not)
      .map(({ any }) => `(${any.map((fact) => key(`#${fact}`)).join("|")})`),
    ...(mark === undefined ? [] : [key(mark)]),
    ...(others ? [`!${keyOf(own)(mark)}`] : []),
  ].join("&");
}

/** What the timeline and its server tell each other. Safe in the browser. */
import type { Sheet } from "#lib/contact-sheet.ts";

/** Columns, newest first. A month is years × 12 + months since year 0; `ratios` are Σ width ÷ height. */
export type Months = { months: number[]; counts: number[]; ratios: number[] };

/** What the timeline says once somebody moves in it. */
export type LaterWords = {
  total: string;
  scrubber: string;
  loadFailed: string;
  tryAgain: string;
  chooseMonth: string;
  arrivedOne: string;
  /** With {count} where the number belongs. */
  arrivedMany: string;
};

/** Runs of equal values: [value, how many]. */
export type Runs = [number, number][];

/** Pictures from one rank on; `days` are those at the place where each was taken, in days since 1970. */
export type Section = { sheet: Sheet; months: Runs; days: Runs };

export function runsOf(values: number[]): Runs {
  const runs: Runs = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last?.[0] === value) last[1]++;
    else runs.push([value, 1]);
  }
  return runs;
}

/** "2019-07" ↔ 24234. */
export const monthText = (month: number): string =>
  `${String(Math.floor(month / 12)).padStart(4, "0")}-${String((month % 12) + 1).padStart(2, "0")}`;
export const monthNumber = (text: string): number =>
  Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7)) - 1;

/** "2019-07-04" of days since 1970. */
export const dayText = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);

/** "Mon, Nov 23" without the day of the week, which a narrow tile has no room for. */
export const dateOf = (day: string): string => day.replace(/^\p{L}+\.?,? (?=\S* ?\d)|\s*\(\p{L}+\)$/u, "");

/** What the timeline asks the server for. Safe in the browser. */
import { type Tile, unpackSheet } from "#lib/contact-sheet.ts";
import { type LaterWords, type Months, monthText, type Runs, type Section } from "../../months.ts";

/** The server said no, or nothing. */
class NoAnswer extends Error {}
/** No connection, or no answer that is one: not a fault of ours. */
export const isNoAnswer = (error: unknown): boolean =>
  error instanceof NoAnswer ||
  error instanceof TypeError ||
  (error instanceof DOMException && error.name === "AbortError");

/** By how much the browser's clock is ahead of the server's, in milliseconds: addresses end by the server's. */
let ahead = 0;
export const serverNow = (): number => Date.now() - ahead;

async function ask<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const answer = await fetch(path, {
    headers: { accept: "application/json" },
    ...(signal === undefined ? {} : { signal }),
  });
  const said = Date.parse(answer.headers.get("date") ?? "");
  if (!Number.isNaN(said)) ahead = Date.now() - said;
  if (!answer.ok) throw new NoAnswer(`Expected ${path.split("?")[0]}, got ${answer.status}`);
  return answer.json();
}

export const fetchMonths = (): Promise<Months & { words: LaterWords }> => ask("/timeline");

/** Where a picture stands in the timeline, by its month and its place in it. */
export const fetchPlace = (id: string): Promise<{ month: number; rank: number }> => ask(`/m/${id}/place`);

export type Run = { tiles: Tile[]; months: Runs; days: Int32Array };

/** `count` pictures from rank `from` of a month on, drawn `px` device pixels high. */
export async function fetchRun(
  at: { month: number; from: number; count: number; px: number },
  signal?: AbortSignal,
): Promise<Run> {
  const query = `from=${at.from}&count=${at.count}&px=${at.px}`;
  const section = await ask<Section>(`/timeline/${monthText(at.month)}?${query}`, signal);
  return { tiles: unpackSheet(section.sheet), months: section.months, days: unrun(section.days) };
}

export function unrun(runs: Runs): Int32Array {
  const values = new Int32Array(runs.reduce((sum, [, count]) => sum + count, 0));
  let at = 0;
  for (const [value, count] of runs) {
    values.fill(value, at, at + count);
    at += count;
  }
  return values;
}

/** When a signed address ends, in milliseconds since 1970; never, when it does not say. */
export function endOf(tile: Tile): number {
  const url = tile.sources[0]?.url ?? "";
  const date = /[?&]X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(url);
  const seconds = /[?&]X-Amz-Expires=(\d+)/.exec(url)?.[1];
  const until = /[?&]Expires=(\d+)/.exec(url)?.[1];
  if (until !== undefined) return Number(until) * 1000;
  if (date === null || seconds === undefined) return Number.POSITIVE_INFINITY;
  const [, year, month, day, hour, minute, second] = date.map(Number);
  const signed = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  return signed + Number(seconds) * 1000;
}

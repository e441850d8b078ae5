/**
 * The timeline as a whole: how much of what shape each month holds, and any part of a month by rank. Costs the same in a
 * library of a hundred and of ten million: totals are kept, and places are found by the totals of days.
 */
import type { Db } from "#db/client.ts";
import * as tiles from "#db/queries/gallery.ts";
import * as totals from "#db/queries/timeline.ts";
import type { GalleryRow } from "../gallery.ts";
import type { Viewer } from "../media.ts";

/** A month is a number, years × 12 + months since year 0: 2019-07 is 24234. UTC. */
export type Month = {
  month: number;
  count: number;
  ratioSum: number;
  /** When something in it was last added, changed or removed. */
  changedAt: Date;
};

/** At the most so many rows are answered at once. */
export const sectionRowsMax = 2000;

const monthOf = (text: string): number => Number(text.slice(0, 4)) * 12 + Number(text.slice(5, 7)) - 1;
const firstDay = (month: number): string =>
  `${String(Math.floor(month / 12)).padStart(4, "0")}-${String((month % 12) + 1).padStart(2, "0")}-01`;

/** Every month with something the viewer may see, newest first. */
export async function listMonths(db: Db, ask: { viewer: Viewer | undefined }): Promise<Month[]> {
  const found = await totals.listMonthTotals(db, { viewerId: ask.viewer?.id });
  return found.map(({ month, ...totals }) => ({ month: monthOf(month), ...totals }));
}

/** The months in which something the viewer may see changed after a moment. */
export async function changedMonths(
  db: Db,
  ask: { viewer: Viewer | undefined; after: Date },
): Promise<number[]> {
  const found = await totals.listChangedMonths(db, { viewerId: ask.viewer?.id, after: ask.after });
  return found.map(({ month }) => monthOf(month));
}

/** Nothing is older than it. */
const lowestId = "00000000-0000-0000-0000-000000000000";

/** The first of a month and so many of its media further on; ranks count from the newest. */
export type Rank = { month: number; rank: number };

/**
 * `limit` media from a rank of a month on, newest first, into older months where that one ends. A place deep in a month is
 * found by the totals of its days, and within its day by stepping along the index.
 */
export async function listFrom(
  db: Db,
  ask: { viewer: Viewer | undefined; at: Rank; limit: number },
): Promise<GalleryRow[]> {
  const viewerId = ask.viewer?.id;
  const end = firstDay(ask.at.month + 1);
  let [from, skip] = [end, ask.at.rank];
  if (skip > 0) {
    const days = await totals.listDayTotals(db, { viewerId, from: firstDay(ask.at.month), until: end });
    for (const { day, count } of days) {
      from = dayAfter(day);
      if (skip < count) break;
      skip -= count;
    }
  }
  return tiles.listTiles(db, {
    viewerId,
    from: { takenAt: new Date(`${from}T00:00:00Z`), id: lowestId },
    limit: Math.min(ask.limit, sectionRowsMax),
    skip,
    newer: false,
  });
}

/** Where a medium stands in the viewer's timeline: the way back from `listFrom`. `undefined` when it is not in it. */
export async function rankOf(
  db: Db,
  ask: {
    viewer: Viewer | undefined;
    of: Pick<GalleryRow, "id" | "takenAt" | "visibility" | "own">;
  },
): Promise<Rank | undefined> {
  const { of } = ask;
  if (of.visibility !== "public" && !of.own) return undefined;
  const viewerId = ask.viewer?.id;
  const month = monthOfRow(of);
  const until = dayAfter(of.takenAt.toISOString().slice(0, 10));
  const [days, newer] = await Promise.all([
    totals.listDayTotals(db, { viewerId, from: until, until: firstDay(month + 1) }),
    tiles.countNewer(db, { viewerId, from: of, until: new Date(`${until}T00:00:00Z`) }),
  ]);
  return { month, rank: days.reduce((sum, { count }) => sum + count, newer) };
}

/** The month of a medium (UTC), as `Month` has it. */
export const monthOfRow = ({ takenAt }: Pick<GalleryRow, "takenAt">): number =>
  takenAt.getUTCFullYear() * 12 + takenAt.getUTCMonth();

const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);

/** The pictures beside one in whatever list it was opened from: what previous, next and the filmstrip show. */
import type { Db } from "#db/client.ts";
import { type Beside, type GalleryRow, withLooks } from "./gallery.ts";
import type { InList, MediaList } from "./lists.ts";
import type { Viewer } from "./media.ts";

export type Window = {
  before: Beside[];
  after: Beside[];
  /** Nothing comes before the first of `before`, after the last of `after`. */
  first: boolean;
  last: boolean;
};

/** A list that can only be walked step by step asks the database twice a step. */
const stepsMax = 3;

async function stepping(
  db: Db,
  list: MediaList,
  ask: { viewer: Viewer | undefined; of: InList; limit: number },
  side: "previous" | "next",
): Promise<GalleryRow[]> {
  const found: GalleryRow[] = [];
  let at: InList = ask.of;
  while (found.length < Math.min(stepsMax, ask.limit)) {
    const beside = await list.neighbours(db, { viewer: ask.viewer, of: at });
    const id = beside[side]?.id;
    if (id === undefined) break;
    const [row] = await list.some(db, { viewer: ask.viewer, ids: [id] });
    if (row === undefined) break;
    found.push(row);
    at = row;
  }
  return side === "previous" ? found.reverse() : found;
}

/**
 * Up to `limit` media on each side of `of`, or on one, in the list's order. One more is asked for than is handed
 * over, so that the ends are known without counting.
 */
export async function windowAround(
  db: Db,
  list: MediaList,
  ask: { viewer: Viewer | undefined; of: InList; limit: number; side?: "before" | "after" },
): Promise<Window> {
  const walked = { ...ask, limit: ask.limit + 1 };
  const limit = list.around === undefined ? Math.min(stepsMax - 1, ask.limit) : ask.limit;
  const { before, after } =
    list.around === undefined
      ? {
          before: ask.side === "after" ? [] : await stepping(db, list, walked, "previous"),
          after: ask.side === "before" ? [] : await stepping(db, list, walked, "next"),
        }
      : await list.around(db, walked);
  const shown = { before: before.slice(-limit), after: after.slice(0, limit) };
  const looked = await withLooks(db, { viewer: ask.viewer, media: [...shown.before, ...shown.after] });
  const isBefore = new Set(shown.before.map(({ id }) => id));
  return {
    before: looked.filter(({ id }) => isBefore.has(id)),
    after: looked.filter(({ id }) => !isBefore.has(id)),
    first: before.length <= limit && ask.side !== "after",
    last: after.length <= limit && ask.side !== "before",
  };
}

/** A person's own favourites, as a list and for a single picture. They are marked and unmarked by lib/bulk/change.ts. */
import { z } from "zod";
import type { Db } from "#db/client.ts";
import * as rows from "#db/queries/favourites.ts";
import { beside } from "./beside.ts";
import type { MediaList } from "./lists.ts";
import { canAdminister, limits, type Viewer } from "./media.ts";

const cursorShape = z.tuple([z.int().min(-8.64e15).max(8.64e15), z.uuid()]);

function readCursor(text: string): rows.FavouritePlace | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = cursorShape.safeParse(value);
  return parsed.success ? { createdAt: new Date(parsed.data[0]), id: parsed.data[1] } : undefined;
}

const writeCursor = ({ createdAt, id }: rows.FavouritePlace): string =>
  Buffer.from(JSON.stringify([createdAt.getTime(), id])).toString("base64url");

const asker = (viewer: Viewer) => ({ userId: viewer.id, administers: canAdminister(viewer) });
const idsShape = z.array(z.uuid()).max(limits.batchMax);

/** The list `favourites`: the last one marked first. There is none for a visitor. */
export const favouritesList: MediaList = {
  async page(db, { viewer, cursor, limit }) {
    const from = cursor === undefined ? undefined : readCursor(cursor);
    if (viewer === undefined || (cursor !== undefined && from === undefined)) return undefined;
    const found = await rows.listFavouriteTiles(db, { ...asker(viewer), from, limit: limit + 1 });
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    return {
      media: shown.map(({ createdAt: _, ...tile }) => tile),
      ...(found.length > limit && last ? { next: writeCursor(last) } : {}),
    };
  },
  async neighbours(db, { viewer, of }) {
    if (viewer === undefined) return {};
    return beside(await rows.findFavouriteNeighbours(db, { ...asker(viewer), mediaId: of.id }));
  },
  async around(db, { viewer, of, limit, side }) {
    const ask = viewer && { ...asker(viewer), mediaId: of.id };
    const from = ask && (await rows.findFavouritePlace(db, ask));
    if (ask === undefined || from === undefined) return { before: [], after: [] };
    const walk = async (back: boolean) =>
      (await rows.listFavouriteTiles(db, { ...ask, from, limit, back })).map(
        ({ createdAt: _, ...tile }) => tile,
      );
    const [before, after] = await Promise.all([
      side === "after" ? [] : walk(true),
      side === "before" ? [] : walk(false),
    ]);
    return { before: before.toReversed(), after };
  },
  async some(db, { viewer, ids }) {
    const parsed = idsShape.safeParse(ids);
    if (viewer === undefined || !parsed.success || parsed.data.length === 0) return [];
    return rows.listFavouriteTilesById(db, { ...asker(viewer), ids: parsed.data });
  },
};

/** Whether the viewer has marked this picture. */
export async function isFavourite(
  db: Db,
  { viewer, id }: { viewer: Viewer | undefined; id: string },
): Promise<boolean> {
  if (viewer === undefined) return false;
  return (await rows.favouritesAmong(db, { userId: viewer.id, ids: [id] })).length > 0;
}

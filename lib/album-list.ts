/** What is in an album, as a list that one can page through and step along: `album.<id>`. */
import { z } from "zod";
import type { Db } from "#db/client.ts";
import * as rows from "#db/queries/album-media.ts";
import { openAlbum, sightOf } from "./albums.ts";
import { beside } from "./beside.ts";
import type { MediaList } from "./lists.ts";
import { type AlbumSort, albumSorts, limits, type Viewer } from "./media.ts";

/** The order travels with the place: when somebody changes it, a page that is open goes on as it began. */
const cursorShape = z.tuple([z.enum(albumSorts), z.string().max(3000), z.uuid()]);
type Cursor = { sort: AlbumSort; from: rows.AlbumPlace };

const numbered = /^-?\d{1,2000}(\.\d{1,2000})?$/;

function readCursor(text: string): Cursor | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = cursorShape.safeParse(value);
  if (!parsed.success) return undefined;
  const [sort, key, id] = parsed.data;
  if (sort === "title" ? key.includes("\0") : !numbered.test(key)) return undefined;
  if (sort !== "title" && sort !== "manual" && Math.abs(Number(key)) > 8.64e15) return undefined;
  return { sort, from: { key, id } };
}

const writeCursor = (sort: AlbumSort, row: rows.AlbumTileRow): string =>
  Buffer.from(JSON.stringify([sort, row.place, row.id])).toString("base64url");

const idsShape = z.array(z.uuid()).max(limits.batchMax);

/** `undefined` from `page` for whoever may not open the album. */
export function albumList(albumId: string): MediaList {
  const open = async (db: Db, viewer: Viewer | undefined) => {
    const album = await openAlbum(db, { viewer, id: albumId });
    return album && { sort: album.sort, walk: { albumId, sight: sightOf(viewer, album) } };
  };
  return {
    async page(db, { viewer, cursor, limit }) {
      const album = await open(db, viewer);
      const place = cursor === undefined ? undefined : readCursor(cursor);
      if (album === undefined || (cursor !== undefined && place === undefined)) return undefined;
      const sort = place?.sort ?? album.sort;
      const found = await rows.listAlbumTiles(db, {
        ...album.walk,
        sort,
        from: place?.from,
        limit: limit + 1,
      });
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      return {
        media: shown.map(({ place: _, ...tile }) => tile),
        ...(found.length > limit && last ? { next: writeCursor(sort, last) } : {}),
      };
    },
    async neighbours(db, { viewer, of }) {
      const album = await open(db, viewer);
      if (album === undefined) return {};
      return beside(await rows.findAlbumNeighbours(db, { ...album.walk, sort: album.sort, mediaId: of.id }));
    },
    async around(db, { viewer, of, limit, side }) {
      const album = await open(db, viewer);
      const ask = album && { ...album.walk, sort: album.sort, mediaId: of.id };
      const from = ask && (await rows.findAlbumPlace(db, ask));
      if (ask === undefined || from === undefined) return { before: [], after: [] };
      const walk = async (back: boolean) =>
        (await rows.listAlbumTiles(db, { ...ask, from, limit, back })).map(({ place: _, ...tile }) => tile);
      const [before, after] = await Promise.all([
        side === "after" ? [] : walk(true),
        side === "before" ? [] : walk(false),
      ]);
      return { before: before.toReversed(), after };
    },
    async some(db, { viewer, ids }) {
      const album = await open(db, viewer);
      const parsed = idsShape.safeParse(ids);
      if (album === undefined || !parsed.success || parsed.data.length === 0) return [];
      return rows.listAlbumTilesById(db, { ...album.walk, ids: parsed.data });
    },
  };
}

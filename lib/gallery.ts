/** What a viewer may see. Public to everybody, one's own to oneself, unlisted to whoever has its address. */
import { z } from "zod";
import type { Db } from "#db/client.ts";
import * as rows from "#db/queries/gallery.ts";
import { canAdminister, limits, type Viewer } from "./media.ts";

/** One picture in a list. */
export type GalleryRow = rows.TileRow;
/** Everything its own page shows; coordinates are null for anyone but the owner of the picture. */
export type MediaDetails = Omit<rows.MediaRow, "filename" | "key" | "ownerName"> & {
  /** What the file was called when it was uploaded: for the owner of the picture only. */
  filename: string | undefined;
  /** Where the original lies, for those who may download it; so does what belongs to its clip. */
  originalKey: string | undefined;
  /** Who added it, for people who are signed in. */
  ownerName: string | undefined;
  /** May change and remove it. */
  mayEdit: boolean;
};
export type Neighbour = Omit<rows.NeighbourRow, "newer">;
/** A picture beside the one that is looked at; the name of its file only for its owner. */
export type Beside = GalleryRow & Pick<rows.LookRow, "mime" | "filename">;

const cursorShape = z.tuple([z.enum(["o", "n"]), z.int().min(-8.64e15).max(8.64e15), z.uuid()]);
export type Cursor = { newer: boolean; from: rows.Place };

/** A cursor that leads on from a place. */
export const writeCursor = (newer: boolean, row: rows.Place): string =>
  Buffer.from(JSON.stringify([newer ? "n" : "o", row.takenAt.getTime(), row.id])).toString("base64url");

/** A cursor that did not come from here is `undefined`, never an error. */
export function readCursor(text: string): Cursor | undefined {
  if (text.length > 120) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = cursorShape.safeParse(value);
  if (!parsed.success) return undefined;
  const [direction, takenAt, id] = parsed.data;
  return { newer: direction === "n", from: { takenAt: new Date(takenAt), id } };
}

export type GalleryPage = {
  media: GalleryRow[];
  /** Opaque; leads to older media. */
  next?: string;
  /** Opaque; leads to newer media. */
  previous?: string;
  /** The page ended here before it was full, because finding its media took long; the rest is after it. */
  reached?: Date;
};

/**
 * A page of what the viewer may see, newest first. `undefined` when the cursor is not one of ours.
 * Costs the same at any depth of a library of any size.
 */
export async function listMedia(
  db: Db,
  ask: { viewer: Viewer | undefined; cursor?: string | undefined; limit: number },
): Promise<GalleryPage | undefined> {
  const cursor = ask.cursor === undefined ? undefined : readCursor(ask.cursor);
  if (ask.cursor !== undefined && cursor === undefined) return undefined;
  const newer = cursor?.newer ?? false;
  const found = await rows.listTiles(db, {
    viewerId: ask.viewer?.id,
    from: cursor?.from,
    limit: ask.limit + 1,
    newer,
  });
  const more = found.length > ask.limit;
  // Near the top a page of newer media would come out short; the first page shows the same ones and fills up.
  if (newer && !more) return listMedia(db, { viewer: ask.viewer, limit: ask.limit });
  const media = found.slice(0, ask.limit);
  if (newer) media.reverse();
  return withCursors(media, { older: newer || more, newer: cursor !== undefined });
}

/** The pages before and after the given media, so that a caller who shows fewer of them can ask on from the last. */
export function withCursors(media: GalleryRow[], beyond: { older: boolean; newer: boolean }): GalleryPage {
  const first = media.at(0);
  const last = media.at(-1);
  return {
    media,
    ...(beyond.older && last ? { next: writeCursor(false, last) } : {}),
    ...(beyond.newer && first ? { previous: writeCursor(true, first) } : {}),
  };
}

const idsShape = z.array(z.uuid()).max(limits.batchMax);

/** Those of the ids that the viewer's list may hold, in no order; anything that is no id is left out. */
export async function listMediaById(
  db: Db,
  ask: { viewer: Viewer | undefined; ids: string[] },
): Promise<GalleryRow[]> {
  const ids = idsShape.safeParse(ask.ids);
  if (!ids.success || ids.data.length === 0) return [];
  return rows.listTilesById(db, { viewerId: ask.viewer?.id, ids: ids.data });
}

/** A medium by the id in its address, or `undefined` when there is none or the viewer may not see it. */
export async function getMedia(
  db: Db,
  ask: { viewer: Viewer | undefined; id: string },
): Promise<MediaDetails | undefined> {
  const id = z.uuid().safeParse(ask.id);
  if (!id.success) return undefined;
  const row = await rows.findMedia(db, { viewerId: ask.viewer?.id, id: id.data });
  if (row === undefined) return undefined;
  const administers = canAdminister(ask.viewer);
  if (row.visibility === "private" && !row.own && !administers) return undefined;
  const { filename, key, ownerName, ...shown } = row;
  return {
    ...shown,
    filename: row.own ? filename : undefined,
    originalKey: row.own || administers ? key : undefined,
    clipKey: row.own || administers ? row.clipKey : null,
    ownerName: ask.viewer === undefined ? undefined : ownerName,
    mayEdit: administers || (row.own && ask.viewer?.role !== "viewer"),
  };
}

/** The media shown before and after this one in the viewer's list; none around one that is not in it. */
export async function neighbours(
  db: Db,
  ask: { viewer: Viewer | undefined; of: Pick<GalleryRow, "id" | "takenAt" | "visibility" | "own"> },
): Promise<{ previous?: Neighbour; next?: Neighbour }> {
  if (ask.of.visibility !== "public" && !ask.of.own) return {};
  const found = await rows.findNeighbours(db, { viewerId: ask.viewer?.id, from: ask.of });
  const side = (newer: boolean): Neighbour | undefined => {
    const row = found.find((row) => row.newer === newer);
    if (row === undefined) return undefined;
    const { newer: _, ...neighbour } = row;
    return neighbour;
  };
  const previous = side(true);
  const next = side(false);
  return { ...(previous ? { previous } : {}), ...(next ? { next } : {}) };
}

const byPlace = (a: rows.Place, b: rows.Place): number =>
  b.takenAt.getTime() - a.takenAt.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

/**
 * Up to `limit` media before and after this one in the viewer's timeline, each side in the list's order; nothing
 * around one that is not in it. Without a side both are walked.
 */
export async function listAround(
  db: Db,
  ask: {
    viewer: Viewer | undefined;
    of: Pick<GalleryRow, "id" | "takenAt" | "visibility" | "own">;
    limit: number;
    side?: "before" | "after";
  },
): Promise<{ before: GalleryRow[]; after: GalleryRow[] }> {
  if (ask.of.visibility !== "public" && !ask.of.own) return { before: [], after: [] };
  const found = await rows.findAround(db, {
    viewerId: ask.viewer?.id,
    from: ask.of,
    limit: ask.limit,
    sides: ask.side === undefined ? ["newer", "older"] : ask.side === "before" ? ["newer"] : ["older"],
  });
  const side = (wanted: boolean): GalleryRow[] =>
    found
      .filter(({ newer }) => newer === wanted)
      .map(({ newer: _, ...row }) => row)
      .sort(byPlace);
  return { before: side(true), after: side(false) };
}

/** Adds to rows of a list what a look at each of them needs. One that has gone since is left out. */
export async function withLooks(
  db: Db,
  ask: { viewer: Viewer | undefined; media: GalleryRow[] },
): Promise<Beside[]> {
  if (ask.media.length === 0) return [];
  const looks = await rows.findLooks(db, {
    viewerId: ask.viewer?.id,
    ids: ask.media.map(({ id }) => id),
  });
  const byId = new Map(looks.map((look) => [look.id, look]));
  return ask.media.flatMap((row) => {
    const look = byId.get(row.id);
    return look === undefined ? [] : [{ ...row, ...look }];
  });
}

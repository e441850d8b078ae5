/**
 * Lists of media that one can page through and step along: the timeline, an album, a search. A list has a name, which
 * travels in addresses (`/m/<id>?list=album.<id>`), so that a picture knows where one came from.
 */
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { albumList } from "./album-list.ts";
import { favouritesList } from "./favourites.ts";
import {
  type GalleryPage,
  type GalleryRow,
  listAround,
  listMedia,
  listMediaById,
  type Neighbour,
  neighbours,
} from "./gallery.ts";
import type { Viewer } from "./media.ts";
import { searchList } from "./search/list.ts";

/** What a list must know of a medium to find the ones beside it. */
export type InList = Pick<GalleryRow, "id" | "takenAt" | "visibility" | "own">;

/** Every answer holds only what the viewer may see; each is an index walk that stops at its limit. */
export type MediaList = {
  /** A page in the list's order; `undefined` when the cursor is not one of its own or the viewer may not see the list. */
  page(
    db: Db,
    ask: { viewer: Viewer | undefined; cursor: string | undefined; limit: number },
  ): Promise<GalleryPage | undefined>;
  /** The media before and after this one; none around one that is not in the list. */
  neighbours(
    db: Db,
    ask: { viewer: Viewer | undefined; of: InList },
  ): Promise<{ previous?: Neighbour; next?: Neighbour }>;
  /**
   * Up to `limit` media on each side of this one, or on one side, each in the list's order, so that a walk through
   * the list asks once for many. A list without it is walked by `neighbours`, a few steps at a time.
   */
  around?(
    db: Db,
    ask: { viewer: Viewer | undefined; of: InList; limit: number; side?: "before" | "after" },
  ): Promise<{ before: GalleryRow[]; after: GalleryRow[] }>;
  /** Those of the ids that the list may show, in no order, for fresh addresses. */
  some(db: Db, ask: { viewer: Viewer | undefined; ids: string[] }): Promise<GalleryRow[]>;
};

export const timelineList: MediaList = {
  page: listMedia,
  neighbours,
  around: listAround,
  some: listMediaById,
};

/** By the word before the first full stop; `rest` is what follows it. A `rest` that cannot be is `undefined`. */
const kinds: Record<string, (rest: string) => MediaList | undefined> = {
  timeline: (rest) => (rest === "" ? timelineList : undefined),
  search: searchList,
  album: (rest) => (z.uuid().safeParse(rest).success ? albumList(rest) : undefined),
  favourites: (rest) => (rest === "" ? favouritesList : undefined),
};

const nameCharsMax = 1000;

/** The list of this name, `undefined` when there can be none. Whether the viewer may see it, the list itself says. */
export function openList(name: string): MediaList | undefined {
  if (name.length > nameCharsMax) return undefined;
  const dot = name.indexOf(".");
  const kind = dot === -1 ? name : name.slice(0, dot);
  if (!Object.hasOwn(kinds, kind)) return undefined;
  return kinds[kind]?.(dot === -1 ? "" : name.slice(dot + 1));
}

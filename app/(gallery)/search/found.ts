import { database } from "#lib/database.ts";
import type { GalleryPage } from "#lib/gallery.ts";
import type { Viewer } from "#lib/media.ts";
import type { Clause } from "#lib/search/query.ts";
import { countMatches, searchMedia, TooSlow, whatToDrop } from "#lib/search/search.ts";

/** More than any screen shows at first; the rest comes as the reader nears it. */
const pageLength = 40;

export type Answer = { page: GalleryPage; count: number | undefined };

/** A page and how many there are in all; `undefined` for a cursor that is not ours. */
export async function found(
  viewer: Viewer | undefined,
  clauses: Clause[],
  cursor: string | undefined,
): Promise<Answer | "too slow" | undefined> {
  const { db } = database();
  try {
    const page = await searchMedia(db, { viewer, clauses, cursor, limit: pageLength });
    if (page === undefined) return undefined;
    const isAll = page.next === undefined && page.previous === undefined;
    // Where the pictures themselves take long, counting them all would take longer.
    if (page.reached !== undefined) return { page, count: undefined };
    return { page, count: isAll ? page.media.length : await countMatches(db, { viewer, clauses }) };
  } catch (error) {
    if (error instanceof TooSlow) return "too slow";
    throw error;
  }
}

export const alternatives = (viewer: Viewer | undefined, clauses: Clause[]) =>
  whatToDrop(database().db, { viewer, clauses });

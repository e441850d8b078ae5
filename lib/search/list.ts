/** The results of a search as a list that one can page through and step along. */
import { TintypeError } from "../errors.ts";
import { listMediaById } from "../gallery.ts";
import type { MediaList } from "../lists.ts";
import { parseQuery } from "./query.ts";
import { searchAround, searchMedia, searchNeighbours, TooSlow } from "./search.ts";

/** What is found in time; a search that took too long ends as `slow` says. */
async function inTime<T>(work: Promise<T>, slow: (error: TooSlow) => T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TooSlow) return slow(error);
    throw error;
  }
}

/** Whoever reads on can try again. */
const askAgain = (error: TooSlow): never => {
  throw new TintypeError("database_unavailable", { cause: error });
};

/** The list of what this query finds; `undefined` for a query that is broken or asks for nothing. */
export function searchList(query: string): MediaList | undefined {
  const { clauses, problems } = parseQuery(query);
  if (clauses.length === 0 || problems.length > 0) return undefined;
  return {
    page: (db, { viewer, cursor, limit }) =>
      inTime(searchMedia(db, { viewer, clauses, cursor, limit }), askAgain),
    // A picture is shown without the ones beside it rather than not at all.
    neighbours: (db, { viewer, of }) => inTime(searchNeighbours(db, { viewer, clauses, of }), () => ({})),
    around: (db, ask) => searchAround(db, { ...ask, clauses }),
    some: listMediaById,
  };
}

/** The name by which `openList` knows it. */
export const searchListName = (query: string): string => `search.${query}`;

export const isSearchList = (list: string): boolean => list.startsWith("search.");

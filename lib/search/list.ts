/** The results of a search as a list that one can page through and step along. */
import { listMediaById } from "../gallery.ts";
import type { MediaList } from "../lists.ts";
import { parseQuery } from "./query.ts";
import { searchAround, searchMedia, searchNeighbours } from "./search.ts";

/** The list of what this query finds; `undefined` for a query that is broken or asks for nothing. */
export function searchList(query: string): MediaList | undefined {
  const { clauses, problems } = parseQuery(query);
  if (clauses.length === 0 || problems.length > 0) return undefined;
  return {
    page: (db, { viewer, cursor, limit }) => searchMedia(db, { viewer, clauses, cursor, limit }),
    neighbours: (db, { viewer, of }) => searchNeighbours(db, { viewer, clauses, of }),
    around: (db, ask) => searchAround(db, { ...ask, clauses }),
    some: listMediaById,
  };
}

/** The name by which `openList` knows it. */
export const searchListName = (query: string): string => `search.${query}`;

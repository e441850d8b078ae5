/** The doors of the search: a page of what is found, what stands beside a picture in it, and what to try when nothing is. */
import type { Db } from "#db/client.ts";
import { listTilesById } from "#db/queries/gallery.ts";
import { boundSearch, isFound, type Partly, searchInTime, searchPlaces } from "#db/queries/search.ts";
import type { Before } from "#db/queries/search-windows.ts";
import {
  type GalleryPage,
  type GalleryRow,
  type Neighbour,
  readCursor,
  withCursors,
  writeCursor,
} from "../gallery.ts";
import type { Viewer } from "../media.ts";
import type { Clause } from "./query.ts";
import { wantedOf } from "./wanted.ts";

/** A page that takes longer than this is not waited for. */
const pageMillis = 3_000;
/** After so long it is told what was found, and how far the search has come. */
const patienceMillis = 1_200;
/** What is only told beside the pictures may take less. */
const countMillis = 500;
/** Beyond this, how many there are is said as "more than". */
export const countMax = 1_000;

/** The database did not answer in time. */
export class TooSlow extends Error {}

/** `count` is exact up to `countMax`; `undefined` when counting took too long. */
export type Found = { page: GalleryPage; count: number | undefined };

/**
 * What `work` answers; throws TooSlow when a statement of it ran longer than `ms`, or when `inTime` is called later than
 * that.
 */
async function within<T>(db: Db, ms: number, work: (tx: Db, inTime: Before) => Promise<T>): Promise<T> {
  const end = performance.now() + ms;
  const inTime = (): void => {
    if (performance.now() > end) throw new TooSlow("the search took too long");
  };
  try {
    return await db.transaction(async (tx) => {
      await boundSearch(tx, ms);
      return work(tx, inTime);
    });
  } catch (error) {
    if (isTimeout(error)) throw new TooSlow("the search took too long", { cause: error });
    throw error;
  }
}

/** Postgres' query_canceled; drizzle wraps what the driver throws. */
function isTimeout(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && "code" in cause && cause.code === "57014";
}

const nothing: Partly = { places: [] };

async function rowsOf(db: Db, viewer: Viewer | undefined, ids: string[]): Promise<GalleryRow[]> {
  if (ids.length === 0) return [];
  const rows = new Map((await listTilesById(db, { viewerId: viewer?.id, ids })).map((row) => [row.id, row]));
  return ids.map((id) => rows.get(id)).filter((row) => row !== undefined);
}

/**
 * A page of what matches, newest first; `undefined` when the cursor is not one of ours. No clauses find nothing: that is the
 * timeline's page. A search that takes long ends before its page is full, or has anything: then `reached` says when what it
 * has come to was taken, and `next` goes on there. Throws TooSlow where not even that was possible.
 */
export async function searchMedia(
  db: Db,
  ask: {
    viewer: Viewer | undefined;
    clauses: Clause[];
    cursor?: string | undefined;
    limit: number;
    /** Milliseconds after which a page ends where the search has come to. */
    patience?: number;
  },
): Promise<GalleryPage | undefined> {
  const cursor = ask.cursor === undefined ? undefined : readCursor(ask.cursor);
  if (ask.cursor !== undefined && cursor === undefined) return undefined;
  if (ask.clauses.length === 0) return { media: [] };
  const newer = cursor?.newer ?? false;
  const began = performance.now();
  const isLate = (share: number): boolean =>
    performance.now() - began > share * (ask.patience ?? patienceMillis);
  const { places: found, reached } = await within(db, pageMillis, async (tx, inTime) => {
    const wanted = await wantedOf(tx, ask.viewer, ask.clauses);
    const walk = { from: cursor?.from, newer, limit: ask.limit + 1 };
    return wanted === undefined ? nothing : searchInTime(tx, wanted, walk, isLate, inTime);
  });
  const more = found.length > ask.limit;
  // Near the top a page of newer media would come out short; the first page shows the same ones and fills up.
  if (newer && !more && reached === undefined)
    return searchMedia(db, { viewer: ask.viewer, clauses: ask.clauses, limit: ask.limit });
  const ids = found.slice(0, ask.limit).map(({ id }) => id);
  if (newer) ids.reverse();
  const media = await rowsOf(db, ask.viewer, ids);
  const page = withCursors(media, { older: newer || more, newer: cursor !== undefined });
  if (reached === undefined) return page;
  const on = writeCursor(newer, reached);
  const back = cursor && writeCursor(!newer, cursor.from);
  return {
    ...page,
    ...(newer ? { previous: on } : { next: on }),
    // A page without pictures leads back to where it was asked from.
    ...(media.length > 0 || back === undefined ? {} : newer ? { next: back } : { previous: back }),
    reached: reached.takenAt,
  };
}

/** How many match, exact up to `countMax`; `undefined` when counting took too long. */
export async function countMatches(
  db: Db,
  ask: { viewer: Viewer | undefined; clauses: Clause[] },
): Promise<number | undefined> {
  try {
    return await within(db, countMillis, async (tx, inTime) => {
      const wanted = await wantedOf(tx, ask.viewer, ask.clauses);
      const all = { from: undefined, newer: false, limit: countMax + 1 };
      return wanted === undefined ? 0 : (await searchPlaces(tx, wanted, all, inTime)).length;
    });
  } catch (error) {
    if (error instanceof TooSlow) return undefined;
    throw error;
  }
}

export type Alternative = { without: Clause[]; rest: Clause[]; count: number };

async function countAll(
  db: Db,
  viewer: Viewer | undefined,
  clauses: Clause[],
  rests: Clause[][],
): Promise<Alternative[]> {
  const found: Alternative[] = [];
  for (const rest of rests) {
    const count = await countMatches(db, { viewer, clauses: rest });
    if (count !== undefined && count > 0)
      found.push({ without: clauses.filter((clause) => !rest.includes(clause)), rest, count });
  }
  return found.sort((one, other) => other.count - one.count);
}

/** So many conditions are tried without; who has more of them is told nothing of the others. */
const triedMax = 8;

/**
 * Where nothing was found: what leaving out one condition would bring, or else what each condition brings by itself; most
 * first, and what brings nothing is left out.
 */
export async function whatToDrop(
  db: Db,
  { viewer, clauses }: { viewer: Viewer | undefined; clauses: Clause[] },
): Promise<Alternative[]> {
  if (clauses.length < 2) return [];
  const tried = clauses.slice(0, triedMax);
  const without = tried.map((left) => clauses.filter((clause) => clause !== left));
  const found = await countAll(db, viewer, clauses, without);
  if (found.length > 0 || clauses.length === 2) return found;
  return countAll(
    db,
    viewer,
    clauses,
    tried.filter(({ not }) => !not).map((clause) => [clause]),
  );
}

/** The media before and after this one among the results; none around one that is no result. */
export async function searchNeighbours(
  db: Db,
  ask: { viewer: Viewer | undefined; clauses: Clause[]; of: Pick<GalleryRow, "id" | "takenAt"> },
): Promise<{ previous?: Neighbour; next?: Neighbour }> {
  const [newer, older] = await within(db, pageMillis, async (tx, inTime) => {
    const wanted = ask.clauses.length === 0 ? undefined : await wantedOf(tx, ask.viewer, ask.clauses);
    if (wanted === undefined || !(await isFound(tx, wanted, ask.of.id))) return [];
    const from = { takenAt: ask.of.takenAt, id: ask.of.id };
    const one = async (newer: boolean) =>
      (await searchPlaces(tx, wanted, { from, newer, limit: 1 }, inTime))[0]?.id;
    return [await one(true), await one(false)];
  });
  const rows = await rowsOf(
    db,
    ask.viewer,
    [newer, older].filter((id) => id !== undefined),
  );
  const previous = rows.find(({ id }) => id === newer);
  const next = rows.find(({ id }) => id === older);
  return { ...(previous ? { previous } : {}), ...(next ? { next } : {}) };
}

/** Up to `limit` results on each side of this one, or on one, in their order; none around one that is no result. */
export async function searchAround(
  db: Db,
  ask: {
    viewer: Viewer | undefined;
    clauses: Clause[];
    of: Pick<GalleryRow, "id" | "takenAt">;
    limit: number;
    side?: "before" | "after";
  },
): Promise<{ before: GalleryRow[]; after: GalleryRow[] }> {
  const { clauses, of, limit, side } = ask;
  const found = await unlessSlow(
    within(db, pageMillis, async (tx, inTime) => {
      const wanted = clauses.length === 0 ? undefined : await wantedOf(tx, ask.viewer, clauses);
      if (wanted === undefined || !(await isFound(tx, wanted, of.id))) return { newer: [], older: [] };
      const from = { takenAt: of.takenAt, id: of.id };
      const walk = async (newer: boolean) =>
        (await searchPlaces(tx, wanted, { from, newer, limit }, inTime)).map(({ id }) => id);
      return {
        newer: side === "after" ? [] : await walk(true),
        older: side === "before" ? [] : await walk(false),
      };
    }),
  );
  return {
    before: await rowsOf(db, ask.viewer, found.newer.toReversed()),
    after: await rowsOf(db, ask.viewer, found.older),
  };
}

/** A picture is shown without the ones beside it rather than not at all. */
async function unlessSlow(
  found: Promise<{ newer: string[]; older: string[] }>,
): Promise<{ newer: string[]; older: string[] }> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof TooSlow) return { newer: [], older: [] };
    throw error;
  }
}

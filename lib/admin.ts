/** The lists of the administration: every medium and every upload, whoever owns them. For owners and admins only. */
import type { Db } from "#db/client.ts";
import {
  type AdminMediaRow,
  type AdminUploadRow,
  accountNames,
  bounded,
  countMedia,
  countUploads,
  type MediaConditions,
  mediaRows,
  type Past,
  sumMonths,
  uploadRows,
} from "#db/queries/admin.ts";
import { type Cursor, orderOf, readCursor, writeCursor } from "#lib/admin-cursor.ts";
import type { MediaFilter, MediaOrder, MediaSort, UploadFilter } from "#lib/admin-filter.ts";
import { TintypeError } from "#lib/errors.ts";
import { canAdminister, type Viewer } from "#lib/media.ts";
import { words } from "#lib/words.ts";

/** Past this many, a count that no table keeps stops. */
export const countMax = 10_000;
const accountsMax = 1_000;
const dayMillis = 86_400_000;
/** A search that nothing can speed up ends here instead of holding a connection. */
const listMillis = 4_000;
const countMillis = 1_000;

/** `exact: false`: there are more than `count`. */
export type Total = { count: number; exact: boolean };

export type AdminPage<Row> = {
  rows: Row[];
  /** Cursors of the pages beside this one, where there are any. */
  next: string | undefined;
  previous: string | undefined;
  /** `undefined` when even the bounded count took too long. */
  total: Total | undefined;
  /** The conditions cannot be answered in bearable time: no rows, ask for something narrower. */
  tooSlow: boolean;
};

export type AdminMedia = AdminMediaRow;
/** `message` is the sentence for the reject code. */
export type AdminUpload = AdminUploadRow & { message: string | null };

function authorise(viewer: Viewer | undefined): void {
  if (!canAdminister(viewer)) throw new TintypeError(viewer === undefined ? "unauthenticated" : "forbidden");
}

/**
 * One page of media in the order asked for. A cursor that is none, or that belongs to another order, counts as absent.
 * Throws `forbidden` for members and viewers, `unauthenticated` for nobody.
 */
export async function listAdminMedia(
  db: Db,
  asked: { viewer: Viewer | undefined; filter: MediaFilter; sort: MediaSort; cursor?: string; limit: number },
): Promise<AdminPage<AdminMedia>> {
  authorise(asked.viewer);
  const { order, descending } = orderOf(asked.sort);
  const conditions = mediaConditions(asked.filter);
  return page<AdminMediaRow>({
    db,
    ...asked,
    cursor: readCursor(asked.sort, asked.cursor),
    valueOf: (row) => sortValue(order, row),
    read: (tx, past, limit, reversed) =>
      mediaRows(tx, {
        conditions,
        order,
        descending: descending !== reversed,
        past: bound(order, past),
        limit,
      }),
    count: (tx) =>
      keptByMonths(asked.filter)
        ? sumMonths(tx, asked.filter).then((count) => ({ count, exact: true }))
        : countMedia(tx, conditions, countMax + 1).then(capped),
  });
}

/** One page of the ledger of uploads, newest first. Cursors and errors as in listAdminMedia. */
export async function listUploads(
  db: Db,
  asked: { viewer: Viewer | undefined; filter: UploadFilter; cursor?: string; limit: number },
): Promise<AdminPage<AdminUpload>> {
  authorise(asked.viewer);
  const sort = "-added";
  const found = await page<AdminUploadRow>({
    db,
    ...asked,
    sort,
    cursor: readCursor(sort, asked.cursor),
    valueOf: (row) => row.createdAt.getTime(),
    read: (tx, past, limit, reversed) =>
      uploadRows(tx, {
        conditions: asked.filter,
        descending: !reversed,
        past: past && { value: new Date(past.value), id: past.id },
        limit,
      }),
    count: (tx) => countUploads(tx, asked.filter, countMax + 1).then(capped),
  });
  const sentence = words("rejects");
  const rows = found.rows.map((row) => ({
    ...row,
    message: row.rejectCode === null ? null : sentence(row.rejectCode),
  }));
  return { ...found, rows };
}

/** Accounts to choose an owner from, by name: the first thousand. Errors as in listAdminMedia. */
export async function listOwners(
  db: Db,
  { viewer }: { viewer: Viewer | undefined },
): Promise<{ id: string; name: string; email: string }[]> {
  authorise(viewer);
  return accountNames(db, accountsMax);
}

const start = (day: string | undefined): Date | undefined =>
  day === undefined ? undefined : new Date(`${day}T00:00:00Z`);
/** The first moment after a day. */
const end = (day: string | undefined): Date | undefined =>
  day === undefined ? undefined : new Date(Date.parse(`${day}T00:00:00Z`) + dayMillis);

function mediaConditions({ date, from, to, ...rest }: MediaFilter): MediaConditions {
  return date === "taken"
    ? { ...rest, takenFrom: start(from), takenBefore: end(to) }
    : { ...rest, addedFrom: start(from), addedBefore: end(to) };
}

/** The table of months knows owners and visibilities, and only what is not deleted. */
const keptByMonths = ({ state, type, from, to, text }: MediaFilter): boolean =>
  state === "ready" && [type, from, to, text].every((condition) => condition === undefined);

const capped = (count: number): Total => ({ count: Math.min(count, countMax), exact: count <= countMax });

function sortValue(order: MediaOrder, row: AdminMediaRow): number | string {
  if (order === "size") return row.bytes;
  if (order === "title") return row.sortTitle;
  return (order === "taken" ? row.takenAt : row.createdAt).getTime();
}

type PastValue = { value: number | string; id: string };

const bound = (order: MediaOrder, past: PastValue | undefined): Past | undefined =>
  past && { ...past, value: order === "taken" || order === "added" ? new Date(past.value) : past.value };

type PageSource<Row> = {
  db: Db;
  sort: MediaSort;
  cursor: Cursor | undefined;
  limit: number;
  valueOf: (row: Row) => number | string;
  read: (tx: Db, past: PastValue | undefined, limit: number, reversed: boolean) => Promise<Row[]>;
  count: (tx: Db) => Promise<Total>;
};

/** Rows past the cursor in its direction, one more than shown to learn whether there is a page beyond. */
async function page<Row extends { id: string }>(source: PageSource<Row>): Promise<AdminPage<Row>> {
  const { db, sort, limit, read } = source;
  let { cursor } = source;
  let found = await within(db, listMillis, (tx) => read(tx, cursor, limit + 1, cursor?.way === "before"));
  // Rows were removed since the link was made: the first page is shown whole, not the few that are left before it.
  if (cursor?.way === "before" && found !== undefined && found.length < limit) {
    cursor = undefined;
    found = await within(db, listMillis, (tx) => read(tx, cursor, limit + 1, false));
  }
  if (found === undefined)
    return { rows: [], next: undefined, previous: undefined, total: undefined, tooSlow: true };
  const beyond = found.length > limit;
  const rows = found.slice(0, limit);
  const backwards = cursor?.way === "before";
  if (backwards) rows.reverse();
  const beside = (row: Row | undefined, way: Cursor["way"]): string | undefined =>
    row && writeCursor(sort, { way, value: source.valueOf(row), id: row.id });
  return {
    rows,
    next: backwards || beyond ? beside(rows.at(-1), "after") : undefined,
    previous: (backwards ? beyond : cursor !== undefined) ? beside(rows[0], "before") : undefined,
    // A list that fits on its first page has been counted by reading it.
    total:
      cursor === undefined && !beyond
        ? { count: rows.length, exact: true }
        : await within(db, countMillis, source.count),
    tooSlow: false,
  };
}

/** What `work` answers, or `undefined` when a statement of it ran longer than `ms`. */
async function within<T>(db: Db, ms: number, work: (tx: Db) => Promise<T>): Promise<T | undefined> {
  try {
    return await db.transaction(async (tx) => {
      await bounded(tx, ms);
      return work(tx);
    });
  } catch (error) {
    if (isTimeout(error)) return undefined;
    throw error;
  }
}

/** Postgres' query_canceled; drizzle wraps what the driver throws. */
function isTimeout(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && "code" in cause && cause.code === "57014";
}

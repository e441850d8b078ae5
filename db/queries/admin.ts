/**
 * What an administrator's lists read. Every list walks an index from a given row (no OFFSET) and every count stops at
 * a limit, so that a page costs the same at ten rows and at ten million.
 */
import {
  and,
  asc,
  desc,
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  type SQL,
  type SQLWrapper,
  sql,
} from "drizzle-orm";
import { type MediaType, type UploadState, type Visibility, waitingSince } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { media, mediaMonths, purges, uploads, users } from "../schema.ts";

export type MediaConditions = {
  state: "ready" | "trash" | "any";
  owner?: string;
  type?: MediaType;
  visibility?: Visibility;
  takenFrom?: Date;
  takenBefore?: Date;
  addedFrom?: Date;
  addedBefore?: Date;
  text?: string;
};
export type MediaOrder = "added" | "taken" | "size" | "title";
/** The page begins past this row, in the direction of the order. */
export type Past = { value: Date | number | string; id: string };

const sortTitle = sql<string>`media_sort_title(${media.title}, ${media.filename}) collate "C"`;

/** A-52: the only columns that can be sorted by; each has an index that ends in the id. */
const orders: Record<MediaOrder, { key: SQLWrapper; type: SQL }> = {
  added: { key: media.createdAt, type: sql`timestamptz` },
  taken: { key: media.takenAt, type: sql`timestamptz` },
  size: { key: media.bytes, type: sql`bigint` },
  title: { key: sortTitle, type: sql`text` },
};

/** Folded first, escaped after: folding makes a plain % of a full-width one. */
const contains = (text: string): SQL =>
  sql`media_search_text(${media.title}, ${media.filename})
    like '%' || regexp_replace(search_fold(${text}::text), '([\\\\%_])', '\\\\\\1', 'g') || '%'`;

const live = {
  ready: isNull(media.deletedAt),
  // Said in full: the small index of the trash is used only where its own condition is.
  trash: and(isNotNull(media.deletedAt), gt(media.deletedAt, waitingSince)),
  any: undefined,
};

function conditions(given: MediaConditions): SQL | undefined {
  return and(
    isNull(media.purgedAt),
    live[given.state],
    given.owner === undefined ? undefined : eq(media.ownerId, given.owner),
    given.type === undefined ? undefined : eq(media.mime, given.type),
    given.visibility === undefined ? undefined : eq(media.visibility, given.visibility),
    given.takenFrom && gte(media.takenAt, given.takenFrom),
    given.takenBefore && lt(media.takenAt, given.takenBefore),
    given.addedFrom && gte(media.createdAt, given.addedFrom),
    given.addedBefore && lt(media.createdAt, given.addedBefore),
    given.text === undefined ? undefined : contains(given.text),
  );
}

const past = (order: MediaOrder, { value, id }: Past, descending: boolean): SQL => {
  const { key, type } = orders[order];
  const bound = value instanceof Date ? value.toISOString() : value;
  return sql`(${key}, ${media.id}) ${descending ? sql`<` : sql`>`} (${bound}::${type}, ${id}::uuid)`;
};

/** Up to `limit` rows past a row, or from the very beginning, in the given order. */
export function mediaRows(
  db: Db,
  asked: {
    conditions: MediaConditions;
    order: MediaOrder;
    descending: boolean;
    past: Past | undefined;
    limit: number;
  },
) {
  const { order, descending, limit } = asked;
  const direction = descending ? desc : asc;
  return db
    .select({
      id: media.id,
      ownerId: media.ownerId,
      ownerName: users.name,
      visibility: media.visibility,
      renditionFolder: media.renditionFolder,
      avifWidths: media.avifWidths,
      jpegWidths: media.jpegWidths,
      bytes: media.bytes,
      mime: media.mime,
      width: media.width,
      height: media.height,
      color: media.color,
      filename: media.filename,
      title: media.title,
      sortTitle,
      takenAt: media.takenAt,
      takenOffset: media.takenOffset,
      createdAt: media.createdAt,
      deletedAt: media.deletedAt,
    })
    .from(media)
    .innerJoin(users, eq(users.id, media.ownerId))
    .where(
      and(
        conditions(asked.conditions),
        asked.past === undefined ? undefined : past(order, asked.past, descending),
      ),
    )
    .orderBy(direction(orders[order].key), direction(media.id))
    .limit(limit);
}
export type AdminMediaRow = Awaited<ReturnType<typeof mediaRows>>[number];

/** How many match, counted no further than `max`. */
export async function countMedia(db: Db, given: MediaConditions, max: number): Promise<number> {
  const some = db
    .select({ one: sql`1`.as("one") })
    .from(media)
    .where(conditions(given))
    .limit(max)
    .as("some");
  const [row] = await db.select({ count: sql<number>`count(*)::int` }).from(some);
  return row?.count ?? 0;
}

/** How many are ready and not deleted, from the table of months. */
export async function sumMonths(
  db: Db,
  { owner, visibility }: { owner?: string; visibility?: Visibility },
): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`coalesce(sum(${mediaMonths.count}), 0)::int` })
    .from(mediaMonths)
    .where(
      and(
        owner === undefined ? undefined : eq(mediaMonths.ownerId, owner),
        visibility === undefined ? undefined : eq(mediaMonths.visibility, visibility),
      ),
    );
  return row?.count ?? 0;
}

export type UploadConditions = { state?: UploadState; owner?: string };

const uploadConditions = ({ state, owner }: UploadConditions): SQL | undefined =>
  and(
    state === undefined ? undefined : eq(uploads.state, state),
    owner === undefined ? undefined : eq(uploads.ownerId, owner),
  );

/** Up to `limit` uploads past a row, newest first or oldest first. */
export function uploadRows(
  db: Db,
  asked: {
    conditions: UploadConditions;
    descending: boolean;
    past: { value: Date; id: string } | undefined;
    limit: number;
  },
) {
  const direction = asked.descending ? desc : asc;
  const beyond =
    asked.past &&
    sql`(${uploads.createdAt}, ${uploads.id}) ${asked.descending ? sql`<` : sql`>`}
      (${asked.past.value.toISOString()}::timestamptz, ${asked.past.id}::uuid)`;
  return db
    .select({
      id: uploads.id,
      state: uploads.state,
      ownerId: uploads.ownerId,
      ownerName: users.name,
      filename: uploads.filename,
      bytes: uploads.bytes,
      attempts: uploads.attempts,
      rejectCode: uploads.rejectCode,
      mediaId: uploads.mediaId,
      createdAt: uploads.createdAt,
      updatedAt: uploads.updatedAt,
      /** Given up, and the removal of its bytes has not begun: it can be tried again. */
      again: sql<boolean>`${uploads.rejectCode} is not distinct from 'internal' and exists (select from ${purges}
        where ${purges.key} = ${uploads.stagingKey} and ${purges.doneAt} is null and ${purges.attempts} = 0)`,
    })
    .from(uploads)
    .innerJoin(users, eq(users.id, uploads.ownerId))
    .where(and(uploadConditions(asked.conditions), beyond))
    .orderBy(direction(uploads.createdAt), direction(uploads.id))
    .limit(asked.limit);
}
export type AdminUploadRow = Awaited<ReturnType<typeof uploadRows>>[number];

/** How many match, counted no further than `max`. */
export async function countUploads(db: Db, given: UploadConditions, max: number): Promise<number> {
  const some = db
    .select({ one: sql`1`.as("one") })
    .from(uploads)
    .where(uploadConditions(given))
    .limit(max)
    .as("some");
  const [row] = await db.select({ count: sql<number>`count(*)::int` }).from(some);
  return row?.count ?? 0;
}

/** Accounts by name, at most `max` of them. */
export function accountNames(db: Db, max: number): Promise<{ id: string; name: string; email: string }[]> {
  return db
    .select({ id: users.id, name: users.name, email: users.email })
    .from(users)
    .orderBy(asc(users.name), asc(users.email))
    .limit(max);
}

/** Who may see each of these media, for the way back after a change. */
export function visibilitiesOf(db: Db, ids: string[]): Promise<{ id: string; visibility: Visibility }[]> {
  return db
    .select({ id: media.id, visibility: media.visibility })
    .from(media)
    .where(and(inArray(media.id, ids), isNull(media.purgedAt)));
}

/** Makes the statements of this transaction give up after `ms` and be planned for the values they carry. */
export async function bounded(tx: Db, ms: number): Promise<void> {
  // A plan made for any value cannot use the indexes of what is rare.
  await tx.execute(
    sql`select set_config('statement_timeout', ${String(ms)}, true), set_config('plan_cache_mode', 'force_custom_plan', true)`,
  );
}

/** What a viewer may see, newest first. Every list is an index walk that stops at its limit, whatever the library holds. */
import { and, asc, desc, eq, inArray, isNull, lt, type Placeholder, type SQL, sql } from "drizzle-orm";
import { union, unionAll } from "drizzle-orm/pg-core";
import type { Db } from "../client.ts";
import { halves, media, users } from "../schema.ts";

/** A place in the timeline; two media of one millisecond are told apart by their id. */
export type Place = { takenAt: Date; id: string };
export type Walk = {
  viewerId: string | undefined;
  from?: Place | undefined;
  limit: number | Placeholder;
  /** So many are stepped over; for a few hundred, or what a day holds, never for a place in the library. */
  skip?: number;
};

const alive = isNull(media.deletedAt);
// Spelt out, not bound: a generic plan cannot prove that a parameter matches the condition of the partial index.
const isPublic = sql`${media.visibility} = 'public'`;

const beyond = (from: Place | undefined, newer: boolean): SQL | undefined =>
  from === undefined
    ? undefined
    : sql`(${media.takenAt}, ${media.id}) ${newer ? sql`>` : sql`<`} (${sql.param(from.takenAt, media.takenAt)}, ${sql.param(from.id, media.id)})`;

const order = (newer: boolean) =>
  newer ? [asc(media.takenAt), asc(media.id)] : [desc(media.takenAt), desc(media.id)];

function walk(db: Db, among: SQL, { from, limit, skip }: Walk, newer: boolean) {
  return db
    .select({ id: media.id, takenAt: media.takenAt })
    .from(media)
    .where(and(alive, among, beyond(from, newer)))
    .orderBy(...order(newer))
    .limit(limit)
    .offset(skip ?? 0);
}

/**
 * The next `limit` places the viewer may see. Own and public are walked apart, each along its index, and merged:
 * one condition with OR would sort the library, and leaving one's own out of the public walk would step over them.
 */
function places(db: Db, ask: Walk, newer: boolean) {
  if (ask.viewerId === undefined) return walk(db, isPublic, ask, newer).as(newer ? "newer" : "older");
  const far = {
    ...ask,
    skip: 0,
    limit: typeof ask.limit === "number" ? ask.limit + (ask.skip ?? 0) : ask.limit,
  };
  const own = walk(db, eq(media.ownerId, ask.viewerId), far, newer);
  return union(own, walk(db, isPublic, far, newer))
    .orderBy((fields) =>
      newer ? [asc(fields.takenAt), asc(fields.id)] : [desc(fields.takenAt), desc(fields.id)],
    )
    .limit(ask.limit)
    .offset(ask.skip ?? 0)
    .as(newer ? "newer" : "older");
}

const isOwn = (viewerId: string | undefined): SQL<boolean> =>
  viewerId === undefined ? sql`false` : sql`${media.ownerId} = ${viewerId}`;

export const pictureColumns = {
  id: media.id,
  width: media.width,
  height: media.height,
  color: media.color,
  renditionFolder: media.renditionFolder,
  avifWidths: media.avifWidths,
  jpegWidths: media.jpegWidths,
};

export const tileColumns = (viewerId: string | undefined) => ({
  ...pictureColumns,
  kind: media.kind,
  motion: media.motion,
  duration: media.duration,
  codecs: media.codecs,
  /** Where a video lies whose original may be shown as it is. */
  shownKey: sql<
    string | null
  >`case when ${media.kind} = 'video' and ${media.motion} is null then ${media.key} end`,
  title: media.title,
  alt: media.alt,
  takenAt: media.takenAt,
  takenOffset: media.takenOffset,
  takenSource: media.takenSource,
  visibility: media.visibility,
  own: isOwn(viewerId),
});

function tiles(db: Db, ask: Walk & { newer: boolean }) {
  const page = places(db, ask, ask.newer);
  return db
    .select(tileColumns(ask.viewerId))
    .from(page)
    .innerJoin(media, eq(media.id, page.id))
    .orderBy(...order(ask.newer));
}

const newestPublicOf = (db: Db) =>
  tiles(db, { viewerId: undefined, limit: sql.placeholder("limit"), newer: false }).prepare("newest_public");
const newestPublic = new WeakMap<Db, ReturnType<typeof newestPublicOf>>();

/** In walking order: nearest to `from` first. */
export async function listTiles(db: Db, ask: Walk & { newer: boolean; limit: number }) {
  if (ask.viewerId !== undefined || ask.from !== undefined || ask.newer || ask.skip !== undefined)
    return tiles(db, ask);
  // The first page of a visitor is what most requests want: its text is put together once.
  const known = newestPublic.get(db) ?? newestPublicOf(db);
  newestPublic.set(db, known);
  return known.execute({ limit: ask.limit });
}

/** How many of the viewer's list lie between a place and a later moment, at most a day later: it steps over them. */
export async function countNewer(
  db: Db,
  ask: { viewerId: string | undefined; from: Place; until: Date },
): Promise<number> {
  const among = (whose: SQL) =>
    db
      .select({ id: media.id })
      .from(media)
      .where(and(alive, whose, beyond(ask.from, true), lt(media.takenAt, ask.until)));
  const found = (
    ask.viewerId === undefined
      ? among(isPublic)
      : union(among(eq(media.ownerId, ask.viewerId)), among(isPublic))
  ).as("found");
  const [row] = await db.select({ count: sql<number>`count(*)::int` }).from(found);
  return row?.count ?? 0;
}

/** Those of the given ids that the viewer's list may hold, in no order. */
export async function listTilesById(db: Db, ask: { viewerId: string | undefined; ids: string[] }) {
  return db
    .select(tileColumns(ask.viewerId))
    .from(media)
    .where(
      and(
        alive,
        inArray(media.id, ask.ids),
        ask.viewerId === undefined ? isPublic : sql`(${isPublic} or ${isOwn(ask.viewerId)})`,
      ),
    );
}

/** Whoever asks; who may see it is for the caller to decide. Coordinates only for the owner of the picture (R-46). */
export async function findMedia(db: Db, ask: { viewerId: string | undefined; id: string }) {
  const own = isOwn(ask.viewerId);
  const [row] = await db
    .select({
      ...tileColumns(ask.viewerId),
      key: media.key,
      clipKey: halves.clipKey,
      clipBytes: halves.clipBytes,
      clipSha256: halves.clipSha256,
      clipMime: halves.clipMime,
      thumbhash: media.thumbhash,
      bytes: media.bytes,
      sha256: media.sha256,
      mime: media.mime,
      frames: media.frames,
      rating: media.rating,
      filename: media.filename,
      description: media.description,
      camera: media.camera,
      lens: media.lens,
      aperture: media.aperture,
      exposureTime: media.exposureTime,
      iso: media.iso,
      focalLength: media.focalLength,
      latitude: sql<number | null>`case when ${own} then ${media.latitude} end`,
      longitude: sql<number | null>`case when ${own} then ${media.longitude} end`,
      altitude: sql<number | null>`case when ${own} then ${media.altitude} end`,
      place: sql<string>`case when ${own} then ${media.place} else '' end`,
      placeAlso: sql<string>`case when ${own} then ${media.placeAlso} else '' end`,
      ownerName: users.name,
    })
    .from(media)
    .innerJoin(users, eq(users.id, media.ownerId))
    .leftJoin(halves, eq(halves.mediaId, media.id))
    .where(and(alive, eq(media.id, ask.id)));
  return row;
}

/** The nearest newer and the nearest older of `from` in the viewer's list, by two probes in one round trip. */
export async function findNeighbours(db: Db, ask: { viewerId: string | undefined; from: Place }) {
  const probe = (newer: boolean) => {
    const place = places(db, { ...ask, limit: 1 }, newer);
    return db
      .select({ ...pictureColumns, newer: newer ? sql<boolean>`true` : sql<boolean>`false` })
      .from(place)
      .innerJoin(media, eq(media.id, place.id));
  };
  return unionAll(probe(true), probe(false));
}

/**
 * Up to `limit` on each side of `from` in the viewer's list, or on one side, by one walk a side in one round trip.
 * In no order: `newer` says on which side a row lies.
 */
export async function findAround(
  db: Db,
  ask: { viewerId: string | undefined; from: Place; limit: number; sides: readonly ("newer" | "older")[] },
) {
  const side = (newer: boolean) => {
    const place = places(db, ask, newer);
    return db
      .select({ ...tileColumns(ask.viewerId), newer: newer ? sql<boolean>`true` : sql<boolean>`false` })
      .from(place)
      .innerJoin(media, eq(media.id, place.id));
  };
  const [only, other] = ask.sides;
  if (only === undefined) return [];
  return other === undefined ? side(only === "newer") : unionAll(side(true), side(false));
}

/**
 * What a list does not tell of a picture and a look at it needs; who may see the picture was decided by the list. The
 * name of the file only where the viewer owns it.
 */
export async function findLooks(db: Db, ask: { viewerId: string | undefined; ids: string[] }) {
  return db
    .select({
      id: media.id,
      mime: media.mime,
      filename: sql<string | null>`case when ${isOwn(ask.viewerId)} then ${media.filename} end`,
      playedKey: sql<
        string | null
      >`case when ${media.kind} = 'video' and ${media.motion} is null then ${media.key} end`,
    })
    .from(media)
    .where(and(alive, inArray(media.id, ask.ids)));
}

export type LookRow = Awaited<ReturnType<typeof findLooks>>[number];
export type TileRow = Awaited<ReturnType<typeof listTiles>>[number];
export type MediaRow = NonNullable<Awaited<ReturnType<typeof findMedia>>>;
export type NeighbourRow = Awaited<ReturnType<typeof findNeighbours>>[number];

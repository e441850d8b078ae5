/** What somebody has marked as a favourite, the last one marked first. */
import { and, asc, desc, eq, inArray, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Db } from "../client.ts";
import { favourites, media } from "../schema.ts";
import { pictureColumns, tileColumns } from "./gallery.ts";

export type FavouritePlace = { createdAt: Date; id: string };
type Walk = { userId: string; administers: boolean };

/** What has become private since is not shown; what its address shows is. */
const seen = ({ userId, administers }: Walk): SQL | undefined =>
  and(
    isNull(media.deletedAt),
    administers ? undefined : or(ne(media.visibility, "private"), eq(media.ownerId, userId)),
  );

const past = (from: FavouritePlace | undefined, back: boolean): SQL | undefined =>
  from === undefined
    ? undefined
    : sql`(${favourites.createdAt}, ${favourites.mediaId}) ${back ? sql`>` : sql`<`}
        (${sql.param(from.createdAt, favourites.createdAt)}, ${from.id}::uuid)`;

const order = (back: boolean) =>
  back
    ? [asc(favourites.createdAt), asc(favourites.mediaId)]
    : [desc(favourites.createdAt), desc(favourites.mediaId)];

export async function listFavouriteTiles(
  db: Db,
  ask: Walk & { from: FavouritePlace | undefined; limit: number; back?: boolean },
) {
  const back = ask.back ?? false;
  return db
    .select({ ...tileColumns(ask.userId), createdAt: favourites.createdAt })
    .from(favourites)
    .innerJoin(media, eq(media.id, favourites.mediaId))
    .where(and(eq(favourites.userId, ask.userId), seen(ask), past(ask.from, back)))
    .orderBy(...order(back))
    .limit(ask.limit);
}

export async function listFavouriteTilesById(db: Db, ask: Walk & { ids: string[] }) {
  return db
    .select(tileColumns(ask.userId))
    .from(favourites)
    .innerJoin(media, eq(media.id, favourites.mediaId))
    .where(and(eq(favourites.userId, ask.userId), inArray(favourites.mediaId, ask.ids), seen(ask)));
}

/** Where a medium stands among this person's favourites, if it is one of them. */
export async function findFavouritePlace(
  db: Db,
  ask: Walk & { mediaId: string },
): Promise<FavouritePlace | undefined> {
  const [place] = await db
    .select({ createdAt: favourites.createdAt })
    .from(favourites)
    .where(and(eq(favourites.userId, ask.userId), eq(favourites.mediaId, ask.mediaId)));
  return place && { createdAt: place.createdAt, id: ask.mediaId };
}

export async function findFavouriteNeighbours(db: Db, ask: Walk & { mediaId: string }) {
  const from = await findFavouritePlace(db, ask);
  if (from === undefined) return [];
  const probe = (back: boolean) =>
    db
      .select({ ...pictureColumns, newer: back ? sql<boolean>`true` : sql<boolean>`false` })
      .from(favourites)
      .innerJoin(media, eq(media.id, favourites.mediaId))
      .where(and(eq(favourites.userId, ask.userId), seen(ask), past(from, back)))
      .orderBy(...order(back))
      .limit(1);
  return unionAll(probe(true), probe(false));
}

/** Those of the ids that this person has marked. */
export async function favouritesAmong(
  db: Db,
  { userId, ids }: { userId: string; ids: string[] },
): Promise<string[]> {
  const rows = await db
    .select({ id: favourites.mediaId })
    .from(favourites)
    .where(and(eq(favourites.userId, userId), inArray(favourites.mediaId, ids)));
  return rows.map(({ id }) => id);
}

/** Public media alone, for feeds, sitemaps and other sites. Every list is an index walk that stops at its limit. */
import { and, desc, eq, gte, inArray, isNull, lt, type SQL, sql } from "drizzle-orm";
import { union } from "drizzle-orm/pg-core";
import type { Db } from "../client.ts";
import { albumMedia, albums, media, mediaDays } from "../schema.ts";

const isPublic = and(isNull(media.deletedAt), sql`${media.visibility} = 'public'`);

const columns = {
  id: media.id,
  kind: media.kind,
  title: media.title,
  description: media.description,
  alt: media.alt,
  width: media.width,
  height: media.height,
  jpegWidths: media.jpegWidths,
  renditionFolder: media.renditionFolder,
  duration: media.duration,
  takenAt: media.takenAt,
  takenOffset: media.takenOffset,
  takenSource: media.takenSource,
  createdAt: media.createdAt,
  updatedAt: media.updatedAt,
};
export type OpenRow = Awaited<ReturnType<typeof findPublic>>[number];

const of = (db: Db, condition: SQL | undefined) => db.select(columns).from(media).where(condition);

export const findPublic = async (db: Db, id: string) => of(db, and(isPublic, eq(media.id, id)));

/** So many of the last additions are looked through for public ones: most of a library may be private. */
const recentMax = 1_000;

/**
 * The public media added last, newest first: among the last additions to the library and the newest by date, so that
 * neither private additions nor scans of old pictures hide the others.
 */
export async function listPublicAdded(db: Db, limit: number): Promise<OpenRow[]> {
  const recent = db
    .select({ id: media.id, visibility: media.visibility, deletedAt: media.deletedAt, at: media.createdAt })
    .from(media)
    .where(isNull(media.purgedAt))
    .orderBy(desc(media.createdAt), desc(media.id))
    .limit(recentMax)
    .as("recent");
  const added = db
    .select({ id: recent.id })
    .from(recent)
    .where(and(isNull(recent.deletedAt), sql`${recent.visibility} = 'public'`))
    .orderBy(desc(recent.at), desc(recent.id))
    .limit(limit);
  const taken = db
    .select({ id: media.id })
    .from(media)
    .where(isPublic)
    .orderBy(desc(media.takenAt), desc(media.id))
    .limit(limit);
  const ids = union(added, taken).as("either");
  return of(db, and(isPublic, inArray(media.id, db.select({ id: ids.id }).from(ids))))
    .orderBy(desc(media.createdAt), desc(media.id))
    .limit(limit);
}

/** The public media of an album, those put into it last first. */
export async function listPublicOfAlbum(db: Db, albumId: string, limit: number): Promise<OpenRow[]> {
  const inside = db
    .select({ id: albumMedia.mediaId, number: albumMedia.number })
    .from(albumMedia)
    .where(and(eq(albumMedia.albumId, albumId), sql`${albumMedia.live}`, eq(albumMedia.visibility, "public")))
    .orderBy(desc(albumMedia.number), desc(albumMedia.mediaId))
    .limit(limit)
    .as("inside");
  return db
    .select(columns)
    .from(inside)
    .innerJoin(media, eq(media.id, inside.id))
    .where(isPublic)
    .orderBy(desc(inside.number), desc(inside.id));
}

/** How many public media there are, from the totals by day. */
export async function countPublic(db: Db): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`coalesce(sum(${mediaDays.count}), 0)::int` })
    .from(mediaDays)
    .where(sql`${mediaDays.visibility} = 'public'`);
  return row?.count ?? 0;
}

/** Public media whose ids lie in [from, to), in the order of their ids; `to` undefined is the end. */
export async function listPublicBetween(
  db: Db,
  { from, to, limit }: { from: string; to: string | undefined; limit: number },
) {
  return db
    .select({ id: media.id, updatedAt: media.updatedAt })
    .from(media)
    .where(and(isPublic, gte(media.id, from), to === undefined ? undefined : lt(media.id, to)))
    .orderBy(media.id)
    .limit(limit);
}

export async function listPublicAlbums(db: Db, limit: number) {
  return db
    .select({ id: albums.id, title: albums.title, updatedAt: albums.updatedAt })
    .from(albums)
    .where(sql`${albums.visibility} = 'public'`)
    .orderBy(sql`search_fold(left(${albums.title}, 100)) collate "C"`, albums.id)
    .limit(limit);
}

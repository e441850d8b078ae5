/** What is needed of media to save them: where their bytes lie, how many they are, and what they were verified with. */
import { and, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { albumMedia, halves, media, shareMedia } from "../schema.ts";
import { type Chosen, chosenIds, listOf, type Reach, within } from "./selections.ts";

const columns = {
  id: media.id,
  ownerId: media.ownerId,
  key: media.key,
  mime: media.mime,
  kind: media.kind,
  motion: media.motion,
  bytes: media.bytes,
  sha256: media.sha256,
  filename: media.filename,
  title: media.title,
  takenAt: media.takenAt,
  takenOffset: media.takenOffset,
  width: media.width,
  height: media.height,
  renditionFolder: media.renditionFolder,
  avifWidths: media.avifWidths,
  jpegWidths: media.jpegWidths,
  /** The second original of a picture that is made of two files. */
  clipKey: halves.clipKey,
  clipBytes: halves.clipBytes,
  clipSha256: halves.clipSha256,
  clipMime: halves.clipMime,
};

/**
 * Those of the ids that are not in the trash, in the order of the ids. With `visibleTo`, those alone that this viewer
 * may see: an id is the address of an unlisted picture, and whoever has it may see it.
 */
export async function listFiles(
  db: Db,
  ids: string[],
  visibleTo?: { viewerId: string | undefined; all: boolean },
) {
  if (ids.length === 0) return [];
  const may =
    visibleTo === undefined || visibleTo.all
      ? undefined
      : visibleTo.viewerId === undefined
        ? sql`${media.visibility} <> 'private'`
        : sql`(${media.visibility} <> 'private' or ${media.ownerId} = ${visibleTo.viewerId})`;
  const rows = await db
    .select(columns)
    .from(media)
    .leftJoin(halves, eq(halves.mediaId, media.id))
    .where(and(inArray(media.id, ids), isNull(media.deletedAt), may));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export type FileRow = Awaited<ReturnType<typeof listFiles>>[number];

/**
 * Σ of at most `limit` media: how many have a second original, bytes of all originals, and pixels of the largest rendition
 * of each kind.
 */
export type Sum = { count: number; clips: number; bytes: number; avifPixels: number; jpegPixels: number };

const pixels = (widths: SQL): SQL =>
  sql`coalesce(sum(power((${widths})[cardinality(${widths})], 2) * height / width), 0)::float8`;

async function sumOf(db: Db, chosen: SQL): Promise<Sum> {
  const [row] = await db.execute<{
    count: number;
    clips: number;
    bytes: number;
    avif: number;
    jpeg: number;
  }>(sql`
    select count(*)::int as count, count(h.clip_key)::int as clips,
      coalesce(sum(bytes + coalesce(h.clip_bytes, 0)), 0)::float8 as bytes,
      ${pixels(sql`avif_widths`)} as avif, ${pixels(sql`jpeg_widths`)} as jpeg
    from (${chosen}) chosen left join ${halves} h on h.media_id = chosen.id`);
  return {
    count: row?.count ?? 0,
    clips: row?.clips ?? 0,
    bytes: row?.bytes ?? 0,
    avifPixels: row?.avif ?? 0,
    jpegPixels: row?.jpeg ?? 0,
  };
}

const summed = sql`m.id, m.bytes, m.width, m.height, m.avif_widths, m.jpeg_widths`;

/** Of an album, as far as its owner sees into it; what others do not show to the owner is in no share either. */
export const sumAlbum = (db: Db, at: { albumId: string; ownerId: string; limit: number }): Promise<Sum> =>
  sumOf(
    db,
    sql`select ${summed} from ${albumMedia} a join ${media} m on m.id = a.media_id
      where a.album_id = ${at.albumId} and a.live
        and (m.owner_id = ${at.ownerId} or m.visibility = 'public' or (m.visibility = 'unlisted'
          and exists (select from albums b where b.id = a.album_id and b.visibility <> 'private')))
      limit ${at.limit}`,
  );

/** Of a choice that was shared. */
export const sumChosen = (db: Db, at: { shareId: string; ownerId: string; limit: number }): Promise<Sum> =>
  sumOf(
    db,
    sql`select ${summed} from ${shareMedia} s join ${media} m on m.id = s.media_id
      where s.share_id = ${at.shareId} and m.deleted_at is null and m.owner_id = ${at.ownerId} limit ${at.limit}`,
  );

/** Of a selection. */
export const sumSelected = (db: Db, chosen: Chosen, reach: Reach, limit: number): Promise<Sum> =>
  sumOf(
    db,
    sql`select ${summed} from (${chosenIds(chosen, reach)}) chosen join ${media} m on m.id = chosen.id
      where m.deleted_at is null and ${within(reach)} and not (m.id = any(${listOf(chosen.except)}::uuid[]))
      limit ${limit}`,
  );

/** Ids of a selection, newest first, from after `from`. */
export async function listSelected(
  db: Db,
  ask: { chosen: Chosen; reach: Reach; from: { takenAt: Date; id: string } | undefined; limit: number },
): Promise<{ id: string; takenAt: Date }[]> {
  const beyond =
    ask.from === undefined
      ? sql`true`
      : sql`(m.taken_at, m.id) < (${ask.from.takenAt.toISOString()}::timestamptz, ${ask.from.id}::uuid)`;
  const rows = await db.execute<{ id: string; taken_at: string | Date }>(sql`
    select m.id, m.taken_at from (${chosenIds(ask.chosen, ask.reach)}) chosen join ${media} m on m.id = chosen.id
    where m.deleted_at is null and ${within(ask.reach)} and ${beyond}
      and not (m.id = any(${listOf(ask.chosen.except)}::uuid[]))
    order by m.taken_at desc, m.id desc limit ${ask.limit}`);
  return rows.map((row) => ({ id: row.id, takenAt: new Date(row.taken_at) }));
}

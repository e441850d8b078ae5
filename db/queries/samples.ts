/** The pictures that came with `--sample`: which uploads bring them, and what goes when they go. */
import { and, count, eq, inArray, isNull, sql } from "drizzle-orm";
import type { UploadState, Visibility } from "#lib/media.ts";
import type { Db } from "../client.ts";
import { albums, media, samples, uploads } from "../schema.ts";

/** One at a time decides whether samples come or go; readers do not wait. */
export async function lockSamples(db: Db): Promise<void> {
  await db.execute(sql`lock table ${samples} in share row exclusive mode`);
}

/** Whose the samples are; none when there are none. */
export async function sampleOwner(db: Db): Promise<string | undefined> {
  const [row] = await db.select({ ownerId: samples.ownerId }).from(samples).limit(1);
  return row?.ownerId;
}

/** So long after the last sign of life samples that are missing still come. */
const silence = sql`interval '5 minutes'`;

/**
 * How many samples are in this person's gallery, and how many are still on their way: none when whoever sent them has
 * stopped. A look at sixty rows at most, each with its upload.
 */
export async function samplesOf(
  db: Db,
  ownerId: string,
): Promise<{ here: number; coming: number } | undefined> {
  const [row] = await db
    .select({
      here: count(samples.mediaId),
      all: count(),
      begun: count(uploads.id),
      moves: sql<boolean>`coalesce(bool_or(${uploads.updatedAt} > now() - ${silence}), false)`,
    })
    .from(samples)
    .leftJoin(
      uploads,
      and(eq(uploads.ownerId, samples.ownerId), eq(uploads.clientToken, samples.clientToken)),
    )
    .where(eq(samples.ownerId, ownerId));
  if (row === undefined || row.all === 0) return undefined;
  return { here: row.here, coming: row.moves || row.begun === 0 ? row.all - row.here : 0 };
}

/** Whether anybody has a picture that is not in the trash. */
export async function hasMedia(db: Db): Promise<boolean> {
  const [row] = await db.select({ id: media.id }).from(media).where(isNull(media.deletedAt)).limit(1);
  return row !== undefined;
}

export async function insertSamples(db: Db, ownerId: string, count: number): Promise<void> {
  await db.insert(samples).values(Array.from({ length: count }, (_, number) => ({ number, ownerId })));
}

export type SampleRow = {
  number: number;
  clientToken: string;
  /** Set once it is shown and described. */
  mediaId: string | null;
  uploadId: string | null;
  state: UploadState | null;
  /** What its upload became, or repeats. */
  becameId: string | null;
};

/** All of them with their uploads, in their order. */
export async function listSamples(db: Db): Promise<SampleRow[]> {
  return db
    .select({
      number: samples.number,
      clientToken: samples.clientToken,
      mediaId: samples.mediaId,
      uploadId: uploads.id,
      state: uploads.state,
      becameId: uploads.mediaId,
    })
    .from(samples)
    .leftJoin(
      uploads,
      and(eq(uploads.ownerId, samples.ownerId), eq(uploads.clientToken, samples.clientToken)),
    )
    .orderBy(samples.number);
}

/** A try that came to nothing makes room for the next. */
export async function renewSamples(db: Db, numbers: number[]): Promise<void> {
  if (numbers.length > 0)
    await db
      .update(samples)
      .set({ clientToken: sql`gen_random_uuid()` })
      .where(inArray(samples.number, numbers));
}

export async function finishSample(db: Db, number: number, mediaId: string): Promise<void> {
  await db.update(samples).set({ mediaId }).where(eq(samples.number, number));
}

export async function deleteSamples(db: Db): Promise<void> {
  await db.delete(samples);
}

/** The album of this name that the person has already, or a new one. */
export async function sampleAlbum(
  db: Db,
  album: { ownerId: string; title: string; description: string; visibility: Visibility },
): Promise<string | undefined> {
  const [known] = await db
    .select({ id: albums.id })
    .from(albums)
    .where(and(eq(albums.ownerId, album.ownerId), eq(albums.title, album.title)))
    .limit(1);
  if (known !== undefined) return known.id;
  const [made] = await db.insert(albums).values(album).returning({ id: albums.id });
  return made?.id;
}

/** Albums of these names that nothing is left in. */
export async function deleteEmptyAlbums(db: Db, ownerId: string, titles: string[]): Promise<void> {
  await db
    .delete(albums)
    .where(and(eq(albums.ownerId, ownerId), inArray(albums.title, titles), eq(albums.count, 0)));
}

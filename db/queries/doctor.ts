/** What the doctor and the page about the storage ask of the library. */
import { desc, isNull, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { media, mediaMonths, quotas } from "../schema.ts";

/** The originals added last that are not deleted, newest first. */
export function newestOriginals(db: Db, limit: number): Promise<{ key: string; bytes: number }[]> {
  return db
    .select({ key: media.key, bytes: media.bytes })
    .from(media)
    .where(isNull(media.deletedAt))
    .orderBy(desc(media.createdAt), desc(media.id))
    .limit(limit);
}

/** Pictures in the gallery, and bytes of originals kept (those in the trash included), from the tables that keep them. */
export async function keptTotals(db: Db): Promise<{ pictures: number; bytes: number }> {
  const [[months], [used]] = await Promise.all([
    db.select({ n: sql<number>`coalesce(sum(${mediaMonths.count}), 0)::int` }).from(mediaMonths),
    db.select({ bytes: sql`coalesce(sum(${quotas.usedBytes}), 0)`.mapWith(Number) }).from(quotas),
  ]);
  return { pictures: months?.n ?? 0, bytes: used?.bytes ?? 0 };
}

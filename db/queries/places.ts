/** Names of the places where media were taken: who named none yet, and writing what the map says. */
import { sql } from "drizzle-orm";
import type { Db } from "../client.ts";

/** So many media are looked at for one batch, most of which may say nothing of where they were taken. */
const stepMost = 5_000;

export type Placeless = { id: string; latitude: number; longitude: number };

/**
 * The next media with coordinates whose place nobody named, up to `most`; they stay locked, and the walk is past them.
 * `undefined` when all have been looked at, or another process is at it.
 */
export async function nextPlaceless(tx: Db, most: number): Promise<Placeless[] | undefined> {
  const [progress] = await tx.execute<{ after: string }>(
    sql`select after from place_backfill for update skip locked`,
  );
  if (progress === undefined) return undefined;
  const [step] = await tx.execute<{ last: string | null; full: boolean }>(sql`
    select max(id::text) as last, count(*) = ${stepMost} as full
    from (select id from media where id > ${progress.after}::uuid order by id limit ${stepMost}) step`);
  const due = await tx.execute<Placeless>(sql`
    select id, latitude, longitude from media
    where id > ${progress.after}::uuid and id <= ${step?.last ?? progress.after}::uuid
      and latitude is not null and longitude is not null and place_source is null and purged_at is null
    order by id limit ${most} for no key update`);
  const last = due.length === most ? due.at(-1)?.id : step?.last;
  if (due.length < most && step?.full !== true) await tx.execute(sql`delete from place_backfill`);
  else await tx.execute(sql`update place_backfill set after = ${last ?? progress.after}::uuid`);
  return [...due];
}

/** Writes what the map says; a place that somebody named meanwhile stays. */
export async function namePlaces(
  db: Db,
  places: { id: string; place: string; also: string }[],
): Promise<void> {
  if (places.length === 0) return;
  await db.execute(sql`
    update media m set place = p.place, place_also = p.also, place_source = 'map'
    from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) p (id uuid, place text, also text)
    where m.id = p.id and m.place_source is null`);
}

/** Backups that nobody has to think of: the worker asks every hour whether one is due. */
import type { Db } from "#db/client.ts";
import { databaseClock } from "#db/queries/clock.ts";
import { oldestMedium } from "#db/queries/reconcile.ts";
import { settings } from "../env.ts";
import { log } from "../log.ts";
import type { Storage } from "../storage/port.ts";
import { backupIfDue } from "./backup.ts";
import { inBucket, isAhead, oldestFirst, type Place, timeOf } from "./place.ts";

const hourMs = 3_600_000;
/** The worker asks at the same minute of every hour: a day is over a moment before it would be by the second. */
const slackMs = hourMs / 2;

/**
 * Makes a backup into the bucket when the newest one is old enough, or, where there is none, the oldest picture is: a
 * gallery that is tried out for an hour is left without one. Of any number of workers that ask, one makes it. True when
 * this one did. Throws StorageError.
 */
export async function backupWhenDue(db: Db, storage: Storage, url: string): Promise<boolean> {
  const { everyHours, keep } = settings().backups;
  if (everyHours === 0) return false;
  const place = inBucket(storage);
  const due = (): Promise<boolean> => isDue(db, place, everyHours);
  if (!(await due())) return false;
  const made = await backupIfDue(url, place, { keep, isDue: due });
  if (made === undefined) return false;
  log("backup").info(
    { name: made.name, rows: made.rows, bytes: made.bytes, removed: made.removed.length },
    "made",
  );
  return true;
}

async function isDue(db: Db, place: Place, everyHours: number): Promise<boolean> {
  const now = new Date(await databaseClock(db));
  const last = oldestFirst(await place.list(), now).at(-1);
  // Nobody knows when it was made; waiting for the time of its name may mean none for years.
  if (last !== undefined && isAhead(last.name, now)) return true;
  const since = last === undefined ? await oldestMedium(db) : timeOf(last.name);
  return since !== undefined && now.getTime() - since.getTime() >= everyHours * hourMs - slackMs;
}

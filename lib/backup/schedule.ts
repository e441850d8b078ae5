/** Backups that nobody has to think of: the worker asks every hour whether one is due. */
import type { Db } from "#db/client.ts";
import { oldestMedium } from "#db/queries/reconcile.ts";
import { settings } from "../env.ts";
import { log } from "../log.ts";
import type { Storage } from "../storage/port.ts";
import { backup } from "./backup.ts";
import { inBucket, timeOf } from "./place.ts";

const hourMs = 3_600_000;
/** The worker asks at the same minute of every hour: a day is over a moment before it would be by the second. */
const slackMs = hourMs / 2;

/**
 * Makes a backup into the bucket when the newest one is old enough, or, where there is none, the oldest picture is: a
 * gallery that is tried out for an hour is left without one. True when one was made. Throws StorageError.
 */
export async function backupWhenDue(db: Db, storage: Storage, url: string): Promise<boolean> {
  const { everyHours, keep } = settings().backups;
  if (everyHours === 0) return false;
  const place = inBucket(storage);
  const last = (await place.list()).filter((one) => one.whole).at(-1);
  const since = last === undefined ? await oldestMedium(db) : timeOf(last.name);
  if (since === undefined || Date.now() - since.getTime() < everyHours * hourMs - slackMs) return false;
  const made = await backup(url, place, { keep });
  log("backup").info(
    { name: made.name, rows: made.rows, bytes: made.bytes, removed: made.removed.length },
    "made",
  );
  return true;
}

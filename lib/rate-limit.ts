/**
 * How often something may be tried, counted in Postgres for all processes together.
 * Not rate-limiter-flexible: its Postgres and Drizzle stores decide by the clock of the process, so two machines whose
 * clocks differ would give a window to whoever is ahead; its sweeper is a timer that outlives its database.
 */
import { countAttempt, forgetOldWindows, uncountAttempt } from "#db/queries/rate-limits.ts";
import { type Db, database } from "./database.ts";
import { TintypeError } from "./errors.ts";

export type Limit = { points: number; seconds: number };

/**
 * Counts one attempt (or `cost` of them) for `key`; the attempt after `points` within `seconds` throws TintypeError("rate_limited") with
 * the seconds until the window is over. Parallel attempts are counted one by one.
 */
export async function take(key: string, limit: Limit, db: Db = database().db, cost = 1): Promise<void> {
  const counted = await countAttempt(db, key, limit.points, limit.seconds, cost);
  // Every new row pays for a few old ones, so the table stays as large as the traffic of a few windows.
  if (counted.fresh) await forgetOldWindows(db);
  if (counted.points > limit.points)
    throw new TintypeError("rate_limited", { retryAfter: Math.max(1, counted.secondsLeft) });
}

/** Takes back one attempt: for limits that count failures only. */
export async function giveBack(key: string, db: Db = database().db): Promise<void> {
  await uncountAttempt(db, key);
}

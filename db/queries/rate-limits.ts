/** Counting attempts in windows, by the clock of the database, so that every process counts the same. */
import { and, eq, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { rateLimits } from "../schema.ts";

const windowsPerSweep = 20;

export type Counted = { points: number; secondsLeft: number; fresh: boolean };

/** Adds one attempt (or `cost` of them), in one statement; a window that is over starts anew with it. */
export async function countAttempt(
  db: Db,
  key: string,
  points: number,
  seconds: number,
  cost = 1,
): Promise<Counted> {
  const end = sql`now() + make_interval(secs => ${seconds})`;
  const over = sql`${rateLimits.expiresAt} <= now()`;
  const [row] = await db
    .insert(rateLimits)
    .values({ key, points: cost, expiresAt: end })
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: {
        // One above the limit says it all; counting on could overflow the column.
        points: sql`case when ${over} then ${cost}::int else least(${rateLimits.points}, ${points}) + ${cost}::int end`,
        expiresAt: sql`case when ${over} then ${end} else ${rateLimits.expiresAt} end`,
      },
    })
    .returning({
      points: rateLimits.points,
      // The column rounds to a millisecond, upwards too: without the bound a window of 60 seconds has 61 left at first.
      secondsLeft: sql<number>`least(${seconds}, ceil(extract(epoch from ${rateLimits.expiresAt} - now())))::int`,
      fresh: sql<boolean>`xmax = 0`,
    });
  return row ?? { points: cost, secondsLeft: seconds, fresh: false };
}

export async function uncountAttempt(db: Db, key: string): Promise<void> {
  await db
    .update(rateLimits)
    .set({ points: sql`${rateLimits.points} - 1` })
    .where(and(eq(rateLimits.key, key), sql`${rateLimits.points} > 0`));
}

/** Removes a few windows that are over; never waits for a row that someone else is counting in. */
export async function forgetOldWindows(db: Db): Promise<void> {
  const old = db
    .select({ key: rateLimits.key })
    .from(rateLimits)
    .where(sql`${rateLimits.expiresAt} < now()`)
    .orderBy(rateLimits.expiresAt)
    .limit(windowsPerSweep)
    .for("update", { skipLocked: true });
  await db.delete(rateLimits).where(sql`${rateLimits.key} in ${old}`);
}

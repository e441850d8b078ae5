/** When database and bucket were last compared without anybody asking for it, and what that found. */
import { desc, eq, isNotNull, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { comparisons } from "../schema.ts";

export type Comparison = typeof comparisons.$inferSelect;

/**
 * Begins one, unless one ended less than `everySeconds` ago or one that is under way was heard of less than
 * `silentSeconds` ago. The time it began, or `undefined`.
 */
export async function beginComparison(
  db: Db,
  { everySeconds, silentSeconds }: { everySeconds: number; silentSeconds: number },
): Promise<Date | undefined> {
  const [row] = await db.execute<{ at: string }>(sql`
    with silent as (
      delete from comparisons
      where ended_at is null and touched_at < now() - make_interval(secs => ${silentSeconds}))
    insert into comparisons (began_at)
    select now() where not exists (
      select from comparisons where ended_at > now() - make_interval(secs => ${everySeconds})
        or (ended_at is null and touched_at >= now() - make_interval(secs => ${silentSeconds})))
    on conflict do nothing
    returning began_at as at`);
  return row === undefined ? undefined : new Date(row.at);
}

export async function touchComparison(db: Db, beganAt: Date): Promise<void> {
  await db.update(comparisons).set({ touchedAt: sql`now()` }).where(eq(comparisons.beganAt, beganAt));
}

/** Stopped half way: the next one goes on with it. */
export async function dropComparison(db: Db, beganAt: Date): Promise<void> {
  await db.delete(comparisons).where(eq(comparisons.beganAt, beganAt));
}

/** Notes what was found, and forgets comparisons of more than a year ago. */
export async function endComparison(
  db: Db,
  beganAt: Date,
  found: Pick<Comparison, "objects" | "rows" | "findings">,
): Promise<void> {
  await db
    .update(comparisons)
    .set({ ...found, endedAt: sql`now()` })
    .where(eq(comparisons.beganAt, beganAt));
  await db.delete(comparisons).where(sql`${comparisons.endedAt} < now() - interval '1 year'`);
}

/** The last that came to its end. */
export async function lastComparison(db: Db): Promise<Comparison | undefined> {
  const [row] = await db
    .select()
    .from(comparisons)
    .where(isNotNull(comparisons.endedAt))
    .orderBy(desc(comparisons.beganAt))
    .limit(1);
  return row;
}

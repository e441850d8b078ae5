import { sql } from "drizzle-orm";
import type { Db } from "../client.ts";

export type JobRow = { payload: object; key: string; runAt?: Date; priority?: number };

/** One statement for any number of jobs. A waiting job of the same key is replaced, a running one is followed. */
export async function addJobs(db: Db, name: string, jobs: JobRow[], attemptsMax: number): Promise<void> {
  const rows = jobs.map((job) => ({
    payload: job.payload,
    key: job.key,
    run_at: job.runAt?.toISOString() ?? null,
    priority: job.priority ?? 0,
  }));
  await db.execute(sql`
    select count(graphile_worker.add_job(
      ${name}::text, payload => j.payload, run_at => j.run_at, max_attempts => ${attemptsMax}::int,
      job_key => j.key, priority => j.priority))
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as j(payload json, key text, run_at timestamptz, priority int)`);
}

/** Jobs waiting, and the age in seconds of the oldest that could have started. */
export async function queueState(db: Db): Promise<{ waiting: number; oldestSeconds: number }> {
  const [row] = await db.execute<{ waiting: number; oldest: number | null }>(sql`
    select count(*)::int as waiting, extract(epoch from now() - min(run_at))::float8 as oldest
    from (select run_at from graphile_worker.jobs
          where locked_at is null and run_at <= now() and attempts < max_attempts limit 10001) j`);
  return { waiting: row?.waiting ?? 0, oldestSeconds: row?.oldest ?? 0 };
}

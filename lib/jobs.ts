/** Hands work to the worker in the transaction that makes it necessary: both commit, or neither (DESIGN 6). */
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";

export type JobPayloads = {
  /** Verify an upload and make a medium of it. */
  finalize: { uploadId: string };
  /** Make all renditions of a medium anew. */
  derive: { mediaId: string };
  /** Look for uploads whose browser or worker went away. */
  sweep: Record<string, never>;
  /** Remove objects whose time has come. */
  purge: Record<string, never>;
};
export type JobName = keyof JobPayloads;

/** How often the queue itself tries again after a crash; the tasks have their own rules for expected failures. */
const attemptsMax = 10;

/**
 * Enqueues one job per payload. `key` makes a waiting job unique: enqueuing it again changes nothing but, when the
 * old one is already running, adds one run after it.
 */
export async function enqueue<Name extends JobName>(
  db: Db,
  name: Name,
  jobs: { payload: JobPayloads[Name]; key: string; runAt?: Date; priority?: number }[],
): Promise<void> {
  if (jobs.length === 0) return;
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

export const finalizeKey = (uploadId: string): string => `finalize:${uploadId}`;
export const deriveKey = (mediaId: string): string => `derive:${mediaId}`;

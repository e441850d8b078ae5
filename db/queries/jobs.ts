import { sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { turns } from "../schema.ts";

/** `cost` in units of a small picture, 1 when not given: how much of the turns of who waits it takes. */
export type JobRow = { payload: object; key: string; cost?: number };

/**
 * One statement for any number of jobs. A waiting job of the same key is replaced, a running one is followed.
 *
 * Among jobs of one priority the queue takes the one with the earliest `run_at`. That is made a clock of turns here
 * (start-time fair queueing): it stands where the next job to be taken stands, and each unit of work in the name of one
 * `waiter` is a microsecond after the last of theirs, or after the clock. So a thousand jobs of one are a thousand rounds
 * long, another's three are in the next three rounds, and nobody is overtaken for ever, because the clock only goes on.
 * Nothing has to wait for its microsecond: an idle clock stands a second behind the real one.
 */
export async function addJobs(
  db: Db,
  name: string,
  jobs: JobRow[],
  how: { attemptsMax: number; priority: number; waiter: string },
): Promise<void> {
  let cost = 0;
  const rows = jobs.map((job) => {
    const after = cost;
    cost += job.cost ?? 1;
    return { payload: job.payload, key: job.key, after };
  });
  await db.execute(sql`
    with clock as (
      select least(now() - interval '1 second', (
        select run_at from graphile_worker._private_jobs
        where is_available = true and priority = ${how.priority}::int order by run_at limit 1)) as at),
    turn as (
      insert into ${turns} (priority, waiter, ends_at)
      select ${how.priority}::int, ${how.waiter}::text, clock.at + ${cost}::int * interval '1 microsecond' from clock
      on conflict (priority, waiter) do update
        set ends_at = greatest(${turns.endsAt} + ${cost}::int * interval '1 microsecond', excluded.ends_at)
      returning ends_at - ${cost}::int * interval '1 microsecond' as begins)
    select count(graphile_worker.add_job(
      ${name}::text, payload => j.payload, run_at => turn.begins + j.after * interval '1 microsecond',
      max_attempts => ${how.attemptsMax}::int, job_key => j.key, priority => ${how.priority}::int))
    from turn, json_to_recordset(${JSON.stringify(rows)}::json) as j(payload json, key text, after int)`);
}

/** Forgets who has not waited for a week. */
export async function forgetTurns(db: Db): Promise<void> {
  await db.delete(turns).where(sql`${turns.endsAt} < now() - interval '7 days'`);
}

const ids = (list: readonly string[]): string => JSON.stringify(list);

/** Workers of these ids live, and work on what they have taken. */
export async function holdJobs(db: Db, workerIds: readonly string[]): Promise<void> {
  await db.execute(sql`
    update graphile_worker._private_jobs set locked_at = now()
    where locked_by in (select json_array_elements_text(${ids(workerIds)}::json))`);
}

/** Frees jobs of these names that nobody has held for `seconds`: the queue itself waits four hours for a dead worker. */
export async function freeDropped(db: Db, names: readonly string[], seconds: number): Promise<number> {
  const freed = await db.execute(sql`
    update graphile_worker._private_jobs set locked_at = null, locked_by = null
    where locked_at < now() - make_interval(secs => ${seconds}) and task_id in (
      select t.id from graphile_worker._private_tasks t
      where t.identifier in (select json_array_elements_text(${ids(names)}::json)))
    returning 1`);
  return freed.length;
}

/** Jobs waiting, and the age in seconds of the oldest that could have started. */
export async function queueState(db: Db): Promise<{ waiting: number; oldestSeconds: number }> {
  // Not by run_at: that is whose turn it is, and lags behind the clock while the queue is never empty.
  const [row] = await db.execute<{ waiting: number; oldest: number | null }>(sql`
    select count(*)::int as waiting, extract(epoch from now() - min(since))::float8 as oldest
    from (select greatest(created_at, run_at) as since from graphile_worker.jobs
          where locked_at is null and run_at <= now() and attempts < max_attempts limit 10001) j`);
  return { waiting: row?.waiting ?? 0, oldestSeconds: row?.oldest ?? 0 };
}

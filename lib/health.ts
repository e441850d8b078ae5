/** Whether this process can do its work: database, bucket, queue, clocks (F-22, R-82). Says no more than a word each. */

import { databaseClock } from "#db/queries/clock.ts";
import { queueState } from "#db/queries/jobs.ts";
import { purgeBacklog } from "#db/queries/purges.ts";
import { database } from "./database.ts";
import { log } from "./log.ts";
import { storage } from "./storage/current.ts";

type Check = { ok: boolean; [fact: string]: string | number | boolean };
export type Readiness = { ready: boolean; checks: Record<"database" | "bucket" | "queue" | "clock", Check> };

/** Past this skew signed policies stop working or live too long. */
const skewFailMs = 300_000;
const skewWarnMs = 30_000;
const timeoutMs = 3_000;
/** A balancer may ask every second; the bucket is asked no more often than this. */
const reuseMs = 5_000;

let last: { at: number; state: Promise<Readiness> } | undefined;

export function readiness(): Promise<Readiness> {
  // Not the clock on the wall: one that was put back would keep an old answer for as long.
  const now = performance.now();
  if (last === undefined || now - last.at > reuseMs) last = { at: now, state: look() };
  return last.state;
}

async function look(): Promise<Readiness> {
  const { db } = database();
  const [clock, bucket, queue] = await Promise.all([
    attempt("database", async () => ({ skewMs: (await databaseClock(db)) - Date.now() })),
    attempt("bucket", () => storage().probe()),
    attempt("queue", async () => ({ ...(await queueState(db)), purgesDue: (await purgeBacklog(db)).due })),
  ]);
  const skews = [clock?.skewMs, bucket?.clockSkewMs].filter((ms) => ms !== undefined).map(Math.abs);
  const skewMs = skews.length === 0 ? 0 : Math.max(...skews);
  if (skewMs > skewWarnMs)
    log("health").warn({ skewMs }, "the clocks of this machine and the bucket or database differ");
  const checks: Readiness["checks"] = {
    database: { ok: clock !== undefined },
    bucket: { ok: bucket !== undefined },
    queue:
      queue === undefined
        ? { ok: false }
        : { ok: true, ...queue, oldestSeconds: Math.round(queue.oldestSeconds) },
    clock: { ok: skewMs <= skewFailMs, skewMs: Math.round(skewMs) },
  };
  return { ready: Object.values(checks).every((check) => check.ok), checks };
}

async function attempt<T>(part: string, ask: () => Promise<T>): Promise<T | undefined> {
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(new Error("timed out")), timeoutMs);
  try {
    return await Promise.race([ask(), timer.promise]);
  } catch (error) {
    log("health").error({ err: error, part }, "not ready");
    return undefined;
  } finally {
    clearTimeout(timeout);
  }
}

/** What a worker has taken stays its own while it lives, and is another's soon after it was killed. */
import { EventEmitter } from "node:events";
import type { WorkerEvents } from "graphile-worker";
import type { Db } from "#db/client.ts";
import { holdJobs } from "#db/queries/jobs.ts";
import { log } from "../log.ts";

/** Several times within the time after which a job is taken from who does not say this. */
const sayMs = 15_000;

export type Holding = {
  /** For the queue, which tells there in whose name it takes jobs. */
  events: WorkerEvents;
  say(): Promise<void>;
  end(): void;
};

/** Says every quarter of a minute that this process lives. */
export function holding(db: Db): Holding {
  const events: WorkerEvents = new EventEmitter();
  const pools = new Set<string>();
  events.on("pool:create", ({ workerPool }) => pools.add(workerPool.id));
  const say = (): Promise<void> => holdJobs(db, [...pools]);
  const timer = setInterval(() => {
    say().catch((error: unknown) =>
      log("worker").warn({ err: error }, "the database was not told that the worker lives"),
    );
  }, sayMs);
  timer.unref();
  return { events, say, end: () => clearInterval(timer) };
}

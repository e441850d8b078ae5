/** What the tests of importing and adopting share: a worker that takes jobs from the real queue, and a summary. */
import { Logger, run } from "graphile-worker";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Storage } from "../storage/port.ts";
import type { TestDatabase } from "../testing.ts";
import { finalize } from "../uploads/finalize.ts";

const room = <T>(_size: number, work: () => Promise<T>): Promise<T> => work();
const atOnce = { bytes: room, pixels: room };
const shape = z.object({ uploadId: z.uuid() });

/** Verifies one upload as the worker does. */
export const verify = (db: Db, storage: Storage, id: string) => finalize(db, storage, id, atOnce);

/** The worker's queue and its one task for uploads; `stop` waits for what it has begun. */
export async function worker(database: TestDatabase, storage: Storage): Promise<{ stop(): Promise<void> }> {
  const runner = await run({
    connectionString: database.url,
    concurrency: 4,
    noHandleSignals: true,
    pollInterval: 100,
    logger: new Logger(() => () => {}),
    taskList: {
      finalize: async (payload) => {
        await verify(database.db, storage, shape.parse(payload).uploadId);
      },
    },
  });
  return { stop: () => runner.stop() };
}

/** How often each outcome was told, and of what. */
export function collected<Event extends { outcome: string }>(nameOf: (event: Event) => string) {
  const events: Event[] = [];
  return {
    events,
    onEvent: (event: Event): void => {
      events.push(event);
    },
    /** Names by outcome, sorted. */
    byOutcome(): Record<string, string[]> {
      const found: Record<string, string[]> = {};
      for (const event of events) {
        found[event.outcome] ??= [];
        found[event.outcome]?.push(nameOf(event));
      }
      for (const names of Object.values(found)) names.sort();
      return found;
    },
  };
}

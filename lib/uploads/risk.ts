/**
 * Which pictures could be to blame when a worker ends (F-11): only those that were being decoded in that moment, not
 * those that waited, were read or were written. Whoever lives to tell was not ended, however its work came out, so that
 * kills, restarts and a database that was away are not counted against a picture.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Db } from "#db/client.ts";
import * as ledger from "#db/queries/uploads.ts";
import { log } from "../log.ts";
import { type Held, LeaseLost } from "./staged.ts";

/** How long a worker that could not say so goes on trying. */
const patienceMs = 300_000;
const pauseMs = 1_000;

const underWay = new Set<Held>();

/** Counts a try for as long as the work takes. Throws LeaseLost. */
export async function atRisk<T>(db: Db, held: Held, work: () => Promise<T>): Promise<T> {
  if (!(await ledger.countTry(db, held))) throw new LeaseLost();
  underWay.add(held);
  try {
    return await work();
  } finally {
    await forgive(db, held);
  }
}

async function forgive(db: Db, held: Held): Promise<void> {
  if (!underWay.delete(held)) return;
  const began = performance.now();
  for (;;) {
    try {
      return await ledger.forgiveTry(db, held.id);
    } catch (error) {
      if (performance.now() - began > patienceMs) {
        log("finalize").warn({ err: error, uploadId: held.id }, "a try stays counted");
        return;
      }
      // A process that has nothing else left to do may end.
      await wait(pauseMs, undefined, { ref: false });
    }
  }
}

/** This process is told to end and may be killed before its work is done: that is no picture's fault (F-29). */
export async function forgiveAll(db: Db): Promise<void> {
  await Promise.all([...underWay].map((held) => forgive(db, held)));
}

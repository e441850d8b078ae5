/** Removes objects whose time has come: leased, re-checked under a row lock, repeated until the store agrees. */
import { type Db, inTransaction } from "#db/client.ts";
import * as purges from "#db/queries/purges.ts";
import { lockQuota, settleQuota } from "#db/queries/uploads.ts";
import type { Purge } from "#db/schema.ts";
import { log } from "./log.ts";
import type { Storage } from "./storage/port.ts";
import { readAbortMark } from "./uploads/rules.ts";

const leaseSeconds = 300;
const batch = 50;
/** With its growing pauses that many failures take a day: shouted about, never dropped. */
const attemptsToShout = 32;
/** A run ends after this long; the next minute's goes on. A full trash must not keep a worker from stopping. */
const runMs = 40_000;

/** Works off what is due, as long as a run may take. Returns how many purges were closed. */
export async function purge(db: Db, storage: Storage, signal?: AbortSignal): Promise<number> {
  const began = performance.now();
  const over = (): boolean => signal?.aborted === true || performance.now() - began > runMs;
  let closed = 0;
  for (;;) {
    const claimed = await purges.claimPurges(db, leaseSeconds, batch);
    let failed = 0;
    for (const row of claimed) {
      if (over()) {
        await purges.releasePurge(db, row.id);
        continue;
      }
      try {
        await purgeOne(db, storage, row);
        closed += 1;
      } catch (error) {
        failed += 1;
        await purges.postponePurge(db, row.id, error instanceof Error ? error.name : "unknown");
        const dead = row.attempts >= attemptsToShout;
        log("purge")[dead ? "error" : "warn"](
          { err: error, key: row.key, attempts: row.attempts },
          "not removed yet",
        );
      }
    }
    if (claimed.length < batch || failed > 0 || over()) return closed;
  }
}

async function purgeOne(db: Db, storage: Storage, row: Purge): Promise<void> {
  await inTransaction(db, async (tx) => {
    if (row.mediaId !== null) await purgeMedia(tx, storage, row.mediaId);
    // I-5: the check and the removal happen under the same lock that a restore has to take (F-20).
    else if (!(await purges.isReferenced(tx, row.key))) await remove(storage, row.key);
    await purges.closePurge(tx, row.id);
  });
}

async function purgeMedia(tx: Db, storage: Storage, mediaId: string): Promise<void> {
  const trashed = await purges.lockTrashed(tx, mediaId);
  if (trashed === undefined) return;
  // The key of an adopted object may look like anything, a mark of ours included.
  if (!trashed.keepOriginal) for (const key of trashed.keys) await storage.delete(key);
  await remove(storage, `${trashed.renditionFolder}/`);
  await purges.markPurged(tx, mediaId);
  // Last: the owner's next upload would wait for this row while the store is slow.
  await lockQuota(tx, trashed.ownerId);
  await settleQuota(tx, trashed.ownerId, { used: -trashed.bytes });
}

async function remove(storage: Storage, key: string): Promise<void> {
  const parts = readAbortMark(key);
  if (parts !== undefined) return storage.multipart.abort(parts.key, parts.multipartId);
  if (!key.endsWith("/")) return storage.delete(key);
  for await (const object of storage.list(key)) await storage.delete(object.key);
}

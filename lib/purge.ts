/**
 * Removes objects whose time has come: leased, re-checked, repeated until the store agrees. What is to go is
 * decided and committed before the first object is touched: a process or a database that dies in between must not
 * leave a medium that can still be restored without its objects (F-20).
 */
import { type Db, inTransaction } from "#db/client.ts";
import * as purges from "#db/queries/purges.ts";
import { lockQuota, settleQuota } from "#db/queries/uploads.ts";
import type { Purge } from "#db/schema.ts";
import { settings } from "./env.ts";
import { failpoint } from "./failpoint.ts";
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
    await failpoint("purge.claimed");
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
  if (row.mediaId !== null) await purgeMedia(db, storage, row.mediaId);
  // What nothing refers to now, nothing will: keys are never given twice, and callOffFolder() and callOffStaging() respect
  // the lease.
  else if (!(await purges.isReferenced(db, row.key))) {
    await failpoint("purge.checked");
    await remove(storage, row.key);
  }
  await failpoint("purge.removed");
  await purges.closePurge(db, row.id);
}

/** Keys that nobody but a worker writes to. */
const isOwn = (key: string): boolean => /^(media|derived)\/[a-z2-7]{32}(\.[a-z0-9]+|\/)$/.test(key);

async function purgeMedia(db: Db, storage: Storage, mediaId: string): Promise<void> {
  const gone = await inTransaction(db, (tx) => decide(tx, mediaId));
  if (gone === undefined) return;
  await failpoint("purge.decided");
  // The key of an adopted object may look like anything, a mark of ours included; and it may be in the gallery again.
  for (const key of gone.keepOriginal ? [] : gone.keys)
    if (!(await purges.isReferenced(db, key))) {
      await failpoint("purge.checked");
      await storage.delete(key);
    }
  await failpoint("purge.originalRemoved");
  await remove(storage, `${gone.renditionFolder}/`);
  await purges.forgetClip(db, mediaId);
}

/** Once and for all: whoever comes second, restore or purge, finds what the first has decided. */
async function decide(tx: Db, mediaId: string): Promise<purges.Trashed | undefined> {
  const trashed = await purges.lockTrashed(tx, mediaId);
  if (trashed === undefined) return undefined;
  // A worker that lost the upload may still write what the one that finished it has written, and be ended then.
  const folder = `${trashed.renditionFolder}/`;
  if (!(await purges.openPurgeKeys(tx, [folder])).has(folder))
    await purges.addLatePurges(
      tx,
      [...(trashed.keepOriginal ? [] : trashed.keys), folder]
        .filter(isOwn)
        .map((key) => ({ key, reason: "purged" })),
      { since: trashed.updatedAt, seconds: settings().uploads.ageSecondsMax },
    );
  if (trashed.purgedAt !== null) return trashed;
  await purges.markPurged(tx, mediaId);
  await lockQuota(tx, trashed.ownerId);
  await settleQuota(tx, trashed.ownerId, { used: -trashed.bytes });
  return trashed;
}

async function remove(storage: Storage, key: string): Promise<void> {
  const parts = readAbortMark(key);
  if (parts !== undefined) return storage.multipart.abort(parts.key, parts.multipartId);
  if (!key.endsWith("/")) return storage.delete(key);
  for await (const object of storage.list(key)) await storage.delete(object.key);
}

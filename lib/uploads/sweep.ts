/**
 * The sweeper: finds what was left behind and brings it to an end. It adopts first: bytes that did arrive
 * are verified as if the browser had told us, and only an upload whose object is certainly absent expires.
 */
import { type Db, inTransaction } from "#db/client.ts";
import { forgetTurns } from "#db/queries/jobs.ts";
import { addPurges, forgetDonePurges, openPurgeKeys } from "#db/queries/purges.ts";
import { waitForRest } from "#db/queries/transports.ts";
import * as ledger from "#db/queries/uploads.ts";
import { settings } from "../env.ts";
import { failpoint } from "../failpoint.ts";
import { enqueueUploads, freeAbandoned } from "../jobs.ts";
import { log } from "../log.ts";
import { isIncomingKey } from "../storage/keys.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { beginVerifying } from "../uploads.ts";
import { abortLoose, bringIn } from "./multipart.ts";
import { finalPurges, leaseSeconds, queueSeconds, stagingPurges } from "./rules.ts";

export type SweepResult = {
  adopted: number;
  expired: number;
  revived: number;
  waiting: number;
  unknown: number;
};

/** How long a finished removal can still be looked up. */
const purgeDaysKept = 30;
/** How many rows one run looks at; the next run takes the rest. */
const batch = 500;
/** A store that has not answered so often in a row is asked by the next run: each question may take minutes. */
const silencesMax = 3;

/** Safe to run on any number of machines at once (F-28). */
export async function sweep(db: Db, storage: Storage): Promise<SweepResult> {
  const result: SweepResult = { adopted: 0, expired: 0, revived: 0, waiting: 0, unknown: 0 };
  const { graceSeconds, ageSecondsMax } = settings().uploads;
  let silence: StorageError | undefined;
  let silences = 0;
  const forgotten = await ledger.listForgotten(db, graceSeconds, batch);
  await failpoint("sweep.listed");
  for (const upload of forgotten) {
    if (silences >= silencesMax) break;
    try {
      const arrival = await bringIn(storage, upload);
      silences = 0;
      await failpoint("sweep.looked");
      if (arrival === "stored") result.adopted += (await beginVerifying(db, [upload.id])).length;
      // Parts that are there wait for the rest as long as any upload may: the same file continues them.
      else if (arrival === "partly" && (await waitForRest(db, upload.id, ageSecondsMax))) result.waiting += 1;
      else if (await expire(db, upload.id)) result.expired += 1;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      // "unknown" is never "absent"; the next run asks again.
      result.unknown += 1;
      silence = error;
      if (error.code === "unavailable") silences += 1;
    }
  }
  // The same for all of them, or nearly: one is enough to act on.
  if (silence !== undefined)
    log("sweep").warn({ err: silence }, "the store did not say whether an upload has arrived");
  const revived = [
    ...(await ledger.reviveStale(db, queueSeconds, batch)),
    // What a command brought may wait for a day, and the queue leaves a dead worker its jobs for hours.
    ...(await ledger.reviveDropped(db, { seconds: leaseSeconds, queueSeconds, limit: batch })),
  ];
  // What merely waits keeps its place: to take another would put a whole long queue behind those who come now.
  await enqueueUploads(
    db,
    revived.filter((row) => !row.waits),
  );
  await failpoint("sweep.revived");
  const freed = await freeAbandoned(db);
  if (freed > 0) log("sweep").info({ freed }, "jobs of a worker that is gone are free again");
  result.revived = revived.length;
  if (Object.values(result).some((n) => n > 0)) log("sweep").info(result, "swept");
  return result;
}

async function expire(db: Db, id: string): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const row = await ledger.findUpload(tx, id);
    if (row === undefined) return false;
    await ledger.lockQuota(tx, row.ownerId);
    // Its browser may have come back since it was looked for, and renewed it.
    const expired = await ledger.closeForgotten(tx, id, settings().uploads.graceSeconds);
    if (expired === undefined) return false;
    await failpoint("sweep.expired");
    await ledger.settleQuota(tx, expired.ownerId, { reserved: -expired.bytes });
    // Of an upload whose bytes went away after they had been read, a worker that was ended may have written all but the row.
    await addPurges(tx, [...stagingPurges(expired, "expired"), ...finalPurges(expired, "expired")]);
    return true;
  });
}

/**
 * Looks through incoming/ for objects and parts older than any upload may be and asks for their removal (I-3, F-14,
 * F-15, F-32): a slow or replayed POST can leave one after its row was closed. Returns how many it found.
 */
export async function sweepIncoming(db: Db, storage: Storage, now: Date): Promise<number> {
  const oldest = now.getTime() - settings().uploads.ageSecondsMax * 1000;
  let found = 0;
  let page: string[] = [];
  const flush = async (): Promise<void> => {
    const loose = await ledger.withoutOpenUpload(db, page);
    const asked = await openPurgeKeys(db, loose);
    const fresh = loose.filter((key) => !asked.has(key));
    await addPurges(
      db,
      fresh.map((key) => ({ key, reason: "left in incoming" })),
    );
    found += fresh.length;
    page = [];
  };
  for await (const object of storage.list("incoming/")) {
    if (object.modified.getTime() > oldest || !isIncomingKey(object.key)) continue;
    page.push(object.key);
    if (page.length >= batch) await flush();
  }
  await flush();
  found += await abortLoose(db, storage, { now: now.getTime(), startedBefore: oldest });
  await forgetDonePurges(db, purgeDaysKept);
  await forgetTurns(db);
  return found;
}

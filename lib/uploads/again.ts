/** What was given up after three tries is verified once more, because somebody who runs the site wants it so. */
import { type Db, inTransaction } from "#db/client.ts";
import { callOffStaging } from "#db/queries/purges.ts";
import { findUpload, lockQuota, reopenGivenUp, settleQuota } from "#db/queries/uploads.ts";
import { TintypeError } from "../errors.ts";
import { failpoint } from "../failpoint.ts";
import { enqueueUploads } from "../jobs.ts";
import { canAdminister, type Viewer } from "../media.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { idShape } from "./asked.ts";
import { queueSeconds } from "./rules.ts";

/** Its owner's space is locked meanwhile, and other pictures of theirs would wait, and be given up, for a store that is silent. */
const patienceMs = 5_000;

async function isThere(storage: Storage, key: string, forMs: number): Promise<boolean> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => over.reject(new StorageError("unavailable", "The store does not say whether an upload is there.")),
    forMs,
  );
  try {
    return await Promise.race([storage.exists(key), over.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Takes an upload up again whose bytes are still there; they are for a day after they came. Throws unauthenticated,
 * forbidden, not_found when it was not given up or its bytes are gone, and StorageError when the store says nothing for
 * `forMs` milliseconds.
 */
export async function tryAgain(
  db: Db,
  storage: Storage,
  ask: { viewer: Viewer | undefined; id: string },
  forMs = patienceMs,
): Promise<void> {
  if (!canAdminister(ask.viewer))
    throw new TintypeError(ask.viewer === undefined ? "unauthenticated" : "forbidden");
  const { success } = idShape.safeParse({ id: ask.id });
  const upload = success ? await findUpload(db, ask.id) : undefined;
  if (upload?.rejectCode !== "internal" || !(await storage.exists(upload.stagingKey)))
    throw new TintypeError("not_found");
  await inTransaction(db, async (tx) => {
    await lockQuota(tx, upload.ownerId);
    const row = await reopenGivenUp(tx, upload.id, queueSeconds);
    // The row first, the purges then: a purge claims first and reads the row then.
    if (row === undefined || !(await callOffStaging(tx, row.stagingKey))) throw new TintypeError("not_found");
    // Once more: a purge may have come to its end since. From here on none begins.
    if (!(await isThere(storage, row.stagingKey, forMs))) throw new TintypeError("not_found");
    await settleQuota(tx, row.ownerId, { reserved: row.bytes });
    await enqueueUploads(tx, [row]);
    await failpoint("again.reopened");
  });
}

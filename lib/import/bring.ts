/** Rows and jobs of what the command line brings: the same ledger and the same job as an upload by a browser. */
import path from "node:path";
import { type Db, inTransaction } from "#db/client.ts";
import { type Brought, insertBrought } from "#db/queries/operator.ts";
import { lockQuota, settleQuota, startVerifying } from "#db/queries/uploads.ts";
import { enqueueUploads } from "../jobs.ts";
import type { RejectCode } from "../media.ts";
import { filenameShape } from "../uploads/asked.ts";

/**
 * How long what was brought may wait for a worker before the sweeper enqueues it again, ahead of its place: a whole
 * bucket takes hours, and is no reason to.
 */
const waitSeconds = 86_400;
/** How long bytes may be on their way before the sweeper looks for them. */
export const arriveSeconds = 3_600;

/** Refused for what the bytes are: the same bytes would be refused again. */
export const lastingRefusals: readonly RejectCode[] = [
  "not_an_image",
  "unsupported_type",
  "corrupt",
  "too_many_pixels",
  "too_many_frames",
  "too_much_metadata",
];

/** The last part of a path or key, as it may be shown; one of control characters alone gives way to a plain word. */
export const filenameFor = (place: string): string =>
  filenameShape.safeParse(path.posix.basename(place)).data ?? "picture";

export type BringResult = {
  rows: { id: string; stagingKey: string; bytes: number }[];
  /** Did not fit into what the owner may keep. */
  noRoom: Brought[];
};

/**
 * Reserves rows and space, in the order given. What is to be read where it lies (`inPlace`) is handed to the worker in
 * the same transaction; for everything else `arrived` does that. A key that is being verified already is left out.
 */
export async function bring(db: Db, ownerId: string, wanted: Brought[]): Promise<BringResult> {
  return inTransaction(db, async (tx) => {
    const quota = await lockQuota(tx, ownerId);
    let room =
      quota === undefined || quota.limitBytes === 0
        ? Number.POSITIVE_INFINITY
        : quota.limitBytes - quota.usedBytes - quota.reservedBytes;
    const fits = wanted.filter((one) => {
      if (one.bytes > room) return false;
      room -= one.bytes;
      return true;
    });
    const noRoom = wanted.filter((one) => !fits.includes(one));
    if (fits.length === 0) return { rows: [], noRoom };
    const rows = await insertBrought(tx, fits, arriveSeconds);
    await settleQuota(tx, ownerId, { reserved: rows.reduce((sum, row) => sum + row.bytes, 0) });
    const inPlace = new Set(fits.filter((one) => one.inPlace).map((one) => one.stagingKey));
    await verify(
      tx,
      rows.filter((row) => inPlace.has(row.stagingKey)).map((row) => row.id),
    );
    return { rows, noRoom };
  });
}

/** The bytes are in the bucket: issued → verifying and a job each. Missing: what someone else closed in between. */
export async function arrived(db: Db, ids: string[]): Promise<string[]> {
  return inTransaction(db, (tx) => verify(tx, ids));
}

async function verify(tx: Db, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const started = await startVerifying(tx, ids, waitSeconds);
  await enqueueUploads(tx, started);
  return started.map(({ id }) => id);
}

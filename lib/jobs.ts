/**
 * Hands work to the worker in the transaction that makes it necessary: both commit, or neither (DESIGN 6). The queue is
 * lanes; a lane is worked on only while those before it are empty, and within one those who wait take turns.
 */
import type { Db } from "#db/client.ts";
import { addJobs, freeDropped, type JobRow } from "#db/queries/jobs.ts";
import type { Verifying } from "#db/queries/uploads.ts";

export type JobPayloads = {
  /** Verify an upload and make a medium of it. */
  finalize: { uploadId: string };
  /** Make all renditions of a medium anew. */
  derive: { mediaId: string };
  /** Make a JPEG of a medium's full size, for a while. */
  full_jpeg: { mediaId: string };
};
export type JobName = keyof JobPayloads;

/** The queue's priorities; housekeeping is before all of them (worker/main.ts). */
const lanes = {
  /** Somebody waits for it with the browser open. */
  awaited: -5,
  /** What people send. */
  sent: 0,
  /** What commands bring and what is made anew: nobody looks at the clock. */
  later: 10,
} as const;

/** In whose name a job waits, and in which lane. A person's thousand jobs are one turn in each round, as another's three. */
export type Turn = { lane: keyof typeof lanes; name: string };

/** How often the queue itself tries again after a crash; the tasks have their own rules for expected failures. */
const attemptsMax = 10;

/** Enqueues one job per payload, in this order; `key` makes a waiting job unique. */
export async function enqueue<Name extends JobName>(
  db: Db,
  name: Name,
  turn: Turn,
  jobs: (Omit<JobRow, "payload"> & { payload: JobPayloads[Name] })[],
): Promise<void> {
  if (jobs.length > 0)
    await addJobs(db, name, jobs, { attemptsMax, priority: lanes[turn.lane], waiter: turn.name });
}

/** So many bytes weigh as much as the rest of a picture: who sends scans has fewer in a round than who sends snapshots. */
const bytesPerUnit = 4 * 1024 * 1024;

/** A guest is not the maker of the link: each waits for themselves. */
const turnOf = ({ ownerId, guestId, byOperator }: Verifying): Turn => ({
  lane: byOperator ? "later" : "sent",
  name: guestId ?? ownerId,
});

/** Enqueues the verification of uploads, each in the turn of who sent it. */
export async function enqueueUploads(db: Db, uploads: readonly Verifying[]): Promise<void> {
  const groups = Map.groupBy(uploads, (upload) => Object.values(turnOf(upload)).join(" "));
  for (const theirs of groups.values()) {
    const [first] = theirs;
    if (first === undefined) continue;
    const jobs = theirs.map(({ id, bytes }) => ({
      payload: { uploadId: id },
      key: `finalize:${id}`,
      cost: 1 + Math.floor(bytes / bytesPerUnit),
    }));
    await enqueue(db, "finalize", turnOf(first), jobs);
  }
}

export const deriveJob = (mediaId: string) => ({ payload: { mediaId }, key: `derive:${mediaId}` });
export const fullJpegJob = (mediaId: string) => ({ payload: { mediaId }, key: `full_jpeg:${mediaId}` });

/** So long a worker may say nothing of what it has taken. */
const silentSeconds = 120;

/** Frees what workers held that say nothing any more; uploads have leases of their own. How many. */
export const freeAbandoned = (db: Db): Promise<number> =>
  freeDropped(db, ["derive", "full_jpeg"], silentSeconds);

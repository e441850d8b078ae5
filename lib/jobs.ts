/** Hands work to the worker in the transaction that makes it necessary: both commit, or neither (DESIGN 6). */
import type { Db } from "#db/client.ts";
import { addJobs, type JobRow } from "#db/queries/jobs.ts";

export type JobPayloads = {
  /** Verify an upload and make a medium of it. */
  finalize: { uploadId: string };
  /** Make all renditions of a medium anew. */
  derive: { mediaId: string };
  /** Make a JPEG of a medium's full size, for a while. */
  full_jpeg: { mediaId: string };
};
export type JobName = keyof JobPayloads;

/** How often the queue itself tries again after a crash; the tasks have their own rules for expected failures. */
const attemptsMax = 10;

/** Enqueues one job per payload; `key` makes a waiting job unique. */
export async function enqueue<Name extends JobName>(
  db: Db,
  name: Name,
  jobs: (Omit<JobRow, "payload"> & { payload: JobPayloads[Name] })[],
): Promise<void> {
  if (jobs.length > 0) await addJobs(db, name, jobs, attemptsMax);
}

export const finalizeJob = (uploadId: string) => ({ payload: { uploadId }, key: `finalize:${uploadId}` });
export const deriveJob = (mediaId: string) => ({ payload: { mediaId }, key: `derive:${mediaId}` });
/** Ahead of uploads: somebody waits for it with the browser open. */
export const fullJpegJob = (mediaId: string) => ({
  payload: { mediaId },
  key: `full_jpeg:${mediaId}`,
  priority: -5,
});

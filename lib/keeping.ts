/** What administrators see of backups and of work that gave up, and how they have it tried again. */
import { lastComparison } from "#db/queries/comparisons.ts";
import * as rows from "#db/queries/reconcile.ts";
import { inBucket, isAhead, oldestFirst, timeOf } from "./backup/place.ts";
import type { Db } from "./database.ts";
import { settings } from "./env.ts";
import { TintypeError } from "./errors.ts";
import { canAdminister, type Viewer } from "./media.ts";
import { type Storage, StorageError } from "./storage/port.ts";

type Asked = { viewer: Viewer | undefined };
function check({ viewer }: Asked): void {
  if (!canAdminister(viewer)) throw new TintypeError(viewer === undefined ? "unauthenticated" : "forbidden");
}

/** Shown at most; the command line tells all. */
const shownMax = 20;
const workMax = 1_000;
/** A removal that fails for an hour, or this often, is worth a look. */
const late = { seconds: 3_600, attempts: 8, limit: workMax };
const hourMs = 3_600_000;

export type BackupFacts = {
  /** 0 when none are made by themselves. */
  everyHours: number;
  keep: number;
  count: number;
  bytes: number;
  newest: Date | undefined;
  /** Older than two intervals: something is in the way. */
  isLate: boolean;
};

/** `undefined` when the bucket does not say. Throws unauthenticated, forbidden. */
export async function backupFacts(storage: Storage, asked: Asked): Promise<BackupFacts | undefined> {
  check(asked);
  const { everyHours, keep } = settings().backups;
  try {
    const now = new Date();
    const whole = oldestFirst(await inBucket(storage).list(), now);
    const last = whole.at(-1);
    // Of one whose clock was ahead nobody can say how old it is.
    const newest = last === undefined || isAhead(last.name, now) ? undefined : timeOf(last.name);
    return {
      everyHours,
      keep,
      count: whole.length,
      bytes: whole.reduce((sum, one) => sum + one.bytes, 0),
      newest,
      isLate:
        everyHours > 0 &&
        last !== undefined &&
        (newest === undefined || now.getTime() - newest.getTime() > 2 * everyHours * hourMs),
    };
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

/** `findings` is how many things only one of the two has, or has otherwise. */
export type ComparisonFacts = { at: Date; objects: number; findings: number };

/** The last comparison of database and bucket that the worker made by itself. Throws unauthenticated, forbidden. */
export async function comparisonFacts(db: Db, asked: Asked): Promise<ComparisonFacts | undefined> {
  check(asked);
  const last = await lastComparison(db);
  if (last === undefined) return undefined;
  const findings = Object.values(last.findings).reduce((sum, n) => sum + n, 0);
  return { at: last.endedAt ?? last.beganAt, objects: last.objects, findings };
}

export type GivenUp = {
  /** How many there are, counted no further than a thousand. */
  count: number;
  /** The first of them. */
  shown: { id: string; task: string | undefined; attempts: number; reason: string; at: Date }[];
};

/** Jobs that have used up their tries, and removals that keep failing. Throws unauthenticated, forbidden. */
export async function givenUp(db: Db, asked: Asked): Promise<GivenUp> {
  check(asked);
  const [jobs, purges] = await Promise.all([rows.deadJobs(db, workMax), rows.latePurges(db, late)]);
  const all = [
    ...jobs.map((job) => ({
      id: job.id,
      task: job.task,
      attempts: job.attempts,
      reason: firstLine(job.lastError),
      at: job.at,
    })),
    ...purges.map((purge) => ({
      id: purge.id,
      task: undefined,
      attempts: purge.attempts,
      reason: firstLine(purge.lastError),
      at: purge.createdAt,
    })),
  ];
  return { count: all.length, shown: all.slice(0, shownMax) };
}

const firstLine = (text: string | null): string => (text ?? "").split("\n")[0]?.slice(0, 200) ?? "";

/** Gives all of them their tries again. Throws unauthenticated, forbidden. */
export async function tryAgain(db: Db, asked: Asked): Promise<number> {
  check(asked);
  const [jobs, purges] = await Promise.all([rows.deadJobs(db, workMax), rows.latePurges(db, late)]);
  const retried = await rows.retryJobs(
    db,
    jobs.map(({ id }) => id),
  );
  const hurried = await rows.hurryPurges(
    db,
    purges.map(({ id }) => id),
  );
  return retried + hurried;
}

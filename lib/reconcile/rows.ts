/** What the database alone can tell: rows that contradict one another, books that do not add up, work that gave up. */
import * as rows from "#db/queries/reconcile.ts";
import { settings } from "../env.ts";
import type { Finding, Remedy } from "./finding.ts";
import type { Scan } from "./scan.ts";

/** Of each kind, in one report. */
const rowsMax = 10_000;
/** A removal that has been due for this long is late: the worker tries every minute. */
const lateSeconds = 3_600;
const attemptsMany = 8;

const odd: Record<rows.OddKind, { note: string; remedy: Remedy }> = {
  ready_without_medium: {
    note: "An upload ended well, and its picture is not in the database.",
    remedy: "none",
  },
  verifying_for_long: {
    note: "An upload has been waiting for a worker for longer than an upload may take. Does one run?",
    remedy: "none",
  },
  forgotten_by_sweeper: {
    note: "An upload should have expired. Does a worker run?",
    remedy: "none",
  },
  trash_without_end: {
    note: "A picture is in the trash, and nothing says when it is to go.",
    remedy: "schedule",
  },
  no_renditions: { note: "A picture has no renditions at all.", remedy: "derive" },
};

export async function rowFindings(work: Scan): Promise<void> {
  const { db } = work;
  const tell = async (found: Finding[]): Promise<void> => {
    for (const finding of found) await work.onFinding(finding);
  };
  const { ageSecondsMax, graceSeconds } = settings().uploads;
  const strange = await rows.oddRows(db, { ageSeconds: ageSecondsMax, graceSeconds, limit: rowsMax });
  await tell(strange.map(({ id, what }) => ({ class: "impossible_row", id, ...odd[what] })));
  const drift = await rows.quotaDrift(db);
  await tell(
    drift.map((one) => ({
      class: "quota_drift",
      remedy: "recount",
      id: one.ownerId,
      note: `Used: ${one.used} bytes on the books, ${one.usedIs} by its pictures. Reserved: ${one.reserved}, ${one.reservedIs} by its uploads.`,
    })),
  );
  const late = await rows.latePurges(db, { seconds: lateSeconds, attempts: attemptsMany, limit: rowsMax });
  await tell(
    late.map((one) => ({
      class: "purge_overdue",
      remedy: "none",
      key: one.key,
      id: one.id,
      note: `To be removed since ${one.createdAt.toISOString()}, tried ${one.attempts} times${one.lastError === null ? "" : ` (${one.lastError})`}.`,
    })),
  );
  const dead = await rows.deadJobs(db, rowsMax);
  await tell(
    dead.map((one) => ({
      class: "dead_job",
      remedy: "retry",
      id: one.id,
      note: `${one.key ?? one.task} gave up after ${one.attempts} tries: ${(one.lastError ?? "no reason").split("\n")[0]}`,
    })),
  );
}

/** Comparisons that nobody has to think of: the worker asks every hour whether one is due, and changes nothing. */
import path from "node:path";
import type { Db } from "#db/client.ts";
import * as rows from "#db/queries/comparisons.ts";
import { oldestMedium } from "#db/queries/reconcile.ts";
import { required, settings } from "../env.ts";
import { log } from "../log.ts";
import type { Storage } from "../storage/port.ts";
import { readReport } from "./report.ts";
import { reconcile } from "./run.ts";

const hourSeconds = 3_600;
const weekSeconds = 7 * 24 * hourSeconds;
/** The worker asks at the same minute of every hour: a week is over a moment before it would be by the second. */
const everySeconds = weekSeconds - hourSeconds / 2;
/** Of a comparison that was not heard of for so long, its worker was ended. */
const silentSeconds = hourSeconds / 2;
/** Younger objects may be on their way. */
const ageSeconds = 24 * hourSeconds;

/**
 * Compares when the last time was a week ago, or, where there was none, when the oldest picture is a week old. What a
 * worker that was ended left half done is gone on with. True when one came to its end. Throws StorageError.
 */
export async function reconcileWhenDue(db: Db, storage: Storage, signal: AbortSignal): Promise<boolean> {
  const oldest = await oldestMedium(db);
  if (oldest === undefined || Date.now() - oldest.getTime() < everySeconds * 1000) return false;
  const beganAt = await rows.beginComparison(db, { everySeconds, silentSeconds });
  if (beganAt === undefined) return false;
  try {
    const { file, tally, complete } = await reconcile(db, storage, {
      bucket: required(settings().bucket, "S3_BUCKET"),
      // Not where the command keeps its own: neither goes on with the other's.
      folder: path.join(settings().dataFolder, "reconcile", "weekly"),
      ageSeconds,
      hashPercent: 0,
      fresh: false,
      signal,
      onProgress: () => void rows.touchComparison(db, beganAt).catch(() => {}),
    });
    if (!complete) {
      await rows.dropComparison(db, beganAt);
      return false;
    }
    const findings: Record<string, number> = {};
    for await (const finding of readReport(file))
      findings[finding.class] = (findings[finding.class] ?? 0) + 1;
    await rows.endComparison(db, beganAt, { objects: tally.objects, rows: tally.rows, findings });
    log("reconcile").info({ ...tally, findings }, "compared");
    return true;
  } catch (error) {
    await rows.dropComparison(db, beganAt).catch(() => {});
    throw error;
  }
}

/** The worker process: verifies uploads, makes renditions, sweeps and purges. Any number of them may run. */
import { Logger, parseCronItems, run } from "graphile-worker";
import pLimit from "p-limit";
import { z } from "zod";
import { backupWhenDue } from "../backup/schedule.ts";
import { forgetOldChanges } from "../bulk/change.ts";
import { database } from "../database.ts";
import { isDatabaseGone } from "../database-gone.ts";
import { required, settings } from "../env.ts";
import { startDecoders } from "../imaging/index.ts";
import { log } from "../log.ts";
import { fillPlaces } from "../places/fill.ts";
import { purge } from "../purge.ts";
import { reconcileWhenDue } from "../reconcile/schedule.ts";
import { fillSearchIndex, indexSearch } from "../search/fill.ts";
import { forgetVisits } from "../shares/visits.ts";
import { storage } from "../storage/current.ts";
import { type Budget, finalize } from "../uploads/finalize.ts";
import { forgetUploads } from "../uploads/forget.ts";
import { forgiveAll } from "../uploads/risk.ts";
import { leaseSeconds } from "../uploads/rules.ts";
import { sweep, sweepIncoming } from "../uploads/sweep.ts";
import { deriveAgain } from "./derive.ts";
import { makeFullJpeg } from "./full-jpeg.ts";
import { holding } from "./held.ts";
import { pixelRoom } from "./pixels.ts";
import { queueLog } from "./queue-log.ts";

const finalizeShape = z.object({ uploadId: z.uuid() });
const deriveShape = z.object({ mediaId: z.uuid() });

/** Originals held in memory at once, however many are in flight. */
const originalBytesMax = 512 * 1024 * 1024;

/**
 * So many pictures more are under way than are decoded at once: while they are read from the store or written to it, the
 * cores would be idle.
 */
const travelling = 2;

/** Ahead of pictures when a place comes free; what a run did not do, the next minute's does. */
const housekeeping = { backfillPeriod: 0, maxAttempts: 1, priority: -10 };

const logger = log("worker");

const writeQueueLine = queueLog(logger);
const queueLogger = new Logger(() => writeQueueLine);

async function main(): Promise<void> {
  const { db, sql } = database();
  const { concurrency, pixels: pixelsMax } = settings().worker;
  // a worker whose decoders cannot be locked down must not touch a stranger's bytes.
  await startDecoders(concurrency);
  const room = pixelRoom(pixelsMax);
  const decoding = pLimit(concurrency);
  const budget: Budget = {
    bytes: pixelRoom(originalBytesMax),
    pixels: (pixels, work) => decoding(() => room(pixels, work)),
  };
  const inFlight = pLimit(concurrency + travelling);
  const ending = new AbortController();
  await storage().probe();

  const runner = await run({
    connectionString: required(settings().databaseUrl, "DATABASE_URL"),
    // One more than pictures in flight: sweeping and purging do not take a picture's place.
    concurrency: concurrency + travelling + 1,
    logger: queueLogger,
    events: holding(db).events,
    noHandleSignals: true,
    // The next transaction may be another connection's, which has statements of these names already, or has not.
    noPreparedStatements: !settings().databasePrepare,
    pollInterval: 2_000,
    taskList: {
      finalize: async (payload) => {
        const { uploadId } = finalizeShape.parse(payload);
        await inFlight(() => finalize(db, storage(), uploadId, budget));
      },
      derive: async (payload) => {
        const { mediaId } = deriveShape.parse(payload);
        await inFlight(() => deriveAgain(db, storage(), mediaId, budget));
      },
      full_jpeg: async (payload) => {
        const { mediaId } = deriveShape.parse(payload);
        await inFlight(() => makeFullJpeg(db, storage(), mediaId, budget));
      },
      sweep: async () => {
        await sweep(db, storage());
      },
      sweep_incoming: async () => {
        await sweepIncoming(db, storage(), new Date());
      },
      purge: async () => {
        await purge(db, storage(), ending.signal);
      },
      fill_search: async () => {
        await fillPlaces(db, ending.signal);
        await fillSearchIndex(db, ending.signal);
      },
      index_search: async () => {
        await indexSearch(required(settings().databaseUrl, "DATABASE_URL"), ending.signal);
      },
      backup: async () => {
        await backupWhenDue(db, storage(), required(settings().databaseUrl, "DATABASE_URL"));
      },
      reconcile: async () => {
        await reconcileWhenDue(db, storage(), ending.signal);
      },
      forget_visits: async () => {
        await forgetVisits(db);
      },
      forget_uploads: async () => {
        await forgetUploads(db);
      },
      forget_changes: async () => {
        await forgetOldChanges(db);
      },
    },
    parsedCronItems: parseCronItems([
      { match: "* * * * *", task: "sweep", options: housekeeping },
      { match: "* * * * *", task: "purge", options: housekeeping },
      { match: "* * * * *", task: "fill_search", options: housekeeping },
      { match: "*/10 * * * *", task: "index_search", options: housekeeping },
      { match: "17 * * * *", task: "sweep_incoming", options: housekeeping },
      { match: "41 * * * *", task: "backup", options: housekeeping },
      { match: "7 * * * *", task: "reconcile", options: housekeeping },
      { match: "*/5 * * * *", task: "forget_changes", options: housekeeping },
      { match: "53 * * * *", task: "forget_visits", options: housekeeping },
      { match: "29 3 * * *", task: "forget_uploads", options: housekeeping },
    ]),
  });

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    logger.info("draining");
    ending.abort();
    // F-29: jobs under way finish; what does not is taken again when its lease ends.
    void forgiveAll(db);
    void runner
      .stop()
      .catch((error: unknown) => logger.error({ err: error }, "stopping the queue failed"))
      .then(() => sql.end({ timeout: 2 }))
      .then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  // Both drivers lose some failures of connections, and then nobody knows what else they lost: this process ends, and is
  // started again. But that is the database's fault, and no picture's that was being decoded (F-11).
  process.on("unhandledRejection", (error) => {
    logger.fatal({ err: error }, "the worker ends");
    void (isDatabaseGone(error) ? forgiveAll(db) : Promise.resolve()).finally(() => process.exit(1));
  });
  // What a killed predecessor held is free again soon after; waiting for the next minute would double that.
  await runner.addJob(
    "sweep",
    {},
    { runAt: new Date(Date.now() + (leaseSeconds + 5) * 1000), jobKey: "sweep at start", maxAttempts: 1 },
  );
  await runner.addJob("fill_search", {}, { jobKey: "fill_search at start", maxAttempts: 1 });
  await runner.addJob("index_search", {}, { jobKey: "index_search at start", maxAttempts: 1 });
  process.send?.("ready");
  logger.info({ concurrency }, "ready");
  await runner.promise;
}

main().catch((error: unknown) => {
  logger.fatal({ err: error }, "the worker cannot start");
  process.stderr.write(
    `The worker cannot start: ${error instanceof Error ? error.message : "unknown reason"}\n`,
  );
  process.exit(1);
});

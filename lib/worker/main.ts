/** The worker process: verifies uploads, makes renditions, sweeps and purges. Any number of them may run. */
import { Logger, parseCronItems, run } from "graphile-worker";
import { z } from "zod";
import { database } from "../database.ts";
import { required, settings } from "../env.ts";
import { lockDown } from "../imaging/index.ts";
import { log } from "../log.ts";
import { purge } from "../purge.ts";
import { storage } from "../storage/current.ts";
import { finalize, type PixelBudget } from "../uploads/finalize.ts";
import { sweep, sweepIncoming } from "../uploads/sweep.ts";
import { withDeadline } from "./deadline.ts";
import { deriveAgain } from "./derive.ts";
import { pixelRoom } from "./pixels.ts";
import { queueLog } from "./queue-log.ts";

const finalizeShape = z.object({ uploadId: z.uuid() });
const deriveShape = z.object({ mediaId: z.uuid() });

const logger = log("worker");

const writeQueueLine = queueLog(logger);
const queueLogger = new Logger(() => writeQueueLine);

async function main(): Promise<void> {
  // a worker whose decoders cannot be locked down must not touch a stranger's bytes.
  await lockDown();
  const { db, sql } = database();
  const room = pixelRoom(settings().worker.pixels);
  const budget: PixelBudget = (pixels, work) =>
    room(pixels, () =>
      withDeadline(work, () => {
        logger.fatal("a picture does not end: this worker gives up and is started again");
        process.exit(1);
      }),
    );
  await storage().probe();

  const runner = await run({
    connectionString: required(settings().databaseUrl, "DATABASE_URL"),
    concurrency: settings().worker.concurrency,
    logger: queueLogger,
    noHandleSignals: true,
    pollInterval: 2_000,
    taskList: {
      finalize: async (payload) => {
        await finalize(db, storage(), finalizeShape.parse(payload).uploadId, budget);
      },
      derive: async (payload) => {
        await deriveAgain(db, storage(), deriveShape.parse(payload).mediaId, budget);
      },
      sweep: async () => {
        await sweep(db, storage());
      },
      sweep_incoming: async () => {
        await sweepIncoming(db, storage(), new Date());
      },
      purge: async () => {
        await purge(db, storage());
      },
    },
    parsedCronItems: parseCronItems([
      { match: "* * * * *", task: "sweep", options: { backfillPeriod: 0, maxAttempts: 1 } },
      { match: "* * * * *", task: "purge", options: { backfillPeriod: 0, maxAttempts: 1 } },
      { match: "17 * * * *", task: "sweep_incoming", options: { backfillPeriod: 0, maxAttempts: 1 } },
    ]),
  });

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    logger.info("draining");
    // F-29: jobs under way finish; what does not is taken again when its lease ends.
    void runner
      .stop()
      .catch((error: unknown) => logger.error({ err: error }, "stopping the queue failed"))
      .then(() => sql.end({ timeout: 2 }))
      .then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.send?.("ready");
  logger.info({ concurrency: settings().worker.concurrency }, "ready");
  await runner.promise;
}

main().catch((error: unknown) => {
  logger.fatal({ err: error }, "the worker cannot start");
  process.stderr.write(
    `The worker cannot start: ${error instanceof Error ? error.message : "unknown reason"}\n`,
  );
  process.exit(1);
});

/**
 * The database, the bucket and the settings for a command that is not `start`: those of a running Tintype, or its own
 * for a while.
 */
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { database } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import { parseSettings, type Settings } from "#lib/env.ts";
import { type DataFolder, dataFolder, loadSecrets, openDataFolder } from "./data-folder.ts";
import { refuseSilentDatabase } from "./database.ts";
import { completeEnvironment } from "./environment.ts";
import { type Lock, tryLock } from "./lock.ts";
import { openLogFile } from "./log-file.ts";
import { startPostgres } from "./postgres.ts";
import { Refusal } from "./refusal.ts";
import { type Run, readRun, removeRun } from "./run-file.ts";

const patienceMs = 60_000;
const pollMs = 100;

/**
 * Completes process.env for a command that needs the database, starting the built-in one for its duration when
 * Tintype is not running. The answer ends what was started. Throws Refusal.
 */
export async function withDatabase(): Promise<() => Promise<void>> {
  const settings = parseSettings(process.env);
  const folder = await openDataFolder(settings.dataFolder);
  if (settings.databaseUrl !== undefined) {
    await refuseSilentDatabase(settings.databaseUrl);
    await complete(settings, folder, undefined);
    await migrate(settings.databaseUrl);
    return closePool;
  }
  const owner = await lockOrRun(folder);
  if ("environment" in owner) {
    Object.assign(process.env, owner.environment);
    return closePool;
  }
  const log = openLogFile(path.join(folder.logs, "postgres.log"));
  const secrets = await loadSecrets(folder);
  const server = await startPostgres({
    folder: folder.postgres,
    password: secrets.postgresPassword,
    onLog: (line) => log.write(line),
  });
  const end = async (): Promise<void> => {
    await closePool();
    await server.stop();
    log.close();
    owner.release();
  };
  try {
    await complete(settings, folder, server.url);
    await migrate(server.url);
    return end;
  } catch (error) {
    await end();
    throw error;
  }
}

/** The command's own connections would keep the process alive. */
async function closePool(): Promise<void> {
  await database().sql.end({ timeout: 2 });
}

/** Once completed, the settings of the built-in store look like those of any bucket. */
let isBuiltIn = false;

/**
 * Completes process.env for a command that needs the bucket, serving the built-in store for its duration when nobody
 * else does. The answer ends what was started. Goes together with withDatabase in any order. Throws Refusal.
 */
export async function withBucket(): Promise<() => Promise<void>> {
  const settings = parseSettings(process.env);
  if (settings.bucket !== undefined && !isBuiltIn) return async () => {};
  const folder = await openDataFolder(settings.dataFolder);
  const owner = await lockOrRun(folder);
  if ("environment" in owner) {
    Object.assign(process.env, owner.environment);
    return async () => {};
  }
  try {
    await complete(settings, folder, undefined);
    // Loads the SDK, which commands on the database alone do without.
    const { serveStore } = await import("./store-for-a-while.ts");
    const stop = await serveStore(folder);
    return async () => {
      await stop();
      owner.release();
    };
  } catch (error) {
    owner.release();
    throw error;
  }
}

/** How often this process has the folder's lock: withDatabase and withBucket share it. */
let holds = 0;
let held: Lock | undefined;

function hold(file: string): Lock | undefined {
  held ??= tryLock(file);
  if (held === undefined) return undefined;
  holds += 1;
  return {
    release() {
      holds -= 1;
      if (holds > 0) return;
      held?.release();
      held = undefined;
    },
  };
}

/** Either nobody has the folder and we do now, or a Tintype runs on it and tells where everything is. */
async function lockOrRun(folder: DataFolder): Promise<Lock | Run> {
  const start = Date.now();
  for (;;) {
    const lock = hold(folder.lock);
    if (lock !== undefined) {
      // Of a Tintype that was killed: others would look for its database, and wait for its worker.
      await removeRun(folder);
      return lock;
    }
    const run = await readRun(folder);
    if (run?.state === "running") return run;
    if (Date.now() - start > patienceMs)
      throw new Refusal(
        `Another tintype command has been using ${folder.root} for a minute. Wait for it to end.`,
      );
    await wait(pollMs);
  }
}

async function complete(
  settings: Settings,
  folder: DataFolder,
  databaseUrl: string | undefined,
): Promise<void> {
  if (settings.bucket === undefined) isBuiltIn = true;
  Object.assign(
    process.env,
    completeEnvironment(settings, await loadSecrets(folder), databaseUrl, process.env),
  );
}

/** Completes process.env for one more web or worker process. Throws Refusal when there is nothing to join. */
export async function joinServices(): Promise<void> {
  const settings = parseSettings(process.env);
  if (settings.databaseUrl !== undefined && settings.bucket !== undefined) {
    await complete(settings, await openDataFolder(settings.dataFolder), undefined);
    return;
  }
  const run = await readRun(dataFolder(settings.dataFolder));
  if (run?.state !== "running")
    throw new Refusal(
      "This needs a database and a bucket: set DATABASE_URL and S3_BUCKET, or start Tintype on this machine first (npm start).",
    );
  const { PORT, HOST } = process.env;
  Object.assign(
    process.env,
    run.environment,
    PORT === undefined ? {} : { PORT },
    HOST === undefined ? {} : { HOST },
  );
}

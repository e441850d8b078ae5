/**
 * `tintype start`: everything an installation needs, under one supervisor. What was started is stopped again when a
 * later step fails; the order of stopping is the reverse of who uses whom.
 */
import path from "node:path";
import { connect, type Db } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import { parseSettings, type Settings } from "#lib/env.ts";
import { buildId } from "#lib/static/built.ts";
import { checkStatic } from "#lib/static/check.ts";
import { storeEnvironment } from "#lib/storage/embedded/memory.ts";
// A small young generation keeps the start from taking a third more memory than the site ever needs; the memory reducer
// would walk the whole heap after every burst of requests.
import v8Flags from "../../bin/v8-flags.json" with { type: "json" };
import { until } from "./alive.ts";
import { prepareBucket } from "./bucket.ts";
import { build, isBuilt } from "./build.ts";
import { buildFolder } from "./build-folder.ts";
import { claim } from "./claim.ts";
import { type DataFolder, loadSecrets, openDataFolder, type Secrets } from "./data-folder.ts";
import { refuseSilentDatabase } from "./database.ts";
import { completeEnvironment, type Environment, publicStoreUrl } from "./environment.ts";
import { Life } from "./life.ts";
import { openLogFile } from "./log-file.ts";
import { startPart } from "./part.ts";
import { refuseTakenPort } from "./ports.ts";
import { startPostgres } from "./postgres.ts";
import { Refusal } from "./refusal.ts";
import { readRun, removeHalves, removeRun, writeRun } from "./run-file.ts";
import { startSamples } from "./sample.ts";
import type { Terminal } from "./terminal.ts";

const project = path.join(import.meta.dirname, "..", "..");
/** Processes of a start that was killed let go of their ports within this time. */
const leftoverMs = 8_000;

export type StartOptions = {
  /** Files run as the web, worker and store process. */
  programs: { web: string; worker: string; store: string };
  /** False when something else has built the pages. */
  build: boolean;
  /** Fill an empty gallery with sample pictures. */
  sample?: boolean;
  /** The one-time link for the first account while there is no owner. */
  setupLink: (db: Db) => Promise<string | undefined>;
  terminal: Terminal;
};

export const ownPrograms: StartOptions["programs"] = {
  web: path.join(project, "app", "_server", "main.ts"),
  worker: path.join(project, "lib", "worker", "main.ts"),
  store: path.join(project, "lib", "storage", "embedded", "main.ts"),
};

/**
 * Runs until it is told to stop or something is lost for good; the exit code. Refusals come back as code 1; throws
 * SettingsError before anything is begun.
 */
export async function start(options: StartOptions): Promise<number> {
  const settings = parseSettings(process.env);
  const life = new Life(options.terminal);
  try {
    if (settings.bucket === undefined) publicStoreUrl(settings, process.env.S3_PUBLIC_ENDPOINT);
    const folder = await openDataFolder(settings.dataFolder);
    const lock = await claim(folder);
    life.add({ level: -1, stop: async () => lock.release() });
    await removeHalves(folder);
    await refuseTakenPorts(settings, folder);
    const environment = await bringUp(options, settings, folder, life);
    await welcome(options, settings, environment);
    if (options.sample === true) startSamples(life, folder.logs);
    await life.over;
  } catch (error) {
    if (error instanceof Refusal) life.lose(error.message);
    else if (!life.ending) {
      await life.stop();
      throw error;
    }
  }
  await life.stop();
  return life.exitCode;
}

async function refuseTakenPorts(settings: Settings, folder: DataFolder): Promise<void> {
  const leftover = (await readRun(folder)) !== undefined;
  const check = async (): Promise<void> => {
    await refuseTakenPort(settings.host, settings.port, "PORT", "HOST");
    if (settings.bucket === undefined)
      await refuseTakenPort(
        settings.storeHost,
        settings.storePort,
        "TINTYPE_STORE_PORT",
        "TINTYPE_STORE_HOST",
      );
  };
  if (settings.bucket === undefined && settings.port === settings.storePort)
    throw new Refusal(
      `PORT and TINTYPE_STORE_PORT are both ${settings.port}: the store needs a port of its own.`,
    );
  if (leftover)
    await until(
      () =>
        check().then(
          () => true,
          () => false,
        ),
      leftoverMs,
    );
  await check();
}

/** Every step in its order; each adds to `life` what has to be stopped again. */
async function bringUp(
  options: StartOptions,
  settings: Settings,
  folder: DataFolder,
  life: Life,
): Promise<Environment> {
  const { terminal } = options;
  const secrets = await loadSecrets(folder);
  const databaseUrl = await terminal.step(
    settings.databaseUrl === undefined ? "Built-in Postgres" : "Database",
    () => openDatabase(settings, folder, secrets, life),
  );
  const environment = completeEnvironment(settings, secrets, databaseUrl, process.env);
  // From here on this process, too, sees what its children see.
  Object.assign(process.env, environment);
  const complete = parseSettings(process.env);
  const run = {
    pid: process.pid,
    appUrl: settings.appUrl,
    build: buildFolder(process.env),
    environment,
  };
  await writeRun(folder, { ...run, state: "starting" });
  life.onEnding = () => writeRun(folder, { ...run, state: "stopping" });
  life.add({ level: 0, stop: () => removeRun(folder) });
  life.check();

  await terminal.step("Tables", () => migrate(complete.databaseUrl ?? ""));
  life.check();
  if (settings.bucket === undefined)
    await terminal.step("Built-in store", () =>
      runPart("store", options.programs.store, folder, life, storeEnvironment),
    );
  const { bucket } = complete;
  if (bucket !== undefined)
    await terminal.step("Bucket", async () => {
      for (const note of await prepareBucket(bucket, new URL(settings.appUrl).origin)) terminal.trouble(note);
    });
  life.check();
  if (options.build && !(await isBuilt(process.env))) {
    terminal.line("  Building the pages: once after every change, about a minute …");
    await terminal.step("Pages", () => build(process.env, life.signal));
  }
  life.check();
  await terminal.step("Web and worker", async () => {
    await Promise.all([
      runPart("web", options.programs.web, folder, life, {}),
      // glibc keeps an arena a thread otherwise, and libvips' buffers never go back to the system.
      runPart("worker", options.programs.worker, folder, life, { MALLOC_ARENA_MAX: "1" }),
    ]);
  });
  await writeRun(folder, { ...run, state: "running" });
  if (options.build) await tellOfStatic(complete.staticUrl, terminal);
  return environment;
}

/** Pages whose scripts are elsewhere are shown, and nothing in them works. */
async function tellOfStatic(staticUrl: string | undefined, terminal: Terminal): Promise<void> {
  if (staticUrl === undefined) return;
  const folder = buildFolder(process.env);
  const problem = await checkStatic(staticUrl, { folder, id: await buildId(folder) });
  if (problem !== undefined) terminal.trouble(`The pages will not work in browsers: ${problem}`);
}

async function openDatabase(
  settings: Settings,
  folder: DataFolder,
  secrets: Secrets,
  life: Life,
): Promise<string | undefined> {
  if (settings.databaseUrl !== undefined) {
    await refuseSilentDatabase(settings.databaseUrl);
    return undefined;
  }
  const log = openLogFile(path.join(folder.logs, "postgres.log"));
  const server = await startPostgres({
    folder: folder.postgres,
    password: secrets.postgresPassword,
    onLog: (line) => log.write(line),
  });
  life.add({ level: 1, stop: () => server.stop() });
  server.ended.then(() =>
    life.lose(`Postgres ended by itself. The reason is at the end of ${folder.logs}/postgres.log.`),
  );
  return server.url;
}

async function runPart(
  name: "web" | "worker" | "store",
  program: string,
  folder: DataFolder,
  life: Life,
  more: Environment,
): Promise<void> {
  const part = startPart({
    name,
    program,
    flags: name === "store" ? [] : v8Flags[name],
    environment: {
      ...process.env,
      // Keeps what Node compiled: a later start takes a third less CPU, and no part holds the TypeScript reader.
      NODE_COMPILE_CACHE: path.join(import.meta.dirname, "..", "..", "node_modules", ".cache", "compiled"),
      ...more,
    },
    logs: folder.logs,
    onTrouble: (sentence) => life.terminal.trouble(sentence),
    onLost: (sentence) => life.lose(sentence),
  });
  life.add({ level: name === "store" ? 2 : 3, stop: () => part.stop(), kill: () => part.kill() });
  await life.orStopped(part.ready);
}

async function welcome(options: StartOptions, settings: Settings, environment: Environment): Promise<void> {
  const { db, sql } = connect(environment.DATABASE_URL ?? settings.databaseUrl ?? "", {
    max: 1,
    prepare: settings.databasePrepare,
  });
  const link = await options.setupLink(db).finally(() => sql.end());
  const { terminal } = options;
  terminal.line();
  terminal.line(`  Tintype is ready at ${settings.appUrl}`);
  if (link !== undefined)
    terminal.line(`  There is no account yet. Make yours here, the link works once:\n  ${link}`);
  if (options.sample === true && link !== undefined)
    terminal.line("  Sample pictures come in as soon as there is an account.");
  terminal.line(`  Everything is kept in ${settings.dataFolder}. Ctrl-C stops it.`);
}

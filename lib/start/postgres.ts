/**
 * The built-in Postgres: a real server from npm on loopback, in a folder of its own. Its programs are run directly
 * and not through the package's class, which leaves the server behind when this process is killed, keeps a
 * signal-sensitive child in our terminal's process group, and tells no reason when a start fails.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import postgres from "postgres";
import { commandOf, isAlive, until } from "./alive.ts";
import { type Account, closedFolder, postgresAccount } from "./postgres-account.ts";
import { type Binaries, postgresBinaries } from "./postgres-binaries.ts";
import { Refusal } from "./refusal.ts";

const superuser = "tintype";
const database = "tintype";
const major = "18";
/** macOS has no C.UTF-8 in every version; without a UTF-8 LC_CTYPE trigrams of Korean words are empty, silently. */
const letters = process.platform === "darwin" ? "en_US.UTF-8" : "C.UTF-8";
const fastShutdownMs = 20_000;

const initdbFlags = [
  "--encoding=UTF8",
  // Sorted by code point from inside Postgres: an upgrade of the system's locale library corrupts no index.
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  "--locale=C",
  `--lc-ctype=${letters}`,
  "--auth=scram-sha-256",
  `--username=${superuser}`,
];

const serverSettings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  shared_buffers: "64MB",
  max_wal_size: "512MB",
  // Compiling a plan takes longer than any query of a gallery.
  jit: "off",
  log_min_messages: "warning",
};
/** For folders that are thrown away: nothing needs to survive a power cut. */
const throwawaySettings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  autovacuum: "off",
};

export type PostgresOptions = {
  /** Made when absent. Its parent must exist. */
  folder: string;
  password: string;
  /** Fast and unsafe, and removed with its folder as soon as this process is gone. */
  throwaway?: boolean;
  /** One line of the server's own log. */
  onLog?: (line: string) => void;
};

export type RunningPostgres = {
  url: string;
  pid: number;
  /** Settles when the server ended, asked or not. */
  ended: Promise<void>;
  /** Fast shutdown: sessions are ended, everything acknowledged is on disk. */
  stop(): Promise<void>;
  /** Lets this process end although the server runs; the server is stopped then. */
  unref(): void;
};

/**
 * Starts the server, making its folder first when there is none, and stops one that an earlier process left behind.
 * Throws Refusal with a sentence when it cannot run here.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const folder = path.resolve(options.folder);
  const account = await postgresAccount();
  await mkdir(path.dirname(folder), { recursive: true });
  await refuseClosedFolder(folder, account);
  const binaries = await postgresBinaries(account, `${folder}-programs`);
  await refuseOtherVersion(folder);
  await makeFolder(folder, options.password, binaries, account);
  await stopLeftover(folder);
  const server = await launch(folder, binaries, account, options);
  try {
    await makeDatabase(server.url);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...server, url: `${server.url}/${database}` };
}

async function refuseClosedFolder(folder: string, account: Account | undefined): Promise<void> {
  if (account === undefined) return;
  const closed = await closedFolder(path.dirname(folder), account);
  if (closed !== undefined)
    throw new Refusal(
      `Postgres does not run as root, and its own user "postgres" may not enter ${closed}. Set TINTYPE_DATA to a folder outside ${closed}, for example TINTYPE_DATA=/var/lib/tintype, or start Tintype as an ordinary user.`,
    );
}

async function refuseOtherVersion(folder: string): Promise<void> {
  const text = (await readFile(path.join(folder, "PG_VERSION"), "utf8").catch(() => major)).trim();
  if (text !== major)
    throw new Refusal(
      `The database in ${folder} was made by Postgres ${text}, and this version of Tintype brings Postgres ${major}.`,
    );
}

/** Made beside its place and renamed at the end: a start killed half-way leaves nothing that looks finished. */
async function makeFolder(
  folder: string,
  password: string,
  binaries: Binaries,
  account: Account | undefined,
): Promise<void> {
  if (await exists(folder)) return;
  const half = `${folder}.new`;
  const passwordFile = `${folder}.password`;
  await rm(half, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  try {
    await mkdir(half, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account !== undefined)
      for (const name of [half, passwordFile]) await chown(name, account.uid, account.gid);
    const child = spawn(
      binaries.initdb,
      [`--pgdata=${half}`, `--pwfile=${passwordFile}`, "--no-instructions", ...initdbFlags],
      { ...account, cwd: path.dirname(folder), env: serverEnvironment(), stdio: ["ignore", "pipe", "pipe"] },
    );
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => output.push(text));
    const code = await exitCode(child);
    if (code !== 0)
      throw new Refusal(`Postgres could not make its folder ${folder}: ${lastLine(output.join(""))}`);
    await rename(half, folder);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(half, { recursive: true, force: true });
  }
}

/** A server that outlived its supervisor. Two servers on one folder would destroy it, so this one has to go first. */
async function stopLeftover(folder: string): Promise<void> {
  const file = path.join(folder, "postmaster.pid");
  const pid = await postmasterPid(folder);
  if (pid === undefined) return;
  const gone = async (): Promise<boolean> => !(await isAlive(pid));
  if (await gone()) return;
  const command = await commandOf(pid);
  if (!/\bpostgres\b/.test(command) || !command.includes(folder)) {
    // The number belongs to another program since a restart of the machine; Postgres would refuse to start.
    await rm(file);
    return;
  }
  process.kill(pid, "SIGINT");
  if (await until(gone, fastShutdownMs)) return;
  process.kill(pid, "SIGQUIT");
  if (await until(gone, fastShutdownMs)) return;
  throw new Refusal(`Postgres (process ${pid}) still runs on ${folder} and does not stop.`);
}

async function postmasterPid(folder: string): Promise<number | undefined> {
  const text = await readFile(path.join(folder, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

async function launch(
  folder: string,
  binaries: Binaries,
  account: Account | undefined,
  options: PostgresOptions,
): Promise<RunningPostgres> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const log: string[] = [];
    const child = spawnServer(folder, port, binaries, account, options.throwaway === true);
    const watch =
      child.pid === undefined ? undefined : spawnWatch(child.pid, folder, options.throwaway === true);
    const ended = exitCode(child).then(() => {
      // For a folder to throw away the watch goes on and removes it; otherwise there is nothing left to watch.
      if (options.throwaway === true) watch?.stdin?.end();
      else watch?.kill("SIGKILL");
    });
    const ready = new Promise<boolean>((resolve) => {
      let rest = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          log.push(line);
          if (log.length > 20) log.shift();
          options.onLog?.(line);
          if (line.includes("database system is ready to accept connections")) resolve(true);
        }
      });
      ended.then(() => resolve(false));
    });
    if (watch !== undefined && child.pid !== undefined && (await ready))
      return {
        url: `postgres://${superuser}:${encodeURIComponent(options.password)}@127.0.0.1:${port}`,
        pid: child.pid,
        ended,
        stop: () => stopServer(child, ended),
        unref: () => unrefAll(child, watch),
      };
    const portTaken = log.some((line) => line.includes("could not bind"));
    if (!portTaken || attempt === 5)
      throw new Refusal(`Postgres did not start on ${folder}: ${lastLine(log.join("\n"))}`);
  }
}

function spawnServer(
  folder: string,
  port: number,
  binaries: Binaries,
  account: Account | undefined,
  throwaway: boolean,
): ChildProcess {
  const settings = { ...serverSettings, ...(throwaway ? throwawaySettings : {}), port: String(port) };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return spawn(binaries.postgres, ["-D", folder, ...flags], {
    ...account,
    cwd: folder,
    env: serverEnvironment(),
    // Its own session: Ctrl-C in the terminal must not stop the database before those who use it.
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
}

/**
 * Stops the server when this process ends without doing so, kill -9 included: the pipe it reads from closes with us.
 * The number is compared with postmaster.pid, so that a recycled one is never signalled.
 */
function spawnWatch(pid: number, folder: string, throwaway: boolean): ChildProcess {
  const program = `
    trap '' INT TERM HUP
    read -r _
    [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -"$3" "$1"
    [ "$3" = QUIT ] || exit 0
    n=0; while [ -e "$2/postmaster.pid" ] && kill -0 "$1" 2>/dev/null && [ $n -lt 50 ]; do n=$((n+1)); sleep 0.1; done
    rm -rf "$2"`;
  return spawn("/bin/sh", ["-c", program, "sh", String(pid), folder, throwaway ? "QUIT" : "INT"], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
}

async function stopServer(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGINT");
  const late = setTimeout(() => child.kill("SIGQUIT"), fastShutdownMs);
  await ended;
  clearTimeout(late);
}

function unrefAll(...children: ChildProcess[]): void {
  for (const child of children) {
    child.unref();
    for (const stream of [child.stdin, child.stderr])
      if (stream !== null && "unref" in stream && typeof stream.unref === "function") stream.unref();
  }
}

async function makeDatabase(url: string): Promise<void> {
  const sql = postgres(`${url}/postgres`, { max: 1, onnotice: () => {} });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${database}`;
    if (found === undefined) await sql.unsafe(`create database ${database}`);
  } finally {
    await sql.end();
  }
}

/** Nothing of ours reaches the server: PG* variables of the person's shell would change what it does. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { NODE_ENV: "production", PATH: process.env.PATH, LC_MESSAGES: "C", LANG: letters, TZ: "UTC" };
}

/** Any port that is free at this moment, on loopback. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("A TCP server without a port.");
  return address.port;
}

const exitCode = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", (code) => resolve(code));
  });

const exists = (name: string): Promise<boolean> =>
  access(name).then(
    () => true,
    () => false,
  );

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "it gave no reason.";

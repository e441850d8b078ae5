/** A whole installation whose parts can be hurt one by one: Postgres, store, web, two workers, and the wires between. */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import postgres from "postgres";
import { migrate } from "#db/migrate.ts";
import { parseSettings } from "#lib/env.ts";
import { freePort, type RunningPostgres, startPostgres } from "#lib/start/postgres.ts";
import { openStorage } from "#lib/storage/s3.ts";
import { HttpProxy } from "./http-proxy.ts";
import { Part, project } from "./part.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const bucket = "tintype";
const region = "ap-northeast-2";

const startsMax = 5;
/** A command that takes longer hangs. */
const commandMsMax = 120_000;

const portOf = (url: string): number => Number(new URL(url).port);

/** `role`: a member, when nothing is said. */
export type Account = { email: string; password: string; name: string; role?: "admin" | "member" };

/** Postgres, killed and started again on the same folder, each time at another port. */
export class Database {
  #folder: string;
  #password = randomBytes(12).toString("hex");
  #running: RunningPostgres | undefined;
  readonly lines: string[] = [];
  onStart: (port: number) => void = () => {};

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined while it does not run. */
  get url(): string | undefined {
    return this.#running?.url;
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    for (let tries = 1; ; tries++)
      try {
        this.#running = await startPostgres({
          folder: this.#folder,
          password: this.#password,
          onLog: (line) => {
            this.lines.push(line);
            if (this.lines.length > 200) this.lines.shift();
          },
        });
        break;
      } catch (error) {
        // The killed server's own children hold its memory until they have noticed.
        if (tries === 20) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    this.onStart(portOf(this.#running.url));
  }

  async kill(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    process.kill(running.pid, "SIGKILL");
    await running.ended;
    this.#running = undefined;
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#running === undefined) return;
    const { pid } = this.#running;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    for (const one of [pid, ...children.filter((text) => text !== "").map(Number)])
      try {
        process.kill(one, signal);
      } catch (error) {
        // A connection that ended meanwhile.
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      }
  }

  pause(): void {
    this.#signal("SIGSTOP");
  }

  resume(): void {
    this.#signal("SIGCONT");
  }
}

export type Place = {
  origin: string;
  /** Of its own, gone with it. */
  folder: string;
  database: Database;
  store: Part;
  web: Part;
  workers: Part[];
  /** To Postgres, one for the web process and one for each worker. */
  wires: { web: TcpProxy; workers: TcpProxy[] };
  /** To the store: from the web process, from both workers, from browsers. */
  doors: { web: HttpProxy; worker: HttpProxy; browsers: HttpProxy };
  /** Past every proxy, for who judges. */
  direct: {
    databaseUrl(): string | undefined;
    endpoint: string;
    bucket: string;
    region: string;
    keys: Keys;
    /** What cookies are signed with. */
    secret: string;
  };
  addUser(account: Account): Promise<void>;
  /** A new link through which guests send to this person, or one to an album of theirs. */
  link(account: Account, albumId?: string): Promise<{ id: string; token: string }>;
  /** A command of who runs the site, on the web process's wire and door, or past them. */
  command(args: string[], how?: CommandHow): Promise<Ran>;
  /** How files travel from now on; the web process is started again when that was another way. */
  travelBy(transport: "post" | "put"): Promise<void>;
  /** Everything runs, every wire is whole, every clock is right. */
  heal(): Promise<void>;
  close(): Promise<void>;
};
export type CommandHow = {
  straight?: boolean;
  killAfterMs?: number | undefined;
  clockMs?: number;
  databaseUrl?: string | undefined;
};
export type Ran = { code: number | null; out: string; told: string };
export type Keys = { accessKeyId: string; secretAccessKey: string };

export type PlaceOptions = {
  /** Settings that differ from those of the schedules. */
  settings?: Record<string, string>;
  /** No proxies between anything: they are for faults, and cost what is to be measured. */
  straight?: boolean;
};

function runCommand(
  args: string[],
  env: NodeJS.ProcessEnv,
  killAfterMs: number | undefined,
  input = "",
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { env, cwd: project, timeout: killAfterMs ?? commandMsMax, killSignal: "SIGKILL" },
      (error, out, told) =>
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, out, told }),
    );
    // It may be over before it has read anything.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

export async function openPlace({
  settings = {},
  straight: isStraight = false,
}: PlaceOptions = {}): Promise<Place> {
  // Not mkdtemp: Postgres runs as a user of its own, which could not enter a folder of mode 0700.
  const folder = path.join(tmpdir(), `tintype-faults-${process.pid}-${randomBytes(4).toString("hex")}`);
  await mkdir(path.join(folder, "data"), { recursive: true });
  const database = new Database(path.join(folder, "postgres"));
  await database.start();
  const databaseUrl = database.url ?? "";
  await migrate(databaseUrl);
  const databasePort = portOf(databaseUrl);
  const storePort = await freePort();
  const wires = {
    web: await TcpProxy.open(databasePort),
    workers: [await TcpProxy.open(databasePort), await TcpProxy.open(databasePort)],
  };
  database.onStart = (port) => {
    for (const wire of [wires.web, ...wires.workers]) wire.target = port;
  };
  const doors = {
    web: await HttpProxy.open(storePort),
    worker: await HttpProxy.open(storePort),
    browsers: await HttpProxy.open(storePort),
  };
  const keys = {
    accessKeyId: `FAULTS${randomBytes(7).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString("hex"),
  };
  const secret = randomBytes(32).toString("hex");
  const webPort = await freePort();
  const origin = `http://localhost:${webPort}`;
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const through = (wire: TcpProxy): string => {
    const url = new URL(databaseUrl);
    url.port = String(wire.port);
    return url.href;
  };
  const common: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_ENV: "production",
    NODE_COMPILE_CACHE: path.join(project, "node_modules", ".cache", "compiled"),
    APP_URL: origin,
    PORT: String(webPort),
    HOST: "127.0.0.1",
    TINTYPE_DATA: path.join(folder, "data"),
    TINTYPE_STORE_HOST: "127.0.0.1",
    TINTYPE_STORE_PORT: String(storePort),
    TINTYPE_TEST: "faults",
    AUTH_SECRET: secret,
    S3_BUCKET: bucket,
    S3_REGION: region,
    S3_PUBLIC_ENDPOINT: at(isStraight ? storePort : doors.browsers.port),
    S3_ACCESS_KEY_ID: keys.accessKeyId,
    S3_SECRET_ACCESS_KEY: keys.secretAccessKey,
    S3_FORCE_PATH_STYLE: "true",
    S3_ALLOW_HTTP: "true",
    // Short, so that a schedule of seconds meets what otherwise takes minutes.
    S3_TIMEOUT_MS: "2000",
    S3_MULTIPART_THRESHOLD: String(5 * 1024 ** 2),
    UPLOAD_POLICY_TTL: "60",
    UPLOAD_GRACE: "1",
    UPLOAD_MAX_AGE: "600",
    TRASH_SECONDS: "1",
    WORKER_CONCURRENCY: "1",
    LOG_LEVEL: "info",
    ...settings,
  };
  const part = (name: string, kind: Part["kind"], door: HttpProxy, wire: TcpProxy, more = {}): Part =>
    new Part(
      name,
      kind,
      {
        ...common,
        S3_ENDPOINT: at(isStraight ? storePort : door.port),
        DATABASE_URL: isStraight ? databaseUrl : through(wire),
        ...more,
      },
      folder,
    );
  const store = part("store", "store", doors.web, wires.web, { UV_THREADPOOL_SIZE: "16" });
  const web = part("web", "web", doors.web, wires.web);
  const workers = wires.workers.map((wire, n) =>
    part(`worker-${n + 1}`, "worker", doors.worker, wire, { MALLOC_ARENA_MAX: "1" }),
  );
  const direct = { databaseUrl: () => database.url, endpoint: at(storePort), bucket, region, keys, secret };

  await store.start();
  const straight = { ...common, S3_ENDPOINT: at(storePort), DATABASE_URL: databaseUrl };
  const { bucket: bucketSettings } = parseSettings(straight);
  if (bucketSettings === undefined) throw new Error("The bucket has no settings.");
  const storage = openStorage(bucketSettings);
  await storage.provision({ origins: [origin] });
  storage.close();

  const heal = async (): Promise<void> => {
    database.resume();
    for (const wire of [wires.web, ...wires.workers]) wire.heal();
    for (const door of Object.values(doors)) door.heal();
    for (const one of [store, web, ...workers]) {
      one.trouble({});
      one.resume();
    }
    await database.start();
    await store.start();
    // On a crowded machine the store may not answer who starts within its time; a supervisor would start it again too.
    for (let tries = 0; tries < startsMax && ![web, ...workers].every((one) => one.isRunning); tries++)
      await Promise.all([web, ...workers].map((one) => one.start()));
    for (const one of [store, web, ...workers])
      if (!one.isRunning)
        throw new Error(`${one.name} does not start:\n${one.lastLines.slice(-5).join("\n")}`);
  };
  let way = "post";
  const travelBy = async (transport: "post" | "put"): Promise<void> => {
    if (transport === way) return;
    way = transport;
    web.set({ S3_UPLOAD_TRANSPORT: transport });
    await web.stop();
    await web.start();
  };
  const close = async (): Promise<void> => {
    database.resume();
    await Promise.all([web, ...workers].map((one) => one.kill()));
    await store.kill();
    await database.stop();
    for (const wire of [wires.web, ...wires.workers]) wire.close();
    for (const door of Object.values(doors)) door.close();
    await rm(folder, { recursive: true, force: true });
  };
  let commands = 0;
  const command = async (args: string[], how: CommandHow = {}): Promise<Ran> => {
    const trouble = path.join(folder, `command-${commands++}.json`);
    await writeFile(trouble, JSON.stringify({ clockMs: how.clockMs ?? 0, disk: "" }));
    const through = isStraight || how.straight === true ? {} : web.environment;
    const url = how.databaseUrl ?? (how.straight === true ? (database.url ?? "") : undefined);
    return runCommand(
      [
        ...["--import", path.join(import.meta.dirname, "trouble.ts")],
        ...[path.join(project, "lib", "cli", "main.ts"), ...args],
      ],
      {
        ...{ ...straight, ...through, FAULTS_TROUBLE: trouble },
        ...(url === undefined ? {} : { DATABASE_URL: url }),
      },
      how.killAfterMs,
    );
  };
  const addUser = async ({ email, name, password, role = "member" }: Account): Promise<void> => {
    const args = ["user", "add", email, "--name", name, "--role", role, "--password-stdin"];
    const main = path.join(project, "lib", "cli", "main.ts");
    const { code, told } = await runCommand([main, ...args], straight, undefined, password);
    if (code !== 0) throw new Error(`${email} was not added: ${told}`);
  };
  const link: Place["link"] = async ({ email }, albumId) => {
    const token = randomBytes(24).toString("base64url");
    const sql = postgres(database.url ?? "", { max: 1, onnotice: () => {}, connect_timeout: 2 });
    try {
      const hash = createHash("sha256").update(token).digest("hex");
      const [share] =
        albumId === undefined
          ? await sql<{ id: string }[]>`
              with made as (insert into albums (owner_id, title) select id, 'From guests' from users where email = ${email}
                returning id, owner_id)
              insert into shares (owner_id, kind, token_hash, salt, label, album_id, bytes_max, files_max, download)
              select owner_id, 'inbox', decode(${hash}, 'hex'), ${randomBytes(16)}, 'Guests', id, 1000000000000, 100000,
                'none' from made returning id`
          : await sql<{ id: string }[]>`
              insert into shares (owner_id, kind, token_hash, salt, label, album_id, download)
              select owner_id, 'album', decode(${hash}, 'hex'), ${randomBytes(16)}, 'Album', id, 'none'
              from albums where id = ${albumId} returning id`;
      return { id: share?.id ?? "", token };
    } finally {
      await sql.end({ timeout: 1 });
    }
  };
  return {
    origin,
    folder,
    database,
    store,
    web,
    workers,
    wires,
    doors,
    direct,
    addUser,
    link,
    command,
    travelBy,
    heal,
    close,
  };
}

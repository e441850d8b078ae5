import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { isAlive, until } from "./alive.ts";
import { dataFolder } from "./data-folder.ts";
import { freePort } from "./postgres.ts";
import { type Run, readRun } from "./run-file.ts";

const program = path.join(import.meta.dirname, "stand-in", "main.ts");
const patienceMs = 60_000;

type Place = { data: string; port: number; storePort: number };
type Started = { child: ChildProcess; output: () => string; ended: Promise<number | null> };

const places: Place[] = [];
const children: ChildProcess[] = [];

async function place(): Promise<Place> {
  const made = {
    // Not mkdtemp: Postgres' own account has to get through.
    data: path.join(tmpdir(), `tintype-start-${randomBytes(6).toString("hex")}`),
    port: await freePort(),
    storePort: await freePort(),
  };
  places.push(made);
  return made;
}

function begin({ data, port, storePort }: Place, more: Record<string, string> = {}): Started {
  const { DATABASE_URL: _1, S3_BUCKET: _2, ...inherited } = process.env;
  const child = spawn(process.execPath, [program], {
    env: {
      ...inherited,
      TINTYPE_DATA: data,
      PORT: String(port),
      TINTYPE_STORE_PORT: String(storePort),
      ...more,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
  const ended = once(child, "close").then(([code]) => (typeof code === "number" ? code : null));
  return { child, output: () => text, ended };
}

async function ready(started: Started): Promise<void> {
  let over = false;
  started.ended.then(() => {
    over = true;
  });
  await until(() => over || started.output().includes("Ctrl-C stops it"), patienceMs);
  assert.match(started.output(), /Tintype is ready at/, started.output());
}

const stop = async (started: Started): Promise<number | null> => {
  started.child.kill("SIGTERM");
  return started.ended;
};

const ask = (at: Place, where = "/"): Promise<string> =>
  fetch(`http://127.0.0.1:${at.port}${where}`).then((response) => response.text());

const postmaster = (at: Place): number =>
  Number.parseInt(readFileSync(path.join(dataFolder(at.data).postgres, "postmaster.pid"), "utf8"), 10);

async function running(at: Place): Promise<Run> {
  const run = await readRun(dataFolder(at.data));
  assert.ok(run);
  return run;
}

const listens = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );

/** Nothing answers any more and no lock is held: what "nothing half-started" means. */
async function assertNothingRuns(at: Place): Promise<void> {
  assert.equal(await listens(at.port), false, "the web port still answers");
  assert.equal(await listens(at.storePort), false, "the store port still answers");
  assert.equal(
    existsSync(path.join(dataFolder(at.data).postgres, "postmaster.pid")),
    false,
    "Postgres still runs",
  );
  assert.equal(existsSync(dataFolder(at.data).runFile), false, "run.json is still there");
}

after(async () => {
  for (const child of children) child.kill("SIGKILL");
  for (const at of places) {
    const file = path.join(dataFolder(at.data).postgres, "postmaster.pid");
    await until(() => !existsSync(file), patienceMs);
    await rm(at.data, { recursive: true, force: true });
  }
});

test("a first start makes everything, tells the address and a set-up link, and SIGTERM drains it", async () => {
  const at = await place();
  const started = begin(at);
  await ready(started);
  assert.match(started.output(), new RegExp(`http://localhost:${at.port}`));
  assert.match(started.output(), /setup\/stand-in/);
  assert.match(await ask(at), / production$/);
  for (const name of ["secrets.json", "run.json"])
    assert.equal(statSync(path.join(at.data, name)).mode & 0o777, 0o600, `${name} can be read by others`);
  assert.equal(await stop(started), 0);
  assert.ok(existsSync(path.join(at.data, "web-drained")), "the web process was not asked to drain");
  assert.equal(
    readFileSync(path.join(at.data, "worker-drained"), "utf8"),
    "1",
    "MALLOC_ARENA_MAX is missing",
  );
  await assertNothingRuns(at);

  const secrets = readFileSync(path.join(at.data, "secrets.json"), "utf8");
  const again = begin(at);
  await ready(again);
  assert.equal(
    readFileSync(path.join(at.data, "secrets.json"), "utf8"),
    secrets,
    "the secrets were made anew",
  );
  assert.equal(await stop(again), 0);
  await assertNothingRuns(at);
});

test("a start after kill -9 just works, and nothing of the killed one stays", async () => {
  const at = await place();
  const first = begin(at);
  await ready(first);
  const database = postmaster(at);
  const web = Number.parseInt(await ask(at), 10);
  first.child.kill("SIGKILL");
  await first.ended;
  const half = path.join(at.data, "run.json.0123abcd");
  writeFileSync(half, "{");
  const second = begin(at);
  await ready(second);
  assert.equal(existsSync(half), false, "a half-written file of the killed one is still there");
  assert.notEqual(postmaster(at), database);
  assert.ok(await until(async () => !(await isAlive(database)), patienceMs), "the old Postgres still runs");
  assert.ok(await until(async () => !(await isAlive(web)), patienceMs), "the old web process still runs");
  assert.equal(await stop(second), 0);
});

test("everything stops by itself when the supervisor is killed and nobody starts it again", async () => {
  const at = await place();
  const started = begin(at);
  await ready(started);
  const database = postmaster(at);
  started.child.kill("SIGKILL");
  await started.ended;
  assert.ok(await until(async () => !(await isAlive(database)), patienceMs), "Postgres was orphaned");
  assert.ok(await until(async () => !(await listens(at.port)), patienceMs), "the web process was orphaned");
  assert.ok(await until(async () => !(await listens(at.storePort)), patienceMs), "the store was orphaned");
});

test("a second instance on the same data folder is refused in a sentence that names the first", async () => {
  const at = await place();
  const first = begin(at);
  await ready(first);
  const second = begin({ ...at, port: await freePort(), storePort: await freePort() });
  assert.equal(await second.ended, 1);
  const { pid } = await running(at);
  assert.match(
    second.output(),
    new RegExp(`^Tintype is already running on ${at.data} \\(process ${pid}, .*\\.\\n$`),
  );
  assert.match(await ask(at), /production/, "the first one suffered");
  assert.equal(await stop(first), 0);
});

for (const [variable, port] of [
  ["PORT", "port"],
  ["TINTYPE_STORE_PORT", "storePort"],
] as const)
  test(`a taken port is refused in a sentence that names ${variable}, before anything starts`, async () => {
    const at = await place();
    const other = createServer().listen(at[port], "127.0.0.1");
    await once(other, "listening");
    const started = begin(at);
    assert.equal(await started.ended, 1);
    assert.equal(
      started.output(),
      `Port ${at[port]} is already in use. Stop the other program or set ${variable}.\n`,
    );
    assert.equal(existsSync(dataFolder(at.data).postgres), false, "Postgres was made all the same");
    other.close();
  });

test("a data folder that cannot be written is refused in a sentence that names TINTYPE_DATA", async () => {
  const at = await place();
  writeFileSync(at.data, "a file in its place");
  const started = begin(at);
  assert.equal(await started.ended, 1);
  assert.match(
    started.output(),
    /^Tintype cannot write in its data folder .* \(a file is in its place\)\. .*TINTYPE_DATA.*\n$/,
  );
});

test("a wrong variable is refused by name, a line each (R-84)", async () => {
  const at = await place();
  const started = begin(at, { S3_BUKET: "x", LOG_LEVEL: "loud" });
  assert.equal(await started.ended, 1);
  assert.match(started.output(), /^S3_BUKET .*\.\nLOG_LEVEL.*\.\n$/);
  assert.equal(existsSync(at.data), false);
});

test("a damaged secrets file is refused in a sentence and left as it is", async () => {
  const at = await place();
  const started = begin(at, { STAND_IN_WEB: "refuse" });
  assert.equal(await started.ended, 1);
  const file = path.join(at.data, "secrets.json");
  writeFileSync(file, "{");
  const again = begin(at);
  assert.equal(await again.ended, 1);
  assert.match(again.output(), /secrets\.json is damaged/);
  assert.equal(readFileSync(file, "utf8"), "{");
});

test("when the last step refuses, its own sentence is told and what was started is stopped", async () => {
  const at = await place();
  const started = begin(at, { STAND_IN_WEB: "refuse" });
  assert.equal(await started.ended, 1);
  assert.match(started.output(), /\nThe stand-in does not like today's weather\.\n$/);
  await assertNothingRuns(at);
});

test("a database that cannot be reached is refused in a sentence that names it without its password", async () => {
  const at = await place();
  const url = "postgres://ann:sesame@no-such-host.invalid:5432/gallery";
  const started = begin(at, { DATABASE_URL: url });
  assert.equal(await started.ended, 1);
  assert.match(
    started.output(),
    /^The database of DATABASE_URL \(no-such-host\.invalid:5432\/gallery\) cannot be used/,
  );
  assert.doesNotMatch(started.output(), /sesame/);
});

test("https without an address for the store is refused before browsers refuse the pictures", async () => {
  const at = await place();
  const started = begin(at, { APP_URL: "https://photos.example" });
  assert.equal(await started.ended, 1);
  assert.match(started.output(), /^APP_URL is https, .*S3_PUBLIC_ENDPOINT.*\n$/);
  assert.equal(existsSync(at.data), false, "the data folder was made all the same");
});

test("a process that dies is started again, and its warnings reach the terminal in plain words", async () => {
  const at = await place();
  const started = begin(at);
  await ready(started);
  await ask(at, "/warn");
  assert.ok(await until(() => started.output().includes("! web: the kettle boils over"), patienceMs));
  const before = await ask(at);
  await ask(at, "/die").catch(() => "gone, as asked");
  const back = async (): Promise<boolean> => {
    const now = await ask(at).catch(() => before);
    return now !== before;
  };
  assert.ok(await until(back, patienceMs), "it did not come back");
  assert.match(started.output(), /The web process ended \(3\) and is started again/);
  assert.equal(await stop(started), 0);
});

test("a process that keeps dying stops everything, with one sentence", async () => {
  const at = await place();
  const started = begin(at, { STAND_IN_WEB: "die" });
  assert.equal(await started.ended, 1);
  assert.match(
    started.output(),
    /The web process ended 3 times in a row\. The reason is at the end of .*web\.log\.\n$/,
  );
  await assertNothingRuns(at);
});

test("a second signal ends it at once and still leaves no server behind", async () => {
  const at = await place();
  const started = begin(at, { STAND_IN_WEB: "linger" });
  await ready(started);
  const database = postmaster(at);
  started.child.kill("SIGTERM");
  assert.ok(await until(() => started.output().includes("Stopping"), patienceMs));
  const secondSignal = setInterval(() => started.child.kill("SIGTERM"), 100);
  assert.equal(await started.ended, 130);
  clearInterval(secondSignal);
  assert.ok(await until(async () => !(await isAlive(database)), patienceMs), "Postgres was orphaned");
  assert.ok(await until(async () => !(await listens(at.port)), patienceMs), "the web process was orphaned");
});

test("a command finds the database of the running Tintype through run.json", async () => {
  const at = await place();
  const started = begin(at);
  await ready(started);
  const command = spawn(
    process.execPath,
    [path.join(import.meta.dirname, "..", "cli", "main.ts"), "migrate"],
    {
      env: { ...process.env, TINTYPE_DATA: at.data, DATABASE_URL: "" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  assert.deepEqual(await once(command, "close"), [0, null]);
  assert.match(await ask(at), /production/);
  assert.equal(await stop(started), 0);
});

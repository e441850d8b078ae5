/** Commands on the bucket without a bucket of one's own: the built-in store, served for as long as they run. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { command, type Told, tintype } from "#lib/cli/testing.ts";
import { dataFolder } from "./data-folder.ts";
import { freePort } from "./postgres.ts";
import { readRun, writeRun } from "./run-file.ts";

let folder: string;
let port: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tintype-for-a-while-"));
  port = String(await freePort());
  await writeFile(path.join(folder, "a.txt"), "kept");
});
after(() => rm(folder, { recursive: true, force: true }));

const environment = (): Record<string, string | undefined> => ({ TINTYPE_STORE_PORT: port });
const storage = (args: string[]): Promise<Told> =>
  tintype(["storage", ...args], { cwd: folder, env: environment() });

test("what one command keeps the next one finds, though nothing runs in between", async () => {
  const stored = await storage(["put", "a.txt"]);
  assert.deepEqual([stored.code, stored.err], [0, ""]);
  assert.equal((await storage(["get", "a.txt", "-"])).out, "kept");
  const { out } = await storage(["url", "a.txt"]);
  assert.equal(new URL(out).port, port, "an address that opens once Tintype runs");
});

test("what a Tintype that was killed said of itself is forgotten, so that nobody waits for its worker", async () => {
  const at = dataFolder(path.join(folder, "data"));
  const gone = { S3_ENDPOINT: "http://127.0.0.1:1", S3_BUCKET: "tintype", S3_REGION: "ap-northeast-2" };
  await writeRun(at, {
    pid: process.pid,
    state: "running",
    appUrl: "http://localhost:3000",
    environment: gone,
  });
  const found = await storage(["get", "a.txt", "-"]);
  assert.deepEqual([found.code, found.out], [0, "kept"], found.err);
  assert.equal(await readRun(at), undefined);
});

test("a port that something else has is gone round", async () => {
  const other = createServer((socket) => socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"));
  await once(other.listen(Number(port), "127.0.0.1"), "listening");
  const found = await storage(["get", "a.txt", "-"]);
  assert.deepEqual([found.code, found.out], [0, "kept"], found.err);
  other.close();
});

test("two commands at once wait for each other, and a store that is served already is used", async () => {
  const both = await Promise.all([storage(["exists", "a.txt"]), storage(["exists", "a.txt"])]);
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  );
  const store = spawn(process.execPath, [command, "store", "serve", "--data", "data", "--port", port], {
    cwd: folder,
    env: { NODE_ENV: "production", PATH: process.env.PATH, HOME: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const text of store.stdout) if (String(text).includes("Endpoint")) break;
  const found = await storage(["get", "a.txt", "-"]);
  store.kill("SIGTERM");
  await once(store, "exit");
  assert.deepEqual([found.code, found.out], [0, "kept"], found.err);
});

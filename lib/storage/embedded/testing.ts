/** The store as a process of its own, for tests that kill it or let other programs drive it. */
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BucketSettings } from "../../env.ts";
import { storeEnvironment } from "./memory.ts";

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (typeof address !== "object" || address === null) throw new Error("There is no free port.");
  return address.port;
}

export type StoreProcess = {
  bucket: BucketSettings & {
    endpoint: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
  /** Holds the store's folder. */
  data: string;
  start(): Promise<void>;
  pid(): number;
  /** kill -9, as a power cut would end it, except that what the system has taken is kept. */
  kill(): Promise<void>;
  /** Ends the process and removes what it kept. */
  remove(): Promise<void>;
};

/** A store process on a folder of its own; it is started by `start`, again and again if need be. */
export async function storeProcess(name: string): Promise<StoreProcess> {
  const data = await mkdtemp(path.join(tmpdir(), "tintype-process-"));
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const credentials = {
    accessKeyId: `TEST${randomBytes(6).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString("hex"),
  };
  const bucket = {
    bucket: name,
    region: "ap-northeast-2",
    endpoint,
    publicEndpoint: endpoint,
    credentials,
    forcePathStyle: true,
    location: "",
  };
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return {
    bucket,
    data,
    kill,
    pid: () => child?.pid ?? 0,
    async start() {
      child = fork(path.join(import.meta.dirname, "main.ts"), {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
        env: {
          NODE_ENV: "test",
          PATH: process.env.PATH,
          ...storeEnvironment,
          TINTYPE_DATA: data,
          TINTYPE_STORE_PORT: new URL(endpoint).port,
          S3_BUCKET: name,
          S3_REGION: bucket.region,
          S3_ENDPOINT: endpoint,
          S3_ACCESS_KEY_ID: credentials.accessKeyId,
          S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          LOG_LEVEL: "error",
        },
      });
      const [message] = await Promise.race([once(child, "message"), once(child, "exit")]);
      if (message !== "ready")
        throw new Error(`The store ended with ${String(message)} before it was ready.`);
    },
    async remove() {
      await kill();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** The files in which the store keeps its bodies. */
export async function bodiesOf(data: string): Promise<string[]> {
  const folder = path.join(data, "store", "bodies");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** Waits for something that comes true by itself, for ten seconds. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error("It did not come true within ten seconds.");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The built-in store for the length of a command, as `start` would serve it. */
import { createServer } from "node:net";
import path from "node:path";
import { parseSettings, required } from "#lib/env.ts";
import { openBucket } from "#lib/storage/s3.ts";
import { prepareBucket } from "./bucket.ts";
import type { DataFolder } from "./data-folder.ts";
import { startPart } from "./part.ts";
import { refuseTakenPort } from "./ports.ts";
import { Refusal } from "./refusal.ts";

const program = path.join(import.meta.dirname, "..", "storage", "embedded", "main.ts");

/**
 * Serves the store of `folder` as the complete process.env says, with its bucket in place; the answer stops it. A
 * `tintype store serve` that has the folder is used instead; a port that something else has is gone round.
 */
export async function serveStore(folder: DataFolder): Promise<() => Promise<void>> {
  const { storeHost, storePort } = parseSettings(process.env);
  const taken = await refuseTakenPort(storeHost, storePort, "TINTYPE_STORE_PORT", "TINTYPE_STORE_HOST").then(
    () => undefined,
    (error: unknown) => error,
  );
  if (taken !== undefined) {
    // Only a store with our own keys accepts what we sign.
    if (await isOurs()) return async () => {};
    if (!(taken instanceof Refusal)) throw taken;
    await moveTo(await freePort());
  }
  const part = startPart({
    name: "store",
    program,
    environment: process.env,
    logs: folder.logs,
    onTrouble: (sentence) => process.stderr.write(`${sentence}\n`),
    onLost: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  try {
    await part.ready;
    await prepare();
  } catch (error) {
    await part.stop();
    throw error;
  }
  return () => part.stop();
}

async function prepare(): Promise<void> {
  const { bucket, appUrl } = parseSettings(process.env);
  await prepareBucket(required(bucket, "S3_BUCKET"), new URL(appUrl).origin);
}

async function isOurs(): Promise<boolean> {
  const bucket = openBucket(required(parseSettings(process.env).bucket, "S3_BUCKET"));
  try {
    await bucket.all();
  } catch {
    return false;
  } finally {
    bucket.close();
  }
  await prepare();
  return true;
}

/** Links handed out keep the usual address: that is where the store is once Tintype runs. */
async function moveTo(port: number): Promise<void> {
  const { bucket } = parseSettings(process.env);
  const endpoint = new URL(required(bucket?.endpoint, "S3_ENDPOINT"));
  endpoint.port = String(port);
  process.env.S3_ENDPOINT = endpoint.origin;
  process.env.TINTYPE_STORE_PORT = String(port);
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Refusal("This machine has no free port.")),
      );
    });
  });

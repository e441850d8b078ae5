/**
 * What an upload costs. The same files, the same store, the same machine, one after the other: raw POST with a
 * policy, Tintype's own protocol, and the bytes streamed through a Next route handler.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import pLimit from "p-limit";
import { chromium } from "playwright";
import sharp from "sharp";
import { parseSettings } from "#lib/env.ts";
import type { BeginAnswer, CompleteAnswer } from "#lib/media.ts";
import type { Storage } from "#lib/storage/port.ts";
import { openStorage } from "#lib/storage/s3.ts";
import { childOf, type Instance, median, project, said, startTintype, table, used } from "./processes.ts";

const atOnce = 4;
const warmUps = 6;
const proxyPort = 3571;

/** Photographs of about `megabytes`, each different, all really decodable. */
async function photographs(count: number, megabytes: number): Promise<Buffer[]> {
  const width = 4000;
  const height = 3000;
  const noise = await sharp({
    create: {
      width,
      height,
      channels: 3,
      background: "#777",
      noise: { type: "gaussian", mean: 128, sigma: 22 },
    },
  })
    .blur(0.8)
    .jpeg({ quality: 80 })
    .toBuffer();
  const scale = Math.sqrt((megabytes * 1e6) / noise.byteLength);
  const base = await sharp(noise)
    .resize(Math.max(64, Math.round(width * Math.min(scale, 3))))
    .jpeg({ quality: 80 })
    .toBuffer();
  return Array.from({ length: count }, () => {
    const comment = randomBytes(32);
    return Buffer.concat([
      base.subarray(0, 2),
      Buffer.from([0xff, 0xfe, 0, comment.length + 2]),
      comment,
      base.subarray(2),
    ]);
  });
}

type Client = { origin: string; cookie: string };

async function signIn(instance: Instance): Promise<Client> {
  const browser = await chromium.launch({
    ...(existsSync("/usr/bin/chromium") ? { executablePath: "/usr/bin/chromium" } : {}),
    args: ["--no-sandbox", "--disable-gpu"],
  });
  const page = await browser.newPage();
  await page.goto(instance.setupLink);
  await page.getByLabel("Name").fill("Bench");
  await page.getByLabel("E-mail").fill("bench@example.com");
  await page.getByLabel("Password", { exact: true }).fill("a long bench password");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => !url.pathname.includes("setup"));
  const cookie = (await page.context().cookies()).map((one) => `${one.name}=${one.value}`).join("; ");
  await browser.close();
  return { origin: instance.origin, cookie };
}

async function ask<T>(client: Client, route: string, body: unknown): Promise<T> {
  const response = await fetch(client.origin + route, {
    method: "POST",
    headers: { "content-type": "application/json", origin: client.origin, cookie: client.cookie },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function sendForm(url: string, fields: Record<string, string>, bytes: Buffer): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([Uint8Array.from(bytes)]));
  const response = await fetch(url, { method: "POST", body: form });
  await response.arrayBuffer();
  if (response.status !== 201) throw new Error(`POST: ${response.status}`);
}

/** As the upload page does it: a batch of policies, four POSTs at a time, completion in one batch, then waiting. */
async function direct(
  client: Client,
  files: Buffer[],
  cpu = (): number => 0,
): Promise<{ accepted: number; acceptedCpu: number; ready: number; readyCpu: number }> {
  const started = performance.now();
  const cpuBefore = cpu();
  const declared = files.map((bytes) => ({
    clientToken: randomUUID(),
    filename: "bench.jpg",
    bytes: bytes.byteLength,
    mime: "image/jpeg",
    sha256: createHash("sha256").update(bytes).digest("hex"),
  }));
  const { uploads } = await ask<{ uploads: BeginAnswer[] }>(client, "/api/uploads", { uploads: declared });
  const inTurn = pLimit(atOnce);
  const ids = await Promise.all(
    uploads.map((answer, n) =>
      inTurn(async () => {
        const bytes = files[n];
        if (answer.status !== "issued" || answer.transport !== "post" || bytes === undefined)
          throw new Error(`not issued: ${JSON.stringify(answer)}`);
        await sendForm(answer.url, answer.fields, bytes);
        return answer.id;
      }),
    ),
  );
  await ask(client, "/api/uploads/complete", { ids, look: false });
  const accepted = (performance.now() - started) / 1000;
  const acceptedCpu = cpu() - cpuBefore;
  const waiting = new Set(ids);
  for (const since = performance.now(); ; ) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const open = [...waiting];
    const wait = Math.min(5, Math.max(2, (performance.now() - since) / 4_000));
    const state = await ask<{ uploads: CompleteAnswer[] }>(client, "/api/uploads/status", {
      ids: open,
      wait,
    });
    for (const one of state.uploads) {
      const word = one.status === "known" ? one.state : one.code;
      if (word === "ready") waiting.delete(one.id);
      else if (word !== "verifying") throw new Error(`an upload ended as ${word}`);
    }
    if (waiting.size === 0)
      return {
        accepted,
        acceptedCpu,
        ready: (performance.now() - started) / 1000,
        readyCpu: cpu() - cpuBefore,
      };
  }
}

async function proxied(files: Buffer[]): Promise<number> {
  const started = performance.now();
  const inTurn = pLimit(atOnce);
  await Promise.all(
    files.map((bytes) =>
      inTurn(async () => {
        const response = await fetch(`http://localhost:${proxyPort}/api/upload`, {
          method: "POST",
          body: Uint8Array.from(bytes),
        });
        if (!response.ok) throw new Error(`proxied: ${response.status}`);
        await response.arrayBuffer();
      }),
    ),
  );
  return (performance.now() - started) / 1000;
}

const option = (args: string[], name: string, fallback: number): number => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(args[at + 1]);
};

export async function run(args: string[]): Promise<void> {
  const count = Math.min(option(args, "files", 40), 50);
  const sizes = args.includes("--megabytes") ? [option(args, "megabytes", 3.1)] : [3.1, 10];
  const rounds = option(args, "rounds", 3);
  const app = path.join(project, "bench", "proxied");
  execFileSync(path.join(project, "node_modules", ".bin", "next"), ["build", app], { stdio: "ignore" });
  const instance = await startTintype({ web: 3570, store: 9570 });
  const bucket = await bucketOf(instance);
  const storage = openStorage(bucket);
  const proxy = spawn(
    process.execPath,
    [
      path.join(project, "node_modules", "next", "dist", "bin", "next"),
      "start",
      app,
      "-p",
      String(proxyPort),
    ],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        NODE_ENV: "production",
        BENCH_REGION: bucket.region,
        BENCH_ENDPOINT: bucket.endpoint ?? "",
        BENCH_BUCKET: bucket.bucket,
        BENCH_KEY: bucket.credentials?.accessKeyId ?? "",
        BENCH_SECRET: bucket.credentials?.secretAccessKey ?? "",
      },
    },
  );
  try {
    await said(proxy, /Ready/i);
    const client = await signIn(instance);
    const web = childOf(instance.pid, "app/_server/main.ts");
    const proxyPid = proxy.pid ?? 0;
    // Both servers as they are after an hour, not after a second: small files, whose requests are the same. Not counted.
    for (let round = 0; round < warmUps; round++) {
      await direct(client, await photographs(count, 0.1));
      await proxied(await photographs(count, 0.1));
    }
    for (const megabytes of sizes)
      await compare({ client, storage, web, proxyPid, count, megabytes, rounds });
  } finally {
    proxy.kill("SIGTERM");
    storage.close();
    await instance.stop();
  }
}

async function compare(what: {
  client: Client;
  storage: Storage;
  web: number;
  proxyPid: number;
  count: number;
  megabytes: number;
  rounds: number;
}): Promise<void> {
  const { client, storage, web, proxyPid, count, megabytes, rounds } = what;
  const result = {
    raw: [] as number[],
    accepted: [] as number[],
    ready: [] as number[],
    acceptedCpu: [] as number[],
    readyCpu: [] as number[],
    proxied: [] as number[],
    proxiedCpu: [] as number[],
  };
  for (let round = 0; round < rounds; round++) {
    const files = await photographs(count, megabytes);
    const policies = await Promise.all(
      files.map((bytes) =>
        storage.presignPost(`incoming/raw${randomUUID()}`, {
          bytes: bytes.byteLength,
          contentType: "image/jpeg",
          expiresIn: 600,
        }),
      ),
    );
    const inTurn = pLimit(atOnce);
    const rawStart = performance.now();
    await Promise.all(
      policies.map((policy, n) =>
        inTurn(() => sendForm(policy.url, policy.fields, files[n] ?? Buffer.alloc(0))),
      ),
    );
    result.raw.push((performance.now() - rawStart) / 1000);

    const made = await direct(client, files, () => used(web).cpu);
    result.accepted.push(made.accepted);
    result.acceptedCpu.push(made.acceptedCpu);
    result.ready.push(made.ready);
    result.readyCpu.push(made.readyCpu);

    const proxyBefore = used(proxyPid);
    result.proxied.push(await proxied(files));
    result.proxiedCpu.push(used(proxyPid).cpu - proxyBefore.cpu);
  }
  const per = (values: number[]): string => `${((median(values) / count) * 1000).toFixed(2)} ms`;
  const title = `${count} files of ${megabytes} MB, ${atOnce} at a time, median of ${rounds}`;
  console.log(`\n${title}`);
  table([
    {
      way: "raw POST to the store",
      "accepted, s": median(result.raw).toFixed(2),
      "app CPU a file": "-",
      "with waiting for renditions": "-",
      "app peak MB": "-",
      "renditions ready, s": "-",
    },
    {
      way: "Tintype",
      "accepted, s": median(result.accepted).toFixed(2),
      "app CPU a file": per(result.acceptedCpu),
      "with waiting for renditions": per(result.readyCpu),
      "app peak MB": used(web).peakMb.toFixed(0),
      "renditions ready, s": median(result.ready).toFixed(2),
    },
    {
      way: "through a route handler",
      "accepted, s": median(result.proxied).toFixed(2),
      "app CPU a file": per(result.proxiedCpu),
      "with waiting for renditions": "-",
      "app peak MB": used(proxyPid).peakMb.toFixed(0),
      "renditions ready, s": "-",
    },
  ]);
  // A route handler of that kind makes no renditions, and its page waits for none.
  const less = (cpu: number[]): string => (median(result.proxiedCpu) / median(cpu)).toFixed(1);
  console.log(
    `app CPU: ${less(result.acceptedCpu)} × less than through a route handler until all are accepted, ${less(result.readyCpu)} × with the page's questions until all can be seen`,
  );
}

/** Where the instance keeps its pictures; the file is there for the command line. */
async function bucketOf(instance: Instance) {
  const run = JSON.parse(readFileSync(path.join(instance.data, "run.json"), "utf8"));
  const { bucket } = parseSettings(run.environment ?? run.env ?? run);
  if (bucket === undefined) throw new Error("run.json names no bucket");
  return bucket;
}

/**
 * What it costs to bring a folder, and to look through a bucket: `npm run bench -- import [files] [kilobytes]`. The same files
 * and the same store, copied by rclone first where that is installed. Verification by the worker is left out: it is that
 * of any upload, which `bench upload` measures.
 */
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "#lib/testing.ts";
import { person } from "#lib/uploads/testing.ts";
import { project, table, used } from "./processes.ts";

const sampleMs = 50;
const filesUsual = 20_000;
const kilobytesUsual = 100;
const perFolder = 500;

/** JPEGs of about this size, each different. */
async function photographs(folder: string, files: number, kilobytes: number): Promise<number> {
  const base = await sharp({ create: { width: 320, height: 240, channels: 3, background: "#678" } })
    .jpeg()
    .toBuffer();
  const rest = randomBytes(Math.max(0, kilobytes * 1000 - base.byteLength));
  for (let n = 0; n < files; n++) {
    const at = path.join(folder, String(Math.floor(n / perFolder)));
    if (n % perFolder === 0) await mkdir(at, { recursive: true });
    // What follows the picture's end makes it as large as wanted, and its first bytes make it unlike the others.
    await writeFile(path.join(at, `IMG_${n}.jpg`), Buffer.concat([base, randomBytes(16), rest]));
  }
  return files * (base.byteLength + 16 + rest.byteLength);
}

type Measured = { seconds: number; cpu: number; peakMb: number };

async function measured(
  command: string,
  args: string[],
  env: Record<string, string | undefined>,
): Promise<Measured> {
  const started = performance.now();
  const child = spawn(command, args, {
    env: { NODE_ENV: "production", ...env },
    stdio: ["ignore", "ignore", "inherit"],
    cwd: project,
  });
  let last = { cpu: 0, peakMb: 0 };
  const sample = setInterval(() => {
    try {
      const now = used(child.pid ?? 0);
      // One that has ended and was not collected yet has no memory any more.
      if (!Number.isNaN(now.peakMb)) last = now;
    } catch {
      // It ended between two samples.
    }
  }, sampleMs);
  const code = await new Promise((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", reject);
  });
  clearInterval(sample);
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}`);
  return { seconds: (performance.now() - started) / 1000, ...last };
}

const hasRclone = (): boolean => {
  try {
    execFileSync("rclone", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

function environments(database: TestDatabase, store: TestStore, data: string) {
  const { bucket } = store;
  const keys = {
    id: bucket.credentials?.accessKeyId ?? "",
    secret: bucket.credentials?.secretAccessKey ?? "",
  };
  return {
    tintype: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: path.join(project, "node_modules", ".cache", "compiled"),
      TINTYPE_DATA: data,
      DATABASE_URL: database.url,
      AUTH_SECRET: "a secret of more than thirty-two characters",
      S3_BUCKET: bucket.bucket,
      S3_REGION: bucket.region,
      S3_ENDPOINT: bucket.endpoint,
      S3_ACCESS_KEY_ID: keys.id,
      S3_SECRET_ACCESS_KEY: keys.secret,
    },
    rclone: {
      // A certificate bundle for AWS, which is set on some machines, stops rclone.
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"))),
      RCLONE_CONFIG_B_TYPE: "s3",
      RCLONE_CONFIG_B_PROVIDER: "Other",
      RCLONE_CONFIG_B_ENDPOINT: bucket.endpoint,
      RCLONE_CONFIG_B_REGION: bucket.region,
      RCLONE_CONFIG_B_ACCESS_KEY_ID: keys.id,
      RCLONE_CONFIG_B_SECRET_ACCESS_KEY: keys.secret,
    },
  };
}

export async function run(args: string[]): Promise<void> {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const files = Number(positionals[0] ?? filesUsual);
  const kilobytes = Number(positionals[1] ?? kilobytesUsual);
  const [database, store] = [await testDatabase(), await testStore()];
  const root = await mkdtemp(path.join(tmpdir(), "tintype-bench-import-"));
  try {
    const folder = path.join(root, "photos");
    const bytes = await photographs(folder, files, kilobytes);
    const { email } = await person(database.db);
    const env = environments(database, store, path.join(root, "data"));
    const rows: Record<string, string>[] = [];
    const add = (what: string, { seconds, cpu, peakMb }: Measured, moved: number): void => {
      rows.push({
        what,
        seconds: seconds.toFixed(1),
        "a second": Math.round(files / seconds).toLocaleString("en"),
        "MB/s": moved === 0 ? "" : (moved / 1e6 / seconds).toFixed(0),
        "CPU s": cpu.toFixed(1),
        "peak MB": peakMb.toFixed(0),
      });
    };
    const tintype = (...words: string[]): Promise<Measured> =>
      measured(process.execPath, ["lib/cli/main.ts", ...words, "--owner", email, "--json"], env.tintype);
    const target = `b:${store.bucket.bucket}/media/django`;
    const rclone = hasRclone();
    if (rclone)
      add(
        "rclone copy (4 at once)",
        await measured("rclone", ["copy", folder, target, "--transfers", "4"], env.rclone),
        bytes,
      );
    add("tintype import --dry-run (read and hashed)", await tintype("import", folder, "--dry-run"), bytes);
    add("tintype import --no-wait", await tintype("import", folder, "--no-wait"), bytes);
    add("tintype import --no-wait, a second time", await tintype("import", folder, "--no-wait"), bytes);
    if (rclone) {
      add("rclone lsf -R", await measured("rclone", ["lsf", "-R", target], env.rclone), 0);
      add("tintype adopt (a look)", await tintype("adopt", "--prefix", "media/django/"), 0);
      add(
        "tintype adopt --apply --no-wait",
        await tintype("adopt", "--prefix", "media/django/", "--apply", "--no-wait"),
        0,
      );
      add("tintype adopt, a second time", await tintype("adopt", "--prefix", "media/django/"), 0);
    }
    console.log(`\n${files.toLocaleString("en")} files, ${(bytes / 1e6).toFixed(0)} MB\n`);
    table(rows);
  } finally {
    await rm(root, { recursive: true, force: true });
    await store.close();
    await database.close();
  }
}

/** The production build of the pages: made when the sources changed, and only then. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { staticUrlOf } from "../static/url.ts";
import { until } from "./alive.ts";
import { buildFolder } from "./build-folder.ts";
import { type Lock, tryLock } from "./lock.ts";
import { Refusal } from "./refusal.ts";

const project = path.join(import.meta.dirname, "..", "..");
const sources = [
  "app",
  "lib",
  "db",
  "public",
  "next.config.ts",
  "postcss.config.mjs",
  "tsconfig.json",
  "package.json",
  "package-lock.json",
];
const patienceMs = 10 * 60_000;
const shownLines = 40;

const stampOf = (folder: string): string => path.join(folder, "tintype-sources");

/** True when the pages in the build folder are those of the sources. */
export async function isBuilt(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const stamp = await readFile(stampOf(buildFolder(environment)), "utf8").catch(() => "");
  return stamp === (await hashOfSources(environment));
}

/** Builds unless the build is up to date. Throws Refusal with the end of next's output when it fails. */
export async function build(environment: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  const lock = await lockBuild(environment);
  try {
    if (await isBuilt(environment)) return;
    const hash = await hashOfSources(environment);
    await writeConfiguration(environment);
    await runBuild(environment, signal);
    await writeFile(stampOf(buildFolder(environment)), hash);
  } finally {
    lock.release();
  }
}

/** Two starts from one checkout must not write the same build folder; the second finds it done. */
async function lockBuild(environment: NodeJS.ProcessEnv): Promise<Lock> {
  // Not in the build folder, which next empties.
  const folder = path.join(project, "node_modules", ".tintype");
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${path.basename(buildFolder(environment))}.lock`);
  let lock: Lock | undefined;
  await until(() => {
    lock = tryLock(file);
    return lock !== undefined;
  }, patienceMs);
  if (lock === undefined) throw new Refusal("Another build of the pages has been running for ten minutes.");
  return lock;
}

/**
 * Next writes the build folder's name into tsconfig.json; a folder of another name gets a file of its own for that, or
 * every such build would change a source. next.config.ts names the same file.
 */
async function writeConfiguration(environment: NodeJS.ProcessEnv): Promise<void> {
  if (buildFolder(environment) === path.join(project, ".next")) return;
  const file = path.join(project, "node_modules", ".tintype", "tsconfig.json");
  await writeFile(file, JSON.stringify({ extends: "../../tsconfig.json" }));
}

function runBuild(environment: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<void> {
  const next = path.join(project, "node_modules", "next", "dist", "bin", "next");
  const child = spawn(process.execPath, [next, "build"], {
    cwd: project,
    env: { ...environment, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    ...(signal === undefined ? {} : { signal }),
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => output.push(text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) return resolve();
      const lines = output.join("").trimEnd().split("\n").slice(-shownLines);
      reject(new Refusal(`The pages could not be built:\n${lines.join("\n")}`));
    });
  });
}

async function hashOfSources(environment: NodeJS.ProcessEnv): Promise<string> {
  // The address that scripts load each other from is written into them.
  const hash = createHash("sha256").update(staticUrlOf(environment));
  for (const source of sources) {
    const top = path.join(project, source);
    const entries = await readdir(top, { recursive: true, withFileTypes: true }).catch(() => undefined);
    const files =
      entries === undefined
        ? [top]
        : entries
            .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
            .map((entry) => path.join(entry.parentPath, entry.name))
            .sort();
    for (const file of files) {
      const bytes = await readFile(file).catch(() => Buffer.alloc(0));
      hash.update(`${path.relative(project, file)}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest("hex");
}

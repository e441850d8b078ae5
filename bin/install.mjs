/**
 * What has to be there before any of Tintype can run: Node, npm and the dependencies. Plain JavaScript for Node 20.9
 * with nothing installed; used by the command and by the tests.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const project = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const nodeMin = [20, 9];
/** Matches `.tintype-*` of .gitignore. Not inside node_modules, which `npm ci` removes first. */
const lockFolder = path.join(project, ".tintype-install");
/** A lock without a live owner is older than this when its owner died between making and signing it. */
const unsignedMs = 5_000;

/** A sentence for the person, without a stack. */
export class Sentence extends Error {}

/** The Node that the dependencies bring, whichever one started this. */
export const ownNode = path.join(
  project,
  "node_modules",
  "node",
  "bin",
  process.platform === "win32" ? "node.exe" : "node",
);

/** Checks Node, installs what is missing. Throws Sentence. */
export async function ensureInstalled(say) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < nodeMin[0] || (major === nodeMin[0] && minor < nodeMin[1]))
    throw new Sentence(
      `Tintype needs Node ${nodeMin.join(".")} or newer to start; this is Node ${process.versions.node}.`,
    );
  if (isInstalled()) return;
  await withLock(async () => {
    if (isInstalled()) return;
    say("Installing what package-lock.json names: once, and again after an update …");
    const started = Date.now();
    await runNpm();
    if (!existsSync(ownNode))
      throw new Sentence(
        "npm installed the packages but did not run their install scripts, so Node 24 is missing. Allow them (npm config set ignore-scripts false) and start again.",
      );
    say(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
  });
}

/**
 * npm writes node_modules/.package-lock.json when an install is complete; it names every package that is there. Those
 * that package-lock.json wants and that are not for another system have to be among them, in the same version.
 */
export function isInstalled() {
  if (!existsSync(ownNode)) return false;
  const wanted = packagesOf(path.join(project, "package-lock.json"));
  const present = packagesOf(path.join(project, "node_modules", ".package-lock.json"));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([where, entry]) => {
    if (where === "" || entry.link === true) return true;
    const found = present[where];
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** Exactly what the lock file names; where it does not cover this system, what package.json allows. */
async function runNpm() {
  const common = ["--include=dev", "--no-audit", "--no-fund"];
  let { code, output } = await npm(["ci", ...common]);
  if (code !== 0 && output.includes("EUSAGE"))
    ({ code, output } = await npm(["install", "--no-save", ...common]));
  if (code === 0) return;
  const reason = output.split("\n").filter((line) => line.startsWith("npm error"));
  throw new Sentence(
    `npm could not install the packages:\n${reason.slice(0, 15).join("\n") || output.trim()}`,
  );
}

async function npm(args) {
  const own = process.env.npm_execpath;
  const [command, first] = own?.endsWith(".js") ? [process.execPath, [own]] : ["npm", []];
  const child = spawn(command, [...first, ...args], {
    cwd: project,
    stdio: ["ignore", "pipe", "pipe"],
    shell: command === "npm" && process.platform === "win32",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  const code = await new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(
        error.code === "ENOENT"
          ? new Sentence("npm was not found. Install Node with npm and start again.")
          : error,
      ),
    );
    child.once("close", resolve);
  });
  return { code, output };
}

/** Two installs at once would empty each other's node_modules. Making a folder is the lock: it succeeds once. */
async function withLock(work) {
  const signature = path.join(lockFolder, "pid");
  for (;;) {
    try {
      mkdirSync(lockFolder);
      break;
    } catch (error) {
      if (error.code !== "EEXIST")
        throw new Sentence(`The packages cannot be installed: ${project} cannot be written (${error.code}).`);
    }
    if (isStale(signature)) rmSync(lockFolder, { recursive: true, force: true });
    else await wait(200);
  }
  const unlock = () => rmSync(lockFolder, { recursive: true, force: true });
  const onSignal = () => {
    unlock();
    process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, onSignal);
  try {
    writeFileSync(signature, String(process.pid));
    await work();
  } finally {
    unlock();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, onSignal);
  }
}

function isStale(signature) {
  try {
    process.kill(Number(readFileSync(signature, "utf8")), 0);
    return false;
  } catch (error) {
    if (error.code === "EPERM") return false;
    if (error.code === "ESRCH") return true;
  }
  try {
    return Date.now() - statSync(lockFolder).mtimeMs > unsignedMs;
  } catch {
    return false;
  }
}

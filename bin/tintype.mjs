#!/usr/bin/env node
/** The `tintype` command: installs what is missing, then hands over to lib/cli/main.ts on the Node it brought. */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { ensureInstalled, ownNode, project, Sentence } from "./install.mjs";

const parentPollMs = process.platform === "linux" ? 250 : 2_000;

try {
  await ensureInstalled((text) => process.stderr.write(`${text}\n`));
} catch (error) {
  if (!(error instanceof Sentence)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

/** npm goes to the project first and says where it was called; whoever names a file means one from there. */
const here = process.cwd();
const calledFrom =
  process.env.npm_lifecycle_event !== undefined && here === path.resolve(project)
    ? (process.env.INIT_CWD ?? here)
    : here;

/** What the web process and the worker need of V8, also when they are run by themselves. */
const flagsOf = JSON.parse(readFileSync(path.join(project, "bin", "v8-flags.json"), "utf8"));
const flags = flagsOf[process.argv[2]] ?? [];
const program = path.join(project, "lib", "cli", "main.ts");
const child = spawn(ownNode, [...flags, program, ...process.argv.slice(2)], {
  cwd: project,
  env: {
    // Keeps what Node compiled: every command after the first starts with a third less work.
    NODE_COMPILE_CACHE: path.join(project, "node_modules", ".cache", "compiled"),
    // Each sync of the store's disk holds one; see storeEnvironment in lib/storage/embedded/memory.ts.
    ...(process.argv[2] === "store" ? { UV_THREADPOOL_SIZE: "16" } : {}),
    ...process.env,
    TINTYPE_CALLED_FROM: calledFrom,
  },
  // The fourth is how Tintype notices that this process was killed -9.
  stdio: ["inherit", "inherit", "inherit", "ipc"],
});
let told = false;
const tell = (signal) => {
  told = true;
  child.kill(signal);
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => tell(signal));
child.once("error", (error) => {
  process.stderr.write(`Node 24 in node_modules cannot be run: ${error.message}\n`);
  process.exit(1);
});
child.once("exit", (code, signal) => process.exit(code ?? (signal === "SIGKILL" ? 137 : 1)));

/** The parent of a process and its program's name; undefined for one that is gone. */
function parentOf(pid) {
  try {
    if (process.platform === "linux") {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [, parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return { parent: Number(parent), name: text.slice(text.indexOf("(") + 1, text.lastIndexOf(")")) };
    }
    const [parent, name = ""] = execFileSync("ps", ["-o", "ppid=,comm=", "-p", String(pid)], {
      encoding: "utf8",
    })
      .trim()
      .split(/\s+/);
    return { parent: Number(parent), name };
  } catch {
    return undefined;
  }
}

// npm that is killed -9 tells nobody, and usually has a shell between itself and us. Only npm is watched: a person's
// shell may well end before the program it started in the background.
if (process.env.npm_lifecycle_event !== undefined && process.platform !== "win32") {
  const parent = process.ppid;
  const above = parentOf(parent);
  const shell = above !== undefined && /^(.*\/)?(ba|da|z|k)?sh$/.test(above.name) ? above.parent : undefined;
  setInterval(() => {
    const orphaned = process.ppid !== parent || (shell !== undefined && parentOf(parent)?.parent !== shell);
    // Once: a second signal means "at once".
    if (orphaned && !told) tell("SIGTERM");
  }, parentPollMs).unref();
}

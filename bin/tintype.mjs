#!/usr/bin/env node
/** The `tintype` command: installs what is missing, then hands over to lib/cli/main.ts on the Node it brought. */
import { spawn } from "node:child_process";
import path from "node:path";
import { ensureInstalled, ownNode, project, Sentence } from "./install.mjs";

const parentPollMs = 250;

try {
  await ensureInstalled((text) => process.stderr.write(`${text}\n`));
} catch (error) {
  if (!(error instanceof Sentence)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

const child = spawn(ownNode, [path.join(project, "lib", "cli", "main.ts"), ...process.argv.slice(2)], {
  cwd: project,
  // The fourth is how Tintype notices that this process was killed -9.
  stdio: ["inherit", "inherit", "inherit", "ipc"],
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.once("error", (error) => {
  process.stderr.write(`Node 24 in node_modules cannot be run: ${error.message}\n`);
  process.exit(1);
});
child.once("exit", (code, signal) => process.exit(code ?? (signal === "SIGKILL" ? 137 : 1)));

// npm that is killed -9 tells nobody. Only npm: a shell may well end before the program it started in the background.
if (process.env.npm_execpath !== undefined) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) child.kill("SIGTERM");
  }, parentPollMs).unref();
}

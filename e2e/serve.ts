/** Starts Tintype for the browser tests as a person would, on a folder of its own, and keeps its set-up link for them. */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setupLinkFile } from "./world.ts";

const data = process.env.TINTYPE_DATA;
if (data === undefined) throw new Error("TINTYPE_DATA must name the folder of the browser tests.");
rmSync(data, { recursive: true, force: true });
mkdirSync(data, { recursive: true });

const child = spawn(process.execPath, [path.join(import.meta.dirname, "..", "bin", "tintype.mjs"), "start"], {
  stdio: ["ignore", "pipe", "inherit"],
  env: process.env,
});
let said = "";
child.stdout.on("data", (chunk: Buffer) => {
  process.stdout.write(chunk);
  said += chunk.toString();
  const link = /https?:\/\/\S+\/setup\?token=\S+/.exec(said)?.[0];
  if (link !== undefined) writeFileSync(setupLinkFile(data), link, { mode: 0o600 });
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));
child.once("exit", (code) => {
  rmSync(data, { recursive: true, force: true });
  rmSync(setupLinkFile(data), { force: true });
  process.exit(code ?? 1);
});

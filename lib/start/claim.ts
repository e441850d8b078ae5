/** The data folder belongs to one start at a time. */
import { setTimeout as wait } from "node:timers/promises";
import type { DataFolder } from "./data-folder.ts";
import { type Lock, tryLock } from "./lock.ts";
import { Refusal } from "./refusal.ts";
import { readRun } from "./run-file.ts";

/** A supervisor whose terminal was killed needs a moment to notice. */
const graceMs = 1_500;
const stoppingMs = 30_000;
const pollMs = 50;

/** Takes the folder. Throws Refusal naming the process that has it and is not about to give it back. */
export async function claim(folder: DataFolder): Promise<Lock> {
  const start = Date.now();
  for (;;) {
    const lock = tryLock(folder.lock);
    if (lock !== undefined) return lock;
    const run = await readRun(folder);
    const patience = run?.state === "running" || run?.state === "starting" ? graceMs : stoppingMs;
    if (Date.now() - start > patience)
      throw new Refusal(
        run === undefined
          ? `Another tintype command is using ${folder.root}. Wait for it to end.`
          : `Tintype is already running on ${folder.root} (process ${run.pid}, ${run.appUrl}). Stop it, or set TINTYPE_DATA to another folder.`,
      );
    await wait(pollMs);
  }
}

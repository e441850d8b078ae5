/** What a running Tintype tells other commands on the same data folder: where its database and its store are. */
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { type DataFolder, writePrivately } from "./data-folder.ts";

const shape = z.object({
  pid: z.int(),
  state: z.enum(["starting", "running", "stopping"]),
  appUrl: z.string(),
  /** The folder of the pages it serves: to be left alone while it does. */
  build: z.string().optional(),
  /** The variables of the built-in parts, secrets included; the file is mode 0600 for that reason. */
  environment: z.record(z.string(), z.string()),
});
export type Run = z.infer<typeof shape>;

/** Undefined when there is none or it is not readable as one. */
export async function readRun(folder: DataFolder): Promise<Run | undefined> {
  const text = await readFile(folder.runFile, "utf8").catch(() => "null");
  try {
    return shape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export const writeRun = (folder: DataFolder, run: Run): Promise<void> =>
  writePrivately(folder.runFile, JSON.stringify(run, undefined, 2));

/** Half-written ones of a start that was killed -9; only for the one who has the lock, who alone writes them. */
export async function removeHalves(folder: DataFolder): Promise<void> {
  for (const name of await readdir(folder.root))
    if (/^run\.json\.[0-9a-f]{8}$/.test(name)) await rm(path.join(folder.root, name), { force: true });
}

export const removeRun = (folder: DataFolder): Promise<void> => rm(folder.runFile, { force: true });

/** Where backups are: the bucket, below backup/, or a folder. Both hold the same, so that one can be copied to the other. */
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { Storage } from "../storage/port.ts";

/** The last thing that is written of a backup: without it, the rest is one that did not come to its end. */
export const lastFile = "backup.json";

export type Listed = {
  name: string;
  /** False for one that was stopped. */
  whole: boolean;
  bytes: number;
};

export type Place = {
  /** For people: "the bucket, below backup/". */
  readonly told: string;
  write(name: string, body: AsyncIterable<Uint8Array>): Promise<void>;
  /** `undefined` when it is not there. */
  read(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** By name, which is oldest first as long as no clock was wrong. */
  list(): Promise<Listed[]>;
  remove(backup: string): Promise<void>;
};

/** 2026-11-23T06-30-00Z-abcdefgh…: sorts by time, and cannot be guessed where a bucket is open to readers. */
export const backupName = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[a-z2-7]{32}$/;

/** When it was begun. */
export const timeOf = (name: string): Date =>
  new Date(name.slice(0, 20).replace(/T(\d\d)-(\d\d)-(\d\d)/, "T$1:$2:$3"));

/** More than clocks of machines that are looked after differ. */
const aheadMs = 3_600_000;

/** Whether the clock that named it was ahead: by its name, it is not made yet. */
export const isAhead = (name: string, now: Date): boolean => timeOf(name).getTime() > now.getTime() + aheadMs;

/**
 * The whole ones, oldest first. Those whose clock was ahead come before all others: what they hold is older than whatever
 * was made since, and by their names they would be the newest for years.
 */
export function oldestFirst(all: readonly Listed[], now: Date): Listed[] {
  const whole = all.filter((one) => one.whole);
  return [
    ...whole.filter(({ name }) => isAhead(name, now)),
    ...whole.filter(({ name }) => !isAhead(name, now)),
  ];
}

const prefix = "backup/";

export const inBucket = (storage: Storage): Place => ({
  told: "the bucket, below backup/",
  async write(name, stream) {
    await storage.put(
      `${prefix}${name}`,
      { stream },
      { contentType: typeOf(name), cacheControl: "private, no-store" },
    );
  },
  async read(name) {
    return (await storage.read(`${prefix}${name}`))?.body;
  },
  async list() {
    const found = new Map<string, Listed>();
    for await (const { key, bytes } of storage.list(prefix)) note(found, key.slice(prefix.length), bytes);
    return [...found.values()];
  },
  async remove(backup) {
    // What says that it is whole goes first: half a backup must not look like one.
    await storage.delete(`${prefix}${backup}/${lastFile}`);
    for await (const { key } of storage.list(`${prefix}${backup}/`)) await storage.delete(key);
  },
});

const typeOf = (name: string): string => (name.endsWith(".json") ? "application/json" : "application/gzip");

function note(found: Map<string, Listed>, name: string, bytes: number): void {
  const [backup = "", ...rest] = name.split("/");
  if (!backupName.test(backup)) return;
  const one = found.get(backup) ?? { name: backup, whole: false, bytes: 0 };
  one.bytes += bytes;
  one.whole ||= rest.join("/") === lastFile;
  found.set(backup, one);
}

export const inFolder = (folder: string): Place => ({
  told: folder,
  async write(name, body) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const half = `${file}.part`;
    const handle = await open(half, "w", 0o600);
    await pipeline(body, handle.createWriteStream({ flush: true }));
    await rename(half, file);
  },
  async read(name) {
    const file = path.join(folder, name);
    return (await isFile(file)) ? createReadStream(file) : undefined;
  },
  async list() {
    const found = new Map<string, Listed>();
    for (const entry of await entriesOf(folder)) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      note(found, path.relative(folder, file).split(path.sep).join("/"), (await stat(file)).size);
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  },
  async remove(backup) {
    await rm(path.join(folder, backup, lastFile), { force: true });
    await rm(path.join(folder, backup), { recursive: true, force: true });
  },
});

const isFile = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isFile(),
    () => false,
  );

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

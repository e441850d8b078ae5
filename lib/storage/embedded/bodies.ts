/**
 * The bytes of the objects, as files under random names, so that a key never becomes a path. A body is written where
 * it stays and synced, its folder too; only then may the index name it, and what the index does not name is not there
 * for anybody. Writing it elsewhere first and renaming it would cost the disk a second commit for each object.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, type FileHandle, link, mkdir, open, readdir, rm, unlink } from "node:fs/promises";
import path from "node:path";
import { cached, cachedFlags, DirectBlocks, DirectSink, directFlags, type Sink } from "./disk.ts";
import { S3Error, systemCode } from "./s3-error.ts";

/** Bodies from here on are written past the system's cache: they would push everything else out of it. */
const directBytesMin = 4 * 1024 * 1024;

/** Chunks from the network are 64 KiB at most; written eight at a time they cost an eighth of the system calls. */
const batchBytesMax = 512 * 1024;
const batchBytesMin = 64 * 1024;
/** What all bodies together hold back for their batches: hundreds of slow senders get smaller ones. */
const batchesBytesMax = 12 * 1024 * 1024;

/** What a disk answers that has no second names for a file, or not as many. */
const linkless = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"];

const fanOut = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, "0"));

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder for syncing and journals renames by itself.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unlinkIfThere(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

/** A disk without room is not the client's mistake and may be over soon. */
const asStoreError = (error: unknown): unknown =>
  ["ENOSPC", "EDQUOT"].includes(systemCode(error) ?? "")
    ? new S3Error("ServiceUnavailable", "The disk of the store is full.", { cause: error })
    : error;

/** A body that is durable but that the index does not name yet. One of the two must be called. */
export type Sealed = {
  readonly name: string;
  /** The index names it now. */
  release(): void;
  /** The index never will. */
  discard(): Promise<void>;
};

/** A body on its way to the disk. Either `seal` or `discard` must be called. */
export class BodyWriter implements Sealed {
  readonly name: string;
  #handle: FileHandle;
  #sink: Sink;
  #place: string;
  #batch: Buffer[] = [];
  #batchBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #done: () => void;
  #batchBytesWanted: () => number;

  constructor(options: {
    name: string;
    handle: FileHandle;
    sink: Sink;
    place: string;
    batchBytes: () => number;
    done: () => void;
  }) {
    this.name = options.name;
    this.#handle = options.handle;
    this.#sink = options.sink;
    this.#place = options.place;
    this.#done = options.done;
    this.#batchBytesWanted = options.batchBytes;
  }

  /** Takes a piece. Waits for the disk when two batches are in memory, so that memory stays flat. */
  async write(data: Buffer): Promise<void> {
    this.#batch.push(data);
    this.#batchBytes += data.length;
    const wanted = this.#batchBytesWanted();
    if (this.#batchBytes < wanted) return;
    await this.#flush();
    // Among many, none fills its next batch while the disk has the last.
    if (wanted < batchBytesMax) await this.#writing;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#writing = this.#writeAll(batch);
    // Awaited by the next flush; without this a failure in between would end the process.
    this.#writing.catch(() => {});
  }

  async #writeAll(batch: Buffer[]): Promise<void> {
    try {
      await this.#sink.write(batch);
    } catch (error) {
      throw asStoreError(error);
    }
  }

  /** Whether `finish` answers the MD5; who writes need not compute it then. */
  get hashes(): boolean {
    return this.#sink.hashes;
  }

  /** Writes what is left. */
  async finish(): Promise<Buffer | undefined> {
    await this.#flush();
    await this.#writing;
    try {
      return await this.#sink.finish();
    } catch (error) {
      throw asStoreError(error);
    }
  }

  /** Makes the finished body durable. The caller commits the index next, then calls `release`. */
  async seal(): Promise<void> {
    try {
      await this.#handle.datasync();
      await this.#handle.close();
      await syncFolder(path.dirname(this.#place));
    } catch (error) {
      throw asStoreError(error);
    }
  }

  /** Says that the index now names the body, or never will; the sweep may judge it from here on. */
  release(): void {
    this.#done();
  }

  /** Removes whatever has been written, in whatever state it is. */
  async discard(): Promise<void> {
    await this.#writing.catch(() => {});
    this.#sink.abandon();
    // Closing twice is an error only in name: seal may have come this far.
    await this.#handle.close().catch(() => {});
    await unlinkIfThere(this.#place);
    this.#done();
  }
}

export class Bodies {
  #folder: string;
  /** Bodies that exist, or are about to, before the index knows them. */
  #unnamed = new Set<string>();
  /** How many readers each body has, and which are to go with the last of them. */
  #held = new Map<string, number>();
  #doomed = new Set<string>();
  /** Undefined where the disk can only be written to through the cache. */
  #direct: DirectBlocks | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Prepares the folders. */
  static async open(folder: string): Promise<Bodies> {
    const bodies = new Bodies(folder);
    // Where the first version began its bodies.
    await rm(path.join(folder, "partial"), { recursive: true, force: true });
    for (const two of fanOut) await mkdir(path.join(folder, "bodies", two), { recursive: true, mode: 0o700 });
    await syncFolder(path.join(folder, "bodies"));
    await syncFolder(folder);
    bodies.#direct = await DirectBlocks.open(folder);
    return bodies;
  }

  #place(name: string): string {
    return path.join(this.#folder, "bodies", name.slice(0, 2), name);
  }

  /** Begins a body; `bytes` is about how long it will be, when somebody knows. */
  async create(bytes: number | undefined): Promise<BodyWriter> {
    const name = randomBytes(20).toString("hex");
    const place = this.#place(name);
    const done = (): void => void this.#unnamed.delete(name);
    const direct = (bytes ?? 0) >= directBytesMin ? this.#direct : undefined;
    // Before it is there: the sweep must not take it for a left-over.
    this.#unnamed.add(name);
    try {
      const handle = await open(place, direct === undefined ? cachedFlags : directFlags, 0o600);
      const sink = direct === undefined ? cached(handle) : new DirectSink(handle, direct);
      const batchBytes = (): number =>
        Math.min(batchBytesMax, Math.max(batchBytesMin, batchesBytesMax / this.#unnamed.size));
      return new BodyWriter({ name, handle, sink, place, batchBytes, done });
    } catch (error) {
      done();
      throw asStoreError(error);
    }
  }

  /**
   * A second body with the bytes of another one. Bodies never change, so it is a second name of the same file where
   * the disk has such names, and a copy elsewhere. `source` must be held.
   */
  async duplicate(source: string): Promise<Sealed> {
    const name = randomBytes(20).toString("hex");
    this.#unnamed.add(name);
    const sealed = {
      name,
      release: (): void => void this.#unnamed.delete(name),
      discard: async (): Promise<void> => {
        await unlinkIfThere(this.#place(name));
        this.#unnamed.delete(name);
      },
    };
    try {
      try {
        await link(this.#place(source), this.#place(name));
      } catch (error) {
        if (!linkless.includes(systemCode(error) ?? "")) throw error;
        await this.#copy(source, name);
      }
      await syncFolder(path.dirname(this.#place(name)));
      return sealed;
    } catch (error) {
      await sealed.discard();
      throw asStoreError(error);
    }
  }

  async #copy(source: string, name: string): Promise<void> {
    await copyFile(this.#place(source), this.#place(name), constants.COPYFILE_FICLONE);
    const handle = await open(this.#place(name), "r+");
    await handle.datasync().finally(() => handle.close());
  }

  /** Ends the thread that computes sums. */
  async close(): Promise<void> {
    await this.#direct?.hashing.close();
  }

  /** Keeps bodies on the disk while they are read, even when the index forgets them. The answer lets go of them. */
  hold(names: readonly string[]): () => Promise<void> {
    for (const name of names) this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
    return async () => {
      for (const name of names) {
        const readers = (this.#held.get(name) ?? 1) - 1;
        if (readers > 0) this.#held.set(name, readers);
        else {
          this.#held.delete(name);
          if (this.#doomed.delete(name)) await unlinkIfThere(this.#place(name));
        }
      }
    };
  }

  /** Opens a body that is held. */
  async read(name: string): Promise<FileHandle> {
    return open(this.#place(name), "r");
  }

  /** Removes a body that the index no longer names, once nobody reads it any more. */
  async remove(name: string): Promise<void> {
    if (this.#held.has(name)) this.#doomed.add(name);
    else await unlinkIfThere(this.#place(name));
  }

  /** Removes bodies that no row names: left by a crash before their commit, or between commit and unlink. */
  async sweep(isNamed: (name: string) => boolean, signal: AbortSignal): Promise<number> {
    let removed = 0;
    for (const two of fanOut) {
      if (signal.aborted) break;
      for (const name of await readdir(path.join(this.#folder, "bodies", two))) {
        if (this.#unnamed.has(name) || this.#held.has(name) || isNamed(name)) continue;
        await this.remove(name);
        removed++;
      }
    }
    return removed;
  }
}

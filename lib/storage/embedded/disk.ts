/** How the bytes of a body reach its file: through the system's cache, or past it when there are many. */
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import path from "node:path";
import { Hashing, type Sum } from "./hashing.ts";

/** What the bytes of one body are written with, batch after batch, each awaited before the next. */
export type Sink = {
  write(batch: readonly Buffer[]): Promise<void>;
  /** Writes what is left; the caller syncs and closes. Answers the MD5 of it all when the sink has computed it. */
  finish(): Promise<Buffer | undefined>;
  /** The body is given up. */
  abandon(): void;
  /** Whether it computes the MD5. */
  readonly hashes: boolean;
};

export const cached = (handle: FileHandle): Sink => ({
  async write(batch) {
    const total = batch.reduce((sum, data) => sum + data.length, 0);
    const { bytesWritten } = await handle.writev([...batch]);
    // A disk that runs full takes a part first; writing on tells the reason.
    if (bytesWritten < total) await handle.writeFile(Buffer.concat(batch).subarray(bytesWritten));
  },
  finish: async () => undefined,
  abandon() {},
  hashes: false,
});

/** What a write past the cache has to begin and end at, in memory and in the file. */
const sectorBytes = 4096;
/** A batch of half a megabyte and the chunk that completed it fit into one; ten pages of WebAssembly's. */
const blockBytes = 640 * 1024;
const blocks = 16;

/** The memory for writes past the cache: a few blocks for all bodies, held only while the disk writes. */
export class DirectBlocks {
  readonly hashing: Hashing;
  #free: Buffer[];
  #waiting: ((block: Buffer) => void)[] = [];

  private constructor() {
    // Memory of WebAssembly begins at a page; Buffers begin anywhere.
    const pages = (blocks * blockBytes) / 65_536;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    if (!(memory.buffer instanceof SharedArrayBuffer)) throw new Error("Shared memory is not shared.");
    this.hashing = new Hashing(memory.buffer);
    this.#free = Array.from({ length: blocks }, (_, index) =>
      Buffer.from(memory.buffer, index * blockBytes, blockBytes),
    );
  }

  /** Tries whether the disk under a folder can be written to past the cache; undefined when it cannot. */
  static async open(folder: string): Promise<DirectBlocks | undefined> {
    if (constants.O_DIRECT === undefined) return undefined;
    const file = path.join(folder, "probe");
    const direct = new DirectBlocks();
    const block = await direct.take();
    try {
      const handle = await open(file, directFlags & ~constants.O_EXCL, 0o600);
      await handle.write(block, 0, sectorBytes, 0).finally(() => handle.close());
      return direct;
    } catch {
      // Not every file system has it; the cache does as well, at the price of memory.
      return undefined;
    } finally {
      direct.give(block);
      await unlink(file).catch(() => {});
    }
  }

  take(): Promise<Buffer> {
    const block = this.#free.pop();
    return block === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(block);
  }

  give(block: Buffer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(block);
    else next(block);
  }
}

export const cachedFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
export const directFlags = cachedFlags | (constants.O_DIRECT ?? 0);

/** Writes past the cache: the file was opened with `directFlags`. */
export class DirectSink implements Sink {
  readonly hashes = true;
  #handle: FileHandle;
  #blocks: DirectBlocks;
  #sum: Sum;
  #position = 0;
  /** What does not fill a sector yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(handle: FileHandle, blocks: DirectBlocks) {
    this.#handle = handle;
    this.#blocks = blocks;
    this.#sum = blocks.hashing.begin();
  }

  async write(batch: readonly Buffer[]): Promise<void> {
    const block = await this.#blocks.take();
    try {
      let filled = this.#rest.copy(block);
      for (const data of batch) {
        for (let at = 0; at < data.length; ) {
          const copied = data.copy(block, filled, at);
          at += copied;
          filled += copied;
          if (filled === block.length) {
            await this.#putAndAdd(block, filled);
            filled = 0;
          }
        }
      }
      const whole = filled - (filled % sectorBytes);
      if (whole > 0) await this.#putAndAdd(block, whole);
      this.#rest = Buffer.from(block.subarray(whole, filled));
    } finally {
      this.#blocks.give(block);
    }
  }

  /** The disk and the thread work on a block at the same time; it is let go of when both are done. */
  async #putAndAdd(block: Buffer, bytes: number): Promise<void> {
    const done = await Promise.allSettled([this.#put(block, bytes), this.#sum.add(block.byteOffset, bytes)]);
    for (const one of done) if (one.status === "rejected") throw one.reason;
  }

  async #put(block: Buffer, bytes: number): Promise<void> {
    for (let at = 0; at < bytes; ) {
      const { bytesWritten } = await this.#handle.write(block, at, bytes - at, this.#position);
      at += bytesWritten;
      this.#position += bytesWritten;
    }
  }

  async finish(): Promise<Buffer> {
    if (this.#rest.length > 0) {
      const bytes = this.#position + this.#rest.length;
      const block = await this.#blocks.take();
      try {
        block.fill(0, 0, sectorBytes);
        this.#rest.copy(block);
        await this.#put(block, sectorBytes);
        await this.#sum.add(block.byteOffset, this.#rest.length);
      } finally {
        this.#blocks.give(block);
      }
      await this.#handle.truncate(bytes);
    }
    return this.#sum.md5();
  }

  abandon(): void {
    this.#sum.forget();
  }
}

/**
 * Reads of files that begin before their turn, so that a download waits for the slowest of a few answers and not for
 * the sum of all. The order of the files is kept, and what waits in memory is bounded. No React.
 */
import type { DownloadFile } from "#lib/downloads/shapes.ts";

/** Files that are read at once; over HTTP/1.1 a browser opens six connections to a bucket. */
const aheadMax = 4;
/** Bytes that may wait for their turn, besides the file whose turn it is. */
const waitingBytesMax = 96 * 1024 ** 2;
/** What a prepared picture is taken for before it has come. */
const unknownBytes = 2 * 1024 ** 2;

const weightOf = (file: DownloadFile): number => file.bytes ?? unknownBytes;

type Waiting<Read> = { file: DownloadFile; read: Promise<Read> | undefined };

/** The files of a download in their order, the next few of them being read already. */
export class Ahead<Read> {
  readonly #files: AsyncIterator<DownloadFile>;
  readonly #read: (file: DownloadFile) => Promise<Read>;
  readonly #reads: (file: DownloadFile) => boolean;
  readonly #waiting: Waiting<Read>[] = [];
  #filling: Promise<void> | undefined;
  #ended = false;
  #failure: { error: unknown } | undefined;

  /** `read` reads one whole; files for which `reads` is false are read by whoever takes them. */
  constructor(
    files: AsyncIterable<DownloadFile>,
    read: (file: DownloadFile) => Promise<Read>,
    reads: (file: DownloadFile) => boolean,
  ) {
    this.#files = files[Symbol.asyncIterator]();
    this.#read = read;
    this.#reads = reads;
  }

  /** The next file, without taking it; `undefined` at the end. Throws what asking for the list throws. */
  async peek(): Promise<DownloadFile | undefined> {
    while (this.#waiting.length === 0 && !this.#ended) await this.#fill();
    // All that was listed before comes first: an archive that ends here would look whole.
    if (this.#waiting.length === 0 && this.#failure !== undefined) throw this.#failure.error;
    return this.#waiting[0]?.file;
  }

  /** Takes the next file, with what is read of it. */
  async take(): Promise<{ file: DownloadFile; read: Promise<Read> | undefined } | undefined> {
    await this.peek();
    const next = this.#waiting.shift();
    if (next === undefined) return undefined;
    const read = next.read ?? (this.#reads(next.file) ? this.#begin(next.file) : undefined);
    // Goes on while this one is written.
    void this.#fill();
    return { file: next.file, read };
  }

  #begin(file: DownloadFile): Promise<Read> {
    const read = this.#read(file);
    // What fails before its turn is heard when its turn comes.
    read.catch(() => undefined);
    return read;
  }

  #fill(): Promise<void> {
    this.#filling ??= this.#more().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  async #more(): Promise<void> {
    while (this.#waiting.length < aheadMax && !this.#ended) {
      const file = await this.#listed();
      if (file === undefined) this.#ended = true;
      else this.#waiting.push({ file, read: undefined });
      this.#start();
    }
    this.#start();
  }

  async #listed(): Promise<DownloadFile | undefined> {
    try {
      const { done, value } = await this.#files.next();
      return done === true ? undefined : value;
    } catch (error) {
      this.#failure = { error };
      return undefined;
    }
  }

  /** Begins to read, in order, as many of those that wait as there is room for. */
  #start(): void {
    let bytes = 0;
    for (const one of this.#waiting) {
      if (!this.#reads(one.file)) continue;
      bytes += weightOf(one.file);
      if (bytes > waitingBytesMax) return;
      one.read ??= this.#begin(one.file);
    }
  }
}

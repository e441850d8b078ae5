/**
 * The files of a download as one archive: each is read from the bucket, checked against the checksum its upload was
 * verified with, and only then written; a manifest at the end says what is in it and what is not. No React.
 */
import { makeZip } from "client-zip";
import { createSHA256 } from "hash-wasm";
import { Names } from "#lib/downloads/names.ts";
import type { DownloadFile } from "#lib/downloads/shapes.ts";
import { Ahead } from "./ahead.ts";
import { DownloadFailure } from "./api.ts";
import { fetchFile } from "./fetch-file.ts";

/** Up to here a file is held until it is known to be right; a larger one is written while it is checked. */
const heldMax = 64 * 1024 ** 2;
/** How often a file whose checksum is wrong is read again. */
const readsMax = 3;

export type Trouble = { name: string; what: "gone" | "broken" | "damaged" };
type Line = DownloadFile & { path: string; sha256: string | undefined; state: "ok" | Trouble["what"] };

export type Progress = {
  /** Files that are in the archive, or will not be. */
  files: number;
  /** Bytes that have arrived, of files that are in it. */
  bytes: number;
  troubles: Trouble[];
};

type Entry = { name: string; input: BlobPart | AsyncIterable<Uint8Array>; lastModified: Date };
type Chunk = Uint8Array<ArrayBuffer>;
/** A file that was read whole and is what it should be. */
type Held = { chunks: Chunk[]; bytes: number; sha256: string };

export type Sources = {
  /** Pages of files, in order. */
  files: AsyncIterable<DownloadFile>;
  address(id: string, fresh: boolean): Promise<string>;
  signal: AbortSignal;
  onProgress(progress: Progress): void;
  onStall?: (stalled: boolean) => void;
  pauseMs?: number;
  heldMax?: number;
};

/** Excel takes a cell that begins like this for a formula, and runs it. */
const isFormula = /^[=+\-@\t\r]/;
const cell = (text: string): string => {
  const plain = isFormula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};

const csvOf = (lines: Line[]): string =>
  [
    ["file", "title", "taken", "bytes", "sha256", "state"],
    ...lines.map((line) => [
      line.path,
      line.title,
      line.taken,
      line.bytes === undefined ? "" : String(line.bytes),
      line.sha256 ?? "",
      line.state,
    ]),
  ]
    .map((cells) => `${cells.map(cell).join(",")}\r\n`)
    .join("");

/** An archive of at most about `bytesMax`, and whether files are left for another. */
export class Archive {
  readonly #from: Sources;
  readonly #names = new Names();
  readonly #ahead: Ahead<Held>;
  readonly #progress: Progress = { files: 0, bytes: 0, troubles: [] };

  constructor(from: Sources) {
    this.#from = from;
    this.#ahead = new Ahead(
      from.files,
      (file) => this.#held(file),
      (file) => !this.#isLarge(file),
    );
  }

  #isLarge(file: DownloadFile): boolean {
    return (file.bytes ?? 0) > (this.#from.heldMax ?? heldMax);
  }

  /** False when everything is in an archive already. */
  async more(): Promise<boolean> {
    return (await this.#ahead.peek()) !== undefined;
  }

  /** The next archive: at least one file, no more once `bytesMax` is reached. */
  part(bytesMax: number): ReadableStream<Uint8Array> {
    return makeZip(this.#entries(bytesMax), { buffersAreUTF8: true });
  }

  async *#entries(bytesMax: number): AsyncGenerator<Entry> {
    const lines: Line[] = [];
    let sum = 0;
    for (;;) {
      const next = await this.#ahead.peek();
      if (next === undefined || (lines.length > 0 && sum + (next.bytes ?? 0) > bytesMax)) break;
      const taken = await this.#ahead.take();
      if (taken === undefined) break;
      for await (const entry of this.#entry(taken.file, taken.read, lines)) yield entry;
      sum += lines.at(-1)?.bytes ?? 0;
    }
    yield { name: "manifest.csv", input: `\uFEFF${csvOf(lines)}`, lastModified: new Date() };
  }

  async *#entry(file: DownloadFile, held: Promise<Held> | undefined, lines: Line[]): AsyncGenerator<Entry> {
    const path = this.#names.take(file.folder, file.name);
    const lastModified = new Date(file.taken);
    try {
      if (held === undefined) yield* this.#streamed(file, path, lastModified, lines);
      else {
        const read = await held;
        yield { name: path, input: new Blob(read.chunks), lastModified };
        lines.push({ ...file, bytes: read.bytes, sha256: read.sha256, path, state: "ok" });
      }
    } catch (error) {
      if (!(error instanceof DownloadFailure) || !isTrouble(error.code)) throw error;
      this.#progress.troubles.push({ name: path, what: error.code });
      lines.push({ ...file, path, state: error.code });
    }
    this.#progress.files += 1;
    this.#tell();
  }

  /** Read whole, and again when it is not what it should be. */
  async #held(file: DownloadFile): Promise<Held> {
    for (let n = 1; ; n++) {
      const hash = await createSHA256();
      const chunks: Chunk[] = [];
      let bytes = 0;
      for await (const chunk of this.#bytes(file, n > 1)) {
        hash.update(chunk);
        chunks.push(chunk);
        bytes += chunk.byteLength;
      }
      const sha256 = hash.digest("hex");
      if (file.sha256 === undefined || file.sha256 === sha256) return { chunks, sha256, bytes };
      this.#progress.bytes -= bytes;
      if (n >= readsMax) throw new DownloadFailure("damaged", "the checksum is another one");
    }
  }

  /** Written while it is read. One that turns out wrong stays in the archive, named so, and is followed by another. */
  async *#streamed(
    file: DownloadFile,
    path: string,
    lastModified: Date,
    lines: Line[],
  ): AsyncGenerator<Entry> {
    for (let n = 1; ; n++) {
      const name = n === 1 ? path : this.#names.take(file.folder, file.name);
      const end: { sha256?: string; failure?: DownloadFailure } = {};
      yield { name, input: this.#hashed(file, n > 1, end), lastModified };
      const state =
        end.failure !== undefined
          ? "broken"
          : file.sha256 === undefined || end.sha256 === file.sha256
            ? "ok"
            : "damaged";
      if (state !== "ok" && n >= readsMax) throw new DownloadFailure(state, "it never arrived whole");
      lines.push({ ...file, path: name, sha256: end.sha256, state });
      if (state === "ok") return;
      this.#progress.troubles.push({ name, what: state });
    }
  }

  /** An archive cannot take back what it has begun: a file that breaks off ends there, and `end` says why. */
  async *#hashed(
    file: DownloadFile,
    fresh: boolean,
    end: { sha256?: string; failure?: DownloadFailure },
  ): AsyncGenerator<Chunk> {
    const hash = await createSHA256();
    try {
      for await (const chunk of this.#bytes(file, fresh)) {
        hash.update(chunk);
        yield chunk;
      }
      end.sha256 = hash.digest("hex");
    } catch (error) {
      if (!(error instanceof DownloadFailure)) throw error;
      end.failure = error;
    }
  }

  async *#bytes(file: DownloadFile, fresh: boolean): AsyncGenerator<Chunk> {
    const { address, signal, pauseMs, onStall } = this.#from;
    let first = fresh;
    const doors = {
      signal,
      ...(pauseMs === undefined ? {} : { pauseMs }),
      ...(onStall === undefined ? {} : { onStall }),
      address: (again: boolean) => {
        const anew = again || first;
        first = false;
        return address(file.id, anew);
      },
    };
    for await (const chunk of fetchFile(doors)) {
      this.#progress.bytes += chunk.byteLength;
      this.#tell();
      yield chunk;
    }
  }

  #tell(): void {
    this.#from.onProgress({ ...this.#progress, troubles: [...this.#progress.troubles] });
  }
}

const isTrouble = (code: string): code is Trouble["what"] =>
  code === "gone" || code === "broken" || code === "damaged";

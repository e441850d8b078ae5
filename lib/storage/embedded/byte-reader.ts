/** Reads lines, counted bytes and bytes up to a delimiter from a stream of chunks, keeping at most one chunk. */
import { S3Error } from "./s3-error.ts";

export type Chunks = AsyncIterable<Buffer>;

/** How many bytes at the end of `data` may be the beginning of a delimiter that the next chunk completes. */
function beginningOf(delimiter: Buffer, data: Buffer): number {
  const first = delimiter.subarray(0, 1);
  let at = data.indexOf(first, Math.max(0, data.length - delimiter.length + 1));
  while (at >= 0) {
    const tail = data.subarray(at);
    if (delimiter.subarray(0, tail.length).equals(tail)) return tail.length;
    at = data.indexOf(first, at + 1);
  }
  return 0;
}

export class ByteReader {
  #source: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(source: Chunks) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Adds the next chunk to what is left of the last; false at the end. */
  async #fill(): Promise<boolean> {
    if (this.#ended) return false;
    const next = await this.#source.next();
    if (next.done === true) {
      this.#ended = true;
      return false;
    }
    this.#buffer = this.#buffer.length === 0 ? next.value : Buffer.concat([this.#buffer, next.value]);
    return true;
  }

  /** The bytes in front of a delimiter, which is consumed; undefined when it does not come within `bytesMax`. */
  async until(delimiter: Buffer, bytesMax: number): Promise<Buffer | undefined> {
    let from = 0;
    for (;;) {
      const at = this.#buffer.indexOf(delimiter, from);
      if (at > bytesMax) return undefined;
      if (at >= 0) {
        const found = this.#buffer.subarray(0, at);
        this.#buffer = this.#buffer.subarray(at + delimiter.length);
        return found;
      }
      if (this.#buffer.length > bytesMax + delimiter.length) return undefined;
      from = Math.max(0, this.#buffer.length - delimiter.length + 1);
      if (!(await this.#fill())) return undefined;
    }
  }

  /** Exactly `count` bytes, piece by piece. Refuses with IncompleteBody when the stream ends before. */
  async *take(count: number): AsyncGenerator<Buffer, void, void> {
    let left = count;
    while (left > 0) {
      if (this.#buffer.length === 0 && !(await this.#fill()))
        throw new S3Error("IncompleteBody", "The body ended before the bytes that it announced.");
      const piece = this.#buffer.subarray(0, left);
      this.#buffer = this.#buffer.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }

  /** Everything in front of a delimiter, piece by piece; returns whether the delimiter came. */
  async *pieces(delimiter: Buffer): AsyncGenerator<Buffer, boolean, void> {
    for (;;) {
      const at = this.#buffer.indexOf(delimiter);
      if (at >= 0) {
        const piece = this.#buffer.subarray(0, at);
        this.#buffer = this.#buffer.subarray(at + delimiter.length);
        if (piece.length > 0) yield piece;
        return true;
      }
      const begun = beginningOf(delimiter, this.#buffer);
      const piece = this.#buffer.subarray(0, this.#buffer.length - begun);
      this.#buffer = this.#buffer.subarray(piece.length);
      if (piece.length > 0) yield piece;
      if (!(await this.#fill())) return false;
    }
  }

  /** The next `count` bytes, or undefined when the stream ends before. */
  async exactly(count: number): Promise<Buffer | undefined> {
    while (this.#buffer.length < count) if (!(await this.#fill())) return undefined;
    const found = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return found;
  }

  /** Whether the stream has ended with nothing left over. */
  async atEnd(): Promise<boolean> {
    while (this.#buffer.length === 0) if (!(await this.#fill())) return true;
    return false;
  }
}

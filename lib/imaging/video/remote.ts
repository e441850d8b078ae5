/** For programs that work apart: bytes of a video where it lies, asked for over descriptor 3 and answered on standard input. */
import { writeSync } from "node:fs";

const askPipe = 3;
/** What is near is read soon: one ask for many small boxes. */
const windowBytes = 256 * 1024;
const windowsMax = 16;
const atOnceMax = 4 * 1024 * 1024;

export type Remote = { bytes: number; read(start: number, end: number): Promise<Buffer> };

/** Whole answers, in the order in which they were asked for. */
function answers(): (bytes: number) => Promise<Buffer> {
  const iterator = process.stdin[Symbol.asyncIterator]();
  let left: Buffer = Buffer.alloc(0);
  return async (bytes) => {
    const pieces = [left];
    for (let have = left.length; have < bytes; ) {
      const next = await iterator.next();
      if (next.done === true) throw new Error("the worker has gone");
      const piece = Buffer.from(next.value);
      pieces.push(piece);
      have += piece.length;
    }
    const all = Buffer.concat(pieces);
    left = all.subarray(bytes);
    return all.subarray(0, bytes);
  };
}

/** Reads within a video of so many bytes. What lies past its end is cut off. */
export function openRemote(bytes: number): Remote {
  const answer = answers();
  const windows = new Map<number, Buffer>();
  let last: Promise<unknown> = Promise.resolve();

  const ask = (start: number, end: number): Promise<Buffer> => {
    const asked = last.then(() => {
      writeSync(askPipe, `[${start},${end}]\n`);
      return answer(end - start);
    });
    last = asked.catch(() => undefined);
    return asked;
  };
  const windowAt = async (start: number): Promise<Buffer> => {
    const known = windows.get(start);
    if (known !== undefined) return known;
    const read = await ask(start, Math.min(start + windowBytes, bytes));
    for (const key of windows.keys()) {
      if (windows.size < windowsMax) break;
      windows.delete(key);
    }
    windows.set(start, read);
    return read;
  };
  const large = async (start: number, end: number): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for (let at = start; at < end; at += atOnceMax) pieces.push(await ask(at, Math.min(at + atOnceMax, end)));
    return Buffer.concat(pieces);
  };
  return {
    bytes,
    async read(start, wanted) {
      const end = Math.min(wanted, bytes);
      if (end <= start) return Buffer.alloc(0);
      if (end - start > windowBytes) return large(start, end);
      const pieces: Buffer[] = [];
      for (let at = start; at < end; ) {
        const first = at - (at % windowBytes);
        const window = await windowAt(first);
        pieces.push(window.subarray(at - first, end - first));
        at = first + windowBytes;
      }
      return pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces);
    },
  };
}

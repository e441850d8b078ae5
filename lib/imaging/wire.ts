/** How the worker and its decoders speak: a head in JSON, and parts in bytes behind it. */
import { z } from "zod";

export type Message = { head: unknown; parts: Buffer[] };

const partsMax = 64;
const headBytesMax = 1024 * 1024;

/** Pieces to be written one after the other; the parts are not copied. */
export function packed(head: unknown, parts: readonly Uint8Array[]): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.alloc(8 + parts.length * 4);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(parts.length, 4);
  for (const [n, part] of parts.entries()) lengths.writeUInt32LE(part.length, 8 + n * 4);
  return [lengths, text, ...parts];
}

const partLengths = z.array(z.int()).max(partsMax);

/** Whole messages of a stream. Throws for what is larger than it may be, before it is held. */
export async function* messages(
  stream: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Message, void, undefined> {
  const read = reader(stream);
  for (;;) {
    const start = await read(8);
    if (start === undefined) return;
    const [headBytes, count] = [start.readUInt32LE(0), start.readUInt32LE(4)];
    if (headBytes > headBytesMax || count > partsMax) throw new Error("A message past all measure.");
    const table = await wanted(read, count * 4);
    const lengths = partLengths.parse(Array.from({ length: count }, (_, n) => table.readUInt32LE(n * 4)));
    if (lengths.reduce((sum, length) => sum + length, 0) > bytesMax)
      throw new Error("A message past all measure.");
    const head: unknown = JSON.parse((await wanted(read, headBytes)).toString("utf8"));
    const parts: Buffer[] = [];
    for (const length of lengths) parts.push(await wanted(read, length));
    yield { head, parts };
  }
}

type Read = (bytes: number) => Promise<Buffer | undefined>;

async function wanted(read: Read, bytes: number): Promise<Buffer> {
  const found = await read(bytes);
  if (found === undefined) throw new Error("A message that is cut off.");
  return found;
}

/** Exactly so many bytes at a time; undefined at the end. */
function reader(stream: AsyncIterable<Uint8Array>): Read {
  const iterator = stream[Symbol.asyncIterator]();
  let left: Uint8Array[] = [];
  let have = 0;
  return async (bytes) => {
    while (have < bytes) {
      const next = await iterator.next();
      if (next.done === true) return undefined;
      left.push(next.value);
      have += next.value.length;
    }
    const all = left.length === 1 && left[0] !== undefined ? left[0] : Buffer.concat(left);
    have -= bytes;
    left = have === 0 ? [] : [all.subarray(bytes)];
    return Buffer.from(all.buffer, all.byteOffset, bytes);
  };
}

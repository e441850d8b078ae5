/** A stream on its way into the bucket, cut into parts so that a broken connection costs one of them. */
import {
  type ObjectMeta,
  type OpenStream,
  type SizedStream,
  type Storage,
  StorageError,
  type StoredPart,
} from "../port.ts";

export type PartSizes = { partBytes: number; heldBytesMax: number };

const partsMax = 10_000;
const lanesMax = 4;
const mebi = 1024 ** 2;

const wrongLength = (announced: number, came: string): StorageError =>
  came === "more"
    ? new StorageError(
        "too_large",
        `More than the announced ${announced} bytes came to be stored; nothing was stored.`,
      )
    : new StorageError(
        "unavailable",
        `Only ${came} of the announced ${announced} bytes came to be stored; nothing was stored.`,
      );

export const forgotten = (): StorageError =>
  new StorageError("unavailable", "The bucket forgot the parts of an object before it was whole.");

/** Cuts a stream into buffers of this length, the last one excepted. Refuses a stream that is not as long as announced. */
async function* cut(body: SizedStream | OpenStream, length: number): AsyncGenerator<Buffer> {
  const announced = body.bytes ?? length * partsMax;
  let pieces: Uint8Array[] = [];
  let held = 0;
  let came = 0;
  for await (const whole of body.stream) {
    came += whole.byteLength;
    if (came > announced) throw wrongLength(announced, "more");
    let piece = whole;
    while (held + piece.byteLength >= length) {
      const fits = length - held;
      yield Buffer.concat([...pieces, piece.subarray(0, fits)], length);
      piece = piece.subarray(fits);
      pieces = [];
      held = 0;
    }
    if (piece.byteLength > 0) pieces.push(piece);
    held += piece.byteLength;
  }
  if (body.bytes !== undefined && came !== announced) throw wrongLength(announced, String(came));
  if (held > 0) yield Buffer.concat(pieces, held);
}

/** The beginning of a stream of unknown length, up to a part; `rest` is the whole of a longer one. */
export async function beginningOf(
  body: OpenStream,
  sizes: PartSizes,
): Promise<{ whole: Buffer } | { rest: AsyncIterable<Buffer> }> {
  const pieces = cut(body, partBytesOf(undefined, sizes));
  const first = await pieces.next();
  if (first.done === true) return { whole: Buffer.alloc(0) };
  const second = await pieces.next();
  if (second.done === true) return { whole: first.value };
  const all = async function* (): AsyncGenerator<Buffer> {
    yield first.value;
    yield second.value;
    yield* pieces;
  };
  return { rest: all() };
}

/** All of a small stream. */
export async function collect(body: SizedStream): Promise<Buffer> {
  for await (const whole of cut(body, body.bytes + 1)) return whole;
  return Buffer.alloc(0);
}

/** Every part but the last has the same length: some stores insist on it. */
const partBytesOf = (bytes: number | undefined, sizes: PartSizes): number =>
  bytes === undefined
    ? sizes.partBytes * 2
    : Math.max(sizes.partBytes, Math.ceil(bytes / partsMax / mebi) * mebi);

/** Stores a stream in parts, a few at a time. What fails leaves nothing behind, as far as the store can be reached. */
export async function inParts(
  multipart: Storage["multipart"],
  wanted: {
    key: string;
    body: SizedStream | OpenStream;
    /** The body, cut already. */
    pieces?: AsyncIterable<Buffer>;
    meta: ObjectMeta & { ifAbsent?: boolean };
    sizes: PartSizes;
  },
): Promise<void> {
  const { key, body, meta, sizes } = wanted;
  const length = partBytesOf(body.bytes, sizes);
  const lanes = Math.max(1, Math.min(lanesMax, Math.floor(sizes.heldBytesMax / length)));
  const uploadId = await multipart.begin(key, meta);
  try {
    const parts: StoredPart[] = [];
    const failures: unknown[] = [];
    const running = new Set<Promise<void>>();
    const send = async (number: number, bytes: Buffer): Promise<void> => {
      try {
        parts[number - 1] = await multipart.put(key, uploadId, number, bytes);
        body.onStored?.(bytes.byteLength);
      } catch (error) {
        failures.push(error);
      }
    };
    try {
      let number = 0;
      for await (const bytes of wanted.pieces ?? cut(body, length)) {
        if (failures.length > 0) break;
        const sent = send(++number, bytes).finally(() => running.delete(sent));
        running.add(sent);
        if (running.size >= lanes) await Promise.race(running);
      }
    } finally {
      // A part that arrives after the upload was forgotten would stay and be paid for.
      await Promise.all(running);
    }
    if (failures.length > 0) throw failures[0];
    const done = await multipart.complete(key, uploadId, parts, { ifAbsent: meta.ifAbsent === true });
    if (done === undefined) throw forgotten();
  } catch (error) {
    await Promise.allSettled([multipart.abort(key, uploadId)]);
    throw error;
  }
}

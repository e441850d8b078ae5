/** GIF: a walk over its blocks. */
import { corrupt, type Structure } from "../structure.ts";

type Block =
  | { kind: "image"; whole: Buffer; right: number; bottom: number }
  | { kind: "extension"; whole: Buffer; label: number };

const label = { graphicControl: 0xf9, application: 0xff } as const;
const headerBytes = 13;

const tableBytes = (packed: number): number => (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0);

function byteAt(original: Buffer, at: number): number {
  const byte = original[at];
  if (byte === undefined) throw corrupt("the file ends inside a block");
  return byte;
}

/** The offset after the chain of sub-blocks that starts at `at`. */
function chainEnd(original: Buffer, at: number): number {
  let next = at;
  for (let length = byteAt(original, next); length !== 0; length = byteAt(original, next)) next += length + 1;
  return next + 1;
}

const firstBlock = (original: Buffer): number => headerBytes + tableBytes(byteAt(original, 10));

/** Returns the offset after the last of them. */
function* blocks(original: Buffer): Generator<Block, number> {
  for (let at = firstBlock(original); ; ) {
    const start = at;
    const introducer = byteAt(original, at);
    if (introducer === 0x3b) return at + 1;
    if (introducer === 0x21) {
      at = chainEnd(original, at + 2);
      yield { kind: "extension", whole: original.subarray(start, at), label: byteAt(original, start + 1) };
    } else if (introducer === 0x2c) {
      const packed = byteAt(original, at + 9);
      at = chainEnd(original, at + 10 + tableBytes(packed) + 1);
      yield {
        kind: "image",
        whole: original.subarray(start, at),
        right: original.readUInt16LE(start + 1) + original.readUInt16LE(start + 5),
        bottom: original.readUInt16LE(start + 3) + original.readUInt16LE(start + 7),
      };
    } else throw corrupt(`an unknown block at byte ${at}`);
  }
}

const isLoop = (whole: Buffer): boolean =>
  ["NETSCAPE2.0", "ANIMEXTS1.0"].includes(whole.toString("latin1", 3, 14)) && whole.length === 19;
const isProfile = (whole: Buffer): boolean => whole.toString("latin1", 3, 14) === "ICCRGBG1012";

export function readGif(original: Buffer): Structure {
  if (original.length < headerBytes) throw corrupt("the header is cut off");
  const found: Structure = {
    width: original.readUInt16LE(6),
    height: original.readUInt16LE(8),
    frames: 0,
    wholeFrame: false,
    deep: false,
    profileBytes: 0,
    exifBytes: 0,
    xmpBytes: 0,
  };
  for (const block of blocks(original)) {
    if (block.kind === "image") {
      found.frames += 1;
      // A frame that reaches past the canvas makes the decoder enlarge the canvas.
      found.width = Math.max(found.width, block.right);
      found.height = Math.max(found.height, block.bottom);
    } else if (block.label === label.application && isProfile(block.whole))
      found.profileBytes += block.whole.length;
    else if (block.label !== label.graphicControl) found.xmpBytes += block.whole.length;
  }
  if (found.frames === 0) throw corrupt("no picture in the file");
  return found;
}

/** The same frames, byte for byte; comments, texts and application data other than the loop count are gone. */
export function stripGif(original: Buffer): Buffer {
  const parts = [original.subarray(0, firstBlock(original))];
  for (const block of blocks(original)) {
    const keep =
      block.kind === "image" ||
      block.label === label.graphicControl ||
      (block.label === label.application && isLoop(block.whole));
    if (keep) parts.push(block.whole);
  }
  return Buffer.concat([...parts, Buffer.from([0x3b])]);
}

/** Without what follows its end: libvips takes that for another frame, and browsers show the picture. */
export function gifAlone(original: Buffer): Buffer {
  const walk = blocks(original);
  for (;;) {
    const next = walk.next();
    if (next.done === true) return original.subarray(0, next.value);
  }
}

/** PNG: a walk over its chunks. */
import { crc32, inflateSync } from "node:zlib";
import { limits } from "#lib/media.ts";
import { corrupt, type Structure } from "../structure.ts";
import { orientationIn, orientationOnly } from "../tiff.ts";

type Chunk = { type: string; data: Buffer /** Length, type, data and checksum. */; whole: Buffer };

const signatureBytes = 8;

/** Chunks up to IEND; what follows it is not part of the picture. */
function* chunks(original: Buffer): Generator<Chunk> {
  for (let at = signatureBytes; at + 12 <= original.length; ) {
    const length = original.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > original.length) throw corrupt("a chunk is longer than the file");
    const type = original.toString("latin1", at + 4, at + 8);
    yield { type, data: original.subarray(at + 8, end - 4), whole: original.subarray(at, end) };
    if (type === "IEND") return;
    at = end;
  }
  throw corrupt("no end chunk");
}

/** Where the packed part of a text or profile chunk starts; undefined when nothing is packed. */
function packedStart({ type, data }: Chunk): number | undefined {
  const name = data.indexOf(0);
  if (name === -1) return undefined;
  if (type === "zTXt" || type === "iCCP") return name + 2;
  if (type !== "iTXt" || data[name + 1] !== 1) return undefined;
  const language = data.indexOf(0, name + 3);
  const keyword = language === -1 ? -1 : data.indexOf(0, language + 1);
  return keyword === -1 ? undefined : keyword + 1;
}

/**
 * The size a chunk has once it is in memory, `most` + 1 when that is passed: a kilobyte of zTXt unpacks to a
 * megabyte, and libpng would keep a thousand of them.
 */
function unpackedBytes(chunk: Chunk, most: number): number {
  const start = packedStart(chunk);
  if (start === undefined || chunk.data.length > most) return chunk.data.length;
  try {
    return start + inflateSync(chunk.data.subarray(start), { maxOutputLength: Math.max(1, most) }).length;
  } catch (error) {
    if (error instanceof RangeError) return most + 1;
    // Packed wrongly: libpng leaves such a chunk out and shows the picture, and so do browsers.
    if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_"))
      return chunk.data.length;
    throw error;
  }
}

export function readPng(original: Buffer): Structure {
  const found: Structure = {
    width: 0,
    height: 0,
    frames: 1,
    wholeFrame: false,
    deep: false,
    profileBytes: 0,
    exifBytes: 0,
    xmpBytes: 0,
  };
  let first = true;
  for (const chunk of chunks(original)) {
    const { type, data } = chunk;
    if (first !== (type === "IHDR")) throw corrupt("the header chunk is not the first");
    first = false;
    if (type === "IHDR") {
      if (data.length !== 13) throw corrupt("the header chunk has a wrong size");
      found.width = data.readUInt32BE(0);
      found.height = data.readUInt32BE(4);
      found.deep = data[8] === 16;
      found.wholeFrame = data[12] === 1;
    } else if (type === "iCCP") found.profileBytes += unpackedBytes(chunk, limits.profileBytesMax);
    else if (type === "eXIf") found.exifBytes += data.length;
    else if (type === "iTXt" || type === "tEXt" || type === "zTXt")
      found.xmpBytes += unpackedBytes(chunk, limits.metadataBytesMax - found.xmpBytes);
    if (found.xmpBytes > limits.metadataBytesMax) break;
  }
  return found;
}

const kept = new Set(
  "IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD hIST pHYs acTL fcTL fdAT".split(" "),
);

/** A chunk with its length and checksum. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** The same pixels and colours, byte for byte; of the metadata only the orientation. */
export function stripPng(original: Buffer): Buffer {
  const parts: Buffer[] = [original.subarray(0, signatureBytes)];
  for (const { type, data, whole } of chunks(original)) {
    if (kept.has(type)) parts.push(whole);
    else if (type === "eXIf" && orientationIn(data) !== 1)
      parts.push(pngChunk("eXIf", orientationOnly(orientationIn(data))));
  }
  return Buffer.concat(parts);
}

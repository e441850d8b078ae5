/** WebP: a walk over its RIFF chunks. */
import { corrupt, type Structure } from "../structure.ts";
import { orientationIn, orientationOnly } from "../tiff.ts";

type Chunk = { type: string; data: Buffer };
const flag = { xmp: 0x04, exif: 0x08 } as const;

function* chunks(body: Buffer): Generator<Chunk> {
  for (let at = 0; at < body.length; ) {
    if (at + 8 > body.length) throw corrupt("a chunk header is cut off");
    const length = body.readUInt32LE(at + 4);
    const end = at + 8 + length;
    if (end > body.length) throw corrupt("a chunk is longer than the file");
    yield { type: body.toString("latin1", at, at + 4), data: body.subarray(at + 8, end) };
    at = end + (length & 1);
  }
}

/** What the RIFF header promises; bytes past it do not belong to the picture. */
function riffBody(original: Buffer): Buffer {
  const end = 8 + original.readUInt32LE(4);
  if (end < 12 || end > original.length) throw corrupt("the file is shorter than its header says");
  return original.subarray(12, end);
}

/** Size of a lossy or lossless bitstream, from its own header. */
function bitstreamSize({ type, data }: Chunk): { width: number; height: number } {
  if (type === "VP8 ") {
    if (data.length < 10) throw corrupt("the picture header is cut off");
    return { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff };
  }
  if (data.length < 5 || data[0] !== 0x2f) throw corrupt("the picture header is cut off");
  const bits = data.readUInt32LE(1);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

export function readWebp(original: Buffer): Structure {
  if (original.length < 20) throw corrupt("the header is cut off");
  const found: Structure = {
    width: 0,
    height: 0,
    frames: 0,
    wholeFrame: true,
    deep: false,
    profileBytes: 0,
    exifBytes: 0,
    xmpBytes: 0,
  };
  let stills = 0;
  for (const chunk of chunks(riffBody(original))) {
    const { type, data } = chunk;
    if (type === "VP8X") {
      if (data.length < 10) throw corrupt("the canvas header is cut off");
      found.width = data.readUIntLE(4, 3) + 1;
      found.height = data.readUIntLE(7, 3) + 1;
    } else if (type === "VP8 " || type === "VP8L") {
      const size = bitstreamSize(chunk);
      found.width = Math.max(found.width, size.width);
      found.height = Math.max(found.height, size.height);
      stills += 1;
    } else if (type === "ANMF") found.frames += 1;
    else if (type === "ICCP") found.profileBytes += data.length;
    else if (type === "EXIF") found.exifBytes += data.length;
    else if (type === "XMP ") found.xmpBytes += data.length;
  }
  if (found.frames === 0 && stills === 0) throw corrupt("no picture in the file");
  found.frames = Math.max(1, found.frames);
  return found;
}

function riffChunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, "latin1");
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length & 1)]);
}

const pictureParts = new Set(["ALPH", "VP8 ", "VP8L"]);
const frameHeaderBytes = 16;

/** A frame without chunks that no decoder needs and that could hold anything. */
function plainFrame(data: Buffer): Buffer {
  const inner = Array.from(chunks(data.subarray(frameHeaderBytes)))
    .filter(({ type }) => pictureParts.has(type))
    .map(({ type, data: bytes }) => riffChunk(type, bytes));
  return Buffer.concat([data.subarray(0, frameHeaderBytes), ...inner]);
}

/** The same pictures, byte for byte; of the metadata only the colour profile and the orientation. */
export function stripWebp(original: Buffer): Buffer {
  const parts: Buffer[] = [];
  const found = Array.from(chunks(riffBody(original)));
  const exif = found.find(({ type }) => type === "EXIF")?.data;
  const orientation = exif === undefined ? 1 : orientationIn(withoutPrefix(exif));
  for (const { type, data } of found) {
    if (type === "VP8X") {
      const head = Buffer.from(data);
      head[0] = ((head[0] ?? 0) & ~(flag.xmp | flag.exif)) | (orientation === 1 ? 0 : flag.exif);
      parts.push(riffChunk(type, head));
    } else if (type === "ANMF") parts.push(riffChunk(type, plainFrame(data)));
    else if (pictureParts.has(type) || type === "ANIM" || type === "ICCP") parts.push(riffChunk(type, data));
  }
  if (orientation !== 1) parts.push(riffChunk("EXIF", orientationOnly(orientation)));
  const body = Buffer.concat([Buffer.from("WEBP"), ...parts]);
  return riffChunk("RIFF", body);
}

/** Some writers put JPEG's prefix before the TIFF block. */
function withoutPrefix(exif: Buffer): Buffer {
  return exif.toString("latin1", 0, 6) === "Exif\0\0" ? exif.subarray(6) : exif;
}

/** Pictures for the tests, all made here: by sharp where it can, by hand where they must be wrong in a given way. */
import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import type { RejectCode } from "#lib/media.ts";
import { pngChunk } from "./formats/png.ts";
import { Rejection } from "./rejection.ts";

export const rejectedAs =
  (code: RejectCode) =>
  (error: unknown): true => {
    assert.ok(error instanceof Rejection, `expected a Rejection, got ${String(error)}`);
    assert.equal(error.code, code);
    return true;
  };

/** Something with edges and slopes in it, so that no encoder makes it trivially small. */
export function scene(width: number, height: number, channels: 3 | 4 = 3): Sharp {
  const data = Buffer.alloc(width * height * channels);
  for (let at = 0, n = 0; at < data.length; at += channels, n++) {
    const x = n % width;
    const y = Math.floor(n / width);
    data[at] = (x * 255) / width;
    data[at + 1] = (y * 255) / height;
    data[at + 2] = (x >> 4) % 2 === (y >> 4) % 2 ? 200 : 40 + ((n * 2654435761) >>> 28);
    if (channels === 4) data[at + 3] = x < width / 2 ? 255 : 0;
  }
  return sharp(data, { raw: { width, height, channels } });
}

/** Red, green, blue, white in its corners, as stored. */
export function corners(width = 96, height = 64): Sharp {
  const colors = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ];
  const data = Buffer.from(
    Array.from({ length: width * height }, (_, n) => {
      const right = n % width >= width / 2 ? 1 : 0;
      const below = n >= (width * height) / 2 ? 2 : 0;
      return colors[right + below] ?? [];
    }).flat(),
  );
  return sharp(data, { raw: { width, height, channels: 3 } });
}

type Value = string | number[] | [number, number][];
type Directory = Record<number, readonly [type: 1 | 2 | 3 | 4 | 5 | 7 | 10, value: Value]>;
const typeBytes = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 10: 8 } as const;

function valueBytes(type: keyof typeof typeBytes, value: Value): Buffer {
  if (typeof value === "string") return Buffer.from(`${value}\0`, "utf8");
  const bytes = Buffer.alloc(value.length * typeBytes[type]);
  for (const [n, part] of value.entries()) {
    if (Array.isArray(part)) {
      bytes.writeUInt32BE(part[0] >>> 0, n * 8);
      bytes.writeUInt32BE(part[1] >>> 0, n * 8 + 4);
    } else bytes.writeUIntBE(part, n * typeBytes[type], typeBytes[type]);
  }
  return bytes;
}

function directory(tags: Directory, at: number): Buffer {
  const entries = Object.entries(tags);
  const head = Buffer.alloc(2 + entries.length * 12 + 4);
  head.writeUInt16BE(entries.length);
  const tail: Buffer[] = [];
  let free = at + head.length;
  for (const [n, [tag, [type, value]]] of entries.entries()) {
    const bytes = valueBytes(type, value);
    const entry = 2 + n * 12;
    head.writeUInt16BE(Number(tag), entry);
    head.writeUInt16BE(type, entry + 2);
    head.writeUInt32BE(bytes.length / typeBytes[type], entry + 4);
    if (bytes.length <= 4) bytes.copy(head, entry + 8);
    else {
      head.writeUInt32BE(free, entry + 8);
      tail.push(bytes);
      free += bytes.length;
    }
  }
  return Buffer.concat([head, ...tail]);
}

/** A TIFF block as EXIF has it: main directory, EXIF directory, GPS directory. */
export function exifBlock(main: Directory, exif: Directory = {}, gps: Directory = {}): Buffer {
  const build = (exifAt: number, gpsAt: number): Buffer[] => [
    Buffer.from("MM\0*\0\0\0\x08", "latin1"),
    directory({ ...main, 34665: [4, [exifAt]], 34853: [4, [gpsAt]] }, 8),
    directory(exif, exifAt),
    directory(gps, gpsAt),
  ];
  const [head, first, second] = build(0, 0).map(({ length }) => length);
  const exifAt = (head ?? 0) + (first ?? 0);
  return Buffer.concat(build(exifAt, exifAt + (second ?? 0)));
}

/** The note of the maker in which an iPhone names the other half of a Live Photo, as EXIF has it in tag 37500. */
export function appleNote(contentId: string): number[] {
  const text = Buffer.from(`${contentId}\0`);
  // A run of the camera before it, as in real ones.
  const entries = [
    [1, 9, 1, 14],
    [0x11, 2, text.length, 14 + 2 + 2 * 12 + 4],
  ];
  const head = Buffer.from("Apple iOS\0\0\x01MM\0\x02", "latin1");
  const fields = entries.map(([tag = 0, type = 0, count = 0, value = 0]) => {
    const entry = Buffer.alloc(12);
    entry.writeUInt16BE(tag, 0);
    entry.writeUInt16BE(type, 2);
    entry.writeUInt32BE(count, 4);
    entry.writeUInt32BE(value, 8);
    return entry;
  });
  return [...head, ...Buffer.concat(fields), 0, 0, 0, 0, ...text];
}

/** A JPEG segment: its marker's second byte and what it holds. */
export function segment(code: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, code, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

export const exifSegment = (block: Buffer): Buffer =>
  segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0"), block]));

/** The JPEG with segments put in after its first marker. */
export const withSegments = (jpeg: Buffer, ...segments: Buffer[]): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);

export const pngSignature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

/** The PNG with chunks put in after its header. */
export const withChunks = (png: Buffer, ...chunks: Buffer[]): Buffer =>
  Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);

export function pngHeader(width: number, height: number, depth = 8, color = 2, interlace = 0): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, color, 0, 0, interlace], 8);
  return pngChunk("IHDR", data);
}

/** One black bit a pixel, packed a thousandfold. */
export const blackPng = (width: number, height: number): Buffer =>
  Buffer.concat([
    pngSignature,
    pngHeader(width, height, 1, 0),
    pngChunk("IDAT", deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height))),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);

/** A RIFF chunk. */
export function riffChunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, "latin1");
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length & 1)]);
}

/** The WebP file with chunks put in at its end, and their flags set. */
export function withRiffChunks(webp: Buffer, flags: number, ...chunks: Buffer[]): Buffer {
  const body = Buffer.concat([webp.subarray(8), ...chunks]);
  assert.equal(body.toString("latin1", 4, 8), "VP8X");
  body[12] = (body[12] ?? 0) | flags;
  return riffChunk("RIFF", body);
}

/** An animation of so many frames, each of another grey. */
export async function animation(format: "gif" | "webp", frames: number, side = 16): Promise<Buffer> {
  const pictures = Array.from({ length: frames }, (_, n) => Buffer.alloc(side * side * 3, (n * 37) % 256));
  const pages = sharp(Buffer.concat(pictures), {
    raw: { width: side, height: side * frames, channels: 3, pageHeight: side },
  });
  const delay = Array.from({ length: frames }, () => 80);
  return format === "gif"
    ? pages.gif({ delay, loop: 0 }).toBuffer()
    : pages.webp({ delay, loop: 0 }).toBuffer();
}

/** A GIF of frames that are four bytes of data each: what a bomb is made of. */
export function tinyGif(width: number, height: number, frames: number): Buffer {
  const head = Buffer.from("GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff", "latin1");
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  const frame = Buffer.from("\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0", "latin1");
  return Buffer.concat([head, ...Array.from({ length: frames }, () => frame), Buffer.from(";")]);
}

/** An ISO box. */
export function box(type: string, ...content: Buffer[]): Buffer {
  const data = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length + 8);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, data]);
}

export const ftyp = (...brands: string[]): Buffer =>
  box("ftyp", Buffer.from(brands[0] ?? ""), Buffer.alloc(4), Buffer.from(brands.join("")));

/** Whether a picture keeps anything but pixels, colours and the way up. */
export async function metadataIn(picture: Buffer): Promise<string[]> {
  const { exif, xmp, iptc, comments } = await sharp(picture).metadata();
  const found = Object.entries({ exif, xmp, iptc, comments }).filter(([, value]) => value !== undefined);
  return found.map(([name]) => name);
}

/** Red, green and blue at a point given in parts of the sides. */
export async function colorAt(picture: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(info.height * y) * info.width + Math.floor(info.width * x)) * info.channels;
  return [...data.subarray(at, at + 3)];
}

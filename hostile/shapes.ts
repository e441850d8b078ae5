/** Rare pictures that are right: unusual depths, colours, sizes, and more parts than anybody needs. */
import sharp from "sharp";
import {
  animation,
  blackPng,
  corners,
  pngHeader,
  pngSignature,
  scene,
  segment,
  withChunks,
  withSegments,
} from "#lib/imaging/fixtures.ts";
import { pngChunk } from "#lib/imaging/formats/png.ts";
import type { Case, Expected } from "./case.ts";
import { original } from "./originals.ts";

const whole: Expected = { width: 96, height: 64 };
const jpeg = "image/jpeg";
const png = "image/png";

/** Adobe's mark says that the inks are stored the other way round. */
async function inked(how: { adobe: boolean; profile: boolean }): Promise<Buffer> {
  const made = how.profile ? corners().withIccProfile("cmyk") : corners();
  const bytes = await made.toColourspace("cmyk").jpeg().toBuffer();
  if (how.adobe) return bytes;
  const at = bytes.indexOf(Buffer.from("\xff\xee\0\x0eAdobe", "latin1"));
  return at < 0 ? bytes : Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 16)]);
}

/** The scan of a JPEG with a restart mark behind every block. */
const restarting = async (): Promise<Buffer> => {
  const made = await corners(400, 300).jpeg({ chromaSubsampling: "4:4:4" }).toBuffer();
  return withSegments(made, segment(0xdd, Buffer.from([0, 0])));
};

const dot = (format: "jpeg" | "png" | "webp" | "gif" | "avif") => () =>
  sharp({ create: { width: 1, height: 1, channels: 3, background: "#5a78c8" } })
    .toFormat(format)
    .toBuffer();
const line = (width: number, height: number, format: "jpeg" | "png") => () =>
  sharp({ create: { width, height, channels: 3, background: "#5a78c8" } })
    .toFormat(format)
    .toBuffer();

/**
 * A grey progressive JPEG of so many scans, each of one coefficient or of one more bit of it, all of them zero: a run of
 * 32,767 blocks takes fifteen bits, and the decoder goes through every block for every scan.
 */
export function scans(count: number, side: number): Buffer {
  const blocks = Math.ceil(side / 8) ** 2;
  const frame = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(side, 1);
  frame.writeUInt16BE(side, 3);
  /** One code of one bit. */
  const table = (id: number, symbol: number): Buffer =>
    segment(0xc4, Buffer.from([id, 1, ...Buffer.alloc(15), symbol]));
  const head = (first: number, last: number, high: number, low: number): Buffer =>
    segment(0xda, Buffer.from([1, 1, 0, first, last, (high << 4) | low]));
  const runs = packBits(Math.ceil(blocks / 32_767), 15, 0x3fff);
  const bits: [first: number, high: number, low: number][] = [];
  for (let coefficient = 1; coefficient < 64; coefficient++)
    for (let low = 13; low >= 0; low--) bits.push([coefficient, low === 13 ? 0 : low + 1, low]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.from([0, ...Buffer.alloc(64, 1)])),
    segment(0xc2, frame),
    table(0x00, 0),
    table(0x10, 0xe0),
    head(0, 0, 0, 0),
    packBits(blocks, 1, 0),
    ...bits.slice(0, count - 1).flatMap(([first, high, low]) => [head(first, first, high, low), runs]),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** The same number so many times, filled up with ones; JPEG's 0xff is followed by a zero. */
function packBits(times: number, width: number, value: number): Buffer {
  const out: number[] = [];
  let [rest, have] = [0, 0];
  const flush = (): void => {
    for (; have >= 8; have -= 8) {
      const byte = (rest >>> (have - 8)) & 255;
      out.push(byte);
      if (byte === 0xff) out.push(0);
    }
    rest &= 255;
  };
  for (let n = 0; n < times; n++) {
    rest = ((rest << width) | value) >>> 0;
    have += width;
    flush();
  }
  if (have > 0) {
    rest = (rest << (8 - have)) | (2 ** (8 - have) - 1);
    have = 8;
    flush();
  }
  return Buffer.from(out);
}

const emptyChunks = (type: string, count: number): Buffer => {
  const one = pngChunk(type, Buffer.alloc(0));
  return Buffer.concat(Array.from({ length: count }, () => one));
};
const pngWith = async (chunks: Buffer): Promise<Buffer> =>
  withChunks(await corners().png().toBuffer(), chunks);
/** Empty parts of the picture, before the first that is not. */
async function emptyParts(count: number): Promise<Buffer> {
  const made = await corners().png().toBuffer();
  const at = made.indexOf("IDAT") - 4;
  return Buffer.concat([made.subarray(0, at), emptyChunks("IDAT", count), made.subarray(at)]);
}

const palette = (): Buffer =>
  Buffer.concat([
    pngSignature,
    pngHeader(4, 4, 8, 3),
    pngChunk("IDAT", Buffer.alloc(0)),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);

type Row = readonly [
  name: string,
  bytes: () => Promise<Buffer> | Buffer,
  declared: string,
  expected: Expected,
  long?: true,
];

const rows: readonly Row[] = [
  ["PNG of 16 bits and alpha", () => scene(96, 64, 4).toColourspace("rgb16").png().toBuffer(), png, whole],
  ["PNG of 16 bits of grey", () => scene(96, 64).toColourspace("grey16").png().toBuffer(), png, whole],
  ["PNG of 1 bit", () => blackPng(96, 64), png, whole],
  ["PNG of colours without a palette", palette, png, "corrupt"],
  ["JPEG of inks with a profile", () => inked({ adobe: true, profile: true }), jpeg, whole],
  ["JPEG of inks without a profile", () => inked({ adobe: true, profile: false }), jpeg, whole],
  ["JPEG of inks that no Adobe turned round", () => inked({ adobe: false, profile: false }), jpeg, whole],
  ["JPEG of grey", () => corners().greyscale().jpeg().toBuffer(), jpeg, whole],
  ...(["jpeg", "png", "webp", "gif", "avif"] as const).map(
    (format): Row => [`${format} of 1 × 1`, dot(format), `image/${format}`, { width: 1, height: 1 }],
  ),
  ["JPEG of 30,000 × 1", line(30_000, 1, "jpeg"), jpeg, { width: 30_000, height: 1 }],
  ["JPEG of 1 × 30,000", line(1, 30_000, "jpeg"), jpeg, { width: 1, height: 30_000 }],
  ["PNG of 30,000 × 1", line(30_000, 1, "png"), png, { width: 30_000, height: 1 }],
  ["PNG of 1 × 30,000", line(1, 30_000, "png"), png, { width: 1, height: 30_000 }],
  ["PNG of 30,001 × 1", line(30_001, 1, "png"), png, "too_many_pixels"],
  ["PNG of 1 × 30,001", line(1, 30_001, "png"), png, "too_many_pixels"],
  ["GIF of 300 frames", () => animation("gif", 300, 4), "image/gif", { width: 4, height: 4, frames: 300 }],
  ["WebP of 300 frames", () => animation("webp", 300, 4), "image/webp", { width: 4, height: 4, frames: 300 }],
  ["WebP of 301 frames", () => animation("webp", 301, 4), "image/webp", "too_many_frames"],
  ["JPEG of 60 scans", () => scans(60, 64), jpeg, { width: 64, height: 64 }],
  ["JPEG of 101 scans", () => scans(101, 64), jpeg, "took_too_long"],
  ["JPEG of 100 scans", () => scans(100, 64), jpeg, { width: 64, height: 64 }],
  ["JPEG of 800 scans", () => scans(800, 64), jpeg, "took_too_long"],
  ["JPEG with a mark to restart after no block", restarting, jpeg, { width: 400, height: 300 }],
  [
    "JPEG of 10,000 segments of nothing",
    async () =>
      withSegments(
        await corners().jpeg().toBuffer(),
        ...Array.from({ length: 10_000 }, () => segment(0xe7, Buffer.alloc(0))),
      ),
    jpeg,
    whole,
  ],
  [
    "JPEG with a megabyte of fill bytes before a marker",
    async () => {
      const made = await corners().jpeg().toBuffer();
      return Buffer.concat([made.subarray(0, 2), Buffer.alloc(1024 * 1024, 0xff), made.subarray(2)]);
    },
    jpeg,
    whole,
  ],
  ["PNG of a million chunks of nothing", () => pngWith(emptyChunks("xxXx", 1_000_000)), png, whole],
  [
    "PNG of a million empty texts",
    () =>
      pngWith(Buffer.concat(Array.from({ length: 1_000_000 }, () => pngChunk("tEXt", Buffer.from("a\0"))))),
    png,
    "too_much_metadata",
  ],
  ["PNG of a million empty parts", () => emptyParts(1_000_000), png, whole],
  ["JPEG of 800 scans, 10,000 × 10,000", () => scans(800, 10_000), jpeg, "took_too_long", true],
  [
    "JPEG of 90 scans, 10,000 × 10,000",
    () => scans(90, 10_000),
    jpeg,
    { width: 10_000, height: 10_000 },
    true,
  ],
  [
    "JPEG with 49 MB behind it",
    async () => Buffer.concat([(await original("jpeg")).bytes, Buffer.alloc(49 * 1024 * 1024, "x")]),
    jpeg,
    whole,
    true,
  ],
  [
    "PNG with 49 MB behind it",
    async () => Buffer.concat([(await original("png")).bytes, Buffer.alloc(49 * 1024 * 1024)]),
    png,
    whole,
    true,
  ],
  [
    "HEIC with 49 MB behind it",
    async () => Buffer.concat([(await original("heic")).bytes, Buffer.alloc(49 * 1024 * 1024)]),
    "image/heic",
    whole,
    true,
  ],
];

export const shapes: Case[] = rows.map(([name, bytes, declared, expected, long]) => ({
  name,
  bytes,
  declared,
  expected,
  ...(long === true ? { long } : {}),
}));

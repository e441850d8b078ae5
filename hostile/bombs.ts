/** Much out of little: what is small on the wire and large once it is open. */
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import {
  blackPng,
  corners,
  ftyp,
  pngHeader,
  pngSignature,
  riffChunk,
  scene,
  tinyGif,
  withChunks,
} from "#lib/imaging/fixtures.ts";
import { pngChunk } from "#lib/imaging/formats/png.ts";
import { heic } from "#lib/imaging/heic/fixtures.ts";
import type { Case } from "./case.ts";
import { original } from "./originals.ts";

const nothing = Buffer.alloc(0);
const megabyte = 1024 * 1024;

/** A header that claims, over the pixels of one pixel. */
const claimingPng = (width: number, height: number): Buffer =>
  Buffer.concat([
    pngSignature,
    pngHeader(width, height),
    pngChunk("IDAT", deflateSync(Buffer.alloc(4))),
    pngChunk("IEND", nothing),
  ]);

/** Zeros in all seven passes: the whole picture is held at once, `bytes` a pixel. */
export function interlacedPng(width: number, height: number, depth: 8 | 16, color: 2 | 6): Buffer {
  const bytes = (color === 6 ? 4 : 3) * (depth / 8);
  const passes = [
    [8, 8, 0, 0],
    [8, 8, 4, 0],
    [4, 8, 0, 4],
    [4, 4, 2, 0],
    [2, 4, 0, 2],
    [2, 2, 1, 0],
    [1, 2, 0, 1],
  ];
  const lines = passes.reduce((sum, [dx = 1, dy = 1, x = 0, y = 0]) => {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    return sum + (columns < 1 || rows < 1 ? 0 : rows * (columns * bytes + 1));
  }, 0);
  return Buffer.concat([
    pngSignature,
    pngHeader(width, height, depth, color, 1),
    pngChunk("IDAT", deflateSync(Buffer.alloc(lines))),
    pngChunk("IEND", nothing),
  ]);
}

/** Lossless WebP of one colour: five tables of one symbol each, and then not a bit for any pixel. */
export function plainWebp(width: number, height: number): Buffer {
  const bits: number[] = [];
  const put = (value: number, count: number): void => {
    for (let n = 0; n < count; n++) bits.push((value >> n) & 1);
  };
  put(0x2f, 8);
  put(width - 1, 14);
  put(height - 1, 14);
  // Alpha is used; version 0; no transform, no cache of colours, no groups of tables.
  put(1, 1);
  put(0, 3 + 1 + 1 + 1);
  // Green, red, blue, alpha, distance: a simple table of one symbol of eight bits.
  for (const symbol of [90, 120, 200, 255, 0]) {
    put(1, 1);
    put(0, 1);
    put(1, 1);
    put(symbol, 8);
  }
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8) + 8);
  for (const [n, bit] of bits.entries()) bytes[n >> 3] = (bytes[n >> 3] ?? 0) | (bit << (n & 7));
  return riffChunk("RIFF", Buffer.concat([Buffer.from("WEBP"), riffChunk("VP8L", bytes)]));
}

/** The same for a GIF: the newest entry of the table again and again, which is one pixel longer each time. */
export function plainGif(width: number, height: number, frames: number): Buffer {
  const bytes: number[] = [];
  let [rest, restBits] = [0, 0];
  const put = (code: number, bits: number): void => {
    rest |= code << restBits;
    restBits += bits;
    for (; restBits >= 8; restBits -= 8, rest >>>= 8) bytes.push(rest & 255);
  };
  const [clear, end] = [4, 5];
  put(clear, 3);
  for (let left = width * height, next = 6, bits = 3, run = 1; left > 0; run++) {
    put(run === 1 ? 0 : next - 1, bits);
    left -= run;
    // The table grows with every code but the first.
    if (next >= 2 ** bits && bits < 12) bits += 1;
    next += 1;
    if (next > 4_095) {
      put(clear, bits);
      [next, bits, run] = [6, 3, 0];
    }
  }
  put(end, 12);
  put(0, 8);
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.slice(at, at + 255);
    blocks.push(Buffer.from([part.length, ...part]));
  }
  const head = Buffer.from("GIF89a\0\0\0\0\x81\0\0\x5a\x78\xc8\xff\xff\xff\0\0\0\0\0\0", "latin1");
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  const place = Buffer.from("\x2c\0\0\0\0\0\0\0\0\0\x02", "latin1");
  place.writeUInt16LE(width, 5);
  place.writeUInt16LE(height, 7);
  const frame = Buffer.concat([place, ...blocks, Buffer.from([0])]);
  return Buffer.concat([head, ...Array.from({ length: frames }, () => frame), Buffer.from(";")]);
}

const packed = (type: "zTXt" | "iTXt" | "iCCP", bytes: number): Buffer => {
  const head = { zTXt: "a\0\0", iTXt: "a\0\x01\0\0\0", iCCP: "a\0\0" }[type];
  return pngChunk(type, Buffer.concat([Buffer.from(head), deflateSync(Buffer.alloc(bytes, "a"))]));
};
const inPng = async (...chunks: Buffer[]): Promise<Buffer> =>
  withChunks(await corners().png().toBuffer(), ...chunks);

/** The frame header of a JPEG with another size in it. */
async function claimingJpeg(width: number, height: number, progressive = false): Promise<Buffer> {
  const jpeg = await corners().jpeg({ progressive }).toBuffer();
  const at = jpeg.indexOf(Buffer.from([0xff, progressive ? 0xc2 : 0xc0]));
  jpeg.writeUInt16BE(height, at + 5);
  jpeg.writeUInt16BE(width, at + 7);
  return jpeg;
}

/** Every size that an AVIF says of itself, changed. */
async function claimingAvif(width: number, height: number): Promise<Buffer> {
  const { bytes } = await original("avif");
  const out = Buffer.from(bytes);
  const at = out.indexOf("ispe");
  out.writeUInt32BE(width, at + 8);
  out.writeUInt32BE(height, at + 12);
  return out;
}

const tiff = Buffer.from(
  "II*\0\x08\0\0\0\x02\0\0\x01\x04\0\x01\0\0\0\xff\xff\xff\x7f\x01\x01\x04\0\x01\0\0\0\xff\xff\xff\x7f",
  "latin1",
);
const entities = `<!DOCTYPE svg [<!ENTITY a "${"a".repeat(99)}">${Array.from({ length: 9 }, (_, n) => `<!ENTITY a${n} "${`&a${n === 0 ? "" : n - 1};`.repeat(20)}">`).join("")}]>`;
const svg = `<?xml version="1.0"?>${entities}<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"><text>&a8;</text></svg>`;

const flat = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: { r: 90, g: 120, b: 200 } },
    limitInputPixels: false,
  });

/** A frame of a WebP animation, at the upper left. */
const frame = (width: number, height: number): Buffer => {
  const head = Buffer.alloc(16);
  head.writeUIntLE(width - 1, 6, 3);
  head.writeUIntLE(height - 1, 9, 3);
  head.writeUIntLE(80, 12, 3);
  return riffChunk("ANMF", Buffer.concat([head, plainWebp(width, height).subarray(12)]));
};
function movingWebp(width: number, height: number, frames: number): Buffer {
  const canvas = Buffer.alloc(10);
  canvas[0] = 0x12;
  canvas.writeUIntLE(width - 1, 4, 3);
  canvas.writeUIntLE(height - 1, 7, 3);
  const one = frame(width, height);
  return riffChunk(
    "RIFF",
    Buffer.concat([
      Buffer.from("WEBP"),
      riffChunk("VP8X", canvas),
      riffChunk("ANIM", Buffer.alloc(6)),
      ...Array.from({ length: frames }, () => one),
    ]),
  );
}

export const bombs: Case[] = [
  ["PNG of 20,000 × 20,000 in 48 KB", () => blackPng(20_000, 20_000), "image/png", "too_many_pixels"],
  ["PNG of 16,000 × 16,000 in 31 KB", () => blackPng(16_000, 16_000), "image/png", "too_many_pixels"],
  ["PNG 2^31 - 1 wide", () => claimingPng(2 ** 31 - 1, 1), "image/png", "too_many_pixels"],
  ["PNG 2^32 - 1 on each side", () => claimingPng(2 ** 32 - 1, 2 ** 32 - 1), "image/png", "too_many_pixels"],
  ["PNG that claims 9,000 × 9,000 and has one line", () => claimingPng(9_000, 9_000), "image/png", "corrupt"],
  ["PNG of no width", () => claimingPng(0, 10), "image/png", "corrupt"],
  ["JPEG that claims 65,500 × 65,500", () => claimingJpeg(65_500, 65_500), "image/jpeg", "too_many_pixels"],
  [
    "JPEG that claims 10,000 × 10,000 and has 96 × 64",
    () => claimingJpeg(10_000, 10_000),
    "image/jpeg",
    "corrupt",
  ],
  [
    "progressive JPEG that claims 10,000 × 10,000",
    () => claimingJpeg(10_000, 10_000, true),
    "image/jpeg",
    "corrupt",
  ],
  ["JPEG of no height", () => claimingJpeg(96, 0), "image/jpeg", "corrupt"],
  ["AVIF that claims 60,000 × 60,000", () => claimingAvif(60_000, 60_000), "image/avif", "too_many_pixels"],
  [
    "AVIF that claims 7,000 × 7,000 and has 96 × 64",
    () => claimingAvif(7_000, 7_000),
    "image/avif",
    "corrupt",
  ],
  [
    "HEIC that claims 60,000 × 60,000",
    () => heic({ claim: { width: 60_000, height: 60_000 } }),
    "image/heic",
    "too_many_pixels",
  ],
  [
    "HEIC that claims 7,000 × 7,000 and has 96 × 64",
    () => heic({ claim: { width: 7_000, height: 7_000 } }),
    "image/heic",
    "corrupt",
  ],
  [
    "HEIC grid that claims 7,000 × 7,000 and has four tiles",
    () => heic({ grid: { columns: 2, rows: 2 }, claim: { width: 7_000, height: 7_000 } }),
    "image/heic",
    "corrupt",
  ],
  ["WebP of 16,383 × 16,383 in 40 bytes", () => plainWebp(16_383, 16_383), "image/webp", "too_many_pixels"],
  ["WebP of 60 frames of 2,000 × 2,000", () => movingWebp(2_000, 2_000, 60), "image/webp", "too_many_frames"],
  ["GIF of 65,535 × 65,535", () => tinyGif(65_535, 65_535, 1), "image/gif", "too_many_pixels"],
  ["GIF of 201 frames of 1,000 × 1,000", () => tinyGif(1_000, 1_000, 201), "image/gif", "too_many_frames"],
  ["GIF of 301 frames of 1 × 1", () => tinyGif(1, 1, 301), "image/gif", "too_many_frames"],
  ["GIF of 10,000 frames of 1 × 1", () => tinyGif(1, 1, 10_000), "image/gif", "too_many_frames"],
  ["GIF of 300 frames of 1 × 1", () => tinyGif(1, 1, 300), "image/gif", { width: 1, height: 1, frames: 300 }],
  ["WebP of 1,000 frames of 1 × 1", () => movingWebp(1, 1, 1_000), "image/webp", "too_many_frames"],
  [
    "text packed a thousandfold in PNG (zTXt)",
    () => inPng(packed("zTXt", 50 * megabyte)),
    "image/png",
    "too_much_metadata",
  ],
  [
    "text packed a thousandfold in PNG (iTXt)",
    () => inPng(packed("iTXt", 50 * megabyte)),
    "image/png",
    "too_much_metadata",
  ],
  [
    "a thousand packed texts of 900 KB each in PNG",
    () => inPng(...new Array<Buffer>(1_000).fill(packed("zTXt", 900_000))),
    "image/png",
    "too_much_metadata",
  ],
  [
    "profile packed a thousandfold in PNG",
    () => inPng(packed("iCCP", 100 * megabyte)),
    "image/png",
    "too_much_metadata",
  ],
  [
    "text packed three times over in PNG",
    () =>
      inPng(
        pngChunk(
          "zTXt",
          Buffer.concat([
            Buffer.from("a\0\0"),
            deflateSync(deflateSync(deflateSync(Buffer.alloc(50 * megabyte)))),
          ]),
        ),
      ),
    "image/png",
    { width: 96, height: 64 },
  ],
  ["SVG of nested entities", () => Buffer.from(svg), "image/png", "unsupported_type"],
  ["TIFF of 2^31 - 1 on each side", () => tiff, "", "unsupported_type"],
  ["HEIF of nothing but brands", () => ftyp("heic", "mif1"), "image/heic", "corrupt"],
  [
    "picture in a picture: a JPEG with a bomb behind it",
    async () => Buffer.concat([await corners().jpeg().toBuffer(), blackPng(20_000, 20_000)]),
    "image/jpeg",
    { width: 96, height: 64 },
  ],
].map(([name, bytes, declared, expected]) => ({ name, bytes, declared, expected }) as Case);

/** At the very limits: taken, and what they cost is what has to be bounded. */
export const heavy: Case[] = [
  ["PNG of 10,000 × 10,000", () => blackPng(10_000, 10_000), "image/png", { width: 10_000, height: 10_000 }],
  ["PNG of 10,000 × 10,001", () => blackPng(10_000, 10_001), "image/png", "too_many_pixels"],
  [
    "interlaced PNG of 10,000 × 10,000, 8 bits",
    () => interlacedPng(10_000, 10_000, 8, 2),
    "image/png",
    { width: 10_000, height: 10_000 },
  ],
  [
    "interlaced PNG of 10,000 × 10,000, 16 bits and alpha",
    () => interlacedPng(10_000, 10_000, 16, 6),
    "image/png",
    { width: 10_000, height: 10_000 },
  ],
  [
    "WebP of 16,383 × 6,103 in 40 bytes",
    () => plainWebp(16_383, 6_103),
    "image/webp",
    { width: 16_383, height: 6_103 },
  ],
  ["WebP of 16,383 × 6,104", () => plainWebp(16_383, 6_104), "image/webp", "too_many_pixels"],
  [
    "WebP of 50 frames of 2,000 × 2,000",
    () => movingWebp(2_000, 2_000, 50),
    "image/webp",
    { width: 2_000, height: 2_000, frames: 50 },
  ],
  [
    "WebP of 2 frames of 16,000 × 6,250",
    () => movingWebp(16_000, 6_250, 2),
    "image/webp",
    { width: 16_000, height: 6_250, frames: 2 },
  ],
  [
    "GIF of 200 frames of 1,000 × 1,000",
    () => plainGif(1_000, 1_000, 200),
    "image/gif",
    { width: 1_000, height: 1_000, frames: 200 },
  ],
  [
    "GIF of 2 frames of 10,000 × 10,000",
    () => plainGif(10_000, 10_000, 2),
    "image/gif",
    { width: 10_000, height: 10_000, frames: 2 },
  ],
  [
    "progressive JPEG of 10,000 × 10,000",
    () => flat(10_000, 10_000).jpeg({ progressive: true, chromaSubsampling: "4:4:4" }).toBuffer(),
    "image/jpeg",
    { width: 10_000, height: 10_000 },
  ],
  [
    "JPEG of 10,000 × 10,000",
    () => flat(10_000, 10_000).jpeg().toBuffer(),
    "image/jpeg",
    { width: 10_000, height: 10_000 },
  ],
  [
    "AVIF of 7,071 × 7,071",
    () => flat(7_071, 7_071).avif({ effort: 0 }).toBuffer(),
    "image/avif",
    { width: 7_071, height: 7_071 },
  ],
  [
    "AVIF of 7,072 × 7,072",
    () => flat(7_072, 7_072).avif({ effort: 0 }).toBuffer(),
    "image/avif",
    "too_many_pixels",
  ],
  [
    "HEIC of 30 × 33 tiles",
    () => heic({ grid: { columns: 30, rows: 33 } }),
    "image/heic",
    { width: 2_880, height: 2_112 },
  ],
  [
    "PNG 30,000 wide and 3,333 high",
    () => blackPng(30_000, 3_333),
    "image/png",
    { width: 30_000, height: 3_333 },
  ],
  [
    "noise of 4,000 × 3,000 in PNG of 16 bits",
    () => scene(4_000, 3_000).toColourspace("rgb16").png({ compressionLevel: 1 }).toBuffer(),
    "image/png",
    { width: 4_000, height: 3_000 },
  ],
].map(([name, bytes, declared, expected]) => ({ name, bytes, declared, expected, long: true }) as Case);

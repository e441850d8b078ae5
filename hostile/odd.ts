/** Kinds that are nearly what they say they are, and claims in places where few look. */
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import {
  animation,
  box,
  corners,
  exifSegment,
  ftyp,
  pngHeader,
  pngSignature,
  riffChunk,
  segment,
  withChunks,
  withSegments,
} from "#lib/imaging/fixtures.ts";
import { pngChunk } from "#lib/imaging/formats/png.ts";
import { video } from "#lib/imaging/video/fixtures.ts";
import type { Case, Expected } from "./case.ts";
import { original } from "./originals.ts";

const whole: Expected = { width: 96, height: 64 };
const [jpeg, png, webp, gif, heic, avif, mp4] = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/heic",
  "image/avif",
  "video/mp4",
] as const;

const bytesOf = async (kind: string): Promise<Buffer> => Buffer.from((await original(kind)).bytes);

/** Numbers of four bytes each, as boxes have them. */
function numbers(...values: number[]): Buffer {
  const out = Buffer.alloc(values.length * 4);
  for (const [n, value] of values.entries()) out.writeUInt32BE(value, n * 4);
  return out;
}

/** A JPEG whose frame says something else than its scans hold: another mark, or other bytes behind it. */
async function frame(change: (bytes: Buffer, at: number) => void, made = corners().jpeg()): Promise<Buffer> {
  const bytes = await made.toBuffer();
  for (let at = 2; at < bytes.length; at += 2 + bytes.readUInt16BE(at + 2))
    if ([0xc0, 0xc1, 0xc2].includes(bytes.readUInt8(at + 1))) {
      change(bytes, at);
      return bytes;
    }
  throw new Error("No frame.");
}
const sized = (width: number, height: number): Promise<Buffer> =>
  frame((bytes, at) => {
    bytes.writeUInt16BE(height, at + 5);
    bytes.writeUInt16BE(width, at + 7);
  });

/** A GIF of so many frames of one pixel, each with a wait of its own. */
function manyFrames(count: number): Buffer {
  const head = Buffer.from("GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff", "latin1");
  const one = Buffer.from("21f90400010000002c00000000010001000002024401 00".replace(" ", ""), "hex");
  return Buffer.concat([head, ...Array.from({ length: count }, () => one), Buffer.from(";")]);
}

/** An animation whose first frame says it is of another size, or lies past the edge. */
async function framed(change: (frame: Buffer) => void): Promise<Buffer> {
  const made = await animation("webp", 3);
  const at = made.indexOf("ANMF") + 8;
  change(made.subarray(at, at + 16));
  return made;
}

/** A PNG that claims frames; what is behind `acTL` is one picture. */
const claimingFrames = async (frames: number): Promise<Buffer> =>
  withChunks(await corners().png().toBuffer(), pngChunk("acTL", numbers(frames, 0)));

/** The sample table of the film, with what stands in `name` replaced by `count` and `values`. */
async function table(name: string, offset: number, value: number): Promise<Buffer> {
  const bytes = await bytesOf("mp4");
  const at = bytes.indexOf(name);
  if (at < 0) throw new Error(`No ${name}.`);
  bytes.writeUInt32BE(value, at + offset);
  return bytes;
}

/** A box put into the first track, all lengths above it set right. */
async function intoTrack(...children: Buffer[]): Promise<Buffer> {
  const bytes = await bytesOf("mp4");
  const added = Buffer.concat(children);
  const [movie, track] = [bytes.lastIndexOf("moov") - 4, bytes.lastIndexOf("trak") - 4];
  const out = Buffer.concat([bytes.subarray(0, track + 8), added, bytes.subarray(track + 8)]);
  for (const at of [movie, track]) out.writeUInt32BE(bytes.readUInt32BE(at) + added.length, at);
  return out;
}
const edits = (count: number, ...entry: number[]): Buffer =>
  box(
    "edts",
    box(
      "elst",
      numbers(0, count),
      ...Array.from({ length: Math.min(count, 100_000) }, () => numbers(...entry)),
    ),
  );

const xmp = (text: string): Buffer => segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${text}`));
/** Says that a film of so many bytes lies at its end. */
const motion = async (length: string, film: Buffer = Buffer.alloc(0)): Promise<Buffer> =>
  Buffer.concat([
    withSegments(
      await corners().jpeg().toBuffer(),
      xmp(
        `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1" GCamera:MicroVideo="1" GCamera:MicroVideoOffset="${length}"/></rdf:RDF></x:xmpmeta>`,
      ),
    ),
    film,
  ]);

/** A directory of TIFF of one entry that says where its values are. */
function tiff(order: "II" | "MM", first: number, count: number, at: number): Buffer {
  const out = Buffer.alloc(8 + 2 + 12 + 4);
  out.write(order, 0, "latin1");
  const [short, long] =
    order === "II"
      ? [out.writeUInt16LE.bind(out), out.writeUInt32LE.bind(out)]
      : [out.writeUInt16BE.bind(out), out.writeUInt32BE.bind(out)];
  short(42, 2);
  long(first, 4);
  short(1, 8);
  short(271, 10);
  short(2, 12);
  long(count, 14);
  long(at, 18);
  return out;
}
const jpegWith = async (...segments: Buffer[]): Promise<Buffer> =>
  withSegments(await corners().jpeg().toBuffer(), ...segments);
/** Pieces of a profile that say there are more, or others, of them. */
const profile = (...pieces: [number: number, of: number, bytes: number][]): Promise<Buffer> =>
  jpegWith(
    ...pieces.map(([number, of, bytes]) =>
      segment(
        0xe2,
        Buffer.concat([Buffer.from(`ICC_PROFILE\0`), Buffer.from([number, of]), Buffer.alloc(bytes, 7)]),
      ),
    ),
  );
const pngWith = async (...chunks: Buffer[]): Promise<Buffer> =>
  withChunks(await corners().png().toBuffer(), ...chunks);
/** An image file's box whose four bytes at `offset` from its name are changed. */
async function still(kind: "heic" | "avif", name: string, offset: number, value: number): Promise<Buffer> {
  const bytes = await bytesOf(kind);
  const at = bytes.indexOf(name);
  if (at < 0) throw new Error(`No ${name} in ${kind}.`);
  bytes.writeUInt32BE(value, at + offset);
  return bytes;
}

type Row = readonly [string, () => Promise<Buffer> | Buffer, string, Expected];

const rows: readonly Row[] = [
  ["JPEG of 65,535 × 65,535 over a small one's scan", () => sized(65_535, 65_535), jpeg, "too_many_pixels"],
  ["JPEG of 65,500 × 1 over a small one's scan", () => sized(65_500, 1), jpeg, "too_many_pixels"],
  ["JPEG of no height", () => sized(96, 0), jpeg, "corrupt"],
  ["JPEG of no width", () => sized(0, 64), jpeg, "corrupt"],
  ["JPEG a hundred times as high as its scan", () => sized(96, 6_400), jpeg, "corrupt"],
  ["JPEG of 12 bits", () => frame((bytes, at) => bytes.writeUInt8(12, at + 4)), jpeg, "unsupported_type"],
  [
    "JPEG that says it is arithmetic",
    () => frame((bytes, at) => bytes.writeUInt8(0xc9, at + 1)),
    jpeg,
    "settled",
  ],
  [
    "JPEG that says it is without loss",
    () => frame((bytes, at) => bytes.writeUInt8(0xc3, at + 1)),
    jpeg,
    "corrupt",
  ],
  [
    "JPEG of a difference to another",
    () => frame((bytes, at) => bytes.writeUInt8(0xc5, at + 1)),
    jpeg,
    "unsupported_type",
  ],
  ["JPEG of 255 components", () => frame((bytes, at) => bytes.writeUInt8(255, at + 9)), jpeg, "corrupt"],
  ["JPEG sampled 4 × 4 by 15", () => frame((bytes, at) => bytes.writeUInt8(0xff, at + 11)), jpeg, "corrupt"],
  [
    "JPEG of inks whose Adobe says YCCK",
    async () => {
      const bytes = await corners().toColourspace("cmyk").jpeg().toBuffer();
      const at = bytes.indexOf("Adobe");
      if (at >= 0) bytes.writeUInt8(2, at + 11);
      return bytes;
    },
    jpeg,
    "settled",
  ],
  ["JPEG with a second frame", async () => frameTwice(), jpeg, "too_many_pixels"],
  ["profile of one piece that says it is of 255", () => profile([1, 255, 60_000]), jpeg, "settled"],
  [
    "profile of 90 pieces, 5.8 MB",
    () => profile(...Array.from({ length: 90 }, (_, n): [number, number, number] => [n + 1, 90, 65_000])),
    jpeg,
    "too_much_metadata",
  ],
  ["profile whose pieces have one number", () => profile([1, 2, 900], [1, 2, 900]), jpeg, "settled"],
  ["profile of piece nought", () => profile([0, 0, 128]), jpeg, "settled"],
  [
    "profile that says it is 4 GB in PNG",
    () =>
      pngWith(
        pngChunk(
          "iCCP",
          Buffer.concat([
            Buffer.from("a\0\0"),
            deflateSync(Buffer.concat([numbers(0xffffffff), Buffer.alloc(200)])),
          ]),
        ),
      ),
    png,
    "settled",
  ],
  [
    "profile of 200 MB out of 200 KB in PNG",
    () =>
      pngWith(
        pngChunk("iCCP", Buffer.concat([Buffer.from("a\0\0"), deflateSync(Buffer.alloc(200 * 1024 ** 2))])),
      ),
    png,
    "too_much_metadata",
  ],
  [
    "texts of 200 MB out of 200 KB in PNG",
    () =>
      pngWith(
        pngChunk("zTXt", Buffer.concat([Buffer.from("a\0\0"), deflateSync(Buffer.alloc(200 * 1024 ** 2))])),
      ),
    png,
    "too_much_metadata",
  ],
  [
    "EXIF whose directory is itself, the other way round",
    () =>
      jpegWith(exifSegment(Buffer.concat([tiff("II", 8, 1, 8).subarray(0, 22), Buffer.from([8, 0, 0, 0])]))),
    jpeg,
    "settled",
  ],
  ["EXIF of a text of 4 GB", () => jpegWith(exifSegment(tiff("II", 8, 0xffffffff, 8))), jpeg, whole],
  [
    "EXIF whose first directory is at 4 GB",
    () => jpegWith(exifSegment(tiff("MM", 0xffffffff, 1, 0))),
    jpeg,
    whole,
  ],
  [
    "a hundred EXIFs, one behind the other",
    () => jpegWith(...Array.from({ length: 100 }, () => exifSegment(tiff("II", 8, 4, 0)))),
    jpeg,
    "settled",
  ],
  [
    "XMP with entities a million deep",
    () =>
      jpegWith(
        xmp(
          `<!DOCTYPE x [<!ENTITY a "${"b".repeat(100)}">${Array.from({ length: 9 }, (_, n) => `<!ENTITY a${n} "${`&a${n - 1};`.repeat(10)}">`).join("")}]><x:xmpmeta xmlns:x="adobe:ns:meta/">&a8;</x:xmpmeta>`,
        ),
      ),
    jpeg,
    whole,
  ],
  ["XMP 20,000 elements deep", () => jpegWith(xmp("<a>".repeat(20_000))), jpeg, whole],
  ["APNG of 4 billion frames", () => claimingFrames(0xffffffff), png, "settled"],
  ["APNG of no frame", () => claimingFrames(0), png, "settled"],
  [
    "PNG of 2^31 - 1 in a row",
    () =>
      Buffer.concat([
        pngSignature,
        pngHeader(0x7fffffff, 1),
        pngChunk("IDAT", deflateSync(Buffer.alloc(9))),
        pngChunk("IEND", Buffer.alloc(0)),
      ]),
    png,
    "too_many_pixels",
  ],
  [
    "PNG of 0 × 0",
    () =>
      Buffer.concat([
        pngSignature,
        pngHeader(0, 0),
        pngChunk("IDAT", deflateSync(Buffer.alloc(9))),
        pngChunk("IEND", Buffer.alloc(0)),
      ]),
    png,
    "corrupt",
  ],
  ["GIF of 10,000 frames", () => manyFrames(10_000), gif, "too_many_frames"],
  ["GIF of 300 frames of a pixel, each drawn", () => manyFrames(300), gif, "settled"],
  [
    "WebP frame larger than its canvas",
    () => framed((one) => one.writeUIntLE(0xffffff, 6, 3)),
    webp,
    "settled",
  ],
  [
    "WebP frame far outside its canvas",
    () => framed((one) => one.writeUIntLE(0xffffff, 0, 3)),
    webp,
    "corrupt",
  ],
  [
    "WebP whose canvas is 16 million squared",
    async () => {
      const bytes = await animation("webp", 3);
      const at = bytes.indexOf("VP8X") + 12;
      bytes.fill(0xff, at, at + 6);
      return bytes;
    },
    webp,
    "too_many_pixels",
  ],
  [
    "WebP of nothing in a container",
    () =>
      riffChunk(
        "RIFF",
        Buffer.concat([
          Buffer.from("WEBP"),
          riffChunk("VP8X", Buffer.from("\0\0\0\0\x5f\0\0\x3f\0\0", "latin1")),
        ]),
      ),
    webp,
    "corrupt",
  ],
  ["HEIC of 4 billion a side", () => still("heic", "ispe", 8, 0xffffffff), heic, "too_many_pixels"],
  ["AVIF of 4 billion a side", () => still("avif", "ispe", 8, 0xffffffff), avif, "too_many_pixels"],
  ["AVIF of 10,000 × 64 over a small one's picture", () => still("avif", "ispe", 8, 10_000), avif, "corrupt"],
  ["HEIC of 4 billion places", () => still("heic", "iloc", 8, 0xffffffff), heic, "corrupt"],
  ["AVIF whose properties are 4 billion", () => still("avif", "ipma", 8, 0xffffffff), avif, "corrupt"],
  ["MP4 of 4 billion times", () => table("stts", 8, 0xffffffff), mp4, "corrupt"],
  ["MP4 of one time for 4 billion samples", () => table("stts", 12, 0xffffffff), mp4, "corrupt"],
  ["MP4 whose every sample is 4 GB", () => table("stsz", 8, 0xffffffff), mp4, "corrupt"],
  ["MP4 of 4 billion chunks", () => table("stco", 8, 0xffffffff), mp4, "corrupt"],
  ["MP4 of 4 billion cuts", () => intoTrack(edits(0xffffffff, 1, 0, 0x10000)), mp4, "settled"],
  ["MP4 of 100,000 cuts", () => intoTrack(edits(100_000, 1, 0, 0x10000)), mp4, "settled"],
  ["MP4 that begins after its end", () => intoTrack(edits(1, 100, 0x7fffffff, 0x10000)), mp4, "corrupt"],
  [
    "MP4 of an index of 40 MB of nothing",
    async () => Buffer.concat([ftyp("isom"), box("moov", Buffer.alloc(40 * 1024 ** 2))]),
    mp4,
    "corrupt",
  ],
  [
    "MP4 in pieces, a hundred thousand of them empty",
    async () =>
      Buffer.concat([
        await video({ fragmented: true }),
        ...Array.from({ length: 100_000 }, () => box("moof", box("mfhd", numbers(0, 1)))),
      ]),
    mp4,
    "corrupt",
  ],
  ["motion picture that lies before its beginning", () => motion("4294967295"), jpeg, whole],
  ["motion picture of minus one", () => motion("-1"), jpeg, whole],
  ["motion picture of no number", () => motion("NaN"), jpeg, whole],
  ["motion picture that is the picture", () => motion("400"), jpeg, whole],
  [
    "motion picture of a film of boxes without end",
    () => motion("24", Buffer.concat([ftyp("isom"), numbers(0)])),
    jpeg,
    whole,
  ],
  [
    "SVG that is called a JPEG",
    () =>
      Buffer.from(
        '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>',
      ),
    jpeg,
    "unsupported_type",
  ],
  [
    "JPEG XL, bare",
    () => Buffer.concat([Buffer.from("ff0a", "hex"), Buffer.alloc(300, 9)]),
    jpeg,
    "unsupported_type",
  ],
  [
    "JPEG XL, in boxes",
    () =>
      Buffer.concat([
        Buffer.from("0000000c4a584c200d0a870a", "hex"),
        ftyp("jxl "),
        box("jxlc", Buffer.alloc(99)),
      ]),
    jpeg,
    "unsupported_type",
  ],
  [
    "JPEG 2000",
    () =>
      Buffer.concat([
        Buffer.from("0000000c6a5020200d0a870a", "hex"),
        ftyp("jp2 "),
        box("jp2h", Buffer.alloc(99)),
      ]),
    jpeg,
    "unsupported_type",
  ],
  ["TIFF that is called a JPEG", () => corners().tiff().toBuffer(), jpeg, "unsupported_type"],
  [
    "JPEG that is a GIF as well",
    async () => Buffer.concat([Buffer.from("GIF89a/*"), await corners().jpeg().toBuffer()]),
    gif,
    "corrupt",
  ],
  [
    "GIF behind a whole JPEG",
    async () =>
      Buffer.concat([
        await corners().jpeg().toBuffer(),
        await sharp(await corners().png().toBuffer())
          .gif()
          .toBuffer(),
      ]),
    jpeg,
    whole,
  ],
];

async function frameTwice(): Promise<Buffer> {
  const bytes = await corners().jpeg().toBuffer();
  const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  const end = at + 2 + bytes.readUInt16BE(at + 2);
  const second = Buffer.from(bytes.subarray(at, end));
  second.writeUInt16BE(60_000, 5);
  second.writeUInt16BE(60_000, 7);
  return Buffer.concat([bytes.subarray(0, end), second, bytes.subarray(end)]);
}

export const odd: Case[] = rows.map(([name, bytes, declared, expected]) => ({
  name,
  bytes,
  declared,
  expected,
}));

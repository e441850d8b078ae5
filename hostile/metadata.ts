/** Good pictures that say absurd things of themselves. The picture is worth keeping; what is said is not believed. */
import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import {
  corners,
  exifBlock,
  exifSegment,
  riffChunk,
  segment,
  withChunks,
  withRiffChunks,
  withSegments,
} from "#lib/imaging/fixtures.ts";
import { pngChunk } from "#lib/imaging/formats/png.ts";
import { heic } from "#lib/imaging/heic/fixtures.ts";
import { placeBox, video } from "#lib/imaging/video/fixtures.ts";
import type { Case, Expected } from "./case.ts";
import { gps, secretXmp } from "./originals.ts";

const whole: Expected = { width: 96, height: 64 };
const megabyte = 1024 * 1024;
const jpegOf = async (...segments: Buffer[]): Promise<Buffer> =>
  withSegments(await corners().jpeg().toBuffer(), ...segments);
const withBlock = (block: Buffer): Promise<Buffer> => jpegOf(exifSegment(block));
const pngOf = async (...chunks: Buffer[]): Promise<Buffer> =>
  withChunks(await corners().png().toBuffer(), ...chunks);
const webpOf = async (flags: number, ...chunks: Buffer[]): Promise<Buffer> =>
  withRiffChunks(await corners().withIccProfile("p3").webp().toBuffer(), flags, ...chunks);

/** A TIFF block of one directory whose entries are given as they lie. */
function directory(
  entries: readonly (readonly [tag: number, type: number, count: number, value: number])[],
  next = 0,
): Buffer {
  const block = Buffer.alloc(8 + 2 + entries.length * 12 + 4);
  block.write("MM\0*", "latin1");
  block.writeUInt32BE(8, 4);
  block.writeUInt16BE(Math.min(entries.length, 0xffff), 8);
  for (const [n, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + n * 12;
    block.writeUInt16BE(tag, at);
    block.writeUInt16BE(type, at + 2);
    block.writeUInt32BE(count, at + 4);
    block.writeUInt32BE(value, at + 8);
  }
  block.writeUInt32BE(next, block.length - 4);
  return block;
}

const exifAt = 34_665;
const gpsAt = 34_853;
const many = (count: number) =>
  Array.from({ length: count }, (_, n) => [0x9000 + (n % 500), 4, 1, n] as const);
const cyclic = directory(
  [
    [exifAt, 4, 1, 8],
    [gpsAt, 4, 1, 8],
    [40_965, 4, 1, 8],
  ],
  8,
);
const lost = directory([
  [270, 2, 0xffffffff, 0xfffffff0],
  [271, 2, 1_000, 0x7fffffff],
  [exifAt, 4, 1, 0xfffffffe],
  [gpsAt, 4, 1, 60_000],
]);
/** Each directory leads to the next, a thousand times. */
function chain(): Buffer {
  const parts: Buffer[] = [Buffer.from("MM\0*\0\0\0\x08", "latin1")];
  for (let n = 1; n <= 1_000; n++) {
    const one = Buffer.alloc(18);
    one.writeUInt16BE(1);
    one.set([1, 0x0f, 0, 3, 0, 0, 0, 1], 2);
    one.writeUInt32BE(8 + n * 18, 14);
    parts.push(one);
  }
  return Buffer.concat(parts);
}
const oriented = (value: number) => directory([[274, 3, 1, value * 65_536]]);
const dated = (date: string) =>
  exifBlock({ 306: [2, date] }, { 36867: [2, date], 36868: [2, date], 36881: [2, "+99:99"] });
const placed = (parts: [number, number][], reference = "N") =>
  exifBlock({}, {}, { ...gps, 1: [2, reference], 2: [5, parts], 4: [5, parts], 6: [5, [[0xffffffff, 0]]] });
const named = (bytes: Buffer): Buffer =>
  exifBlock({ 270: [7, [...bytes]], 271: [2, bytes.toString("latin1")], 40091: [1, [...bytes]] });

/** A profile over so many segments, as large ones travel in a JPEG. */
function profileSegments(profile: Buffer): Buffer[] {
  const most = 65_000;
  const count = Math.ceil(profile.length / most);
  return Array.from({ length: count }, (_, n) =>
    segment(
      0xe2,
      Buffer.concat([
        Buffer.from("ICC_PROFILE\0"),
        Buffer.from([(n + 1) & 255, count & 255]),
        profile.subarray(n * most, (n + 1) * most),
      ]),
    ),
  );
}
async function largeProfile(bytes: number): Promise<Buffer> {
  const { icc } = await sharp(await corners().withIccProfile("p3").png().toBuffer()).metadata();
  const profile = Buffer.concat([icc ?? Buffer.alloc(0), Buffer.alloc(bytes)]).subarray(0, bytes);
  profile.writeUInt32BE(bytes, 0);
  return profile;
}
const iccp = (profile: Buffer): Buffer =>
  pngChunk("iCCP", Buffer.concat([Buffer.from("p\0\0"), deflateSync(profile)]));

const extended = (bytes: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes / 65_000) }, () =>
    segment(
      0xe1,
      Buffer.concat([Buffer.from("http://ns.adobe.com/xmp/extension/\0"), Buffer.alloc(64_960, " ")]),
    ),
  );
const laughs = Buffer.from(
  `http://ns.adobe.com/xap/1.0/\0<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 12 }, (_, n) => `<!ENTITY a${n} "${`&a${n === 0 ? "" : n - 1};`.repeat(10)}">`).join("")}<!ENTITY f SYSTEM "file:///etc/passwd">]><x:xmpmeta>&a11;&f;${secretXmp()}</x:xmpmeta>`,
);
const xmpChunk = (bytes: Buffer): Buffer =>
  pngChunk("iTXt", Buffer.concat([Buffer.from("XML:com.adobe.xmp\0\0\0\0\0"), bytes]));

type Row = readonly [
  name: string,
  bytes: () => Promise<Buffer> | Buffer,
  declared: string,
  expected: Expected,
];
const jpeg = "image/jpeg";
const png = "image/png";

const rows: readonly Row[] = [
  ["EXIF that leads to itself", () => withBlock(cyclic), jpeg, whole],
  ["EXIF that leads to itself in PNG", () => pngOf(pngChunk("eXIf", cyclic)), png, whole],
  ["EXIF that leads to itself in WebP", () => webpOf(0x08, riffChunk("EXIF", cyclic)), "image/webp", whole],
  ["EXIF that leads to itself in HEIC", () => heic({ exif: cyclic }), "image/heic", whole],
  ["EXIF whose values lie past its end", () => withBlock(lost), jpeg, whole],
  ["EXIF whose values lie past its end in HEIC", () => heic({ exif: lost }), "image/heic", whole],
  ["EXIF of a thousand directories", () => withBlock(chain()), jpeg, whole],
  ["EXIF of 5,000 tags", () => withBlock(directory(many(5_000))), jpeg, whole],
  ["EXIF of 65,535 tags in PNG", () => pngOf(pngChunk("eXIf", directory(many(65_535)))), png, whole],
  [
    "EXIF of a million tags",
    () => pngOf(pngChunk("eXIf", directory(many(1_000_000)))),
    png,
    "too_much_metadata",
  ],
  ["EXIF of random bytes", () => withBlock(randomBytes(5_000)), jpeg, whole],
  ["EXIF of nothing", () => withBlock(Buffer.alloc(0)), jpeg, whole],
  [
    "EXIF that says it has 65,535 tags and has none",
    () => withBlock(Buffer.from("MM\0*\0\0\0\x08\xff\xff", "latin1")),
    jpeg,
    whole,
  ],
  [
    "a thousand EXIF segments",
    () => jpegOf(...Array.from({ length: 1_000 }, () => exifSegment(dated("2021:07:04 12:00:00")))),
    jpeg,
    whole,
  ],
  ...[0, 9, 65_535].map(
    (value): Row => [`turned by ${value}, which is no turn`, () => withBlock(oriented(value)), jpeg, whole],
  ),
  ["turned by a quarter", () => withBlock(oriented(6)), jpeg, { width: 64, height: 96 }],
  [
    "turned twice, by two EXIF segments",
    () => jpegOf(exifSegment(oriented(6)), exifSegment(oriented(3))),
    jpeg,
    { width: 64, height: 96 },
  ],
  ...[
    "0000:00:00 00:00:00",
    "9999:99:99 99:99:99",
    "9999:12:31 23:59:59",
    "0001:01:01 00:00:00",
    "2021:02:30 12:00:00",
    "not a date",
    "\uffff".repeat(19),
    "2021:07:04 12:00:00".repeat(500),
  ].map((date): Row => [`taken on ${date.slice(0, 24)}`, () => withBlock(dated(date)), jpeg, whole]),
  [
    "a place of 0/0 degrees",
    () =>
      withBlock(
        placed([
          [0, 0],
          [0, 0],
          [0, 0],
        ]),
      ),
    jpeg,
    whole,
  ],
  [
    "a place of 1/0 degrees",
    () =>
      withBlock(
        placed([
          [1, 0],
          [1, 0],
          [1, 0],
        ]),
      ),
    jpeg,
    whole,
  ],
  [
    "a place of 4,294,967,295 degrees",
    () =>
      withBlock(
        placed([
          [0xffffffff, 1],
          [0xffffffff, 1],
          [0xffffffff, 1],
        ]),
      ),
    jpeg,
    whole,
  ],
  [
    "a place that is neither north nor south",
    () =>
      withBlock(
        placed(
          [
            [35, 1],
            [6, 1],
            [0, 1],
          ],
          "?",
        ),
      ),
    jpeg,
    whole,
  ],
  [
    "a place of a million numbers",
    () =>
      withBlock(
        directory([
          [gpsAt, 4, 1, 8],
          [2, 5, 1_000_000, 8],
          [1, 2, 2, 0x4e000000],
          [4, 5, 1_000_000, 8],
          [3, 2, 2, 0x45000000],
        ]),
      ),
    jpeg,
    whole,
  ],
  [
    "NUL, bells and escapes in texts",
    () => withBlock(named(Buffer.from("\0a\0\x07\x1b[31mb\0c".repeat(50)))),
    jpeg,
    whole,
  ],
  [
    "texts that turn the writing round",
    () => withBlock(named(Buffer.from("gnp.\u202egpj\u2066\u2067\u200f.exe"))),
    jpeg,
    whole,
  ],
  [
    "halves of letters in texts",
    () => withBlock(named(Buffer.from("a\ud800b\udc00\ufffe", "utf16le"))),
    jpeg,
    whole,
  ],
  [
    "bytes that are no UTF-8 in texts",
    () => withBlock(named(Buffer.from("\xff\xfe\xc0\x80\xed\xa0\x80", "latin1"))),
    jpeg,
    whole,
  ],
  ["a script in texts", () => withBlock(named(Buffer.from("<script>alert(1)</script>'\"--"))), jpeg, whole],
  ["a text of 60 KB", () => withBlock(exifBlock({ 270: [2, "가".repeat(20_000)] })), jpeg, whole],
  [
    "a text of a megabyte in PNG",
    () => pngOf(pngChunk("eXIf", exifBlock({ 270: [2, "a".repeat(1_000_000)] }))),
    png,
    whole,
  ],
  [
    "a text of two megabytes in PNG",
    () => pngOf(pngChunk("eXIf", exifBlock({ 270: [2, "a".repeat(2_000_000)] }))),
    png,
    "too_much_metadata",
  ],
  [
    "EXIF of 30 MB in WebP",
    () => webpOf(0x08, riffChunk("EXIF", Buffer.alloc(30 * megabyte))),
    "image/webp",
    "too_much_metadata",
  ],
  [
    "EXIF of 2 MB in HEIC",
    () => heic({ exif: Buffer.alloc(2 * megabyte) }),
    "image/heic",
    "too_much_metadata",
  ],
  [
    "a profile of 10 MB",
    async () => jpegOf(...profileSegments(await largeProfile(10 * megabyte))),
    jpeg,
    "too_much_metadata",
  ],
  [
    "a profile of 10 MB in PNG",
    async () => pngOf(iccp(await largeProfile(10 * megabyte))),
    png,
    "too_much_metadata",
  ],
  [
    "a profile of 10 MB in WebP",
    async () =>
      withRiffChunks(
        await corners().webp().withIccProfile("p3").toBuffer(),
        0x20,
        riffChunk("ICCP", await largeProfile(10 * megabyte)),
      ),
    "image/webp",
    "too_much_metadata",
  ],
  [
    "a profile of 3 MB, nearly all of it empty",
    async () => jpegOf(...profileSegments(await largeProfile(3 * megabyte))),
    jpeg,
    whole,
  ],
  ["a profile of random bytes", () => jpegOf(...profileSegments(randomBytes(3_000))), jpeg, whole],
  ["a profile of random bytes in PNG", () => pngOf(iccp(randomBytes(3_000))), png, whole],
  [
    "a profile of which half came",
    async () => jpegOf(...profileSegments((await largeProfile(480)).subarray(0, 240))),
    jpeg,
    whole,
  ],
  [
    "a profile for four colours in a picture of three",
    async () => {
      const { icc } = await sharp(
        await corners().toColourspace("cmyk").withIccProfile("cmyk").jpeg().toBuffer(),
      ).metadata();
      return jpegOf(...profileSegments(icc ?? Buffer.alloc(0)));
    },
    jpeg,
    whole,
  ],
  [
    "segments of a profile in the wrong order",
    async () => jpegOf(...profileSegments(await largeProfile(200_000)).reverse()),
    jpeg,
    whole,
  ],
  ["XMP of 20 MB", () => jpegOf(...extended(20 * megabyte)), jpeg, "too_much_metadata"],
  ["XMP of 15 MB, as telephones store depth", () => jpegOf(...extended(15 * megabyte)), jpeg, whole],
  ["XMP of nested entities that asks for a file", () => jpegOf(segment(0xe1, laughs)), jpeg, whole],
  ["XMP of nested entities in PNG", () => pngOf(xmpChunk(laughs.subarray(29))), png, whole],
  ["XMP of 20 MB in PNG", () => pngOf(xmpChunk(Buffer.alloc(20 * megabyte, " "))), png, "too_much_metadata"],
  [
    "XMP of 20 MB in WebP",
    () => webpOf(0x04, riffChunk("XMP ", Buffer.alloc(20 * megabyte, " "))),
    "image/webp",
    "too_much_metadata",
  ],
  [
    "XMP that says a film follows, where none does",
    () =>
      jpegOf(
        segment(
          0xe1,
          Buffer.from(
            'http://ns.adobe.com/xap/1.0/\0<Container:Item Item:Semantic="MotionPhoto" Item:Length="400"/>',
          ),
        ),
      ),
    jpeg,
    whole,
  ],
  [
    "HTML in a comment",
    () => jpegOf(segment(0xfe, Buffer.from("<script>alert(document.domain)</script>"))),
    jpeg,
    whole,
  ],
  [
    "IPTC that says it is longer than it is",
    () =>
      jpegOf(
        segment(
          0xed,
          Buffer.from("Photoshop 3.0\x008BIM\x04\x04\0\0\x7f\xff\xff\xff\x1c\x02\x78\xff\xff", "latin1"),
        ),
      ),
    jpeg,
    whole,
  ],
  [
    "a note of Apple's that leads nowhere",
    () =>
      withBlock(
        exifBlock(
          {},
          {
            37500: [
              7,
              [
                ...Buffer.from(
                  "Apple iOS\0\0\x01MM\xff\xff\0\x11\0\x02\xff\xff\xff\xff\xff\xff\xff\xff",
                  "latin1",
                ),
              ],
            ],
          },
        ),
      ),
    jpeg,
    whole,
  ],
  [
    "a video that was made in the year 1904",
    () => video({ created: new Date("1904-01-01T00:00:01Z"), duration: 300 }),
    "video/mp4",
    { ...whole, kind: "video" },
  ],
  [
    "a video from nowhere",
    () => video({ userData: [placeBox("+999.9999-999.9999/")], duration: 300 }),
    "video/mp4",
    { ...whole, kind: "video" },
  ],
];

export const metadata: Case[] = rows.map(([name, bytes, declared, expected]) => ({
  name,
  bytes,
  declared,
  expected,
}));

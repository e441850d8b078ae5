/** Boxes within boxes that lie about their lengths, and tables of films past all measure. */
import { box, ftyp } from "#lib/imaging/fixtures.ts";
import { video } from "#lib/imaging/video/fixtures.ts";
import type { Case, Expected } from "./case.ts";
import { original } from "./originals.ts";

const film: Expected = { width: 96, height: 64, kind: "video" };

/** The field of `bytes` bytes at `offset` from where a box's name stands, changed; the first box of that name. */
async function changed(
  kind: string,
  name: string,
  offset: number,
  value: number,
  bytes: 1 | 2 | 4 = 4,
): Promise<Buffer> {
  const out = Buffer.from((await original(kind)).bytes);
  const at = out.indexOf(name);
  if (at < 0) throw new Error(`No ${name} in ${kind}.`);
  out.writeUIntBE(value, at + offset, bytes);
  return out;
}

/** A box whose length stands in 64 bits behind its name. */
async function lengthOf64(kind: string, name: string, length: bigint): Promise<Buffer> {
  const out = Buffer.from((await original(kind)).bytes);
  const at = out.indexOf(name) - 4;
  out.writeUInt32BE(1, at);
  out.writeBigUInt64BE(length, at + 8);
  return out;
}

function nested(name: string, depth: number): Buffer {
  let out = Buffer.alloc(0);
  const heads = Buffer.alloc(depth * 8);
  for (let n = 0; n < depth; n++) {
    heads.writeUInt32BE((depth - n) * 8, n * 8);
    heads.write(name, n * 8 + 4, "latin1");
  }
  out = Buffer.concat([heads, out]);
  return out;
}

const intoMovie = async (...children: Buffer[]): Promise<Buffer> => {
  const { bytes } = await original("mp4");
  const at = bytes.lastIndexOf("moov") - 4;
  const end = at + bytes.readUInt32BE(at);
  const added = Buffer.concat(children);
  const out = Buffer.concat([bytes.subarray(0, end), added, bytes.subarray(end)]);
  out.writeUInt32BE(bytes.readUInt32BE(at) + added.length, at);
  return out;
};
const behind = async (kind: string, ...more: Buffer[]): Promise<Buffer> =>
  Buffer.concat([(await original(kind)).bytes, ...more]);

/** A track without samples, again and again. */
async function tracks(count: number): Promise<Buffer> {
  const { bytes } = await original("mp4");
  const at = bytes.indexOf("trak") - 4;
  const track = bytes.subarray(at, at + bytes.readUInt32BE(at));
  return intoMovie(...Array.from({ length: count }, () => track));
}

/** An element of WebM with a size of eight bytes. */
function element(id: number[], size: bigint, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigUInt64BE(size | (1n << 56n));
  return Buffer.concat([Buffer.from(id), head, data]);
}

type Row = readonly [
  name: string,
  bytes: () => Promise<Buffer> | Buffer,
  declared: string,
  expected: Expected,
];
const mp4 = "video/mp4";
const heic = "image/heic";
const avif = "image/avif";

const rows: readonly Row[] = [
  ...(
    [
      [avif, "avif"],
      [heic, "heic"],
      [mp4, "mp4"],
    ] as const
  ).flatMap(([declared, kind]): Row[] => {
    const name = declared === mp4 ? "moov" : "meta";
    return [
      [
        `${kind} whose ${name} box says it has 7 bytes`,
        () => changed(kind, name, -4, 7),
        declared,
        "corrupt",
      ],
      [
        `${kind} whose ${name} box says it has 4 GB`,
        () => changed(kind, name, -4, 0xffffffff),
        declared,
        "corrupt",
      ],
      [
        `${kind} whose ${name} box says it has 2^63 bytes`,
        () => lengthOf64(kind, name, 2n ** 63n),
        declared,
        "corrupt",
      ],
      [
        `${kind} whose ${name} box says it has 2^64 - 1 bytes`,
        () => lengthOf64(kind, name, 2n ** 64n - 1n),
        declared,
        "corrupt",
      ],
      [
        `${kind} whose ${name} box says it has no bytes in 64 bits`,
        () => lengthOf64(kind, name, 0n),
        declared,
        "corrupt",
      ],
      [
        `${kind} with an empty box of no end behind it`,
        () => behind(kind, Buffer.from("\0\0\0\0free", "latin1")),
        declared,
        declared === mp4 ? film : { width: 96, height: 64 },
      ],
    ];
  }),
  [
    "AVIF whose items lie at the end of the world",
    () => changed("avif", "iloc", 16, 0xfffffff0),
    avif,
    "corrupt",
  ],
  ["AVIF of 65,535 items", () => changed("avif", "iloc", 10, 0xffff, 2), avif, "corrupt"],
  ["HEIC of 65,535 items", () => changed("heic", "iloc", 10, 0xffff, 2), heic, "corrupt"],
  ["HEIC whose first item is another", () => changed("heic", "pitm", 8, 999, 2), heic, "corrupt"],
  ["HEIC whose properties are 4 billion", () => changed("heic", "ipma", 8, 0xffffffff), heic, "corrupt"],
  [
    "HEIC of boxes 100,000 deep",
    () => Buffer.concat([ftyp("heic", "mif1"), nested("meta", 100_000)]),
    heic,
    "corrupt",
  ],
  [
    "AVIF of boxes 100,000 deep",
    () => Buffer.concat([ftyp("avif", "mif1"), nested("meta", 100_000)]),
    avif,
    "corrupt",
  ],
  [
    "HEIC of 20,000 boxes",
    () => Buffer.concat([ftyp("heic", "mif1"), ...Array.from({ length: 20_000 }, () => box("free"))]),
    heic,
    "corrupt",
  ],
  [
    "HEIC grid of 256 × 256 tiles in four",
    async () => {
      const out = Buffer.from((await original("heic-grid")).bytes);
      const at = out.indexOf(Buffer.from([0, 1, 1, 1]), out.indexOf("mdat") - 4);
      out.set([0xff, 0xff], at + 2);
      return out;
    },
    heic,
    "corrupt",
  ],
  [
    "a film of 2^32 - 1 seconds",
    async () => {
      const out = await changed("mp4", "mvhd", 20, 0xffffffff);
      return out;
    },
    mp4,
    "settled",
  ],
  ["a film whose every picture lasts for ever", () => changed("mp4", "stts", 16, 0xffffffff), mp4, "settled"],
  ["a film of 4 billion runs of times", () => changed("mp4", "stts", 8, 0xffffffff), mp4, "corrupt"],
  ["a film of 4 billion samples in one run", () => changed("mp4", "stts", 12, 0xffffffff), mp4, "settled"],
  ["a film of 4 billion sizes", () => changed("mp4", "stsz", 12, 0xffffffff), mp4, "corrupt"],
  [
    "a film of 4 billion samples of one size",
    async () => {
      const out = await changed("mp4", "stsz", 12, 0xffffffff);
      out.writeUInt32BE(1, out.indexOf("stsz") + 8);
      return out;
    },
    mp4,
    "settled",
  ],
  ["a film of 4 billion chunks", () => changed("mp4", "stco", 8, 0xffffffff), mp4, "corrupt"],
  [
    "a film whose first chunk lies past its end",
    () => changed("mp4", "stco", 12, 0xfffffff0),
    mp4,
    "corrupt",
  ],
  ["a film of chunks of 4 billion samples", () => changed("mp4", "stsc", 16, 0xffffffff), mp4, "settled"],
  ["a film of 10,000 tracks", () => tracks(10_000), mp4, "corrupt"],
  ["a film of 200 tracks", () => tracks(200), mp4, "settled"],
  ["a film in a film, 100,000 deep", () => intoMovie(nested("moov", 100_000)), mp4, "settled"],
  ["a film of meta in udta, 10,000 deep", () => intoMovie(nested("udta", 10_000)), mp4, "settled"],
  ["a film in trak in trak, 10,000 deep", () => intoMovie(nested("trak", 10_000)), mp4, "corrupt"],
  [
    "a film of 60,000 boxes behind it",
    () => behind("mp4", ...Array.from({ length: 60_000 }, () => box("free"))),
    mp4,
    "corrupt",
  ],
  [
    "a film of 0 × 0",
    async () => {
      const out = await changed("mp4", "avc1", 28, 0);
      const at = out.indexOf("tkhd");
      out.writeUInt32BE(0, at + 80);
      out.writeUInt32BE(0, at + 84);
      return out;
    },
    mp4,
    "settled",
  ],
  ["a film of 65,535 × 65,535", async () => changed("mp4", "avc1", 28, 0xffffffff), mp4, "settled"],
  [
    "a film without a movie",
    async () => Buffer.concat([ftyp("isom", "mp42"), box("mdat", Buffer.alloc(500))]),
    mp4,
    "corrupt",
  ],
  ["a film of nothing but brands", () => ftyp("isom", "mp42"), mp4, "corrupt"],
  [
    "WebM whose segment has 2^56 - 2 bytes",
    () =>
      Buffer.concat([
        element([0x1a, 0x45, 0xdf, 0xa3], 8n, Buffer.from("\x42\x82\x84webm\0", "latin1")),
        element([0x18, 0x53, 0x80, 0x67], 2n ** 56n - 2n),
      ]),
    "video/webm",
    "corrupt",
  ],
  [
    "WebM of nothing but its head",
    () => element([0x1a, 0x45, 0xdf, 0xa3], 8n, Buffer.from("\x42\x82\x84webm\0", "latin1")),
    "video/webm",
    "corrupt",
  ],
  [
    "WebM of a million clusters of nothing",
    async () => {
      const head = element([0x1a, 0x45, 0xdf, 0xa3], 8n, Buffer.from("\x42\x82\x84webm\0", "latin1"));
      const cluster = Buffer.from([0x1f, 0x43, 0xb6, 0x75, 0x80]);
      return Buffer.concat([
        head,
        Buffer.from([0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        Buffer.concat(Array.from({ length: 1_000_000 }, () => cluster)),
      ]);
    },
    "video/webm",
    "settled",
  ],
  [
    "WebM recorded without a length",
    () => video({ format: "webm", fragmented: true, duration: 500 }),
    "video/webm",
    film,
  ],
];

export const containers: Case[] = rows.map(([name, bytes, declared, expected]) => ({
  name,
  bytes,
  declared,
  expected,
}));

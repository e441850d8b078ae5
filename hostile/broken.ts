/** Files of which a part is missing, and files that are not what they are called. */
import { scene } from "#lib/imaging/fixtures.ts";
import type { Case, Expected } from "./case.ts";
import { type Original, original, originals } from "./originals.ts";

const parts = 16;

/** Fewer bytes than tell what a file is. */
const unknown = (kind: string, bytes: number): boolean => bytes < 16 && !kind.startsWith("gif");

/** Cut off after so many sixteenths. */
export async function truncated(): Promise<Case[]> {
  return (await originals()).flatMap(({ kind, mime, bytes }) =>
    Array.from({ length: parts - 1 }, (_, n): Case => {
      const end = Math.floor((bytes.length * (n + 1)) / parts);
      return {
        name: `${kind} of which ${n + 1}/${parts} came`,
        bytes: () => bytes.subarray(0, end),
        declared: mime,
        expected: unknown(kind, end) ? "not_an_image" : "corrupt",
      };
    }),
  );
}

/** A picture large enough that its last sixteenth is pixels and nothing else. */
export const cutPixels: Case[] = (["jpeg", "png", "webp", "avif", "gif"] as const).flatMap((format) =>
  [0.3, 0.6, 0.9, 0.99].map((part) => ({
    name: `${format} of 600 × 400 cut off at ${part * 100} %`,
    bytes: async () => {
      const whole = await scene(600, 400).toFormat(format).toBuffer();
      return whole.subarray(0, Math.floor(whole.length * part));
    },
    declared: `image/${format}`,
    expected: "corrupt" as const,
  })),
);

const html = Buffer.from(
  "<!doctype html><title>x</title><script>alert(document.domain)</script>".padEnd(500, " "),
);
const zip = Buffer.from(
  "PK\x03\x04\x14\0\0\0\0\0\0\0!\0\x85\x11J\x0d\x0b\0\0\0\x0b\0\0\0\x09\0\0\0hello.txthello world",
  "latin1",
);

type Row = readonly [
  name: string,
  bytes: (own: (kind: string) => Promise<Original>) => Promise<Buffer> | Buffer,
  declared: string,
  expected: Expected,
];

/**
 * A GIF that is a program as well: its width opens a comment that ends behind its last byte. libvips, as browsers once did,
 * does not believe in so wide a screen and shows what is drawn.
 */
async function gifProgram(): Promise<Buffer> {
  const { bytes } = await original("gif");
  const out = Buffer.from(bytes);
  out.write("/*", 6, "latin1");
  return Buffer.concat([out, Buffer.from("*/=1;alert(document.domain)")]);
}

const rows: readonly Row[] = [
  ["one byte", () => Buffer.from([0xff]), "image/jpeg", "not_an_image"],
  ["two bytes of a JPEG", () => Buffer.from([0xff, 0xd8]), "image/jpeg", "not_an_image"],
  ["nothing but the mark of a JPEG", () => Buffer.from([0xff, 0xd8, 0xff]), "image/jpeg", "corrupt"],
  ["nothing but the mark of a PNG", () => Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), "image/png", "corrupt"],
  ["nothing but the mark of a GIF", () => Buffer.from("GIF89a"), "image/gif", "corrupt"],
  [
    "nothing but the mark of a WebP",
    () => Buffer.from("RIFF\x04\0\0\0WEBP", "latin1"),
    "image/webp",
    "corrupt",
  ],
  ["a kilobyte of zeros", () => Buffer.alloc(1_024), "image/jpeg", "not_an_image"],
  ["a kilobyte of 0xff", () => Buffer.alloc(1_024, 0xff), "image/jpeg", "not_an_image"],
  [
    "JPEG mark and a kilobyte of 0xff",
    () => Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(1_024, 0xff)]),
    "image/jpeg",
    "corrupt",
  ],
  ["HTML called JPEG", () => html, "image/jpeg", "not_an_image"],
  ["HTML called HEIC", () => html, "image/heic", "not_an_image"],
  ["HTML called MP4", () => html, "video/mp4", "type_mismatch"],
  ["ZIP called PNG", () => zip, "image/png", "not_an_image"],
  ["PNG called JPEG", async (own) => (await own("png")).bytes, "image/jpeg", "type_mismatch"],
  ["JPEG called PNG", async (own) => (await own("jpeg")).bytes, "image/png", "type_mismatch"],
  ["GIF called WebP", async (own) => (await own("gif")).bytes, "image/webp", "type_mismatch"],
  ["AVIF called HEIC", async (own) => (await own("avif")).bytes, "image/heic", "type_mismatch"],
  [
    "HEIC called JPEG, as telephones do",
    async (own) => (await own("heic")).bytes,
    "image/jpeg",
    { width: 96, height: 64 },
  ],
  [
    "JPEG called HEIC, as telephones do",
    async (own) => (await own("jpeg")).bytes,
    "image/heic",
    { width: 96, height: 64 },
  ],
  ["PNG without a name", async (own) => (await own("png")).bytes, "", { width: 96, height: 64 }],
  [
    "MP4 without a name",
    async (own) => (await own("mp4")).bytes,
    "",
    { width: 96, height: 64, kind: "video" },
  ],
  ["MP4 called JPEG", async (own) => (await own("mp4")).bytes, "image/jpeg", "type_mismatch"],
  ["WebM called PNG", async (own) => (await own("webm")).bytes, "image/png", "type_mismatch"],
  ["JPEG called MP4", async (own) => (await own("jpeg")).bytes, "video/mp4", "type_mismatch"],
  ["WebM called MP4", async (own) => (await own("webm")).bytes, "video/mp4", "type_mismatch"],
  [
    "MOV called MP4, as programs do",
    async (own) => (await own("mov")).bytes,
    "video/mp4",
    { width: 96, height: 64, kind: "video" },
  ],
  [
    "SVG with a script called PNG",
    () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    "image/png",
    "unsupported_type",
  ],
  [
    "BMP called JPEG",
    () => Buffer.concat([Buffer.from("BM"), Buffer.alloc(200)]),
    "image/jpeg",
    "unsupported_type",
  ],
  [
    "PSD called PNG",
    () => Buffer.concat([Buffer.from("8BPS\0\x01"), Buffer.alloc(200)]),
    "image/png",
    "unsupported_type",
  ],
  [
    "PDF called JPEG",
    () => Buffer.from("%PDF-1.4\n1 0 obj <<>> endobj".padEnd(400, " ")),
    "image/jpeg",
    "not_an_image",
  ],
  [
    "JPEG with a ZIP behind it",
    async (own) => Buffer.concat([(await own("jpeg")).bytes, zip]),
    "image/jpeg",
    { width: 96, height: 64 },
  ],
  [
    "JPEG with HTML behind it",
    async (own) => Buffer.concat([(await own("jpeg")).bytes, html]),
    "image/jpeg",
    { width: 96, height: 64 },
  ],
  [
    "PNG with a ZIP behind it",
    async (own) => Buffer.concat([(await own("png")).bytes, zip]),
    "image/png",
    { width: 96, height: 64 },
  ],
  [
    "WebP with a ZIP behind it",
    async (own) => Buffer.concat([(await own("webp")).bytes, zip]),
    "image/webp",
    { width: 96, height: 64 },
  ],
  [
    "GIF with a ZIP behind it",
    async (own) => Buffer.concat([(await own("gif-animated")).bytes, zip]),
    "image/gif",
    { width: 16, height: 16, frames: 5 },
  ],
  [
    "AVIF with a ZIP behind it",
    async (own) => Buffer.concat([(await own("avif")).bytes, zip]),
    "image/avif",
    { width: 96, height: 64 },
  ],
  [
    "HEIC with a ZIP behind it",
    async (own) => Buffer.concat([(await own("heic")).bytes, zip]),
    "image/heic",
    { width: 96, height: 64 },
  ],
  [
    "MP4 with a ZIP behind it",
    async (own) => Buffer.concat([(await own("mp4")).bytes, zip]),
    "video/mp4",
    "corrupt",
  ],
  [
    "JPEG that is a PDF as well",
    async (own) => {
      const { bytes } = await own("jpeg");
      const pdf = Buffer.from("%PDF-1.4\n1 0 obj <</Type/Catalog>> endobj\n%%EOF\n");
      const length = Buffer.from([0xff, 0xfe, 0, pdf.length + 2]);
      return Buffer.concat([bytes.subarray(0, 2), length, pdf, bytes.subarray(2)]);
    },
    "image/jpeg",
    { width: 96, height: 64 },
  ],
  [
    "PDF with a JPEG in it",
    async (own) => Buffer.concat([Buffer.from("%PDF-1.4\n"), (await own("jpeg")).bytes]),
    "image/jpeg",
    "not_an_image",
  ],
  ["GIF that is JavaScript as well", gifProgram, "image/gif", { width: 96, height: 64, frames: 1 }],
  [
    "two JPEGs in a row",
    async (own) => Buffer.concat([(await own("jpeg")).bytes, (await own("jpeg-progressive")).bytes]),
    "image/jpeg",
    { width: 96, height: 64 },
  ],
  [
    "JPEG from its second byte on",
    async (own) => (await own("jpeg")).bytes.subarray(1),
    "image/jpeg",
    "not_an_image",
  ],
];

export const disguised: Case[] = rows.map(([name, bytes, declared, expected]) => ({
  name,
  bytes: () => bytes(original),
  declared,
  expected,
}));

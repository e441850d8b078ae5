/** One good file of each kind, with a secret wherever that kind can hold one. Everything else is made of these. */
import { deflateSync } from "node:zlib";
import {
  animation,
  box,
  corners,
  exifBlock,
  exifSegment,
  riffChunk,
  scene,
  segment,
  withChunks,
  withRiffChunks,
  withSegments,
} from "#lib/imaging/fixtures.ts";
import { pngChunk } from "#lib/imaging/formats/png.ts";
import { heic } from "#lib/imaging/heic/fixtures.ts";
import { placeBox, video } from "#lib/imaging/video/fixtures.ts";
import { type Shown, secret } from "./case.ts";

export type Original = { kind: string; mime: string; bytes: Buffer; shown: Shown };

/** Degrees, minutes, seconds. */
const north: [number, number][] = [
  [35, 1],
  [6, 1],
  [4242, 100],
];
export const gps = { 1: [2, "N"], 2: [5, north], 3: [2, "E"], 4: [5, north] } as const satisfies Parameters<
  typeof exifBlock
>[2];
export const secretExif = (): Buffer =>
  exifBlock({ 271: [2, secret], 270: [2, `${secret} in words`] }, { 36867: [2, "2021:07:04 12:00:00"] }, gps);
export const secretXmp = (): Buffer =>
  Buffer.from(
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><a b="${secret}" exif:GPSLatitude="35,6.7N"/></x:xmpmeta>`,
  );
const comment = Buffer.from(`${secret} in a comment`);

export const told = (jpeg: Buffer): Buffer =>
  withSegments(
    jpeg,
    exifSegment(secretExif()),
    segment(0xe1, Buffer.concat([Buffer.from("http://ns.adobe.com/xap/1.0/\0"), secretXmp()])),
    segment(0xfe, comment),
  );

const toldPng = (png: Buffer): Buffer =>
  withChunks(
    png,
    pngChunk("eXIf", secretExif()),
    pngChunk("tEXt", Buffer.concat([Buffer.from("Comment\0"), comment])),
    pngChunk("zTXt", Buffer.concat([Buffer.from("Author\0\0"), deflateSync(comment)])),
    pngChunk("iTXt", Buffer.concat([Buffer.from("XML:com.adobe.xmp\0\0\0\0\0"), secretXmp()])),
  );

/** Asks for the extended container, which alone has room for words. */
const toldWebp = (webp: Buffer): Buffer =>
  withRiffChunks(webp, 0x0c, riffChunk("EXIF", secretExif()), riffChunk("XMP ", secretXmp()));

function toldGif(gif: Buffer): Buffer {
  const said = Buffer.concat([Buffer.from([0x21, 0xfe, comment.length]), comment, Buffer.from([0])]);
  return Buffer.concat([gif.subarray(0, -1), said, Buffer.from(";")]);
}

const told3 = { metadata: { exif: { IFD0: { ImageDescription: secret } } } };
const size = { width: 96, height: 64 };

export async function originals(): Promise<Original[]> {
  const picture = corners();
  const clear = scene(80, 60, 4);
  const userData = [
    placeBox("+35.1117+129.1100/"),
    box("\xa9cmt", Buffer.from([0, 19, 0, 0]), Buffer.from(secret)),
  ];
  const of = (kind: string, mime: string, bytes: Buffer, shown: Partial<Shown> = {}): Original => ({
    kind,
    mime,
    bytes,
    shown: { ...size, frames: 1, kind: "picture", ...shown },
  });
  const clip = { kind: "video", duration: 800 } as const;
  return [
    of("jpeg", "image/jpeg", told(await picture.clone().jpeg().toBuffer())),
    of("jpeg-progressive", "image/jpeg", told(await picture.clone().jpeg({ progressive: true }).toBuffer())),
    of("png", "image/png", toldPng(await picture.clone().png().toBuffer())),
    of("png-interlaced", "image/png", toldPng(await picture.clone().png({ progressive: true }).toBuffer())),
    of("png-16", "image/png", toldPng(await picture.clone().toColourspace("rgb16").png().toBuffer())),
    of("webp", "image/webp", toldWebp(await picture.clone().withIccProfile("p3").webp().toBuffer())),
    of(
      "webp-lossless",
      "image/webp",
      toldWebp(await clear.clone().withIccProfile("p3").webp({ lossless: true }).toBuffer()),
      {
        width: 80,
        height: 60,
      },
    ),
    of("webp-animated", "image/webp", toldWebp(await animation("webp", 5)), {
      width: 16,
      height: 16,
      frames: 5,
    }),
    of("gif", "image/gif", toldGif(await picture.clone().gif().toBuffer())),
    of("gif-animated", "image/gif", toldGif(await animation("gif", 5)), { width: 16, height: 16, frames: 5 }),
    of(
      "avif",
      "image/avif",
      await picture.clone().withMetadata(told3.metadata).avif({ effort: 0 }).toBuffer(),
    ),
    of("heic", "image/heic", heic({ exif: secretExif(), xmp: secretXmp().toString() })),
    of("heic-grid", "image/heic", heic({ grid: { columns: 2, rows: 2 }, exif: secretExif() }), {
      width: 192,
      height: 128,
    }),
    of("mp4", "video/mp4", await video({ ...clip, userData, created: new Date("2021-07-04T12:00:00Z") }), {
      kind: "video",
    }),
    of("mp4-fragmented", "video/mp4", await video({ ...clip, fragmented: true }), { kind: "video" }),
    of(
      "mov",
      "video/quicktime",
      await video({ ...clip, format: "mov", keys: { "com.apple.quicktime.make": secret } }),
      {
        kind: "video",
      },
    ),
    of("webm", "video/webm", await video({ ...clip, format: "webm", tags: { COMMENT: secret } }), {
      kind: "video",
    }),
  ];
}

let known: Promise<Original[]> | undefined;
/** The same for everybody who asks in this process. */
export async function original(kind: string): Promise<Original> {
  known ??= originals();
  const found = (await known).find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`No original of kind ${kind}.`);
  return found;
}

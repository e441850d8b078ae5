/** Small pictures and videos, each unlike any other, and some that must not get in. */

import sharp from "sharp";
import { box } from "#lib/imaging/fixtures.ts";
import { liveClip, liveStill } from "#lib/imaging/live-fixtures.ts";
import { video } from "#lib/imaging/video/fixtures.ts";
import type { Random } from "./random.ts";

export const flaws = ["none", "truncated", "no-picture", "other-digest", "other-size"] as const;
export type Flaw = (typeof flaws)[number];
export type Picture = { bytes: Buffer; mime: string; flaw: Flaw };

const formats = ["jpeg", "png", "webp", "gif"] as const;

async function drawn(random: Random): Promise<{ bytes: Buffer; mime: string }> {
  const format = random.pick([...formats, "jpeg", "jpeg"] as const);
  const [width, height] = [random.int(40, 420), random.int(40, 420)];
  const noise = Buffer.from(Array.from({ length: 48 }, () => random.int(0, 255)));
  const image = sharp(noise, { raw: { width: 4, height: 4, channels: 3 } }).resize(width, height, {
    fit: "fill",
    kernel: "cubic",
  });
  return { bytes: await image.toFormat(format).toBuffer(), mime: `image/${format}` };
}

/** Somewhat more than five megabytes, and quickly decoded: it travels in parts. */
export async function large(random: Random): Promise<Picture> {
  const background = { r: random.int(0, 255), g: random.int(0, 255), b: random.int(0, 255) };
  const plain = await sharp({
    create: { width: 1501 + random.int(0, 400), height: 1200, channels: 3, background },
  })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return { bytes: plain, mime: "image/png", flaw: "none" };
}

export async function picture(random: Random, flaw: Flaw): Promise<Picture> {
  if (flaw === "no-picture") {
    const text = `<!doctype html><script>alert(${random.int(0, 1e9)})</script>`;
    return { bytes: Buffer.from(text.padEnd(random.int(200, 5_000), " ")), mime: "image/jpeg", flaw };
  }
  if (flaw === "truncated") {
    const noise = Buffer.from(Array.from({ length: 120 * 90 * 3 }, () => random.int(0, 255)));
    const whole = await sharp(noise, { raw: { width: 120, height: 90, channels: 3 } })
      .jpeg()
      .toBuffer();
    return { bytes: whole.subarray(0, whole.length >> 1), mime: "image/jpeg", flaw };
  }
  return { ...(await drawn(random)), flaw };
}

const hex = (random: Random, length: number): string =>
  Array.from({ length }, () => random.int(0, 15).toString(16)).join("");

/** A second of film; one that is flawed ends in its middle, before its index. */
export async function film(random: Random, flaw: Flaw): Promise<Picture> {
  const format = random.pick(["mp4", "mov", "webm"] as const);
  const bytes = await video({
    format,
    codec: format === "webm" ? "vp8" : "avc",
    duration: random.int(4, 12) * 100,
    ...(format === "webm"
      ? { tags: { COMMENT: hex(random, 24) } }
      : { after: [box("free", Buffer.from(hex(random, 24)))] }),
  });
  const mime = { mp4: "video/mp4", mov: "video/quicktime", webm: "video/webm" }[format];
  if (flaw === "truncated" && format !== "webm")
    return { bytes: bytes.subarray(0, bytes.length >> 1), mime, flaw };
  return { bytes, mime, flaw: flaw === "truncated" ? "none" : flaw };
}

/** The two files of a Live Photo, in any order. */
export async function live(random: Random): Promise<Picture[]> {
  const contentId = hex(random, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
    .toUpperCase();
  const format = random.pick(["jpeg", "heic"] as const);
  const duration = random.int(4, 12) * 100;
  const files: Picture[] = [
    { bytes: await liveStill({ contentId, format }), mime: `image/${format}`, flaw: "none" },
    { bytes: await liveClip({ contentId, duration }), mime: "video/quicktime", flaw: "none" },
  ];
  return random.chance(0.5) ? files : files.reverse();
}

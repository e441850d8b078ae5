/** Pixels decoded once, and what is made of them. 8 bits a channel, three or four channels, sRGB or Display P3. */
import { deflateSync } from "node:zlib";
import { rgbaToThumbHash } from "thumbhash";
import { displayP3Profile, openOwn, type Sharp } from "./codec.ts";
import { pngChunk } from "./formats/png.ts";
import type { Step } from "./ladder.ts";

export type Pixels = { data: Buffer; width: number; height: number; channels: 3 | 4; wide: boolean };

type Raw = Omit<Pixels, "wide">;

const raw = ({ width, height, channels }: Raw) => ({ raw: { width, height, channels } });

/** Colours stay as they are, whatever they stand for: for resizing. */
export const openPixels = (pixels: Raw): Sharp => openOwn(pixels.data, raw(pixels));

/**
 * Pixels with their profile attached. sharp can convert raw pixels to a profile but not declare that they
 * have one; a PNG that packs nothing is the cheapest container that carries it.
 */
export function withProfile(
  { data, width, height, channels }: Raw,
  profile: Buffer = displayP3Profile(),
): Buffer {
  const row = width * channels;
  const lines = Buffer.alloc((row + 1) * height);
  for (let y = 0; y < height; y++) data.copy(lines, y * (row + 1) + 1, y * row, (y + 1) * row);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 4 ? 6 : 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("iCCP", Buffer.concat([Buffer.from("P\0\0", "latin1"), deflateSync(profile)])),
    pngChunk("IDAT", deflateSync(lines, { level: 0 })),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The pixels, ready to be encoded in the colours they have. */
export const forEncoding = (pixels: Pixels): Sharp =>
  pixels.wide ? openOwn(withProfile(pixels)).keepIccProfile() : openPixels(pixels);

export async function shrink(pixels: Pixels, { width, height }: Step): Promise<Pixels> {
  if (width === pixels.width && height === pixels.height) return pixels;
  const { data, info } = await openPixels(pixels)
    .resize(width, height, { fit: "fill" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { ...pixels, data, width: info.width, height: info.height };
}

const placeholderSide = 32;

const linear = Array.from({ length: 256 }, (_, value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
});
const encoded = (part: number): number =>
  Math.round(255 * (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055));

/** Mean colour 0xRRGGBB of RGBA pixels in linear light, as the eye sees the picture from afar; see-through counts less. */
function meanColor(rgba: Buffer): number {
  const sum = [0, 0, 0];
  let weight = 0;
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3] ?? 0;
    weight += alpha;
    for (let n = 0; n < 3; n++) sum[n] = (sum[n] ?? 0) + alpha * (linear[rgba[at + n] ?? 0] ?? 0);
  }
  if (weight === 0) return 0xffffff;
  return sum.reduce((color, part) => color * 256 + encoded(part / weight), 0);
}

/** ThumbHash and mean colour, both in sRGB, from at most 32 × 32 pixels: ten times cheaper than from 100 × 100. */
export async function placeholder(pixels: Pixels): Promise<{ thumbhash: Buffer; color: number }> {
  const scale = Math.min(1, placeholderSide / Math.max(pixels.width, pixels.height));
  const small = await shrink(pixels, {
    width: Math.max(1, Math.round(pixels.width * scale)),
    height: Math.max(1, Math.round(pixels.height * scale)),
  });
  const source = small.wide ? openOwn(withProfile(small)) : openPixels(small);
  const rgba = await source.ensureAlpha().raw().toBuffer();
  return { thumbhash: Buffer.from(rgbaToThumbHash(small.width, small.height, rgba)), color: meanColor(rgba) };
}

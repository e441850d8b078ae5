import { limits } from "#lib/media.ts";
import { type Clock, startClock } from "./clock.ts";
import { openOriginal } from "./codec.ts";
import type { Identity } from "./identify.ts";
import { ladder, type Step } from "./ladder.ts";
import { forEncoding, type Pixels, placeholder, shrink } from "./pixels.ts";
import { isDisplayP3 } from "./profile.ts";
import { withoutMetadata } from "./strip.ts";
import { verdict } from "./verdict.ts";

export type Rendition = { width: number; height: number; format: "avif" | "jpg"; body: Buffer };
export type Derivation = {
  /** Largest first. Oriented, sRGB or Display P3 with its profile, free of metadata. */
  renditions: Rendition[];
  /** The animation itself without its metadata; undefined for a still. */
  motion: { format: "gif" | "webp"; body: Buffer } | undefined;
  thumbhash: Buffer;
  /** 0xRRGGBB */
  color: number;
};

/** At equal SSIM smaller than WebP's defaults in no more time; effort 1 takes 2.7 times as long for 3 % fewer bytes. */
const avif = { quality: 50, effort: 0, chromaSubsampling: "4:2:0" } as const;
/** Tables fitted to the picture would save 2 % of the bytes for 2.7 times the time. */
const jpeg = { quality: 80, optimiseCoding: false, mozjpeg: false } as const;

/** The one full decode, straight to the largest size that is shown. */
async function decode(original: Buffer, { width, height }: Step, clock: Clock): Promise<Pixels> {
  const header = await openOriginal(original).metadata();
  const wide = isDisplayP3(header.icc);
  let pipeline = openOriginal(original, { ignoreIcc: wide })
    .timeout(clock.left())
    .resize(width, height, { fit: "fill" });
  // sharp leaves 16-bit pixels that have a profile in P3 and calls them sRGB, unless it is told the profile again.
  if (!wide && header.depth === "ushort" && header.icc !== undefined)
    pipeline = pipeline.withIccProfile("srgb");
  const { data, info } = await pipeline
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3 && info.channels !== 4)
    throw new Error(`Expected 3 or 4 channels, got ${info.channels}.`);
  return { data, width: info.width, height: info.height, channels: info.channels, wide };
}

/** Decodes every frame of an animation and keeps nothing: what is served must have been read whole. */
async function playThrough(motion: Buffer, clock: Clock): Promise<void> {
  await openOriginal(motion, { pages: -1, limitInputPixels: limits.framePixelsMax, autoOrient: false })
    .timeout(clock.left())
    .resize(1, 1, { fit: "fill", kernel: "nearest" })
    .raw()
    .toBuffer();
}

async function encode(
  pixels: Pixels,
  formats: readonly Rendition["format"][],
  clock: Clock,
): Promise<Rendition[]> {
  const made: Rendition[] = [];
  for (const format of formats) {
    const source = forEncoding(pixels).timeout(clock.left());
    const output = format === "avif" ? source.avif(avif) : source.flatten({ background: "#fff" }).jpeg(jpeg);
    made.push({ width: pixels.width, height: pixels.height, format, body: await output.toBuffer() });
  }
  return made;
}

function motionOf(original: Buffer, { mime, frames }: Identity): Derivation["motion"] {
  if (frames < 2 || (mime !== "image/gif" && mime !== "image/webp")) return undefined;
  return { format: mime === "image/gif" ? "gif" : "webp", body: withoutMetadata(original, mime) };
}

/** An error while the original is read is a verdict about it; one while pixels are encoded is ours. */
async function readWhole(
  original: Buffer,
  largest: Step,
  motion: Derivation["motion"],
  clock: Clock,
): Promise<Pixels> {
  try {
    const pixels = await decode(original, largest, clock);
    if (motion !== undefined) await playThrough(motion.body, clock);
    return pixels;
  } catch (cause) {
    throw verdict(cause);
  }
}

/**
 * Makes everything a page shows of an original from one decode and a cascade of raw pixels.
 * Throws Rejection: corrupt, took_too_long, too_many_pixels, unsupported_type.
 */
export async function derive(original: Buffer, identity: Identity): Promise<Derivation> {
  const clock = startClock();
  try {
    return await deriveWithin(clock, original, identity);
  } catch (fault) {
    throw clock.judge(fault);
  }
}

async function deriveWithin(clock: Clock, original: Buffer, identity: Identity): Promise<Derivation> {
  const { steps, jpegWidths } = ladder(identity.width, identity.height);
  const [largest] = steps;
  if (largest === undefined) throw new Error("A ladder without steps.");
  const motion = motionOf(original, identity);
  let pixels = await readWhole(original, largest, motion, clock);
  const renditions: Rendition[] = [];
  for (const step of steps) {
    pixels = await shrink(pixels, step);
    const formats = jpegWidths.includes(step.width) ? (["avif", "jpg"] as const) : (["avif"] as const);
    renditions.push(...(await encode(pixels, formats, clock)));
  }
  return { renditions, motion, ...(await placeholder(pixels)) };
}

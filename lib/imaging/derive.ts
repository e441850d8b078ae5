import { limits } from "#lib/media.ts";
import { type Clock, startClock } from "./clock.ts";
import { openOriginal, openOwn } from "./codec.ts";
import { exifOf, readHeic } from "./formats/heic.ts";
import { withExif } from "./formats/jpeg.ts";
import { decodeHeic } from "./heic/decode.ts";
import { type Identity, pictureIn } from "./identify.ts";
import { ladder, type Step } from "./ladder.ts";
import { movingPart, wholeBoxes } from "./live.ts";
import { forEncoding, openPixels, type Pixels, placeholder, shrink, withProfile } from "./pixels.ts";
import { isDisplayP3 } from "./profile.ts";
import { Rejection } from "./rejection.ts";
import { standIn } from "./stand-in.ts";
import { withoutMetadata } from "./strip.ts";
import { corrupt } from "./structure.ts";
import { verdict } from "./verdict.ts";
import { type Poster, patchedWhole, readVideo, type Video } from "./video/index.ts";

export type Rendition = { width: number; height: number; format: "avif" | "jpg"; body: Buffer };
type Animation = { format: "gif" | "webp"; body: Buffer };
/** `duration` in milliseconds; `codecs` as a browser is asked whether it plays them. */
export type Clip = { format: "mp4"; body: Buffer; duration: number; codecs: string };

type Bounds = { clock: Clock; signal: AbortSignal | undefined };

export type Derivation = {
  /** Largest first. Oriented, sRGB or Display P3 with its profile, free of metadata. */
  renditions: Rendition[];
  /** What moves, without its metadata: an animation, or the video appended to a still. Undefined for a plain still. */
  motion: Animation | Clip | undefined;
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

const isRgb = (profile: Buffer): boolean => profile.toString("latin1", 16, 20) === "RGB ";

/** The same for a HEIC picture, whose pixels come whole from another process. */
async function decodeHevc(
  original: Buffer,
  { width, height }: Step,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Pixels> {
  const header = readHeic(original);
  const decoded = await decodeHeic(original, header, clock, signal);
  const { shown, profile } = header;
  // Half a pixel may be rounded either way where a picture is cropped.
  if (Math.abs(decoded.width - shown.width) > 1 || Math.abs(decoded.height - shown.height) > 1)
    throw corrupt(`decoded to ${decoded.width} × ${decoded.height}`);
  const wide = profile === undefined ? header.wide : isDisplayP3(profile);
  const convert = !wide && profile !== undefined && isRgb(profile);
  const { data, info } = await (convert ? openOwn(withProfile(decoded, profile)) : openPixels(decoded))
    .timeout(clock.left())
    .resize(width, height, { fit: "fill" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: decoded.channels, wide };
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

function animationOf(original: Buffer, { mime, frames }: Identity): Animation | undefined {
  if (frames < 2 || (mime !== "image/gif" && mime !== "image/webp")) return undefined;
  return { format: mime === "image/gif" ? "gif" : "webp", body: withoutMetadata(original, mime) };
}

/** Longer ones are no part of a still. */
const clipMsMax = 30_000;

/** A part that cannot be read leaves a still that is worth keeping. */
async function clipOf(
  original: Buffer,
  identity: Identity,
  signal: AbortSignal | undefined,
): Promise<Clip | undefined> {
  const found = movingPart(original, identity);
  if (found === undefined) return undefined;
  const clip = wholeBoxes(found);
  const source = {
    bytes: clip.length,
    read: async (start: number, end: number) => clip.subarray(start, end),
  };
  try {
    const { duration, codecs, patches } = await readVideo(source, "video/mp4", signal);
    return duration > clipMsMax
      ? undefined
      : { format: "mp4", body: patchedWhole(clip, patches), duration, codecs };
  } catch (error) {
    if (error instanceof Rejection) return undefined;
    throw error;
  }
}

/** An error while the original is read is a verdict about it; one while pixels are encoded is ours. */
async function readWhole(
  original: Buffer,
  { mime }: Identity,
  largest: Step,
  motion: Animation | undefined,
  { clock, signal }: Bounds,
): Promise<Pixels> {
  try {
    const pixels = await (mime === "image/heic"
      ? decodeHevc(original, largest, clock, signal)
      : decode(pictureIn(original, mime), largest, clock));
    if (motion !== undefined) await playThrough(motion.body, clock);
    return pixels;
  } catch (cause) {
    throw verdict(cause);
  }
}

/**
 * Makes everything a page shows of an original from one decode and a cascade of raw pixels.
 * Throws Rejection: corrupt, took_too_long, too_many_pixels, unsupported_type. An abort ends a decoder that runs in a
 * process of its own, and comes out as its reason.
 */
export async function derive(
  original: Buffer,
  identity: Identity,
  signal?: AbortSignal,
): Promise<Derivation> {
  const clock = startClock();
  try {
    return await deriveWithin({ clock, signal }, original, identity);
  } catch (fault) {
    throw clock.judge(fault);
  }
}

async function deriveWithin(bounds: Bounds, original: Buffer, identity: Identity): Promise<Derivation> {
  const animation = animationOf(original, identity);
  const pixels = await readWhole(original, identity, top(identity), animation, bounds);
  const motion = animation ?? (await clipOf(original, identity, bounds.signal));
  return { ...(await cascade(pixels, identity, bounds.clock)), motion };
}

/** Good enough to print; a third smaller than at 95. */
const fullJpegQuality = 90;

/**
 * A picture at its full size as a JPEG, in its own colours, with the EXIF it came with: for people who may have the
 * original and cannot open it. Expects an original that was verified. Throws as derive does.
 */
export async function fullJpeg(original: Buffer, identity: Identity): Promise<Buffer> {
  const clock = startClock();
  try {
    const pixels = await readWhole(original, identity, identity, undefined, { clock, signal: undefined });
    const jpeg = await forEncoding(pixels)
      .timeout(clock.left())
      .flatten({ background: "#fff" })
      .jpeg({ quality: fullJpegQuality, optimiseCoding: false })
      .toBuffer();
    const exif = identity.mime === "image/heic" ? exifOf(original) : undefined;
    return exif === undefined ? jpeg : withExif(jpeg, exif);
  } catch (fault) {
    throw clock.judge(fault);
  }
}

function top({ width, height }: Step): Step {
  const [largest] = ladder(width, height).steps;
  if (largest === undefined) throw new Error("A ladder without steps.");
  return largest;
}

/** All renditions from pixels that have the size of the largest. */
async function cascade(
  largest: Pixels,
  { width, height }: Step,
  clock: Clock,
): Promise<Omit<Derivation, "motion">> {
  const { steps, jpegWidths } = ladder(width, height);
  let pixels = largest;
  const renditions: Rendition[] = [];
  for (const step of steps) {
    pixels = await shrink(pixels, step);
    const formats = jpegWidths.includes(step.width) ? (["avif", "jpg"] as const) : (["avif"] as const);
    renditions.push(...(await encode(pixels, formats, clock)));
  }
  return { renditions, ...(await placeholder(pixels)) };
}

/** Renditions of a video's poster, turned as it is shown; of a plain field of its shape where there is none. */
export async function deriveStill(
  video: Pick<Video, "width" | "height" | "turn">,
  poster: Poster | undefined,
): Promise<Derivation> {
  const clock = startClock();
  try {
    const { width, height } = top(video);
    const source =
      poster === undefined
        ? openPixels(standIn(width, height))
        : openPixels(poster).rotate(video.turn).resize(width, height, { fit: "fill" });
    const { data, info } = await source.timeout(clock.left()).raw().toBuffer({ resolveWithObject: true });
    const pixels: Pixels = { data, width: info.width, height: info.height, channels: 3, wide: false };
    return { ...(await cascade(pixels, video, clock)), motion: undefined };
  } catch (fault) {
    throw clock.judge(fault);
  }
}

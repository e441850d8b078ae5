import { isVideo, limits, type MediaType, type PictureType } from "#lib/media.ts";
import { openOriginal } from "./codec.ts";
import { readAvif } from "./formats/avif.ts";
import { gifAlone, readGif } from "./formats/gif.ts";
import { readHeic } from "./formats/heic.ts";
import { readJpeg } from "./formats/jpeg.ts";
import { readPng } from "./formats/png.ts";
import { readWebp } from "./formats/webp.ts";
import { Rejection } from "./rejection.ts";
import { sniff, sniffVideo } from "./sniff.ts";
import { corrupt, type Structure } from "./structure.ts";
import { verdict } from "./verdict.ts";

export type Identity = {
  mime: PictureType;
  /** As shown, after orientation. */
  width: number;
  height: number;
  frames: number;
  /** What a decode costs, in pixels: stored width × height × frames, more where the whole picture is held at once. */
  pixels: number;
};

const readers: Record<Exclude<PictureType, "image/heic">, (original: Buffer) => Structure> = {
  "image/jpeg": readJpeg,
  "image/png": readPng,
  "image/webp": readWebp,
  "image/avif": readAvif,
  "image/gif": readGif,
};

/** telephones and their programs give one of these the name of the other. */
const confused: readonly MediaType[] = ["image/jpeg", "image/heic"];

function pixelsMaxOf(mime: PictureType): number {
  if (mime === "image/avif") return limits.avifPixelsMax;
  return mime === "image/heic" ? limits.heicPixelsMax : limits.pixelsMax;
}

function checkLimits(
  mime: PictureType,
  { width, height, frames, profileBytes, exifBytes, xmpBytes }: Structure,
): void {
  if (width < 1 || height < 1) throw corrupt(`the header says ${width} × ${height}`);
  const pixelsMax = pixelsMaxOf(mime);
  // Telephones put depth maps of megabytes into the extended XMP of a JPEG; nothing here parses it.
  const xmpBytesMax = mime === "image/jpeg" ? limits.jpegXmpBytesMax : limits.metadataBytesMax;
  if (Math.max(width, height) > limits.sideMax || width * height > pixelsMax)
    throw new Rejection("too_many_pixels", `${width} × ${height}`);
  if (frames > limits.framesMax || frames * width * height > limits.framePixelsMax)
    throw new Rejection("too_many_frames", `${frames} of ${width} × ${height}`);
  if (profileBytes > limits.profileBytesMax)
    throw new Rejection("too_much_metadata", `a profile of ${profileBytes} bytes`);
  if (exifBytes > limits.metadataBytesMax || xmpBytes > xmpBytesMax)
    throw new Rejection("too_much_metadata", `EXIF of ${exifBytes} bytes, XMP of ${xmpBytes} bytes`);
}

/** What of the bytes is given to libvips. */
export const pictureIn = (original: Buffer, mime: PictureType): Buffer =>
  mime === "image/gif" ? gifAlone(original) : original;

/** A header that lies past its container's own fields shows only once libvips has read it. */
async function readHeader(original: Buffer): ReturnType<ReturnType<typeof openOriginal>["metadata"]> {
  const opened = openOriginal(original);
  try {
    return await opened.metadata();
  } catch (cause) {
    throw verdict(cause);
  }
}

/**
 * Says what the bytes are and that they keep the limits, before a pixel is decoded.
 * `declared` is what the uploader said, "" when it did not know. Throws Rejection.
 */
export async function identify(original: Buffer, declared: MediaType | ""): Promise<Identity> {
  if (declared !== "" && !isVideo(declared) && sniffVideo(original) !== undefined)
    throw new Rejection("type_mismatch", `declared ${declared}, is a video`);
  const mime = await sniff(original);
  if (declared !== "" && declared !== mime && !confused.every((type) => [declared, mime].includes(type)))
    throw new Rejection("type_mismatch", `declared ${declared}, is ${mime}`);
  if (mime === "image/heic") return identifyHeic(original);
  const structure = readers[mime](original);
  checkLimits(mime, structure);
  const header = await readHeader(pictureIn(original, mime));
  checkLimits(mime, {
    ...structure,
    width: header.width,
    height: header.pageHeight ?? header.height,
    profileBytes: header.icc?.length ?? 0,
    exifBytes: header.exif?.length ?? 0,
    xmpBytes: header.xmp?.length ?? 0,
  });
  return {
    mime,
    width: header.autoOrient.width,
    height: header.autoOrient.height,
    frames: structure.frames,
    pixels:
      header.width *
      header.height *
      structure.frames *
      weight(mime, structure, header.isProgressive === true),
  };
}

/** libvips reads these headers too, but not the pixels: what the boxes say is all there is before the decoder runs. */
function identifyHeic(original: Buffer): Identity {
  const mime = "image/heic";
  const structure = readHeic(original);
  checkLimits(mime, structure);
  return {
    mime,
    ...structure.shown,
    frames: 1,
    pixels: structure.width * structure.height * weight(mime, structure, false),
  };
}

/**
 * Memory a pixel takes while it is decoded, against a baseline JPEG, whose rows pass by. Measured: 3 bytes a pixel for
 * a progressive JPEG, 15 for an AVIF, and as many for a HEIC in its own process.
 */
function weight(mime: PictureType, { wholeFrame, deep }: Structure, progressive: boolean): number {
  if (!wholeFrame && !progressive) return 1;
  return (mime === "image/avif" || mime === "image/heic" ? 4 : 2) * (deep ? 2 : 1);
}

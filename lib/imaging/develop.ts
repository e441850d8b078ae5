/** From painted pixels to the file that a camera would have written. Not for the worker: nothing here judges anything. */
import sharp from "sharp";

export type Painted = { pixels: Uint8Array; width: number; height: number };
/** EXIF by directory, as sharp takes it: every value is text. */
export type Exif = Partial<Record<"IFD0" | "IFD2" | "IFD3", Record<string, string>>>;

/** A JPEG with EXIF. */
export async function photograph({ pixels, width, height }: Painted, exif: Exif): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .withExif(exif)
    .jpeg({ quality: 76, chromaSubsampling: "4:2:0" })
    .toBuffer();
}

/** A WebP of frames of one size, `delay` milliseconds each, for ever. */
export async function movingPicture(frames: Painted[], delay: number): Promise<Buffer> {
  const [{ width, height } = { width: 0, height: 0 }] = frames;
  return sharp(Buffer.concat(frames.map((frame) => frame.pixels)), {
    raw: { width, height: height * frames.length, channels: 3, pageHeight: height },
  })
    .webp({ quality: 62, effort: 3, delay: frames.map(() => delay), loop: 0 })
    .toBuffer();
}

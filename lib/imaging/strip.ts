import type { MediaType } from "#lib/media.ts";
import { stripGif } from "./formats/gif.ts";
import { stripJpeg } from "./formats/jpeg.ts";
import { stripPng } from "./formats/png.ts";
import { stripWebp } from "./formats/webp.ts";

const strippers = {
  "image/jpeg": stripJpeg,
  "image/png": stripPng,
  "image/webp": stripWebp,
  "image/gif": stripGif,
} as const satisfies Partial<Record<MediaType, (original: Buffer) => Buffer>>;

/** The same picture, pixels untouched, without EXIF, XMP, IPTC, comments, thumbnails or appended data. */
export function withoutMetadata(original: Buffer, mime: keyof typeof strippers): Buffer {
  return strippers[mime](original);
}

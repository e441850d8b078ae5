import type { MediaType } from "#lib/media.ts";
import { stripAvif } from "./formats/avif.ts";
import { stripGif } from "./formats/gif.ts";
import { stripJpeg } from "./formats/jpeg.ts";
import { stripPng } from "./formats/png.ts";
import { stripWebp } from "./formats/webp.ts";

const strippers = {
  "image/jpeg": stripJpeg,
  "image/png": stripPng,
  "image/webp": stripWebp,
  "image/avif": stripAvif,
  "image/gif": stripGif,
} as const satisfies Record<MediaType, (original: Buffer) => Buffer>;

/**
 * The same picture, pixels untouched, without EXIF, XMP, IPTC, comments and thumbnails; profile and orientation
 * stay. Expects an original that `identify` let pass; throws Rejection corrupt on other bytes.
 */
export function withoutMetadata(original: Buffer, mime: MediaType): Buffer {
  return strippers[mime](original);
}

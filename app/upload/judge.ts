/**
 * What can be said of a file before a byte is read: by its name, the browser's opinion of its type, and its size.
 * What this lets through is judged again by the bytes, in the worker.
 */
import { isVideo, limits, type MediaType, mediaTypes, typeOfEnding } from "#lib/media.ts";
import type { Note } from "./row.ts";

/** What the browser's file picker offers. Types and endings: some systems know one and not the other. */
export const accepted = [
  ...mediaTypes,
  "image/heif",
  ...".jpg .jpeg .jfif .png .webp .avif .gif .heic .heif .hif .mp4 .m4v .mov .webm".split(" "),
].join(",");

const rawEndings = new Set(
  "3fr arw cr2 cr3 crw dcr dng erf iiq kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f".split(
    " ",
  ),
);
const videoEndings = new Set("3gp avi m2ts mkv mpg mpeg mts wmv".split(" "));
const otherEndings = new Set(
  "aae csv doc docx htm html ini json lrcat mp3 pdf pp3 psd svg thm tif tiff txt wav xml xmp xlsx zip".split(
    " ",
  ),
);

const ending = (name: string): string => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";

/** The largest picture and the largest video, in bytes. */
export type SizeLimits = { bytesMax: number; videoBytesMax: number };

/** How large a file of this name may be. */
export function largestOf(name: string, { bytesMax, videoBytesMax }: SizeLimits): number {
  return isVideo(typeOfEnding(ending(name)) ?? "") ? videoBytesMax : bytesMax;
}

/** The type to declare (R-11: "" when unknown), or why the file is refused at once. */
export function judge(file: { name: string; type: string; size: number }, most: SizeLimits): Judgement {
  const end = ending(file.name);
  const type = file.type.toLowerCase().split(";", 1)[0] ?? "";
  if (rawEndings.has(end)) return { refused: { code: "raw" } };
  const mime = mimeOf(type, end);
  if (videoEndings.has(end) || (mime === undefined && type.startsWith("video/")))
    return { refused: { code: "video" } };
  if (mime === undefined) return { refused: { code: "not_a_picture" } };
  if (file.size === 0) return { refused: { code: "empty" } };
  if (file.size > (isVideo(mime) ? most.videoBytesMax : most.bytesMax))
    return { refused: { code: "too_large" } };
  if (Array.from(file.name).length > limits.filenameMax) return { refused: { code: "bad_name" } };
  return { mime };
}
export type Judgement = { mime: MediaType | ""; refused?: undefined } | { refused: Note };

function mimeOf(type: string, end: string): MediaType | "" | undefined {
  if (type === "image/jpg" || type === "image/pjpeg") return "image/jpeg";
  if (type === "image/heif") return "image/heic";
  const known = mediaTypes.find((media) => media === type);
  if (known !== undefined) return known;
  if (type !== "" && type !== "application/octet-stream") return undefined;
  return otherEndings.has(end) ? undefined : (typeOfEnding(end) ?? "");
}

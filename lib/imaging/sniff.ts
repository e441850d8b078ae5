/** What kind of file the bytes are, from the bytes alone. */
import { fileTypeFromBuffer } from "file-type";
import type { MediaType, PictureType, VideoType } from "#lib/media.ts";
import { Rejection } from "./rejection.ts";

/** file-type reads on through a whole archive when it may; the kinds it tells apart show in the first bytes. */
const sniffBytes = 4100;

const text = (original: Buffer, from: number, to: number): string => original.toString("latin1", from, to);

/** Brands of the ftyp box, the major one first; undefined when there is no such box. */
function brands(original: Buffer): string[] | undefined {
  if (original.length < 16 || text(original, 4, 8) !== "ftyp") return undefined;
  const end = Math.min(original.readUInt32BE(0), original.length, sniffBytes);
  const found = [text(original, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) found.push(text(original, at, at + 4));
  return found;
}

const heicBrands = ["heic", "heix", "heim", "heis", "mif1"];
/** Pictures in a row, as one file: nothing here plays them, and the first alone would not be what was uploaded. */
const sequenceBrands = ["avis", "hevc", "hevx", "hevm", "hevs", "msf1"];

/** Of a file with brands that some HEIF has. */
function heif([major = "", ...others]: string[], start: Buffer): PictureType | undefined {
  if (sequenceBrands.includes(major))
    throw new Rejection("unsupported_type", `a sequence of pictures (${major})`);
  if (major === "avif" || others.includes("avif")) return "image/avif";
  if (![major, ...others].some((brand) => heicBrands.includes(brand))) return undefined;
  // A generic brand only: the items say which codec they need.
  const generic = ![major, ...others].some((brand) => brand.startsWith("he"));
  return generic && start.includes("av01") ? "image/avif" : "image/heic";
}

function supported(original: Buffer): PictureType | undefined {
  if (text(original, 0, 3) === "\xff\xd8\xff") return "image/jpeg";
  if (text(original, 0, 8) === "\x89PNG\r\n\x1a\n") return "image/png";
  if (text(original, 0, 6) === "GIF87a" || text(original, 0, 6) === "GIF89a") return "image/gif";
  if (text(original, 0, 4) === "RIFF" && text(original, 8, 12) === "WEBP") return "image/webp";
  const found = brands(original);
  return found === undefined ? undefined : heif(found, original.subarray(0, sniffBytes));
}

/** Brands of MP4 files as cameras, telephones and programs write them. */
const mp4Brands = /^(isom|iso[2-9]|mp4[12]|avc1|M4V |MSNV|3gp|dash|hvc1|hev1|av01|vp09|XAVC|NDSM|mmp4|f4v )/;
const ebml = "\x1aE\xdf\xa3";

/** The type of a video, from its first bytes; undefined for everything else. */
export function sniffVideo(start: Buffer): VideoType | undefined {
  const head = start.subarray(0, sniffBytes);
  if (text(head, 0, 4) === ebml) return head.includes("webm") ? "video/webm" : undefined;
  const found = brands(head);
  // Old QuickTime files begin without a brand.
  if (found === undefined)
    return ["moov", "wide", "mdat"].includes(text(head, 4, 8)) ? "video/quicktime" : undefined;
  // A raw picture of Canon's, which says that it is made as films are.
  if (found[0] === "crx ") return undefined;
  if (found[0] === "qt  ") return "video/quicktime";
  return found.some((brand) => mp4Brands.test(brand)) ? "video/mp4" : undefined;
}

/** Kinds of picture that file-type does not know, by the bytes at an offset. */
const otherPictures: readonly (readonly [at: number, magic: string])[] = [
  [0, "SIMPLE  ="],
  [0, "\x76\x2f\x31\x01"],
  [0, "\xb6\xa6\xf2\x08"],
  [0, "\x08\xf2\xa6\xb6"],
  [0, "#?RADIANCE"],
  [0, "II*\0"],
  [0, "MM\0*"],
  [0, "BM"],
  [0, "8BPS"],
  [128, "DICM"],
  [344, "n+1\0"],
  [344, "ni1\0"],
];

const isSvg = (original: Buffer): boolean => {
  const start = original
    .toString("utf8", 0, sniffBytes)
    .replace(/^\ufeff/, "")
    .trimStart();
  return (
    start.startsWith("<svg") ||
    (/^<[?!]/.test(start) && /<(?:[\w-]+:)?svg[\s>]/i.test(start) && !/<html/i.test(start))
  );
};

async function fileTypeMime(original: Buffer): Promise<string> {
  try {
    return (await fileTypeFromBuffer(original.subarray(0, sniffBytes)))?.mime ?? "";
  } catch (cause) {
    throw new Rejection("not_an_image", "the first bytes are of no known kind", { cause });
  }
}

/** The same of everything that is taken, pictures and videos. */
export const sniffAny = async (start: Buffer): Promise<MediaType> => sniffVideo(start) ?? sniff(start);

/** The type of the bytes. Throws Rejection unsupported_type (a picture or film we do not take) or not_an_image. */
export async function sniff(original: Buffer): Promise<PictureType> {
  const type = supported(original);
  if (type !== undefined) return type;
  const mime = await fileTypeMime(original);
  const picture =
    /^(image|video)\//.test(mime) ||
    isSvg(original) ||
    otherPictures.some(([at, magic]) => text(original, at, at + magic.length) === magic);
  if (picture) throw new Rejection("unsupported_type", mime || "another kind of picture");
  throw new Rejection("not_an_image", mime || "of no known kind");
}

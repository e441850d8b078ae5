/**
 * The moving part that some telephones append to a still: Google's Motion Photo and MicroVideo, Samsung's of both kinds.
 * Where it begins, the still says in a few words of XMP, a mark or a box; that it is a video, its own first bytes say.
 */
import { boxes } from "./formats/boxes.ts";
import type { Identity } from "./identify.ts";
import { Rejection } from "./rejection.ts";

/** XMP stands near the beginning; what looks like it further on is not looked for. */
const xmpWithin = 512 * 1024;
const samsungMark = Buffer.from("MotionPhoto_Data");

const isVideo = (clip: Buffer): boolean =>
  clip.length > 32 && clip.toString("latin1", 4, 8) === "ftyp" && clip.readUInt32BE(0) <= 1024;

/** So many bytes before the end, as XMP says; it is searched, not parsed. */
function saidByXmp(original: Buffer): number[] {
  const text = original.toString("latin1", 0, Math.min(original.length, xmpWithin));
  const items = text.match(/<Container:Item\b[^>]{1,500}>/g) ?? [];
  const found = items
    .filter((item) => /Item:Semantic\s*=\s*["']MotionPhoto["']/.test(item))
    .map((item) => /Item:Length\s*=\s*["'](\d{1,10})["']/.exec(item)?.[1]);
  const micro = /MicroVideoOffset(?:\s*=\s*["']|>)(\d{1,10})/.exec(text)?.[1];
  return [...found, micro].flatMap((length) => (length === undefined ? [] : [Number(length)]));
}

/** A HEIC's video lies in a box of its own behind all others. */
function inBox(original: Buffer): Buffer | undefined {
  try {
    for (const { type, data } of boxes(original)) if (type === "mpvd") return data;
  } catch (error) {
    // Bytes after the boxes that are none: the still was read without them.
    if (!(error instanceof Rejection)) throw error;
  }
  return undefined;
}

/** The appended video, not yet judged; `undefined` for an ordinary still. Expects an original that `identify` let pass. */
export function movingPart(original: Buffer, { mime }: Pick<Identity, "mime">): Buffer | undefined {
  if (mime !== "image/jpeg" && mime !== "image/heic") return undefined;
  const places = saidByXmp(original)
    .filter((length) => length > 0 && length < original.length)
    .map((length) => original.subarray(original.length - length));
  const mark = original.lastIndexOf(samsungMark);
  if (mark >= 0) places.push(original.subarray(mark + samsungMark.length));
  const boxed = mime === "image/heic" ? inBox(original) : undefined;
  if (boxed !== undefined) places.push(boxed);
  return places.find(isVideo);
}

/** The video alone: what follows its last whole box is a mark of the maker's, not part of it. */
export function wholeBoxes(clip: Buffer): Buffer {
  let at = 0;
  while (at + 8 <= clip.length) {
    const length = clip.readUInt32BE(at);
    if (
      length < 8 ||
      at + length > clip.length ||
      !/^[\w ]{4}$/.test(clip.toString("latin1", at + 4, at + 8))
    )
      break;
    at += length;
  }
  return clip.subarray(0, at);
}

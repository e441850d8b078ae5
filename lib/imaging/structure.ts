import { Rejection } from "./rejection.ts";

/** What the containers say of themselves, read without decoding a pixel and without allocating what they claim. */
export type Structure = {
  /** As stored, before orientation. */
  width: number;
  height: number;
  frames: number;
  /** The decoder must hold the whole picture at once: progressive, interlaced, WebP, AVIF. */
  wholeFrame: boolean;
  /** More than 8 bits a channel. */
  deep: boolean;
  profileBytes: number;
  /** EXIF, and what else of its kind: IPTC, comments, text chunks. */
  exifBytes: number;
  xmpBytes: number;
};

export const corrupt = (why: string, cause?: unknown): Rejection =>
  new Rejection("corrupt", why, cause === undefined ? undefined : { cause });

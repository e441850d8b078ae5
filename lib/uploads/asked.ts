/** What may be asked of uploads, safe in the browser. Apart from the vocabulary, so that pages that ask nothing load no zod. */
import { z } from "zod";
import { isPlausibleDate, limits, mediaTypes, partsAtOnceMax, waitSecondsMax } from "../media.ts";

// Pages forbid code made from text. zod asks whether it may, and some browsers write that down as an attack.
if ("document" in globalThis) z.config({ jitless: true });

/** …A-22: a name to show, never a path: last segment, NFC, no control or bidi-override characters. */
const cleanFilename = (name: string): string =>
  (name.split(/[/\\]/).at(-1) ?? "")
    .toWellFormed()
    .normalize("NFC")
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
    .trim();

export const filenameShape = z
  .string()
  .max(4096)
  .refine((name) => !name.includes("\0"), { error: "NUL" })
  .transform(cleanFilename)
  .refine((name) => /[^\p{Cf}\s]/u.test(name) && Array.from(name).length <= limits.filenameMax, {
    error: "length",
  });

/** Whether it is a zone of the tz database, and so may be asked for its offset at any moment. */
export function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }) !== undefined;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

export const sha256Shape = z.string().regex(/^[0-9a-f]{64}$/);

export const beginFileShape = z.strictObject({
  /** Made by the browser, unique per owner: a repeated request returns the same upload. */
  clientToken: z.uuid(),
  filename: filenameShape,
  bytes: z.int().min(1),
  /** What the browser believes; empty when it does not know. */
  mime: z.union([z.enum(mediaTypes), z.literal("")]),
  sha256: sha256Shape,
  /** The file's own modification time, ms since 1970: the date of last resort for a picture without EXIF. */
  lastModified: z
    .int()
    .transform((ms) => (isPlausibleDate(ms) ? ms : undefined))
    .optional(),
  /** Where the sender is, "Asia/Seoul": what their clocks showed at that moment. One that nobody knows is none. */
  timeZone: z
    .string()
    .max(64)
    .transform((zone) => (isTimeZone(zone) ? zone : undefined))
    .optional(),
});
export const beginShape = z.strictObject({
  uploads: z.array(beginFileShape).min(1).max(limits.batchMax),
});
export type BeginFile = z.infer<typeof beginFileShape>;

export const idsShape = z.strictObject({ ids: z.array(z.uuid()).min(1).max(limits.batchMax) });
export const completeShape = z.strictObject({
  ids: idsShape.shape.ids,
  /** False from a browser that has just seen the bucket take the bytes: the worker's first read is look enough. */
  look: z.boolean().default(true),
});
export const statusShape = z.strictObject({
  ids: idsShape.shape.ids,
  wait: z.number().min(0).max(waitSecondsMax).default(0),
});

export const idShape = z.object({ id: z.uuid() });
/** For routes whose id says everything: any field at all is refused. */
export const emptyShape = z.strictObject({});

export const partsShape = z.strictObject({
  numbers: z.array(z.int().min(1).max(10_000)).min(1).max(partsAtOnceMax).optional(),
});

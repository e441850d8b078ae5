/** What the program that reads a video tells the worker, who believes none of it unseen. */
import { z } from "zod";
import { rejectCodes } from "#lib/media.ts";

const text = z.string().max(1_000).optional();

export const toldShape = z.object({
  /** As shown, after turning. */
  width: z.int(),
  height: z.int(),
  /** Degrees with the clock. */
  turn: z.literal([0, 90, 180, 270]),
  /** Such as "avc" or "vp9". */
  video: z.string().max(20),
  /** Milliseconds. */
  duration: z.int().min(0),
  codecs: z.string().max(200),
  /** Milliseconds since 1970; and the same as a camera wrote it, with its time zone. */
  createdAt: z.number().optional(),
  created: text,
  /** ISO 6709. */
  place: text,
  make: text,
  model: text,
  contentId: text,
  patches: z
    .array(z.object({ at: z.int().min(0), bytes: z.int().min(1), head: z.string().max(16).optional() }))
    .max(200_000),
});
export type Told = z.infer<typeof toldShape>;

export const refusedShape = z.object({ code: z.enum(rejectCodes), why: z.string() });

/** What a worker asks of a decoder, and what it believes of the answers, unseen by neither. */
import { z } from "zod";
import { pictureTypes, rejectCodes } from "#lib/media.ts";

const size = { width: z.int().min(1), height: z.int().min(1) };

export const identityShape = z.object({
  mime: z.enum(pictureTypes),
  ...size,
  frames: z.int().min(1),
  pixels: z.number().min(0),
});

export const derivationShape = z.object({
  renditions: z.array(z.object({ ...size, format: z.enum(["avif", "jpg"]) })).max(20),
  motion: z
    .discriminatedUnion("format", [
      z.object({ format: z.enum(["gif", "webp"]) }),
      z.object({ format: z.literal("mp4"), duration: z.number().min(0), codecs: z.string().max(200) }),
    ])
    .optional(),
  color: z.int().min(0).max(0xffffff),
});

const raw = z.object({ ...size, channels: z.literal([3, 4]) });

export const questionShape = z.discriminatedUnion("ask", [
  z.object({ ask: z.literal("identify"), declared: z.string() }),
  z.object({ ask: z.literal("derive"), identity: identityShape }),
  z.object({ ask: z.literal("fullJpeg"), identity: identityShape }),
  z.object({ ask: z.literal("avifPoster"), ...size }),
  z.object({
    ask: z.literal("deriveStill"),
    ...size,
    turn: z.literal([0, 90, 180, 270]),
    poster: raw.optional(),
  }),
]);
export type Question = z.infer<typeof questionShape>;

export const answerShape = z.union([
  z.object({ answer: z.unknown() }),
  z.object({ rejected: z.enum(rejectCodes), why: z.string() }),
  z.object({ fault: z.string() }),
]);
export type Answer = z.infer<typeof answerShape>;

export const posterShape = raw;

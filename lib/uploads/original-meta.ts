/**
 * What is kept with every original, in the bucket itself: whose it is and what it was called, so that a gallery whose
 * database was lost can be put together again (see lib/backup). Served to those who may have the original, and no others.
 */
import { z } from "zod";
import type { Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import type { MediaType } from "../media.ts";
import type { ObjectMeta } from "../storage/port.ts";
import { beginFileShape, filenameShape } from "./asked.ts";

/** S3 takes 2 KB of metadata altogether; a name that is longer when it is spelt in ASCII stays out. */
const filenameMax = 1_500;

/** Headers and metadata of an original. */
export function originalMeta(
  upload: Pick<Upload, "ownerId" | "filename" | "fileModifiedAt" | "timeZone">,
  mime: MediaType,
): ObjectMeta {
  const filename = encodeURIComponent(upload.filename);
  return {
    contentType: mime,
    cacheControl: settings().mediaCacheControl,
    contentDisposition: "inline",
    metadata: {
      "tintype-owner": upload.ownerId,
      ...(filename.length > filenameMax ? {} : { "tintype-filename": filename }),
      ...(upload.fileModifiedAt === null ? {} : { "tintype-modified": upload.fileModifiedAt.toISOString() }),
      ...(upload.timeZone === null ? {} : { "tintype-zone": upload.timeZone }),
    },
  };
}

export type Origin = { ownerId?: string; filename?: string; fileModifiedAt?: Date; timeZone?: string };

/** Reads it again. Other programs may have written anything there: what makes no sense is left out. */
export function readOriginalMeta(metadata: Record<string, string> | undefined): Origin {
  const ownerId = z.uuid().safeParse(metadata?.["tintype-owner"]).data;
  const filename = filenameShape.safeParse(decoded(metadata?.["tintype-filename"])).data;
  const timeZone = beginFileShape.shape.timeZone.safeParse(metadata?.["tintype-zone"]).data;
  const modified = z.iso.datetime().safeParse(metadata?.["tintype-modified"]).data;
  return {
    ...(ownerId === undefined ? {} : { ownerId }),
    ...(filename === undefined ? {} : { filename }),
    ...(modified === undefined ? {} : { fileModifiedAt: new Date(modified) }),
    ...(timeZone === undefined ? {} : { timeZone }),
  };
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

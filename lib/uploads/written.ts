/** What finalize writes into the bucket for one medium: its keys, its original, its renditions. */
import { createHash } from "node:crypto";
import type { Db } from "#db/client.ts";
import { addPurges } from "#db/queries/purges.ts";
import * as ledger from "#db/queries/uploads.ts";
import type { Upload } from "#db/schema.ts";
import { settings } from "../env.ts";
import type { Derivation } from "../imaging/index.ts";
import { log } from "../log.ts";
import type { MediaType } from "../media.ts";
import { motionKey, originalKey, renditionFolder, renditionKey } from "../storage/keys.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { originalMeta } from "./original-meta.ts";
import { keyPurges } from "./rules.ts";
import { type Held, LeaseLost } from "./staged.ts";

export type Keys = { finalKey: string; renditionFolder: string };

/**
 * The same keys on every run of the same upload, in the row before any object exists (I-2). What stays where it
 * lies gets no final key: whatever is removed for an upload is removed by that column.
 */
export async function noteKeys(db: Db, held: Held, upload: Upload, mime: MediaType): Promise<Keys> {
  const folder = upload.renditionFolder ?? renditionFolder();
  const finalKey = upload.inPlace ? undefined : (upload.finalKey ?? originalKey(mime));
  if (!(await ledger.assignKeys(db, held, { finalKey, renditionFolder: folder }))) throw new LeaseLost();
  return { finalKey: finalKey ?? upload.stagingKey, renditionFolder: folder };
}

/** Writes the bytes that were verified, never a copy of what the store holds now. */
export async function writeOriginal(
  db: Db,
  storage: Storage,
  held: Held,
  keys: Keys,
  what: { upload: Upload; original: Buffer; mime: MediaType; sha256: string },
): Promise<Keys> {
  const meta = originalMeta(what.upload, what.mime);
  const put = (key: string) =>
    storage.put(key, what.original, { ...meta, ifAbsent: true }).catch((error: unknown) => {
      // Without conditional writes it is written over: the key is this upload's own, the bytes are the same.
      if (error instanceof StorageError && error.code === "unsupported")
        return storage.put(key, what.original, meta);
      throw error;
    });
  try {
    await put(keys.finalKey);
    return keys;
  } catch (error) {
    if (!(error instanceof StorageError && error.code === "conflict")) throw error;
  }
  // An earlier run of this upload was here: its bytes are right, or they are not trusted.
  const there = await storage
    .get(keys.finalKey, { bytesMax: what.original.byteLength })
    .catch((error: unknown) => {
      if (error instanceof StorageError && error.code === "too_large") return undefined;
      throw error;
    });
  if (there !== undefined && createHash("sha256").update(there.body).digest("hex") === what.sha256)
    return keys;
  log("finalize").error(
    { uploadId: held.id, key: keys.finalKey },
    "another object was at the key of this upload",
  );
  const fresh = { ...keys, finalKey: originalKey(what.mime) };
  if (!(await ledger.assignKeys(db, held, fresh))) throw new LeaseLost();
  await addPurges(db, keyPurges([keys.finalKey], "foreign bytes at a final key"));
  await put(fresh.finalKey);
  return fresh;
}

/**
 * Writes all renditions at once, so that a store's wait for its disk is waited for once. Also used when renditions are
 * made anew. When one fails, the others have ended before this throws: nothing is written after a caller gave up.
 */
export async function writeRenditions(storage: Storage, folder: string, made: Derivation): Promise<void> {
  const put = (key: string, body: Buffer, contentType: string) =>
    storage.put(key, body, {
      contentType,
      cacheControl: settings().mediaCacheControl,
      contentDisposition: "inline",
    });
  const results = await Promise.allSettled([
    ...made.renditions.map(({ width, format, body }) =>
      put(renditionKey(folder, width, format), body, format === "avif" ? "image/avif" : "image/jpeg"),
    ),
    ...(made.motion === undefined
      ? []
      : [put(motionKey(folder, made.motion.format), made.motion.body, motionType(made.motion.format))]),
  ]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

const motionType = (format: string): string => (format === "mp4" ? "video/mp4" : `image/${format}`);

/** I-1: nothing becomes visible before the store has shown that it holds it. */
export async function confirmWritten(storage: Storage, keys: Keys, bytes: number): Promise<void> {
  const head = await storage.head(keys.finalKey);
  if (head?.bytes !== bytes)
    throw new StorageError(
      "unavailable",
      `The store holds ${head?.bytes ?? "no"} bytes at a key just written with ${bytes}.`,
    );
}

/** Which widths exist, as the row keeps them. */
export const widthsOf = (made: Derivation, format: "avif" | "jpg"): number[] =>
  made.renditions
    .filter((rendition) => rendition.format === format)
    .map((rendition) => rendition.width)
    .sort((a, b) => a - b);

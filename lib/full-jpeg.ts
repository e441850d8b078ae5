/**
 * A JPEG of all pixels of a picture that many programs cannot open: made by the worker when it is asked for, because one
 * beside every HEIC would take more space than the HEIC itself. No picture is decoded here.
 */
import type { Db } from "./database.ts";
import { delivery } from "./delivery/index.ts";
import { apart } from "./downloads/names.ts";
import { TintypeError } from "./errors.ts";
import { getMedia, type MediaDetails } from "./gallery.ts";
import { enqueue, fullJpegJob } from "./jobs.ts";
import type { Viewer } from "./media.ts";
import { fullJpegKey } from "./storage/keys.ts";
import type { Storage } from "./storage/port.ts";

/** How long a browser is kept waiting for it, and how often the store is asked meanwhile. */
const waitMs = 40_000;
const askMs = 500;

/** Whether there is one to be had: of originals that are no use to most, for those who may have them. */
export const hasFullJpeg = ({ mime, originalKey }: Pick<MediaDetails, "mime" | "originalKey">): boolean =>
  mime === "image/heic" && originalKey !== undefined;

/**
 * The address that saves it, once it is made. Throws "not_found", and "being_made" when it takes longer than a browser
 * waits: to ask again is all there is to do.
 */
export async function fullJpegUrl(
  db: Db,
  storage: Storage,
  ask: { viewer: Viewer | undefined; id: string; signal: AbortSignal },
): Promise<string> {
  const media = await getMedia(db, ask);
  if (media?.originalKey === undefined || !hasFullJpeg(media)) throw new TintypeError("not_found");
  const key = fullJpegKey({ key: media.originalKey, sha256: media.sha256 });
  if (!(await storage.exists(key))) {
    await enqueue(db, "full_jpeg", { lane: "awaited", name: ask.viewer?.id ?? "visitors" }, [
      fullJpegJob(media.id),
    ]);
    await until(() => storage.exists(key), ask.signal);
  }
  return delivery().url(key, { download: `${apart(media.filename ?? media.id).stem}.jpg` });
}

async function until(isThere: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const end = performance.now() + waitMs;
  while (!(await isThere())) {
    if (signal.aborted || performance.now() > end) throw new TintypeError("being_made", { retryAfter: 10 });
    await new Promise((resolve) => setTimeout(resolve, askMs));
  }
}

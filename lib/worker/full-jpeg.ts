/** Makes a JPEG of a medium's full size, on record to be removed before it is there (I-2). */
import type { Db } from "#db/client.ts";
import { findMedia } from "#db/queries/media.ts";
import { addPurges, isPromised, promisePurges, putOffPurges } from "#db/queries/purges.ts";
import { failpoint } from "../failpoint.ts";
import { fullJpeg, identify } from "../imaging/index.ts";
import { isVideo } from "../media.ts";
import { fullJpegKey } from "../storage/keys.ts";
import type { Storage } from "../storage/port.ts";
import type { Budget } from "../uploads/finalize.ts";

/** How long it is kept after it was made. */
const keptSeconds = 24 * 3600;

/** False when there is nothing to make it of. */
export async function makeFullJpeg(
  db: Db,
  storage: Storage,
  mediaId: string,
  budget: Budget,
): Promise<boolean> {
  const row = await findMedia(db, mediaId);
  if (row === undefined || row.deletedAt !== null || isVideo(row.mime)) return false;
  const { mime } = row;
  const key = fullJpegKey(row);
  if (await storage.exists(key)) return true;
  const got = await budget.bytes(row.bytes, () => storage.get(row.key, { bytesMax: row.bytes }));
  if (got === undefined) return false;
  const identity = await identify(got.body, mime);
  const body = await budget.pixels(identity.pixels, () => fullJpeg(got.body, identity));
  const reason = "made for a download";
  // One that was made yesterday has a removal left, which would be this one's after a moment.
  await putOffPurges(db, key, keptSeconds);
  // The second time for a worker that was held up for a day, and wrote after the first.
  const promised = await promisePurges(db, { key, reason, inSeconds: [keptSeconds, 2 * keptSeconds] });
  await failpoint("fullJpeg.promised");
  // Whoever gets its address may have the original; nobody else, and nobody for long.
  await storage.put(key, body, {
    contentType: "image/jpeg",
    cacheControl: "private, max-age=3600",
    contentDisposition: "attachment",
  });
  await failpoint("fullJpeg.written");
  // I-2: the removals have come and gone, or did while it was written.
  if (!(await isPromised(db, promised))) await addPurges(db, [{ key, reason, inSeconds: keptSeconds }]);
  return true;
}

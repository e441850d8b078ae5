/** Makes all renditions of a medium anew from its original: new folder, one switch, the old folder purged later. */
import { createHash } from "node:crypto";
import { type Db, inTransaction } from "#db/client.ts";
import { findMedia, replaceRenditions } from "#db/queries/media.ts";
import { addPurges } from "#db/queries/purges.ts";
import { settings } from "../env.ts";
import { derive, identify } from "../imaging/index.ts";
import { log } from "../log.ts";
import { renditionFolder } from "../storage/keys.ts";
import type { Storage } from "../storage/port.ts";
import { type Budget, widthsOf, writeRenditions } from "../uploads/finalize.ts";
import { writingSeconds } from "../uploads/rules.ts";

/** False when the medium or its original is gone, or someone else replaced its renditions first. */
export async function deriveAgain(
  db: Db,
  storage: Storage,
  mediaId: string,
  budget: Budget,
): Promise<boolean> {
  const row = await findMedia(db, mediaId);
  if (row === undefined || row.purgedAt !== null) return false;
  const got = await budget.bytes(row.bytes, () => storage.get(row.key, { bytesMax: row.bytes }));
  if (got === undefined || createHash("sha256").update(got.body).digest("hex") !== row.sha256) {
    log("derive").error(
      { mediaId, key: row.key, found: got !== undefined },
      "the original is missing or damaged",
    );
    return false;
  }
  const identity = await identify(got.body, row.mime);
  const made = await budget.pixels(identity.pixels, () => derive(got.body, identity));
  const folder = renditionFolder();
  // I-2: the folder is on record before anything is in it; if this process dies, the purge removes what it left.
  await addPurges(db, [{ key: `${folder}/`, reason: "unfinished renditions", inSeconds: writingSeconds }]);
  await writeRenditions(storage, folder, made);
  return inTransaction(db, async (tx) => {
    const replaced = await replaceRenditions(tx, row.id, row.renditionFolder, {
      renditionFolder: folder,
      avifWidths: widthsOf(made, "avif"),
      jpegWidths: widthsOf(made, "jpg"),
      motion: made.motion?.format ?? null,
      thumbhash: made.thumbhash,
      color: made.color,
    });
    // Pages in people's hands still name the old ones until their URLs have ended.
    if (replaced)
      await addPurges(tx, [
        {
          key: `${row.renditionFolder}/`,
          reason: "replaced renditions",
          inSeconds: settings().delivery.windowSeconds * 2,
        },
      ]);
    return replaced;
  });
}

/** Takes the sample pictures away again: out of the gallery at once, and out of the bucket with the next purge. */
import { type Db, inTransaction } from "#db/client.ts";
import { findUser } from "#db/queries/accounts.ts";
import { markDeleted } from "#db/queries/media.ts";
import { addPurges } from "#db/queries/purges.ts";
import * as rows from "#db/queries/samples.ts";
import { TintypeError } from "../errors.ts";
import { canAdminister, type Viewer } from "../media.ts";
import { cancelUpload } from "../uploads.ts";
import { albums } from "./catalogue.ts";

/** How many samples are in the viewer's own gallery, and how many are coming. Nobody but the owner is told. */
export const seesSamples = async (
  db: Db,
  viewer: Viewer | undefined,
): Promise<{ here: number; coming: number } | undefined> =>
  viewer?.role === "owner" ? rows.samplesOf(db, viewer.id) : undefined;

/**
 * Removes all of them with the albums that are empty then, without the trash: nobody misses them. Uploads of samples
 * that are under way are cancelled. Answers how many pictures went. Throws unauthenticated, forbidden.
 */
export async function removeSamples(
  db: Db,
  { viewer }: { viewer: Viewer | "operator" | undefined },
): Promise<number> {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  const gone = await inTransaction(db, async (tx) => {
    await rows.lockSamples(tx);
    const ownerId = await rows.sampleOwner(tx);
    if (ownerId === undefined) return { pictures: 0, open: [], owner: undefined };
    if (viewer !== "operator" && viewer.id !== ownerId && !canAdminister(viewer))
      throw new TintypeError("forbidden");
    const all = await rows.listSamples(tx);
    const ids = all.flatMap(
      ({ state, mediaId, becameId }) => mediaId ?? (state === "ready" ? becameId : null) ?? [],
    );
    const deleted = await discard(tx, ids, ownerId);
    await rows.deleteEmptyAlbums(
      tx,
      ownerId,
      Object.values(albums).map(({ title }) => title),
    );
    await rows.deleteSamples(tx);
    const open = all.flatMap(({ uploadId, state }) =>
      uploadId !== null && (state === "issued" || state === "verifying") ? [uploadId] : [],
    );
    return { pictures: deleted.length, open, owner: await findUser(tx, ownerId) };
  });
  const { owner } = gone;
  if (owner === undefined) return gone.pictures;
  let late = 0;
  for (const id of gone.open) {
    const { mediaId, state } = await cancelUpload(db, { viewer: owner, id });
    // The worker was faster.
    if (state === "ready" && mediaId !== null)
      late += (await inTransaction(db, (tx) => discard(tx, [mediaId], owner.id))).length;
  }
  return gone.pictures + late;
}

async function discard(tx: Db, ids: string[], ownerId: string): Promise<{ id: string }[]> {
  const deleted = await markDeleted(tx, ids, ownerId);
  await addPurges(
    tx,
    deleted.map(({ id, key }) => ({ key, reason: "sample removed", mediaId: id })),
  );
  return deleted;
}

/**
 * What people do with media they have: show, name, throw away, take back, process again. The owner of a medium and
 * administrators may; for anyone else the ids are simply not among those changed.
 */
import { type Db, inTransaction } from "#db/client.ts";
import * as rows from "#db/queries/media.ts";
import { addPurges, callOffPurges } from "#db/queries/purges.ts";
import { settings } from "./env.ts";
import { TintypeError } from "./errors.ts";
import { deriveJob, enqueue } from "./jobs.ts";
import { canAdminister, type Viewer, type Visibility } from "./media.ts";

type Choice = { viewer: Viewer | undefined; ids: string[] };

/** Whose media the viewer may change: `undefined` for everybody's. Throws unauthenticated, forbidden. */
function reach(viewer: Viewer | undefined): string | undefined {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  if (viewer.role === "viewer") throw new TintypeError("forbidden");
  const { id } = viewer;
  return canAdminister(viewer) ? undefined : id;
}

/** Shows media to nobody else, to who has the link, or to everybody. Returns the ids changed. */
export async function setVisibility(db: Db, choice: Choice & { visibility: Visibility }): Promise<string[]> {
  if (!settings().visibilities.includes(choice.visibility))
    throw new TintypeError("bad_request", { details: { visibility: choice.visibility } });
  return rows.updateVisibility(db, choice.ids, reach(choice.viewer), choice.visibility);
}

/** Gives a medium its words; a text left out stays as it is. Returns the id when it was changed. */
export async function describe(
  db: Db,
  choice: { viewer: Viewer | undefined; id: string; title?: string; description?: string; alt?: string },
): Promise<string[]> {
  const { viewer, id, ...texts } = choice;
  return rows.updateTexts(db, id, reach(viewer), texts);
}

/** Puts media in the trash: gone from every page at once, gone from the bucket after the undo window (F-18). */
export async function trash(db: Db, choice: Choice): Promise<string[]> {
  const ownerId = reach(choice.viewer);
  return inTransaction(db, async (tx) => {
    const deleted = await rows.markDeleted(tx, choice.ids, ownerId);
    await addPurges(
      tx,
      deleted.map((row) => ({
        key: row.key,
        reason: "deleted",
        mediaId: row.id,
        inSeconds: settings().trashSeconds,
      })),
    );
    return deleted.map((row) => row.id);
  });
}

/** Takes media out of the trash, as long as their objects are there (F-20). Returns the ids that came back. */
export async function restore(db: Db, choice: Choice): Promise<string[]> {
  const ownerId = reach(choice.viewer);
  const work = async (tx: Db): Promise<string[]> => {
    const restored = await rows.markRestored(tx, choice.ids, ownerId);
    await callOffPurges(tx, restored);
    return restored;
  };
  // The same picture may be uploaded at that moment.
  return inTransaction(db, work, { looksAgain: true });
}

/** Has all renditions made anew from the original. Returns the ids that were queued. */
export async function processAgain(db: Db, choice: Choice): Promise<string[]> {
  const ownerId = reach(choice.viewer);
  return inTransaction(db, async (tx) => {
    const ids = await rows.listProcessable(tx, choice.ids, ownerId);
    const name = choice.viewer?.id ?? "";
    await enqueue(tx, "derive", { lane: "later", name }, ids.map(deriveJob));
    return ids;
  });
}

/**
 * A person's own words for their own pictures. Case, accents and width do not tell two apart. Pictures get and lose
 * them by lib/bulk/change.ts; here they are listed, renamed, merged and removed.
 */
import { z } from "zod";
import { type Db, inTransaction } from "#db/client.ts";
import * as rows from "#db/queries/tags.ts";
import { TintypeError } from "./errors.ts";
import { canAdminister, type Viewer } from "./media.ts";

export type Tag = { id: string; name: string; count: number };

const shown = ({ id, name, count }: rows.TagRow): Tag => ({ id, name, count });

const cursorText = z.string().max(400);

/** The viewer's tags that something has, by name; `cursor` is the last answer's `next`. */
export async function listTags(
  db: Db,
  { viewer, cursor, limit }: { viewer: Viewer | undefined; cursor?: string | undefined; limit: number },
): Promise<{ tags: Tag[]; next: string | undefined }> {
  if (viewer === undefined) return { tags: [], next: undefined };
  const from = cursorText.safeParse(cursor);
  const found = await rows.listTags(db, {
    ownerId: viewer.id,
    from: from.success ? from.data.replaceAll("\0", "") : undefined,
    limit: limit + 1,
  });
  return {
    tags: found.slice(0, limit).map(shown),
    next: found.length > limit ? found[limit - 1]?.folded : undefined,
  };
}

/** The viewer's tags whose name has these letters, the most used first. */
export async function findTags(
  db: Db,
  { viewer, text, limit }: { viewer: Viewer | undefined; text: string; limit: number },
): Promise<Tag[]> {
  if (viewer === undefined) return [];
  return (await rows.findTags(db, { ownerId: viewer.id, text, limit })).map(shown);
}

/** The tags of a picture, by name: for its owner and for administrators. Others find none, as in search. */
export async function tagsOf(
  db: Db,
  { viewer, mediaId }: { viewer: Viewer | undefined; mediaId: string },
): Promise<Tag[]> {
  if (viewer === undefined) return [];
  const { id } = viewer;
  const ownerId = canAdminister(viewer) ? undefined : id;
  return (await rows.tagsOf(db, { mediaId, ownerId })).map(shown);
}

async function editable(
  tx: Db,
  viewer: Viewer | undefined,
  id: string,
): Promise<rows.TagRow & { ownerId: string }> {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  if (viewer.role === "viewer") throw new TintypeError("forbidden");
  const { id: userId } = viewer;
  const ownerId = canAdminister(viewer) ? undefined : userId;
  const row = z.uuid().safeParse(id).success ? await rows.lockTag(tx, id, ownerId) : undefined;
  if (row === undefined) throw new TintypeError("not_found");
  return row;
}

/**
 * Gives a tag another name. When there is a tag of that name already, the two become one, and "merged" is the answer.
 * Throws unauthenticated, forbidden, not_found.
 */
export async function renameTag(
  db: Db,
  { viewer, id, name }: { viewer: Viewer | undefined; id: string; name: string },
): Promise<"renamed" | "merged"> {
  return inTransaction(db, async (tx) => {
    const tag = await editable(tx, viewer, id);
    const namesake = await rows.findNamesake(tx, id, tag.ownerId, name);
    if (namesake === undefined) {
      await rows.renameTag(tx, id, name);
      return "renamed";
    }
    await rows.mergeTags(tx, id, namesake);
    return "merged";
  });
}

/** Takes a tag from everything that has it. The pictures stay. Throws as renameTag does. */
export async function deleteTag(
  db: Db,
  { viewer, id }: { viewer: Viewer | undefined; id: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await editable(tx, viewer, id);
    await rows.removeTag(tx, id);
  });
}

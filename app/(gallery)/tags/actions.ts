"use server";
import { refresh } from "next/cache";
import { z } from "zod";
import { currentViewer } from "#app/_session/viewer.ts";
import { tagShape } from "#lib/bulk/shapes.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { deleteTag, renameTag } from "#lib/tags.ts";
import { words } from "#lib/words.ts";

const w = words("albums");

/** What a form shows after it was sent. */
export type Outcome = { done?: boolean; message?: string };

const shape = z.object({ id: z.uuid(), intent: z.enum(["rename", "delete"]), name: tagShape });

export async function changeTag(_: Outcome, form: FormData): Promise<Outcome> {
  const parsed = shape.safeParse(Object.fromEntries(form));
  if (!parsed.success) return { done: false, message: w("tagInvalid") };
  const { id, intent, name } = parsed.data;
  const viewer = await currentViewer();
  try {
    if (intent === "delete") await deleteTag(database().db, { viewer, id });
    const became = intent === "delete" ? "deleted" : await renameTag(database().db, { viewer, id, name });
    refresh();
    const sentences = { deleted: "tagDeleted", merged: "tagMerged", renamed: "tagRenamed" } as const;
    return { done: true, message: w(sentences[became]) };
  } catch (error) {
    if (!(error instanceof TintypeError)) throw error;
    return { done: false, message: words("errors")(error.code) };
  }
}

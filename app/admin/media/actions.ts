"use server";
import { refresh } from "next/cache";
import { changeMedia, type MediaChange, readChanges } from "#lib/admin-change.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { words } from "#lib/words.ts";
import { requireAdmin } from "../../_session/viewer.ts";

/** What a person reads after a change, and the way back from it as the form sends it. */
export type Outcome = { tone: "good" | "bad"; message: string; undo: string | undefined };

const w = words("admin");

const done = {
  private: "donePrivate",
  unlisted: "doneUnlisted",
  public: "donePublic",
  trash: "doneTrash",
  restore: "doneRestore",
  process: "doneProcess",
} as const satisfies Record<MediaChange["intent"], string>;

export async function changeSelection(_before: Outcome | undefined, form: FormData): Promise<Outcome> {
  const viewer = await requireAdmin();
  try {
    const changes = readChanges(form);
    const [first] = changes ?? [];
    if (changes === undefined || first === undefined)
      return { tone: "bad", message: w("nothingSelected"), undo: undefined };
    const { ids, undo } = await changeMedia(database().db, { viewer, changes });
    refresh();
    const undone = form.get("intent") === "undo";
    const left = changes.reduce((sum, change) => sum + change.ids.length, 0) - ids.length;
    const sentences = [
      ids.length > 0 ? w(undone ? "doneUndo" : done[first.intent], { n: ids.length }) : "",
      left > 0 ? w("doneLess", { n: left }) : "",
    ];
    return {
      tone: ids.length > 0 ? "good" : "bad",
      message: sentences.filter((sentence) => sentence !== "").join(" "),
      undo: undone || undo.length === 0 ? undefined : JSON.stringify(undo),
    };
  } catch (error) {
    if (!(error instanceof TintypeError)) throw error;
    return { tone: "bad", message: words("errors")(error.code), undo: undefined };
  }
}

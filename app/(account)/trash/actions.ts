"use server";
import { refresh } from "next/cache";
import { redirect } from "next/navigation";
import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { emptyTrash, type Restored, takeBack } from "#lib/trash-list.ts";
import { idsShape } from "#lib/uploads/asked.ts";
import { words } from "#lib/words.ts";
import { requireViewer } from "../../_session/viewer.ts";
import { bad } from "../_ui/answers.ts";
import type { FormState } from "../_ui/form-state.ts";

const w = words("account");

export async function restoreChosen(state: FormState, data: FormData): Promise<FormState> {
  const viewer = await requireViewer("/trash");
  if (data.getAll("ids").length === 0) return bad(state, w("trashNothing"));
  const chosen = idsShape.safeParse({ ids: data.getAll("ids") });
  if (!chosen.success) return bad(state, words("errors")("bad_request"));
  try {
    const restored = await takeBack(database().db, { viewer, ids: chosen.data.ids });
    refresh();
    return {
      answer: state.answer + 1,
      notice: { tone: restored.back > 0 ? "good" : "bad", text: told(restored) },
    };
  } catch (error) {
    if (error instanceof TintypeError) return bad(state, words("errors")(error.code));
    throw error;
  }
}

/** Everything that was in the trash when the page was made. */
export async function emptyNow(data: FormData): Promise<void> {
  const viewer = await requireViewer("/trash");
  const before = z.iso.datetime().safeParse(data.get("before"));
  try {
    if (before.success) await emptyTrash(database().db, { viewer, before: new Date(before.data) });
  } catch (error) {
    // Who may only look has no button here, and is shown the page as it is.
    if (!(error instanceof TintypeError)) throw error;
  }
  // The first page: what one was on holds nothing any longer.
  redirect("/trash");
}

const told = ({ back, repeated, gone }: Restored): string =>
  [
    back > 0 ? w("trashBack", { n: back }) : "",
    repeated > 0 ? w("trashRepeated", { n: repeated }) : "",
    gone > 0 ? w("trashGone", { n: gone }) : "",
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");

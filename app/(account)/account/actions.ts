"use server";
import { refresh } from "next/cache";
import { headers } from "next/headers";
import * as accounts from "#lib/accounts.ts";
import * as auth from "#lib/auth.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { words } from "#lib/words.ts";
import { setCookies } from "../../_session/cookies.ts";
import { text } from "../../_session/form.ts";
import { requireViewer } from "../../_session/viewer.ts";
import { failure, fieldSentence, good, wrongFields } from "../_ui/answers.ts";
import type { FormState } from "../_ui/form-state.ts";

const w = words("account");
const here = "/account";

export async function saveName(state: FormState, data: FormData): Promise<FormState> {
  const viewer = await requireViewer(here);
  const name = text(data, "name");
  try {
    await accounts.rename(database().db, { viewer, name });
  } catch (error) {
    if (error instanceof TintypeError && error.code === "bad_request")
      return wrongFields(state, { name: fieldSentence("name", "invalid") }, { name });
    return failure(state, error, { name });
  }
  refresh();
  return good(state, w("nameSaved"), { name: name.trim() });
}

export async function changePassword(state: FormState, data: FormData): Promise<FormState> {
  await requireViewer(here);
  const asked = { current: text(data, "current"), next: text(data, "next") };
  try {
    await setCookies(await auth.changePassword(await headers(), asked));
  } catch (error) {
    if (!(error instanceof TintypeError) || error.code !== "bad_request") return failure(state, error);
    const { field, reason } = error.details;
    return wrongFields(state, { [String(field)]: fieldSentence("password", reason) });
  }
  return good(state, w("passwordChanged"));
}

export async function endSession(data: FormData): Promise<void> {
  await requireViewer(here);
  try {
    await auth.endSession(await headers(), text(data, "id"));
  } catch (error) {
    // It ended by itself while the page was open: what was asked for is so.
    if (!(error instanceof TintypeError) || error.code !== "not_found") throw error;
  }
  refresh();
}

export async function endOtherSessions(): Promise<void> {
  await requireViewer(here);
  await auth.endOtherSessions(await headers());
  refresh();
}

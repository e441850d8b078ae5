"use server";
import { refresh } from "next/cache";
import * as accounts from "#lib/accounts.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { type Role, roles } from "#lib/media.ts";
import { words } from "#lib/words.ts";
import { text } from "../../_session/form.ts";
import { requireAdmin } from "../../_session/viewer.ts";
import { bad, failure, fieldSentence, good, wrongFields } from "../../(account)/_ui/answers.ts";
import type { FormState } from "../../(account)/_ui/form-state.ts";
import { bytesPerGigabyte } from "./gigabytes.ts";

const w = words("account");
const here = "/admin/users";

const roleFrom = (data: FormData): Role | undefined => roles.find((role) => role === text(data, "role"));

/** The link is in the answer and nowhere else: only its hash is kept. */
export type InviteAnswer = FormState & { link?: string };

export async function invite(state: InviteAnswer, data: FormData): Promise<InviteAnswer> {
  const viewer = await requireAdmin(here);
  const email = text(data, "email").trim();
  const role = roleFrom(data) ?? "member";
  const values = { email, role };
  try {
    const link = await accounts.invite(database().db, {
      viewer,
      role,
      email: email === "" ? undefined : email,
    });
    refresh();
    return { answer: state.answer + 1, link };
  } catch (error) {
    if (error instanceof TintypeError && (error.code === "bad_request" || error.code === "conflict"))
      return wrongFields(state, { email: fieldSentence("email", error.details.email) }, values);
    return failure(state, error, values);
  }
}

export async function revokeInvite(data: FormData): Promise<void> {
  const viewer = await requireAdmin(here);
  try {
    await accounts.revokeInvite(database().db, { viewer, id: text(data, "id") });
  } catch (error) {
    // Used or revoked while the page was open: the list shown next is the answer.
    if (!(error instanceof TintypeError) || error.code !== "not_found") throw error;
  }
  refresh();
}

export async function changeUser(state: FormState, data: FormData): Promise<FormState> {
  const viewer = await requireAdmin(here);
  const { db } = database();
  const id = text(data, "id");
  const role = roleFrom(data);
  const gigabytes = Number(text(data, "quota") || Number.NaN);
  const limitBytes = Math.round(gigabytes * bytesPerGigabyte);
  if (!(gigabytes >= 0) || !Number.isSafeInteger(limitBytes))
    return wrongFields(state, { quota: w("quotaInvalid") }, { quota: text(data, "quota") });
  try {
    // The form holds a role only for someone whose role the viewer may change.
    if (role !== undefined) await accounts.setRole(db, { viewer, id, role });
    await accounts.setQuota(db, { viewer, id, limitBytes });
  } catch (error) {
    return refused(state, error);
  }
  refresh();
  return good(state, w("saved"));
}

export async function setAccess(state: FormState, data: FormData): Promise<FormState> {
  const viewer = await requireAdmin(here);
  const change = text(data, "access") === "enable" ? accounts.enable : accounts.disable;
  try {
    await change(database().db, { viewer, id: text(data, "id") });
  } catch (error) {
    return refused(state, error);
  }
  refresh();
  return good(state, w("saved"));
}

function refused(state: FormState, error: unknown): FormState {
  if (error instanceof TintypeError && error.code === "forbidden") return bad(state, w("changeForbidden"));
  if (error instanceof TintypeError && error.code === "not_found") return bad(state, w("changeGone"));
  return failure(state, error);
}

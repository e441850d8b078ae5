"use server";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import * as auth from "#lib/auth.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { locale } from "#lib/locale.ts";
import { speaksOther } from "#lib/preferences.ts";
import { words } from "#lib/words.ts";
import { setCookies } from "../../_session/cookies.ts";
import { text } from "../../_session/form.ts";
import { ownLanguagePath, safeNext } from "../../_session/next-path.ts";
import { bad, failure, minutesLeft } from "../_ui/answers.ts";
import type { FormState } from "../_ui/form-state.ts";

const w = words("account");

export async function signIn(state: FormState, data: FormData): Promise<FormState> {
  const email = text(data, "email");
  try {
    await setCookies(await auth.signIn(await headers(), { email, password: text(data, "password") }));
  } catch (error) {
    if (!(error instanceof TintypeError)) throw error;
    if (error.code === "unauthenticated") return bad(state, w("signInWrong"), { email });
    if (error.code === "rate_limited")
      return bad(state, w("signInLimited", { minutes: minutesLeft(error) }), { email });
    return failure(state, error, { email });
  }
  const next = safeNext(data.get("next"));
  // Another language is that of the whole page, so it is loaded anew.
  const isOther = await speaksOther(database().db, { email, locale: locale() });
  redirect(isOther ? ownLanguagePath(next) : next);
}

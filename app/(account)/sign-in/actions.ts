"use server";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import * as auth from "#lib/auth.ts";
import { TintypeError } from "#lib/errors.ts";
import { words } from "#lib/words.ts";
import { setCookies } from "../../_session/cookies.ts";
import { safeNext } from "../../_session/next-path.ts";
import { bad, failure, minutesLeft, text } from "../_ui/answers.ts";
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
  redirect(safeNext(data.get("next")));
}

"use server";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import * as accounts from "#lib/accounts.ts";
import { clientOf, startSession } from "#lib/auth.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { take } from "#lib/rate-limit.ts";
import { words } from "#lib/words.ts";
import { setCookies } from "../../_session/cookies.ts";
import { text } from "../../_session/form.ts";
import { bad, failure, fieldSentence, wrongFields } from "./answers.ts";
import type { FormState } from "./form-state.ts";

/** A link cannot be guessed; this keeps hashing passwords from becoming a way to keep the server busy. */
const attempts = { points: 20, seconds: 15 * 60 };

export async function acceptInvite(state: FormState, data: FormData): Promise<FormState> {
  const asked = await headers();
  const typed = { name: text(data, "name"), email: text(data, "email") };
  const password = text(data, "password");
  try {
    await take(`invite:${clientOf(asked)}`, attempts);
    const viewer = await accounts.acceptInvite(database().db, text(data, "token"), { ...typed, password });
    await setCookies(await startSession(asked, { email: viewer.email, password }));
  } catch (error) {
    if (!(error instanceof TintypeError)) throw error;
    if (error.code === "gone")
      return bad(state, words("account")("linkOver", { state: String(error.details.reason) }), typed);
    if (error.code !== "bad_request" && error.code !== "conflict") return failure(state, error, typed);
    const wrong = (["name", "email", "password"] as const).filter((field) => field in error.details);
    return wrongFields(
      state,
      Object.fromEntries(wrong.map((field) => [field, fieldSentence(field, error.details[field])])),
      typed,
    );
  }
  redirect("/");
}

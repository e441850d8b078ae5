import { TintypeError } from "#lib/errors.ts";
import { passwordMax, passwordMin } from "#lib/passwords.ts";
import { words } from "#lib/words.ts";
import type { FormState } from "./form-state.ts";

const w = words("account");

export const good = (state: FormState, message: string, values?: Record<string, string>): FormState => ({
  answer: state.answer + 1,
  notice: { tone: "good", text: message },
  values,
});

export const bad = (state: FormState, message: string, values?: Record<string, string>): FormState => ({
  answer: state.answer + 1,
  notice: { tone: "bad", text: message },
  values,
});

export function wrongFields(
  state: FormState,
  errors: Record<string, string>,
  values?: Record<string, string>,
): FormState {
  return { ...bad(state, w("fieldsWrong", { n: Object.keys(errors).length }), values), errors };
}

const sentences: Record<string, Record<string, () => string>> = {
  name: { invalid: () => w("nameInvalid") },
  email: { invalid: () => w("emailInvalid"), taken: () => w("emailTaken") },
  password: {
    short: () => w("passwordShort", { min: passwordMin }),
    long: () => w("passwordLong", { max: passwordMax }),
    email: () => w("passwordEmail"),
    wrong: () => w("passwordWrong"),
  },
};

/** The sentence for a reason that lib/accounts.ts or lib/auth.ts gives for a field. */
export const fieldSentence = (field: "name" | "email" | "password", reason: unknown): string =>
  sentences[field]?.[String(reason)]?.() ?? words("errors")("bad_request");

/** The sentence of a failure of any form; what no person can have caused is thrown on to the error page. */
export function failure(state: FormState, error: unknown, values?: Record<string, string>): FormState {
  if (!(error instanceof TintypeError)) throw error;
  if (error.code === "rate_limited") return bad(state, w("limited", { minutes: minutesLeft(error) }), values);
  return bad(state, words("errors")(error.code), values);
}

export const minutesLeft = (error: TintypeError): number => Math.ceil((error.retryAfter ?? 60) / 60);

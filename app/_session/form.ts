import { sayNonsense } from "#lib/answer.ts";
import { TintypeError } from "#lib/errors.ts";

/** Whoever calls an action without its page hands it whatever they like. */
function mustBeForm(data: FormData): void {
  if (data instanceof FormData) return;
  sayNonsense();
  throw new TintypeError("bad_request");
}

/** A text that a form sent, without NULs, which Postgres has none of; "" for one that is missing or is a file. Throws bad_request when no form was sent. */
export function text(data: FormData, name: string): string {
  mustBeForm(data);
  const value = data.get(name);
  return typeof value === "string" ? value.replaceAll("\0", "") : "";
}

/** All texts that a form sent under a name. Throws bad_request when no form was sent. */
export function chosen(data: FormData, name: string): string[] {
  mustBeForm(data);
  return data.getAll(name).filter((value) => typeof value === "string");
}

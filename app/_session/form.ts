import { sayNonsense } from "#lib/answer.ts";
import { TintypeError } from "#lib/errors.ts";

/** A text that a form sent; "" for one that is missing or is a file. Throws bad_request when no form was sent. */
export function text(data: FormData, name: string): string {
  // Whoever calls an action without its page hands it whatever they like.
  if (!(data instanceof FormData)) {
    sayNonsense();
    throw new TintypeError("bad_request");
  }
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}

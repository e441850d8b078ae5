/** Where what everybody loads comes from: scripts and styles of the build, and the files of public/. */
import { settings } from "../env.ts";
import { Refusal } from "../start/refusal.ts";

/**
 * STATIC_URL of an environment, without a trailing slash; "" when it is not set. For builds, which are made where the
 * other settings are not known. Throws Refusal.
 */
export function staticUrlOf(environment: Record<string, string | undefined>): string {
  const text = (environment.STATIC_URL ?? "").replace(/\/+$/, "");
  if (text === "") return "";
  if (!/^https?:\/\/[^?#@]+$/.test(text) || !URL.canParse(text))
    throw new Refusal(
      "STATIC_URL must be an http or https address such as https://cdn.example.com/static, without a query or fragment.",
    );
  return text;
}

/** The address of a file of public/ for a page: `name` as it is called there, with a leading slash. */
export function publicFile(name: `/${string}`): string {
  return `${settings().staticUrl ?? ""}${name}`;
}

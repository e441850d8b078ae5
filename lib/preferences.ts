/** What a browser remembers of how its reader wants to see things: two cookies that hold no secret. */
import { z } from "zod";
import { TintypeError } from "./errors.ts";
import { languageCookie, languages } from "./locale.ts";
import { themeCookie, themes } from "./theme.ts";

const shape = z.object({
  /** "": as the browser asks. */
  language: z.union([z.enum(languages), z.literal("")]),
  theme: z.enum(themes),
});
export type Preferences = z.infer<typeof shape>;

const formBytesMax = 1_000;
const yearSeconds = 365 * 86_400;

/** The choices a form sent. Throws bad_request for any other form, and too_large for one without a length. */
export async function readPreferences(request: Request): Promise<Preferences> {
  // Without a length it could be without an end.
  const bytes = Number(request.headers.get("content-length") ?? Number.POSITIVE_INFINITY);
  if (!(bytes <= formBytesMax)) throw new TintypeError("too_large", { details: { max: formBytesMax } });
  const parsed = shape.safeParse(Object.fromEntries(new URLSearchParams(await request.text())));
  if (!parsed.success) throw new TintypeError("bad_request");
  return parsed.data;
}

/** `Set-Cookie` values that keep the choices for a year; what is left to the browser or the system is forgotten. */
export function preferenceCookies({ language, theme }: Preferences, https: boolean): string[] {
  const cookie = (name: string, value: string): string =>
    `${name}=${value}; Path=/; Max-Age=${value === "" ? 0 : yearSeconds}; HttpOnly; SameSite=Lax${https ? "; Secure" : ""}`;
  return [cookie(languageCookie, language), cookie(themeCookie, theme === "system" ? "" : theme)];
}

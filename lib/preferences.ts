/**
 * What a browser remembers of how its reader wants to see things: two cookies that hold no secret. Both are kept with
 * the account as well, so that its person finds them wherever they sign in.
 */
import { z } from "zod";
import { findLanguage, savePreferences } from "#db/queries/accounts.ts";
import type { Db } from "./database.ts";
import { TintypeError } from "./errors.ts";
import { languageCookie, languageOf, languages } from "./locale.ts";
import type { Viewer } from "./media.ts";
import { type Theme, themeCookie, themeOf, themes } from "./theme.ts";

const shape = z.object({
  /** "": as the browser asks. */
  language: z.union([z.enum(languages), z.literal("")]),
  theme: z.enum(themes),
});
export type Preferences = z.infer<typeof shape>;
/** What the form showed at first: a choice that nobody touched is not written, here or to the account. */
const shownShape = z.object({ languageBefore: z.string().optional(), themeBefore: z.string().optional() });

const formBytesMax = 1_000;
const yearSeconds = 365 * 86_400;

/** The choices a form sent, less those that are as it showed them. Throws bad_request for any other form, and too_large for one without a length. */
export async function readPreferences(request: Request): Promise<Partial<Preferences>> {
  // Without a length it could be without an end.
  const bytes = Number(request.headers.get("content-length") ?? Number.POSITIVE_INFINITY);
  if (!(bytes <= formBytesMax)) throw new TintypeError("too_large", { details: { max: formBytesMax } });
  const sent = Object.fromEntries(new URLSearchParams(await request.text()));
  const parsed = shape.safeParse(sent);
  if (!parsed.success) throw new TintypeError("bad_request");
  const { language, theme } = parsed.data;
  const { languageBefore, themeBefore } = shownShape.parse(sent);
  return {
    ...(language === languageBefore ? {} : { language }),
    ...(theme === themeBefore ? {} : { theme }),
  };
}

/** Keeps the choices with the account of whoever made them; "" and "system" leave them to each browser. */
export async function keepPreferences(
  db: Db,
  { viewer, chosen }: { viewer: Viewer | undefined; chosen: Partial<Preferences> },
): Promise<void> {
  const { language, theme } = chosen;
  if (viewer === undefined || (language === undefined && theme === undefined)) return;
  await savePreferences(db, viewer.id, {
    ...(language === undefined ? {} : { language: language === "" ? null : language }),
    ...(theme === undefined ? {} : { theme: theme === "system" ? null : theme }),
  });
}

/** Dark or light for this request: as was chosen in this browser, else as its person chose elsewhere. */
export const themeFor = (viewer: Viewer | undefined, chosen: string | undefined): Theme =>
  themeOf(chosen ?? viewer?.theme ?? undefined);

/** Whether somebody who signs in with this address is answered in another language than `locale`. */
export async function speaksOther(
  db: Db,
  { email, locale }: { email: string; locale: string },
): Promise<boolean> {
  const language = await findLanguage(db, email.trim().toLowerCase());
  return language !== undefined && language !== languageOf(locale);
}

/** Whether the account has a language that this browser, where none was chosen, does not know of. */
export const isNewHere = (
  viewer: Viewer | undefined,
  here: { chosen: string | undefined; locale: string },
): boolean =>
  typeof viewer?.language === "string" &&
  here.chosen === undefined &&
  viewer.language !== languageOf(here.locale);

/** `Set-Cookie` values that keep the choices for a year; what is left to the browser or the system is forgotten. */
export function preferenceCookies({ language, theme }: Partial<Preferences>, https: boolean): string[] {
  return [
    ...(language === undefined ? [] : [languageCookieOf(language, https)]),
    ...(theme === undefined ? [] : [cookieOf(themeCookie, theme === "system" ? "" : theme, https)]),
  ];
}

const cookieOf = (name: string, value: string, https: boolean): string =>
  `${name}=${value}; Path=/; Max-Age=${value === "" ? 0 : yearSeconds}; HttpOnly; SameSite=Lax${https ? "; Secure" : ""}`;

/** The `Set-Cookie` value for a language; anything that is none is forgotten. */
export const languageCookieOf = (language: string, https: boolean): string =>
  cookieOf(languageCookie, languages.some((known) => known === language) ? language : "", https);

/** In which language and in whose way of writing dates and numbers this request is answered. Safe in the browser. */

export const languages = ["en", "ko"] as const;
export type Language = (typeof languages)[number];
export const timeZone = "UTC";

declare global {
  /** Set by the web server around every request: the reader's locale. Elsewhere it is missing. */
  var tintypeLocale: (() => string | undefined) | undefined;
}

/**
 * The reader's locale, such as "en-GB": of the request that is being answered, in a browser of the page, and plain
 * English for the worker and the command line. Ask when it is needed, never while a module is being loaded.
 */
export function locale(): string {
  const asked = globalThis.tintypeLocale?.();
  if (asked !== undefined) return asked;
  if (typeof document === "undefined") return "en";
  return document.documentElement.lang || saidInHead() || "en";
}

/** Where Next answers with an error of its own the page has no language before it is made anew in the browser. */
const saidInHead = (): string | undefined =>
  document.querySelector<HTMLMetaElement>("meta[name=language]")?.content;

const isLanguage = (text: string): text is Language => languages.some((language) => language === text);

/** The language whose catalogue a locale is served from; English for one that has none. */
export function languageOf(tag: string): Language {
  const [language = ""] = tag.toLowerCase().split("-");
  return isLanguage(language) ? language : "en";
}

/** What is made once for each locale: `const day = perLocale((locale) => new Intl.DateTimeFormat(locale)); day().format(…)`. */
export function perLocale<Made>(make: (locale: string) => Made): () => Made {
  const made = new Map<string, Made>();
  return () => {
    const tag = locale();
    const known = made.get(tag);
    if (known !== undefined) return known;
    const fresh = make(tag);
    made.set(tag, fresh);
    return fresh;
  };
}

/** Tags that exist, so that whatever a client sends leads to few of them: "en-QQ" is "en". */
const existing = new Map<string, string>();
function resolve(tag: string): string {
  const known = existing.get(tag);
  if (known !== undefined) return known;
  const resolved = new Intl.DateTimeFormat(tag).resolvedOptions().locale;
  // What the platform falls back to may be a language that we do not speak.
  const safe = languageOf(resolved) === languageOf(tag) ? resolved : languageOf(tag);
  if (existing.size < 1_000) existing.set(tag, safe);
  return safe;
}

const tagShape = /^(en|ko)(-[a-z]{2}|-\d{3})?$/i;

/** The wishes of an Accept-Language header that we can meet, dearest first. At most twenty are read. */
function wishes(header: string): string[] {
  return header
    .slice(0, 1_000)
    .split(",", 20)
    .map((part) => {
      const [tag = "", ...rest] = part.split(";").map((piece) => piece.trim());
      const quality = rest.find((piece) => piece.startsWith("q="));
      return { tag, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
    })
    .filter(({ tag, quality }) => quality > 0 && tagShape.test(tag))
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => resolve(tag));
}

/**
 * The locale to answer in: the language that was chosen, else the first one asked for that we speak, else English. A
 * chosen language keeps the region that the browser names for it, so that British dates stay British.
 */
export function chooseLocale(asked: {
  chosen: string | undefined;
  acceptLanguage: string | undefined;
}): string {
  const wanted = wishes(asked.acceptLanguage ?? "");
  const { chosen } = asked;
  if (chosen === undefined || !isLanguage(chosen)) return wanted[0] ?? "en";
  return wanted.find((tag) => languageOf(tag) === chosen) ?? chosen;
}

/** Which way a locale is written. */
export const directionOf = (tag: string): "ltr" | "rtl" =>
  /^(ar|he|fa|ur|ps|sd|yi|dv|ug)(-|$)/i.test(tag) ? "rtl" : "ltr";

/** The cookie that holds a chosen language. */
export const languageCookie = "tintype-language";

/** One part of the catalogue in every language, read in the reader's language when it is asked. Safe in the browser. */
import { type _Translator, type AbstractIntlMessages, createTranslator } from "use-intl/core";
import { type Language, languageOf, perLocale, timeZone } from "../locale.ts";

/** What a translation may lack while it is being written; the English text stands in, and a test names what is missing. */
type Partly<Texts> = { [Key in keyof Texts]?: Texts[Key] extends string ? string : Partly<Texts[Key]> };

/**
 * A function from key and values to a sentence: `w("title")`. It may be made while a module is loaded, and is called
 * while something is rendered, because only then it is known who reads.
 */
export function translator<const Texts extends AbstractIntlMessages>(
  english: Texts,
  others: Record<Exclude<Language, "en">, Partly<Texts>>,
): _Translator<Texts> {
  const of = perLocale((locale) => {
    const language = languageOf(locale);
    const messages = language === "en" ? english : filled(english, others[language]);
    return createTranslator<Texts>({ locale, timeZone, messages });
  });
  return new Proxy(createTranslator<Texts>({ locale: "en", timeZone, messages: english }), {
    apply: (_, self, values) => Reflect.apply(of(), self, values),
    get: (_, name) => Reflect.get(of(), name),
  });
}

function filled<Texts extends AbstractIntlMessages>(english: Texts, partly: Partly<Texts>): Texts {
  const all = { ...english, ...partly };
  for (const key of Object.keys(english)) {
    const [text, own] = [english[key], Reflect.get(partly, key)];
    if (typeof text === "object" && typeof own === "object") Reflect.set(all, key, filled(text, own));
  }
  return all;
}

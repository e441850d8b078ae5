/**
 * What stands where a page cannot be shown: plain texts without values, read without the translator, because they are
 * sent along with every page. Safe in the browser.
 */
import { languageOf, perLocale } from "../locale.ts";
import en from "./en/ends.json" with { type: "json" };
import ko from "./ko/ends.json" with { type: "json" };

const texts = { en, ko };

/** The texts in the reader's language: `ends().notFoundTitle`. */
export const ends = perLocale((locale): typeof en => texts[languageOf(locale)]);

/** What is said when something fails; apart from the other texts and without the translator, as ends.ts is. Safe in the browser. */
import { languageOf, perLocale } from "../locale.ts";
import en from "./en/failed.json" with { type: "json" };
import ko from "./ko/failed.json" with { type: "json" };

const texts = { en, ko };

/** The texts in the reader's language: `failed().title`. */
export const failed = perLocale((locale): typeof en => texts[languageOf(locale)]);

/** Every text a person reads, from one catalogue. Safe in the browser. */
import { createTranslator } from "use-intl/core";
import en from "./words/en.json" with { type: "json" };

export type Words = typeof en;
export const locale = "en";
export const timeZone = "UTC";

/** The texts of one part of the product: `words("upload")("title")`. */
export const words = <Namespace extends keyof Words>(namespace: Namespace) =>
  createTranslator<Words, Namespace>({ locale, timeZone, messages: en, namespace });

/** Every text a person reads in the browser or from the API, from one catalogue, one file a part. Safe in the browser. */
import { createTranslator } from "use-intl/core";
import account from "./words/en/account.json" with { type: "json" };
import admin from "./words/en/admin.json" with { type: "json" };
import doctor from "./words/en/doctor.json" with { type: "json" };
import errors from "./words/en/errors.json" with { type: "json" };
import gallery from "./words/en/gallery.json" with { type: "json" };
import media from "./words/en/media.json" with { type: "json" };
import rejects from "./words/en/rejects.json" with { type: "json" };
import shared from "./words/en/shared.json" with { type: "json" };
import upload from "./words/en/upload.json" with { type: "json" };

const en = { account, admin, doctor, errors, gallery, media, rejects, shared, upload };
export type Words = typeof en;
export const locale = "en";
export const timeZone = "UTC";

/** The texts of one part of the product: `words("upload")("title")`. */
export const words = <Namespace extends keyof Words>(namespace: Namespace) =>
  createTranslator<Words, Namespace>({ locale, timeZone, messages: en, namespace });

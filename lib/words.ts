/**
 * Every text a person reads in the browser or from the API, from one catalogue: one file a part and language, and a
 * module for each part in lib/words. Not for client files: they import their part alone, `#lib/words/<part>.ts`.
 */
import { w as account } from "./words/account.ts";
import { w as admin } from "./words/admin.ts";
import { w as albums } from "./words/albums.ts";
import { w as doctor } from "./words/doctor.ts";
import { w as download } from "./words/download.ts";
import { w as errors } from "./words/errors.ts";
import { w as gallery } from "./words/gallery.ts";
import { w as kinds } from "./words/kinds.ts";
import { w as lightbox } from "./words/lightbox.ts";
import { w as media } from "./words/media.ts";
import { w as plain } from "./words/plain.ts";
import { w as rejects } from "./words/rejects.ts";
import { w as sample } from "./words/sample.ts";
import { w as search } from "./words/search.ts";
import { w as select } from "./words/select.ts";
import { w as share } from "./words/share.ts";
import { w as shared } from "./words/shared.ts";
import { w as shares } from "./words/shares.ts";
import { w as site } from "./words/site.ts";
import { w as upload } from "./words/upload.ts";

export { locale, perLocale, timeZone } from "./locale.ts";

const parts = {
  albums,
  select,
  account,
  admin,
  doctor,
  download,
  errors,
  gallery,
  kinds,
  lightbox,
  media,
  plain,
  rejects,
  sample,
  share,
  search,
  shared,
  shares,
  site,
  upload,
};
export type Words = typeof parts;

/**
 * The texts of one part of the product: `words("upload")("title")`, in the language of whoever reads. `words(…)` may be
 * called while a module is loaded; what it returns may not.
 */
export const words = <Part extends keyof Words>(part: Part): Words[Part] => parts[part];

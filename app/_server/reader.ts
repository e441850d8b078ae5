/**
 * Who reads the answer, as far as words go: the locale of each request, known to everything that is done for it,
 * however deep. lib/locale.ts asks for it through the global, because it also runs where there are no requests.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage } from "node:http";
import { chooseLocale, languageCookie } from "#lib/locale.ts";

const readers = new AsyncLocalStorage<string>();
globalThis.tintypeLocale = () => readers.getStore();

const cookieShape = new RegExp(`(?:^|;\\s*)${languageCookie}=([^;\\s]*)`);

/** The locale that a request is answered in. */
export const localeOf = ({ headers }: Pick<IncomingMessage, "headers">): string =>
  chooseLocale({
    chosen: cookieShape.exec(headers.cookie ?? "")?.[1],
    acceptLanguage: headers["accept-language"],
  });

/** Does something for a request, in the reader's language. */
export const asReader = <Result>(request: IncomingMessage, work: () => Result): Result =>
  readers.run(localeOf(request), work);

import { countMax } from "#lib/search/search.ts";
import { words } from "#lib/words.ts";

const w = words("search");

/** "12 pictures", or "more than 1,000 pictures" where counting stopped. */
export const amount = (count: number): string =>
  count > countMax ? w("aboutMore", { count: countMax }) : w("about", { count });

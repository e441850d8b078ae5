import { perLocale } from "#lib/words.ts";

const format = perLocale(
  (tag) => new Intl.DateTimeFormat(tag, { month: "long", year: "numeric", timeZone: "UTC" }),
);

/** "May 2019": taken_at is the clock of the place, written as if that were UTC. */
export const monthOf = (when: Date): string => format().format(when);

import { perLocale, timeZone } from "#lib/words.ts";

const number = perLocale((locale) => new Intl.NumberFormat(locale));
const day = perLocale((locale) => new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "medium" }));
const moment = perLocale(
  (locale) => new Intl.DateTimeFormat(locale, { timeZone, dateStyle: "medium", timeStyle: "short" }),
);
const relative = perLocale((locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));

const sizes = (["byte", "kilobyte", "megabyte", "gigabyte"] as const).map((unit) =>
  perLocale(
    (locale) =>
      new Intl.NumberFormat(locale, {
        style: "unit",
        unit,
        // The short form has no plural: "0 byte".
        unitDisplay: unit === "byte" ? "long" : "short",
        maximumFractionDigits: unit === "byte" ? 0 : 1,
      }),
  ),
);
const ages = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

export const formatNumber = (value: number): string => number().format(value);
export const formatDay = (date: Date): string => day().format(date);
export const formatMoment = (date: Date): string => moment().format(date);

export function formatBytes(bytes: number): string {
  const step = bytes < 1_000 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log10(bytes) / 3));
  return sizes[step]?.().format(bytes / 1_000 ** step) ?? formatNumber(bytes);
}

/** "3 minutes ago". */
export function formatAge(date: Date, now: Date): string {
  const seconds = Math.round((date.getTime() - now.getTime()) / 1_000);
  for (const [unit, length] of ages)
    if (Math.abs(seconds) >= length) return relative().format(Math.trunc(seconds / length), unit);
  return relative().format(0, "second");
}

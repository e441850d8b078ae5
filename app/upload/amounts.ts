/** Sizes as people read them, in decimal units like cameras and systems show them. */
import { perLocale } from "#lib/locale.ts";

const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
const format = (unit: (typeof units)[number], digits: number) =>
  perLocale(
    (locale) =>
      new Intl.NumberFormat(locale, {
        style: "unit",
        unit,
        unitDisplay: unit === "byte" ? "long" : "short",
        maximumFractionDigits: digits,
      }),
  );
const whole = units.map((unit) => format(unit, 0));
const exact = units.map((unit) => format(unit, 1));

/** 3_145_728 → "3.1 MB", 52_428_800 → "52 MB". */
export function size(bytes: number): string {
  const step = bytes < 1_000 ? 0 : bytes < 999_500 ? 1 : bytes < 999_950_000 ? 2 : 3;
  const n = bytes / 1_000 ** step;
  return (step >= 2 && n < 9.95 ? exact : whole)[step]?.().format(n) ?? String(bytes);
}

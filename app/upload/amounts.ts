/** Sizes as people read them, in decimal units like cameras and systems show them. */
import { locale } from "#lib/words.ts";

const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
const formats = new Map(
  units.map((unit) => [
    unit,
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit,
      unitDisplay: unit === "byte" ? "long" : "short",
      maximumFractionDigits: unit === "megabyte" || unit === "gigabyte" ? 1 : 0,
    }),
  ]),
);

/** 3_145_728 → "3.1 MB". */
export function size(bytes: number): string {
  const step = bytes < 1_000 ? 0 : bytes < 999_500 ? 1 : bytes < 999_950_000 ? 2 : 3;
  const unit = units[step] ?? "byte";
  return formats.get(unit)?.format(bytes / 1_000 ** step) ?? String(bytes);
}

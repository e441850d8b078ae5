/** How long something plays, in words: "1 minute 5 seconds". Safe in the browser. */
import { locale } from "#lib/locale.ts";

export function lengthInWords(ms: number): string {
  const all = Math.max(1, Math.round(ms / 1000));
  const parts = [
    [Math.floor(all / 3600), "hour"],
    [Math.floor(all / 60) % 60, "minute"],
    [all % 60, "second"],
  ] as const;
  return parts
    .filter(([value]) => value > 0)
    .map(([value, unit]) =>
      new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(value),
    )
    .join(" ");
}

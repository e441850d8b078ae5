"use client";
import type { ReactNode } from "react";
import { useSyncExternalStore } from "react";
import { perLocale } from "#lib/locale.ts";

/** How much of a moment is said; a day says no zone, and has the whole moment as its title. */
const styles = {
  moment: {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  },
  exact: { dateStyle: "long", timeStyle: "long" },
  day: { dateStyle: "medium" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;
type Style = keyof typeof styles;

const formatters = (zone: { timeZone?: string }) => {
  const make = (style: Style) =>
    perLocale((locale) => new Intl.DateTimeFormat(locale, { ...styles[style], ...zone }));
  return { moment: make("moment"), exact: make("exact"), day: make("day") };
};
const anywhere = formatters({ timeZone: "UTC" });
const here = formatters({});

const never = () => () => {};

/** A moment in the reader's own time; the server, and who has no script, knows UTC alone. */
export const useMoment = (at: Date | undefined, style: Style = "moment"): string | undefined =>
  useSyncExternalStore(
    never,
    () => at && here[style]().format(at),
    () => at && anywhere[style]().format(at),
  );

export function Moment({ at }: { at: Date }) {
  return <time dateTime={at.toISOString()}>{useMoment(at)}</time>;
}

/** Only its day, by the reader's calendar. */
export function Day({ at }: { at: Date }) {
  return (
    <time dateTime={at.toISOString()} title={useMoment(at, "exact")} className="whitespace-nowrap">
      {useMoment(at, "day")}
    </time>
  );
}

/** Something else that is said of a moment, such as how long ago it was; its title is the moment itself. */
export function At({ at, className, children }: { at: Date; className?: string; children: ReactNode }) {
  return (
    <time dateTime={at.toISOString()} title={useMoment(at, "exact")} className={className}>
      {children}
    </time>
  );
}

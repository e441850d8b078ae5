"use client";
import { useSyncExternalStore } from "react";
import { perLocale } from "#lib/locale.ts";

const fields = {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
  timeZoneName: "short",
} as const;
const anywhere = perLocale((locale) => new Intl.DateTimeFormat(locale, { ...fields, timeZone: "UTC" }));
const here = perLocale((locale) => new Intl.DateTimeFormat(locale, fields));

const never = () => () => {};

/** A moment in the reader's own time; the server, and who has no script, knows UTC alone. The zone is named either way. */
export const useMoment = (at: Date | undefined): string | undefined =>
  useSyncExternalStore(
    never,
    () => at && here().format(at),
    () => at && anywhere().format(at),
  );

export function Moment({ at }: { at: Date }) {
  return <time dateTime={at.toISOString()}>{useMoment(at)}</time>;
}

/**
 * What commands write: results to standard output, everything about the way there to standard error, so that a
 * program reads results only.
 */
import { StorageError } from "#lib/storage/port.ts";

export const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
export const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
/** One JSON object a line. */
export const sayJson = (value: object): void => say(JSON.stringify(value));

type Style = "bold" | "dim" | "red" | "green" | "yellow";
const codes: Record<Style, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

/** Colour only for a person who did not refuse it (no-color.org). */
const hasColour = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY === true && (process.env.NO_COLOR ?? "") === "" && process.env.TERM !== "dumb";

export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  if (!hasColour(stream)) return text;
  const [on, off] = codes[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;
const formats = units.map(
  (unit) =>
    new Intl.NumberFormat("en", { style: "unit", unit, unitDisplay: "short", maximumSignificantDigits: 3 }),
);

/** 1.2 MB: thousands, as disks and bills count them. */
export function size(bytes: number): string {
  let step = 0;
  let value = bytes;
  // 999.6 would be written as 1,000.
  while (value >= 999.5 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  return step === 0
    ? `${bytes} ${bytes === 1 ? "byte" : "bytes"}`
    : (formats[step]?.format(value) ?? String(bytes));
}

const integers = new Intl.NumberFormat("en");
/** 1,234 */
export const count = (value: number): string => integers.format(value);
/** "1 object", "1,234 objects" */
export const many = (value: number, one: string, more = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : more}`;

// The Swedish way of writing a date is the sortable one, in the time zone of the machine.
const times = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" });
/** 2026-11-23 06:30 */
export const when = (date: Date): string => times.format(date);

const lists = new Intl.ListFormat("en", { type: "conjunction" });
/** "a, b and c" */
export const listed = (texts: readonly string[]): string => lists.format(texts).replace(", and ", " and ");

/** A key or file name on one line: what a terminal would act upon is spelt out. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16) ?? ""}}`);

/** The reason in a sentence, for reports that go on afterwards. */
export const reason = (error: unknown): string =>
  error instanceof StorageError || error instanceof Error ? error.message : String(error);

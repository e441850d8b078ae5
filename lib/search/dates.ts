/** Days, months and years as people write them, and ranges of them. Safe in the browser. */

/** First and last day, both included, as 2019-07-01; open at a side that is missing. */
export type Range = { from?: string; to?: string };

const pad = (value: number, length = 2): string => String(value).padStart(length, "0");

/** 2019-07-23, or `undefined` when the calendar has no such day. The oldest photograph is of 1826. */
export function day(year: number, month: number, date: number): string | undefined {
  if (year < 1826 || year > 2200 || month < 1 || month > 12 || date < 1) return undefined;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return date > last ? undefined : `${pad(year, 4)}-${pad(month)}-${pad(date)}`;
}

/** The first and the last day of 2019, of 2019-07, or the day itself. */
function period(text: string): { from: string; to: string } | undefined {
  const found = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text);
  if (found === null) return undefined;
  const year = Number(found[1]);
  const month = found[2] === undefined ? undefined : Number(found[2]);
  const date = found[3] === undefined ? undefined : Number(found[3]);
  const from = day(year, month ?? 1, date ?? 1);
  const lastMonth = month ?? 12;
  const to = day(year, lastMonth, date ?? new Date(Date.UTC(year, lastMonth, 0)).getUTCDate());
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** 2019 · 2019-07 · 2019..2021-03 · 2019.. · ..2021 · >=2019 · <2020. */
export function readDates(text: string): Range | "backwards" | undefined {
  const compared = /^(>=|<=|>|<)(.+)$/.exec(text);
  if (compared !== null) {
    const at = period(compared[2] ?? "");
    if (at === undefined) return undefined;
    if (compared[1] === ">=") return { from: at.from };
    if (compared[1] === "<=") return { to: at.to };
    return compared[1] === ">" ? { from: shift(at.to, 1) } : { to: shift(at.from, -1) };
  }
  const [first = "", second, more] = text.split("..");
  if (more !== undefined || (first === "" && (second ?? "") === "")) return undefined;
  const from = first === "" ? undefined : period(first);
  if (second === undefined) return from;
  const to = second === "" ? undefined : period(second);
  if ((first !== "" && from === undefined) || (second !== "" && to === undefined)) return undefined;
  if (from !== undefined && to !== undefined && from.from > to.to) return "backwards";
  return { ...(from ? { from: from.from } : {}), ...(to ? { to: to.to } : {}) };
}

/** So many days later. */
export function shift(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** A whole year or month is written as such. */
export function writeDates({ from, to }: Range): string {
  if (from !== undefined && to !== undefined)
    for (const length of [4, 7, 10]) {
      const whole = period(from.slice(0, length));
      if (whole?.from === from && whole.to === to) return from.slice(0, length);
    }
  return `${shortest(from, "from")}..${shortest(to, "to")}`;
}

function shortest(date: string | undefined, end: "from" | "to"): string {
  if (date === undefined) return "";
  for (const length of [4, 7])
    if (period(date.slice(0, length))?.[end] === date) return date.slice(0, length);
  return date;
}

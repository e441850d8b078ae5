/**
 * What a person types into the search box: words, "exact words", dates and filters, each with a minus in front of it when
 * it must not be so. Parsing never throws: what cannot be meant comes back as a problem with its place in the text. What
 * was understood is written back in one way, so that chips, panel and address say the same. Safe in the browser.
 */
import { visibilities } from "../media.ts";
import { day, type Range, readDates, writeDates } from "./dates.ts";
import { colorNames, readNumbers, type Span, writeNumbers } from "./values.ts";

export const queryCharsMax = 400;
export const clausesMax = 20;

export const orientations = ["landscape", "portrait", "square"] as const;
export const states = ["favourite", "mine", "animated", ...visibilities] as const;
export const lackable = ["alt", "title", "description", "place"] as const;
export const typeNames = [
  "picture",
  "live",
  "video",
  "jpeg",
  "png",
  "webp",
  "avif",
  "gif",
  "heic",
  "mp4",
  "mov",
  "webm",
] as const;

/** Filters whose value is a name that the library holds. */
export const names = ["tag", "album", "camera", "lens", "place", "owner"] as const;
export type NameKey = (typeof names)[number];
/** Filters by number: stars, megapixels, and pixels of a side. */
export const measures = ["rating", "size", "width", "height"] as const;
export type MeasureKey = (typeof measures)[number];

type Bare =
  | { kind: "word"; text: string }
  | ({ kind: "date" } & Range)
  | { kind: "on"; month: number; day: number }
  | { kind: NameKey; name: string }
  | { kind: "type"; values: (typeof typeNames)[number][] }
  | { kind: "orientation"; values: (typeof orientations)[number][] }
  | { kind: "color"; color: string }
  | ({ kind: MeasureKey } & Span)
  | { kind: "is"; state: (typeof states)[number] }
  | { kind: "no"; what: (typeof lackable)[number] }
  | { kind: "near"; latitude: number; longitude: number; km: number };
/** One condition; all of them must hold. `not` turns it round. */
export type Clause = Bare & { not: boolean };
export type ClauseKind = Clause["kind"];

export const problemCodes = [
  "too_long",
  "too_many",
  "open_quote",
  "no_letters",
  "unknown_filter",
  "empty_value",
  "bad_value",
  "bad_date",
  "backwards",
  "contradiction",
] as const;
export type ProblemCode = (typeof problemCodes)[number];
/** `part` is the text at fault, `filter` the name before its colon. */
export type Problem = { code: ProblemCode; part: string; filter?: string };
export type Query = { clauses: Clause[]; problems: Problem[] };

const aliases: Record<string, string> = {
  tags: "tag",
  albums: "album",
  colour: "color",
  by: "owner",
  from: "owner",
  places: "place",
  city: "place",
  country: "place",
  stars: "rating",
  mp: "size",
  megapixels: "size",
  missing: "no",
  without: "no",
  taken: "date",
  shape: "orientation",
};
const valueAliases: Record<string, string> = {
  favorite: "favourite",
  favorites: "favourite",
  favourites: "favourite",
  jpg: "jpeg",
  photo: "picture",
  image: "picture",
  upright: "portrait",
};
export const filterNames = [
  ...names,
  ...measures,
  "type",
  "orientation",
  "color",
  "is",
  "no",
  "has",
  "near",
  "on",
  "date",
] as const;
type FilterName = (typeof filterNames)[number];

type Token = {
  not: boolean;
  filter: string | undefined;
  value: string;
  quoted: boolean;
  open: boolean;
  raw: string;
};

/** -key:"some value" · -"some words" · word; typographic quotes are what phones type. */
const piece = /(-?)(?:([\p{L}][\p{L}\p{N}_]*):)?(?:["“”„]([^"“”„]*)(["“”„]|$)|(\S*))/uy;

function* tokens(text: string): Generator<Token> {
  let at = 0;
  while (at < text.length) {
    const space = /\s+/y;
    space.lastIndex = at;
    if (space.test(text)) at = space.lastIndex;
    if (at >= text.length) return;
    piece.lastIndex = at;
    const found = piece.exec(text);
    if (found === null || found[0] === "") return;
    at = piece.lastIndex;
    const [raw, minus, filter, quoted, end, bare] = found;
    yield {
      raw,
      not: minus === "-",
      filter: filter?.toLowerCase(),
      value: quoted ?? bare ?? "",
      quoted: quoted !== undefined,
      open: quoted !== undefined && end === "",
    };
  }
}

const fail = (code: ProblemCode, token: Token): Problem => ({
  code,
  part: token.raw,
  ...(token.filter === undefined ? {} : { filter: token.filter }),
});

function oneOf<const T extends string>(known: readonly T[], value: string): T | undefined {
  const lower = value.toLowerCase();
  const meant = valueAliases[lower] ?? lower;
  return known.find((one) => one === meant);
}

/** Every one of "gif,png" must be known. */
function someOf<const T extends string>(known: readonly T[], value: string): T[] | undefined {
  const found = value.split(",").map((one) => oneOf(known, one.trim()));
  const all = found.filter((one) => one !== undefined);
  return all.length === found.length ? known.filter((one) => all.includes(one)) : undefined;
}

function near(value: string): Bare | undefined {
  const found = /^(-?\d{1,2}(?:\.\d+)?),\s*(-?\d{1,3}(?:\.\d+)?)(?:,\s*(\d{1,3}(?:\.\d+)?)(?:\s*km)?)?$/.exec(
    value,
  );
  if (found === null) return undefined;
  const [latitude, longitude, km] = [Number(found[1]), Number(found[2]), Number(found[3] ?? 5)];
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180 || km < 0.1 || km > 100) return undefined;
  return { kind: "near", latitude, longitude, km };
}

function onDay(value: string): Bare | undefined {
  const found = /^(\d{1,2})-(\d{1,2})$/.exec(value);
  if (found === null) return undefined;
  const [month, date] = [Number(found[1]), Number(found[2])];
  // 2000 was a leap year: the 29th of February is a day.
  return day(2000, month, date) === undefined ? undefined : { kind: "on", month, day: date };
}

function color(value: string): Bare | undefined {
  const short = /^#?([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(value);
  const hex =
    short === null
      ? value
      : `#${short
          .slice(1)
          .map((digit) => digit + digit)
          .join("")}`;
  const full = /^#?([0-9a-f]{6})$/i.exec(hex)?.[1] ?? colorNames[value.toLowerCase()];
  return full === undefined ? undefined : { kind: "color", color: `#${full.toLowerCase()}` };
}

/** What a filter's value means, or the code of what is wrong with it. */
const readers: Record<FilterName, (value: string) => Bare | ProblemCode | undefined> = {
  tag: (name) => ({ kind: "tag", name }),
  album: (name) => ({ kind: "album", name }),
  camera: (name) => ({ kind: "camera", name }),
  lens: (name) => ({ kind: "lens", name }),
  place: (name) => ({ kind: "place", name }),
  owner: (name) => ({ kind: "owner", name }),
  rating: (value) => measured("rating", readNumbers(value, { max: 5, decimals: 0, unit: "" })),
  size: (value) => measured("size", readNumbers(value, { max: 10_000, decimals: 2, unit: "mp" })),
  width: (value) => measured("width", readNumbers(value, { max: 1_000_000, decimals: 0, unit: "px" })),
  height: (value) => measured("height", readNumbers(value, { max: 1_000_000, decimals: 0, unit: "px" })),
  type: (value) => {
    const values = someOf(typeNames, value);
    return values && { kind: "type", values };
  },
  orientation: (value) => {
    const values = someOf(orientations, value);
    return values && { kind: "orientation", values };
  },
  color,
  is: (value) => {
    const state = oneOf(states, value);
    return state && { kind: "is", state };
  },
  no: (value) => {
    const what = oneOf(lackable, value);
    return what && { kind: "no", what };
  },
  has: (value) => {
    const what = oneOf(lackable, value);
    return what && { kind: "no", what };
  },
  near,
  on: onDay,
  date: (value) => {
    const range = readDates(value);
    return typeof range === "string" ? range : range && { kind: "date", ...range };
  },
};

const measured = (kind: MeasureKey, span: Span | "backwards" | undefined): Bare | ProblemCode | undefined =>
  typeof span === "object" ? { kind, ...span } : span;

const isFilter = (name: string): name is FilterName => filterNames.some((known) => known === name);
/** At least one letter or digit of some script: of "!!!" nothing is kept to look for. */
const hasLetters = (text: string): boolean => /[\p{L}\p{N}\p{So}]/u.test(text);

/** A quotation mark within a word cannot be written again, and no text is found by it. */
const spaced = (text: string): string => text.replaceAll(/[\s"“”„]+/gu, " ").trim();

/** A date stands by itself when it can be nothing else: 2019, 2019-07, 2019-07-23, 2019..2021. */
const looksLikeDates = (value: string): boolean =>
  /^(\d{4}(-\d{1,2}){0,2})?(\.\.(\d{4}(-\d{1,2}){0,2})?)?$/.test(value);

function readWord(token: Token): Clause | Problem {
  if (!token.quoted && looksLikeDates(token.value)) {
    const range = readDates(token.value);
    if (typeof range === "object") return { kind: "date", ...range, not: token.not };
    // "1234" is no year that anybody photographed in, but it may well be part of a name.
    if (/\.\.|-/.test(token.value)) return fail(range ?? "bad_date", token);
  }
  if (!hasLetters(token.value)) return fail(token.value === "" ? "empty_value" : "no_letters", token);
  return { kind: "word", text: spaced(token.value), not: token.not };
}

function readToken(token: Token): Clause | Problem {
  if (token.open) return fail("open_quote", token);
  if (token.filter === undefined) return readWord(token);
  const name = aliases[token.filter] ?? token.filter;
  if (!isFilter(name)) return fail("unknown_filter", token);
  const value = spaced(token.value);
  if (value === "") return fail("empty_value", { ...token, filter: name });
  if (names.some((known) => known === name) && !hasLetters(value)) return fail("no_letters", token);
  const read = readers[name](value);
  if (read === undefined) return fail(name === "date" ? "bad_date" : "bad_value", { ...token, filter: name });
  if (typeof read === "string") return fail(read, { ...token, filter: name });
  // "has:alt" is the contrary of "no:alt"; there is one way of keeping it.
  return { ...read, not: token.not !== (name === "has") };
}

/** Reads a query; never throws. Clauses that were understood are there even when others were not. */
export function parseQuery(text: string): Query {
  const clean = text.toWellFormed().replace(/\p{Cc}/gu, " ");
  const problems: Problem[] = [];
  if (clean.length > queryCharsMax) return { clauses: [], problems: [{ code: "too_long", part: "" }] };
  const clauses: Clause[] = [];
  const seen = new Map<string, Clause>();
  for (const token of tokens(clean)) {
    const read = readToken(token);
    if ("code" in read) {
      problems.push(read);
      continue;
    }
    const written = writeClause({ ...read, not: false });
    const before = seen.get(written);
    if (before === undefined) clauses.push(read);
    else if (before.not !== read.not) problems.push({ code: "contradiction", part: written });
    seen.set(written, before ?? read);
  }
  if (clauses.length > clausesMax) problems.push({ code: "too_many", part: "" });
  return { clauses, problems };
}

/** A colour of the panel by its name, any other by its number. */
const nameOfColor = (color: string): string =>
  Object.entries(colorNames).find(([, hex]) => `#${hex}` === color)?.[0] ?? color;

/** Quoted when it would be read as something else without. */
function quote(text: string): string {
  const plain = text.replaceAll(/["“”„]/gu, " ").trim();
  return /^[^\s:,-][^\s:,]*$/u.test(plain) && !looksLikeDates(plain) ? plain : `"${plain}"`;
}

/** What a chip says and what the box holds for one clause. */
export function writeClause(clause: Clause): string {
  const minus = clause.not ? "-" : "";
  switch (clause.kind) {
    case "word":
      return `${minus}${quote(clause.text)}`;
    case "date":
      return `${minus}${writeDates(clause)}`;
    case "on":
      return `${minus}on:${String(clause.month).padStart(2, "0")}-${String(clause.day).padStart(2, "0")}`;
    case "tag":
    case "album":
    case "camera":
    case "lens":
    case "place":
    case "owner":
      return `${minus}${clause.kind}:${quote(clause.name)}`;
    case "type":
    case "orientation":
      return `${minus}${clause.kind}:${clause.values.join(",")}`;
    case "color":
      return `${minus}color:${nameOfColor(clause.color)}`;
    case "rating":
    case "size":
    case "width":
    case "height":
      return `${minus}${clause.kind}:${writeNumbers(clause, clause.kind === "size" ? "mp" : clause.kind === "rating" ? "" : "px")}`;
    case "is":
      return `${minus}is:${clause.state}`;
    case "no":
      return `${clause.not ? "has" : "no"}:${clause.what}`;
    case "near":
      return `${minus}near:${clause.latitude},${clause.longitude},${clause.km}km`;
  }
}

/** The one way of writing these clauses; `parseQuery` reads the same ones from it. */
export const writeQuery = (clauses: Clause[]): string => clauses.map(writeClause).join(" ");

/** The address of the results. */
export const searchHref = (query: string): string =>
  query === "" ? "/search" : `/search?q=${encodeURIComponent(query).replaceAll("%20", "+")}`;

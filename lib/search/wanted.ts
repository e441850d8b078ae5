/** From clauses to what the database is asked: names become ids, words the pieces they are found by. */
import type { Db } from "#db/client.ts";
import { isSearchIndexed, type Wanted } from "#db/queries/search.ts";
import { type NameAnswer, type NameQuestion, resolveNames } from "#db/queries/search-names.ts";
import { canAdminister, type Viewer } from "../media.ts";
import type { Clause } from "./query.ts";

/** From Thai on, a single letter or two say what a Latin word does. */
const dense = "\u0e00";
const ideographs = "\u2e80";

/** Of one or two letters only the beginning of a word is found, unless each of them is nearly a word. */
export function needleOf(folded: string): string {
  const [first = ""] = folded.split(" ");
  const letters = Array.from(first);
  const least = letters[0] === undefined ? 3 : letters[0] >= ideographs ? 1 : letters[0] >= dense ? 2 : 3;
  return letters.length < least ? ` ${folded}` : folded;
}

/** More pieces make a question no more exact: the text itself is compared anyway. */
const gramsMax = 16;

/** The longest piece that ends at each letter, as search_grams in the database makes them of whole texts. */
export function gramsOf(needle: string): string[] {
  const letters = Array.from(needle);
  const grams = letters.map((c, n) => {
    const [a, b] = [letters[n - 2], letters[n - 1]];
    if (c === " ") return undefined;
    if (a !== undefined && b !== undefined && b !== " ") return a + b + c;
    if (b !== undefined && (b === " " || b >= dense)) return b + c;
    return c >= ideographs ? c : undefined;
  });
  const all = [...new Set(grams.filter((gram) => gram !== undefined))];
  const step = Math.ceil(all.length / gramsMax);
  return all.filter((_, n) => n % step === 0);
}

const megapixel = 1_000_000;
const subtypes: Record<string, string> = { mov: "quicktime" };
const kinds = new Set(["picture", "live", "video"]);

/**
 * The classes that numbers of this range are in, as search_facts makes them: of `steps` to every doubling from `unit` on.
 * One more at either end: logarithms of the database and of this process may differ in their last digit.
 */
function classes(letter: string, unit: number, steps: number, min: number, max: number): string[] {
  const of = (value: number): number => Math.max(0, Math.floor(steps * Math.log2(Math.max(1, value) / unit)));
  const last = (Number.isFinite(max) ? of(max) : of(classesMax * unit)) + 1;
  const first = Math.max(0, of(min) - 1);
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, n) => `${letter}:${first + n}`);
}
const sizeFacts = (min: number, max: number): string[] => classes("m", 250_000, 1, min, max);
const sideFacts = (side: "width" | "height", min: number, max: number): string[] =>
  classes(side.slice(0, 1), 100, 2, min, max);
/** So many times the smallest is the largest that any picture has. */
const classesMax = 2 ** 14;

const questionOf = (clause: Clause): NameQuestion | undefined => {
  switch (clause.kind) {
    case "word":
      return { kind: "word", text: clause.text };
    case "tag":
    case "album":
    case "camera":
    case "lens":
    case "place":
    case "owner":
      return { kind: clause.kind, text: clause.name };
    case "color":
      return { kind: "color", color: Number.parseInt(clause.color.slice(1), 16) };
    case "near":
      return clause;
    default:
      return undefined;
  }
};

const empty = (viewerId: string | undefined, indexed: boolean): Wanted => ({
  viewerId,
  words: [],
  facts: [],
  tags: [],
  albums: [],
  owners: [],
  favourite: [],
  dates: [],
  colors: [],
  near: [],
  measures: [],
  among: "all",
  indexed,
});

/** Adds one clause; false when nothing can be found because of it. */
function add(wanted: Wanted, clause: Clause, answer: NameAnswer | undefined): boolean {
  const { not } = clause;
  const named = (ids: string[] | null | undefined): boolean => not || (ids ?? []).length > 0;
  const limit = (to: "own" | "public"): boolean => {
    const both = wanted.among !== "all" && wanted.among !== to;
    // One's own that are public: what only the owner knows is asked of them, and of nobody else's.
    if (both) wanted.facts.push({ any: ["v:public"], not: false });
    wanted.among = both ? "own" : to;
    return true;
  };
  switch (clause.kind) {
    case "word": {
      const needle = needleOf(answer?.folded ?? "");
      if (needle.trim() === "") return not;
      wanted.words.push({
        needle,
        grams: gramsOf(needle),
        not,
        tags: answer?.ids ?? [],
        albums: answer?.albums ?? [],
      });
      return true;
    }
    case "tag":
      wanted.tags.push({ ids: answer?.ids ?? [], not, count: answer?.count ?? 0 });
      // Tags are for whoever gave them, and of their own pictures.
      return named(answer?.ids) && (not || limit("own"));
    case "album":
      wanted.albums.push({ ids: answer?.ids ?? [], not, count: answer?.count ?? 0 });
      return named(answer?.ids);
    case "owner": {
      const isMe = clause.name.toLowerCase() === "me";
      const ids = isMe ? [wanted.viewerId].filter((id) => id !== undefined) : (answer?.ids ?? []);
      wanted.owners.push({ ids, not });
      return named(ids) && (!isMe || not || limit("own"));
    }
    case "camera":
    case "lens":
      wanted.facts.push({ any: answer?.facts ?? [], not });
      return named(answer?.facts);
    case "place":
      wanted.facts.push({ any: answer?.facts ?? [], not });
      return named(answer?.facts) && limit("own");
    case "type":
      wanted.facts.push({
        any: clause.values.map((type) => (kinds.has(type) ? `k:${type}` : `y:${subtypes[type] ?? type}`)),
        not,
      });
      return true;
    case "orientation":
      wanted.facts.push({ any: clause.values.map((shape) => `o:${shape.slice(0, 1)}`), not });
      return true;
    case "color":
      if (!not) wanted.facts.push({ any: answer?.facts ?? [], not });
      wanted.colors.push({ color: Number.parseInt(clause.color.slice(1), 16), not });
      return true;
    case "near":
      if (!not) wanted.facts.push({ any: answer?.facts ?? [], not });
      wanted.near.push({ latitude: clause.latitude, longitude: clause.longitude, km: clause.km, not });
      return limit("own");
    case "on":
      wanted.facts.push({
        any: [`d:${String(clause.month).padStart(2, "0")}${String(clause.day).padStart(2, "0")}`],
        not,
      });
      return true;
    case "date":
      wanted.dates.push({ ...clause, not });
      return true;
    case "size": {
      const { min = 0, max = Number.POSITIVE_INFINITY } = clause;
      // "12mp" is what a camera of 12 megapixels makes, which is never exactly that many.
      const half = min === max ? 0.5 : 0;
      const [low, high] = [Math.max(0, min - half) * megapixel, (max + half) * megapixel];
      if (!not) wanted.facts.push({ any: sizeFacts(low, high), not });
      wanted.measures.push({ of: "pixels", min: low, ...(Number.isFinite(high) ? { max: high } : {}), not });
      return true;
    }
    case "width":
    case "height":
      if (!not)
        wanted.facts.push({
          any: sideFacts(clause.kind, clause.min ?? 0, clause.max ?? Number.POSITIVE_INFINITY),
          not,
        });
      wanted.measures.push({ of: clause.kind, ...span(clause), not });
      return true;
    case "rating":
      wanted.measures.push({ of: "rating", ...span(clause), not });
      // Stars are for whoever gave them.
      return limit("own");
    case "is":
      return addState(wanted, clause.state, not, limit);
    case "no":
      wanted.facts.push({ any: [`${not ? "has" : "no"}:${clause.what}`], not: false });
      return clause.what !== "place" || limit("own");
  }
}

const span = ({ min, max }: { min?: number; max?: number }): { min?: number; max?: number } => ({
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});

function addState(
  wanted: Wanted,
  state: Extract<Clause, { kind: "is" }>["state"],
  not: boolean,
  limit: (to: "own" | "public") => boolean,
): boolean {
  switch (state) {
    case "favourite":
      wanted.favourite.push({ not });
      return not || wanted.viewerId !== undefined;
    case "mine":
      wanted.owners.push({ ids: [wanted.viewerId].filter((id) => id !== undefined), not });
      return not || limit("own");
    case "animated":
      wanted.facts.push({ any: ["animated"], not });
      return true;
    case "public":
      if (not) {
        wanted.facts.push({ any: ["v:private", "v:unlisted"], not: false });
        return limit("own");
      }
      return limit("public");
    case "private":
    case "unlisted":
      wanted.facts.push({ any: [`v:${state}`], not });
      return not || limit("own");
  }
}

/** What the database is asked for these clauses; `undefined` when it is known that nothing can be found. */
export async function wantedOf(
  db: Db,
  viewer: Viewer | undefined,
  clauses: Clause[],
): Promise<Wanted | undefined> {
  const asked = clauses.map(questionOf);
  const questions = asked.filter((question) => question !== undefined);
  const asker = { viewerId: viewer?.id, administers: canAdminister(viewer) };
  const answers = await resolveNames(db, asker, questions);
  const wanted = empty(viewer?.id, await isSearchIndexed(db));
  let next = 0;
  let possible = true;
  clauses.forEach((clause, n) => {
    const answer = asked[n] === undefined ? undefined : answers[next++];
    if (!add(wanted, clause, answer)) possible = false;
  });
  return possible && (wanted.among !== "own" || viewer !== undefined) ? wanted : undefined;
}

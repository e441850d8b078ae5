/** What the search box offers while somebody types, and what the page of an empty search begins with. */
import type { Db } from "#db/client.ts";
import {
  albumNames,
  gearNames,
  type NamedCount,
  ownerNames,
  placeNames,
  tagNames,
} from "#db/queries/search-suggest.ts";
import { canAdminister, type Viewer } from "../media.ts";
import { filterNames, lackable, orientations, states, typeNames, writeClause } from "./query.ts";
import { swatches } from "./values.ts";

type Named = "tag" | "album" | "camera" | "lens" | "place" | "owner";
/** `text` takes the place of the part that is being typed. */
export type Suggestion = { kind: Named | "filter"; text: string; label: string; count?: number };

const offeredMax = 10;
const eachMax = 4;

/** What stands before the caret, as far as it is one part of a query. */
function lastPart(text: string): { filter: string | undefined; value: string } {
  const found = /(?:^|\s)-?(?:(\p{L}+):)?(?:["“”„]([^"“”„]*)|([^\s"“”„]*))$/u.exec(text);
  return { filter: found?.[1]?.toLowerCase(), value: found?.[2] ?? found?.[3] ?? "" };
}

const fixed: Record<string, readonly string[]> = {
  type: typeNames,
  orientation: orientations,
  is: states,
  no: lackable,
  has: lackable,
  color: swatches,
  rating: [">=1", ">=2", ">=3", ">=4", "5"],
  size: [">=2mp", ">=8mp", ">=12mp", ">=24mp"],
};

const asSuggestion =
  (kind: Named) =>
  ({ name, count }: NamedCount): Suggestion => {
    const text = writeClause({ kind, name, not: false });
    return { kind, text, label: text, ...(kind === "owner" ? {} : { count }) };
  };

async function namesOf(
  db: Db,
  viewer: Viewer | undefined,
  kind: Named,
  text: string,
  limit: number,
): Promise<NamedCount[]> {
  const asker = { viewerId: viewer?.id, administers: canAdminister(viewer) };
  if (kind === "tag") return viewer === undefined ? [] : tagNames(db, asker, text, limit);
  if (kind === "place") return viewer === undefined ? [] : placeNames(db, asker, text, limit);
  if (kind === "album") return albumNames(db, asker, text, limit);
  if (kind === "owner") return ownerNames(db, asker, text, limit);
  return gearNames(db, asker, kind, text, limit);
}

const isNamed = (filter: string): filter is Named =>
  ["tag", "album", "camera", "lens", "place", "owner"].includes(filter);

/** Up to ten suggestions for the part of a query that is being typed; names only that the viewer may know of. */
export async function suggestionsFor(
  db: Db,
  ask: { viewer: Viewer | undefined; text: string },
): Promise<Suggestion[]> {
  const { filter, value } = lastPart(ask.text);
  if (filter !== undefined) {
    if (isNamed(filter))
      return (await namesOf(db, ask.viewer, filter, value, offeredMax)).map(asSuggestion(filter));
    const values = (fixed[filter] ?? []).filter((one) => one.startsWith(value.toLowerCase()));
    return values
      .slice(0, offeredMax)
      .map((one) => ({ kind: "filter", text: `${filter}:${one} `, label: `${filter}:${one}` }));
  }
  const kinds =
    value === ""
      ? (["tag", "album", "camera"] as const)
      : (["tag", "album", "place", "camera", "lens", "owner"] as const);
  const named = await Promise.all(
    kinds.map(async (kind) => (await namesOf(db, ask.viewer, kind, value, eachMax)).map(asSuggestion(kind))),
  );
  const filters = filterNames
    // Who added a picture is not told to visitors.
    .filter((name) => name !== "owner" || ask.viewer !== undefined)
    .filter((name) => value !== "" && name.startsWith(value.toLowerCase()))
    .map((name): Suggestion => ({ kind: "filter", text: `${name}:`, label: `${name}:` }));
  return [...filters, ...named.flat()].slice(0, offeredMax);
}

/** What an empty search begins with. */
export type Beginnings = Record<
  "tags" | "albums" | "places" | "cameras" | "lenses",
  { label: string; query: string; count: number }[]
>;

const beginningsMax = 24;

export async function beginnings(db: Db, viewer: Viewer | undefined): Promise<Beginnings> {
  const of = async (kind: Named) =>
    (await namesOf(db, viewer, kind, "", beginningsMax)).map(({ name, count }) => ({
      label: name,
      query: writeClause({ kind, name, not: false }),
      count,
    }));
  const [tags, albums, places, cameras, lenses] = await Promise.all([
    of("tag"),
    of("album"),
    of("place"),
    of("camera"),
    of("lens"),
  ]);
  return { tags, albums, places, cameras, lenses };
}

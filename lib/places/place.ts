/** Where a picture was taken, in words, for its owner alone. */
import type { NewMedia } from "#db/schema.ts";
import { log } from "../log.ts";
import { placeAt } from "./geocoder.ts";

export type PlaceColumns = Pick<NewMedia, "place" | "placeAlso" | "placeSource">;
type Known = {
  /** As the file says, from the narrowest to the widest. */
  place?: string | undefined;
  latitude?: number | null | undefined;
  longitude?: number | null | undefined;
};

/** What somebody wrote into the file, or else what the map says; nothing where neither knows. */
export async function placeColumns({ place, latitude, longitude }: Known): Promise<PlaceColumns> {
  if (place !== undefined) return { place, placeSource: "file" };
  if (typeof latitude !== "number" || typeof longitude !== "number") return {};
  const names = await placeAt(latitude, longitude).catch((err: unknown) => {
    // A picture is worth having without the name of its place.
    log("places").error({ err }, "the place of a picture could not be named");
    return undefined;
  });
  return { place: names?.place ?? "", placeAlso: names?.also ?? "", placeSource: "map" };
}

/** Names the places of pictures that were here before places had names, a batch at a time, while the gallery runs. */
import type { Db } from "#db/client.ts";
import { inTransaction } from "#db/client.ts";
import { namePlaces, nextPlaceless } from "#db/queries/places.ts";
import { log } from "../log.ts";
import { placeAt } from "./geocoder.ts";

const batch = 500;

/** Goes on until nothing is left or `signal` is aborted; safe to run in several processes at once. */
export async function fillPlaces(db: Db, signal: AbortSignal): Promise<void> {
  let named = 0;
  while (!signal.aborted) {
    const done = await inTransaction(db, async (tx) => {
      const due = await nextPlaceless(tx, batch);
      if (due === undefined) return undefined;
      const places = await Promise.all(
        due.map(async ({ id, latitude, longitude }) => {
          const names = await placeAt(latitude, longitude);
          return { id, place: names?.place ?? "", also: names?.also ?? "" };
        }),
      );
      await namePlaces(tx, places);
      return places.length;
    });
    if (done === undefined) break;
    named += done;
  }
  if (named > 0) log("places").info({ pictures: named, finished: !signal.aborted }, "places named");
}

/** Gives pictures that are older than the search their place in it, a batch at a time, while the gallery runs. */
import type { Db } from "#db/client.ts";
import { fillSearch } from "#db/queries/search.ts";
import { log } from "../log.ts";

/** A tenth of a second or two for a batch: whoever changes one of its pictures meanwhile waits no longer. */
const batch = 500;

/** Goes on until nothing is left or `signal` is aborted; safe to run in several processes at once. */
export async function fillSearchIndex(db: Db, signal: AbortSignal): Promise<void> {
  let batches = 0;
  while (!signal.aborted && (await fillSearch(db, batch))) batches++;
  if (batches > 0)
    log("search").info({ pictures: batches * batch, finished: !signal.aborted }, "pictures made searchable");
}

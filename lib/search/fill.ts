/** What the worker does for the search: keys of what came and changed, and rows for pictures that are older than it. */
import type { Db } from "#db/client.ts";
import { fillSearch, keySearch } from "#db/queries/search.ts";
import { makeSearchIndexes } from "#db/search-index.ts";
import { log } from "../log.ts";

/** A tenth of a second or two for a batch: whoever changes one of its pictures meanwhile waits no longer. */
const batch = 500;

/** Goes on until nothing is left or `signal` is aborted; safe to run in several processes at once. */
export async function fillSearchIndex(db: Db, signal: AbortSignal): Promise<void> {
  let batches = 0;
  const fill = async (): Promise<void> => {
    while (!signal.aborted && (await keySearch(db, batch)));
  };
  await fill();
  while (!signal.aborted && (await fillSearch(db, batch))) {
    batches++;
    // What comes in meanwhile does not wait for the end of a library.
    if (batches % 20 === 0) await fill();
  }
  if (batches > 0)
    log("search").info({ pictures: batches * batch, finished: !signal.aborted }, "pictures made searchable");
}

/** Makes the indexes of the search where an older version left others; minutes for a million pictures, and in nobody's way. */
export async function indexSearch(databaseUrl: string, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  if (await makeSearchIndexes(databaseUrl, signal))
    log("search").info(
      { seconds: Math.round((performance.now() - began) / 1000) },
      "the search has its new indexes",
    );
}

/** What nobody will come back for: bodies without a row, and uploads in parts that were never finished. */
import { removeBodies, type Store } from "./store.ts";

/** The longest life of a signed address; whoever goes on with an upload has done so by then. */
export const unfinishedMsMax = 7 * 86_400_000;
const everyMs = 6 * 3_600_000;

/** Forgets uploads in parts in which nothing has happened for so long. Answers how many. */
async function forgetUploads(store: Store, unfinishedMs: number): Promise<number> {
  const { catalogue } = store;
  const before = Date.now() - unfinishedMs;
  const stale = catalogue.staleUploads(before);
  if (stale.length === 0) return 0;
  const bodies = await catalogue.change(() => {
    // A part may have come meanwhile.
    const still = new Set(catalogue.staleUploads(before));
    return stale.filter((id) => still.has(id)).flatMap((id) => catalogue.removeUpload(id));
  });
  await removeBodies(store, bodies);
  return stale.length;
}

async function tidy(store: Store, unfinishedMs: number, signal: AbortSignal): Promise<void> {
  try {
    const uploads = await forgetUploads(store, unfinishedMs);
    const bodies = await store.bodies.sweep((name) => store.catalogue.names(name), signal);
    if (uploads + bodies > 0)
      store.log.info({ uploads, bodies }, "unfinished uploads and left-over bodies removed");
  } catch (err) {
    store.log.warn({ err }, "tidying up stopped");
  }
}

/** Tidies up now and a few times a day. The answer stops it. */
export function keepTidy(store: Store, unfinishedMs: number): () => Promise<void> {
  const stopping = new AbortController();
  let running = tidy(store, unfinishedMs, stopping.signal);
  const timer = setInterval(() => {
    running = running.then(() => tidy(store, unfinishedMs, stopping.signal));
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await running;
  };
}

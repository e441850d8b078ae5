/**
 * Makes the indexes of the search over a library that is older than they are. That takes minutes, and happens beside
 * everything else: nobody waits for it, and searches go by the index of before until the new one is whole.
 */
import postgres from "postgres";

/** Any number that only Tintype uses: two workers must not both make them. */
const lockNumber = 7_461_697_971;

/** The last one of the search is the one by which a search sees that all are there. */
const wanted = [
  ["media_stars", "media", "btree (owner_id, rating, taken_at, id) where rating > 0 and deleted_at is null"],
  ["media_search_own_time", "media_search", "btree (owner_id, taken_at, media_id) where keyed"],
  ["media_search_open_time", "media_search", "btree (taken_at, media_id) where keyed and open"],
  [
    "media_search_terms",
    "media_search",
    "gin (search_terms(owner_id, open, taken_at, words, own_words, facts, own_facts)) with (fastupdate=false) where keyed",
  ],
] as const;
/** What an older version had instead: as long as one of them is there, something is to be made. */
const replaced = ["media_search_keys", "media_rated"];

type Index = { name: string; whole: boolean };

async function make(sql: postgres.Sql, signal: AbortSignal): Promise<void> {
  const there = await sql<Index[]>`
    select relname as name, indisvalid as whole from pg_index join pg_class on oid = indexrelid
    where indrelid in (to_regclass('media_search'), to_regclass('media'))`;
  const run = async (statement: string): Promise<void> => {
    signal.throwIfAborted();
    const asked = sql.unsafe(statement);
    const cancel = (): void => asked.cancel();
    signal.addEventListener("abort", cancel);
    try {
      await asked;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
  for (const [name, on, definition] of wanted) {
    const found = there.find((index) => index.name === name);
    if (found?.whole) continue;
    // What a worker that was stopped left half made is of no use.
    if (found !== undefined) await run(`drop index concurrently ${name}`);
    await run(`create index concurrently ${name} on ${on} using ${definition}`);
  }
  for (const { name } of there) if (replaced.includes(name)) await run(`drop index concurrently ${name}`);
}

/**
 * Goes on until they are whole or `signal` is aborted; true when there was something to do. Safe to run in several
 * processes at once: all but one leave it to that one.
 */
export async function makeSearchIndexes(url: string, signal: AbortSignal): Promise<boolean> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const [due] =
      await sql`select 1 from unnest(${replaced}::text[]) name where to_regclass(name) is not null limit 1`;
    if (due === undefined) return false;
    const [lock] = await sql<{ mine: boolean }[]>`select pg_try_advisory_lock(${lockNumber}) as mine`;
    if (!lock?.mine) return false;
    await make(sql, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    await sql.end();
  }
}

/**
 * Makes the indexes of the search over a library that is older than they are. That takes minutes, and happens beside
 * everything else: nobody waits for it, and searches go by the index of before until the new one is whole.
 */
import postgres from "postgres";

/** Any number that only Tintype uses: two workers must not both make them. */
const lockNumber = 7_461_697_971;

/** The last one is the one by which a search sees that all are there. */
const wanted = [
  ["media_search_own_time", "btree (owner_id, taken_at, media_id) where keyed"],
  ["media_search_open_time", "btree (taken_at, media_id) where keyed and open"],
  [
    "media_search_terms",
    "gin (search_terms(owner_id, open, taken_at, words, own_words, facts, own_facts)) with (fastupdate=false) where keyed",
  ],
] as const;
const replaced = "media_search_keys";

type Index = { name: string; whole: boolean };

async function make(sql: postgres.Sql, signal: AbortSignal): Promise<void> {
  const there = await sql<Index[]>`
    select relname as name, indisvalid as whole from pg_index join pg_class on oid = indexrelid
    where indrelid = to_regclass('media_search')`;
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
  for (const [name, definition] of wanted) {
    const found = there.find((index) => index.name === name);
    if (found?.whole) continue;
    // What a worker that was stopped left half made is of no use.
    if (found !== undefined) await run(`drop index concurrently ${name}`);
    await run(`create index concurrently ${name} on media_search using ${definition}`);
  }
  if (there.some(({ name }) => name === replaced)) await run(`drop index concurrently ${replaced}`);
}

/**
 * Goes on until they are whole or `signal` is aborted; true when there was something to do. Safe to run in several
 * processes at once: all but one leave it to that one.
 */
export async function makeSearchIndexes(url: string, signal: AbortSignal): Promise<boolean> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const [due] = await sql`select 1 where to_regclass(${replaced}) is not null`;
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

/**
 * What a search costs the database, at each number of pictures given with --rows (one million when none is): nothing
 * found, one picture, the first sixty of a hundred, of a hundred thousand and of half of all, words of one and two letters,
 * Korean, filters by themselves, the second page, and counting; what a medium costs when it comes in, with the search and
 * without; and whether any plan reads a table from end to end. Rows only, in a throw-away Postgres: no picture exists.
 */
import { readFile } from "node:fs/promises";
import { type SQL, sql } from "drizzle-orm";
import postgres from "postgres";
import { connect, type Db } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import type { Place } from "#db/queries/gallery.ts";
import { boundSearch, keySearch, searchPlaces } from "#db/queries/search.ts";
import { readCursor } from "#lib/gallery.ts";
import type { Viewer } from "#lib/media.ts";
import { parseQuery } from "#lib/search/query.ts";
import { countMatches, searchMedia } from "#lib/search/search.ts";
import { suggestionsFor } from "#lib/search/suggest.ts";
import { wantedOf } from "#lib/search/wanted.ts";
import { throwawayPostgres } from "#lib/testing.ts";
import { median, table } from "./processes.ts";
import { organise, owner as ownerId, seed } from "./seed.ts";

const rounds = 7;
const pageLength = 60;
const owner: Viewer = {
  id: ownerId,
  name: "Bench",
  email: "0@example.com",
  role: "owner",
};

/** [what is asked, the query]. Words that begin with "k" and a number are in that many pictures at any size. */
const asked = [
  ["nothing", "zzzzq"],
  ["nothing, 2 letters", "zz"],
  ["1 picture", "kone"],
  ["60 of 100", "khundred"],
  ["60 of 100,000", "kmany"],
  ["60 of half", "img"],
  ["one in thirteen", "sunset"],
  ["two words", "sunset busan"],
  ["two words, never together", "sunset harbour"],
  ["rare and common word", "khundred img"],
  ["many of one month, long ago", "kburst"],
  ["1 letter", "s"],
  ["2 letters", "su"],
  ["Korean", "바다"],
  ["Korean, 1 syllable", "바"],
  ["Han, 1 letter", "京"],
  ["a common word without another", "sunset -busan"],
  ["camera", 'camera:"X-T4"'],
  ["rare type", "type:gif"],
  ["rare type and word", "type:gif khundred"],
  ["colour", "color:red"],
  ["colour nobody has", "color:#ffffff"],
  ["orientation", "orientation:portrait"],
  ["missing alt text", "no:alt"],
  ["alt text, which nobody has", "has:alt"],
  ["5 stars, which nobody gave", "rating:5"],
  ["5 stars and a word", "rating:5 sunset"],
  ["stars and a word", "rating:>=1 sunset"],
  ["size nobody has", "size:<1mp"],
  ["width nobody has", "width:>=9000"],
  ["month", "2015-03"],
  ["word and year", "sunset 2012"],
  ["day of every year", "on:07-23"],
  ["day of every year and word", "on:07-23 sunset"],
  ["tag of 1,000", "tag:rare"],
  ["tag and word", "tag:rare sunset"],
  ["tag and rare word", "tag:rare khundred"],
  ["a word that is a tag", "rare"],
  ["album of 100,000", "album:oldest"],
  ["album and word", "album:oldest sunset"],
  ["album and rare word", "album:oldest khundred"],
  ["album and a word that is nowhere", "album:oldest zzzzq"],
  ["favourites", "is:favourite"],
  ["favourites and word", "is:favourite sunset"],
  ["favourites and rare word", "is:favourite khundred"],
  ["favourites of a month", "is:favourite 2015-03"],
  ["favourites in an album", "is:favourite album:oldest"],
  ["tag of 100,000 and word", "tag:common sunset"],
  ["tag of 100,000 in an album", "tag:common album:oldest"],
  ["place", 'place:"Haeundae"'],
  ["missing place", "no:place"],
  ["near a place", "near:35.16,129.16,10km"],
] as const;

async function timed(rounds: number, work: () => Promise<unknown>): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await work();
    all.push(performance.now() - began);
  }
  return median(all);
}

export type Cost = { pages: number; statements: number; whole: string };

/** Counts the pages of a statement by explaining it. */
async function count(tx: Db, cost: Cost, statement: SQL): Promise<void> {
  const lines = await tx.execute<{ "QUERY PLAN": string }>(
    sql`explain (analyze, buffers, timing off, costs off) ${statement}`,
  );
  const plan = lines.map((row) => row["QUERY PLAN"]).join("\n");
  const [, hit = "0", read = "0"] = /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/.exec(plan) ?? [];
  cost.pages += Number(hit) + Number(read);
  cost.statements++;
  for (const [, name] of plan.matchAll(/Seq Scan on (\w+)/g)) cost.whole = `${cost.whole} ${name}`.trim();
}

/** What the places of the first page cost the database, or of the page after `from`. */
async function costOf(db: Db, viewer: Viewer | undefined, query: string, from?: Place): Promise<Cost> {
  const cost: Cost = { pages: 0, statements: 0, whole: "" };
  await db.transaction(async (tx) => {
    await boundSearch(tx, 60_000);
    const wanted = await wantedOf(tx, viewer, parseQuery(query).clauses);
    if (wanted !== undefined)
      await searchPlaces(tx, wanted, { from, newer: false, limit: pageLength + 1 }, (statement) =>
        count(tx, cost, statement),
      );
  });
  return cost;
}

/** What the connection has cost so far: CPU of its server process, and what it wrote ahead. */
async function spent(pg: postgres.Sql): Promise<{ cpuUs: number; wal: number }> {
  const [row] = await pg<{ pid: number; wal: string }[]>`
    select pg_backend_pid() as pid, (pg_current_wal_insert_lsn() - '0/0')::text as wal`;
  const schedule = await readFile(`/proc/${row?.pid}/schedstat`, "utf8");
  return { cpuUs: Number(schedule.split(" ")[0]) / 1000, wal: Number(row?.wal) };
}

/** CPU and bytes of the log for each of `count`; other load on the machine changes neither. */
async function costOfEach(pg: postgres.Sql, count: number, work: () => Promise<unknown>) {
  const before = await spent(pg);
  await work();
  const after = await spent(pg);
  return { us: (after.cpuUs - before.cpuUs) / count, bytes: (after.wal - before.wal) / count };
}

const inserts = 400;

/** What one medium costs that comes in by itself, each of a hundred that come together, and the worker's part of it. */
async function coming(pg: postgres.Sql, db: Db): Promise<Record<string, string>[]> {
  let n = 100_000_000 + Math.floor(Math.random() * 1_000_000_000);
  const add = async (together: number) => {
    await pg`insert into media (owner_id, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime, width, height,
        thumbhash, color, filename, title, taken_at, taken_source, camera, lens)
      select ${owner.id}, 'media/i' || n, 'derived/i' || n, '{320}', '{640}', sha256(n::text::bytea), 1, 'image/jpeg', 4000, 3000,
        '\\x00', n & 16777215, 'IMG_' || n || '.jpg', 'Sunset over the harbour', now() - n % 5000 * interval '1 hour', 'camera',
        'Fujifilm X-T4', 'XF23mm F1.4 R' from generate_series(${n}::int, ${n + together - 1}::int) n`;
    n += together;
  };
  const results: Record<string, string>[] = [];
  for (const together of [1, 100]) {
    const all = { enable: [] as number[], disable: [] as number[], log: { enable: 0, disable: 0 } };
    for (let round = 0; round < rounds; round++)
      for (const how of ["enable", "disable"] as const) {
        await pg.unsafe(`alter table media ${how} trigger media_search_inserted`);
        const { us, bytes } = await costOfEach(pg, inserts, async () => {
          for (let made = 0; made < inserts; made += together) await add(together);
        });
        all[how].push(us);
        all.log[how] = bytes;
      }
    await pg`alter table media enable trigger media_search_inserted`;
    const [with_, without] = [median(all.enable), median(all.disable)];
    results.push({
      "media a statement": String(together),
      "CPU with the search, µs": with_.toFixed(0),
      "without, µs": without.toFixed(0),
      more: `${((with_ / without - 1) * 100).toFixed(0)} %`,
      "log with, bytes": all.log.enable.toFixed(0),
      "log without, bytes": all.log.disable.toFixed(0),
    });
  }
  const [due] = await pg<
    { count: number }[]
  >`select count(*)::int as count from media_search where not keyed`;
  const { us, bytes } = await costOfEach(pg, due?.count ?? 1, async () => {
    while (await keySearch(db, 500));
  });
  results.push({
    "media a statement": "terms, by the worker",
    "CPU with the search, µs": us.toFixed(0),
    "log with, bytes": bytes.toFixed(0),
  });
  return results;
}

/** Milliseconds and pages of every kind of search, for a visitor and for the owner of most. */
async function searches(db: Db): Promise<void> {
  const results: Record<string, string | number>[] = [];
  const worst = { ms: 0, pages: 0 };
  for (const [what, query] of asked)
    for (const viewer of [undefined, owner]) {
      const { clauses } = parseQuery(query);
      const page = await searchMedia(db, { viewer, clauses, limit: pageLength });
      const ms = await timed(rounds, () => searchMedia(db, { viewer, clauses, limit: pageLength }));
      const next = page?.next === undefined ? undefined : readCursor(page.next);
      const { pages, statements, whole } = await costOf(db, viewer, query);
      const second = next === undefined ? undefined : await costOf(db, viewer, query, next.from);
      const count = await countMatches(db, { viewer, clauses });
      const counting = await timed(3, () => countMatches(db, { viewer, clauses }));
      worst.ms = Math.max(worst.ms, ms);
      worst.pages = Math.max(worst.pages, pages);
      results.push({
        asked: what,
        by: viewer === undefined ? "visitor" : "owner",
        shown: page?.media.length ?? 0,
        "pages read": pages,
        statements,
        "page, ms": ms.toFixed(1),
        "next page, pages read": second?.pages ?? "",
        found: count ?? "?",
        "count, ms": counting.toFixed(1),
        "read whole": whole || "none",
      });
    }
  table(results);
  console.log(`worst: ${worst.pages} pages, ${worst.ms.toFixed(1)} ms`);
}

/** Suggestions while somebody types. */
async function suggested(db: Db): Promise<void> {
  const rows: Record<string, string>[] = [];
  for (const text of ["", "s", "su", "바", "tag:r", "camera:x", "album:al", "place:bu", "owner:b"])
    for (const viewer of [undefined, owner])
      rows.push({
        typed: text,
        by: viewer === undefined ? "visitor" : "owner",
        ms: (await timed(rounds, () => suggestionsFor(db, { viewer, text }))).toFixed(1),
      });
  table(rows);
}

async function measure(url: string, rows: number): Promise<void> {
  const { db, sql: served } = connect(url, { max: 1 });
  // Without the time limits of the product: some of this takes minutes.
  const pg = postgres(url, { max: 1, onnotice: () => {} });
  const sizes = await pg<{ name: string; bytes: string }[]>`
    select relname as name, pg_relation_size(oid)::text as bytes from pg_class where relname like 'media\\_search%' and relkind in ('r', 'i')
    order by 1`;
  table(sizes.map(({ name, bytes }) => ({ name, "bytes a picture": (Number(bytes) / rows).toFixed(0) })));
  await searches(db);
  await suggested(db);
  await Promise.all([pg.end(), served.end()]);
}

async function comings(url: string): Promise<void> {
  const { db, sql: served } = connect(url, { max: 1 });
  table(await coming(served, db));
  await served.end();
}

async function at(rows: number): Promise<void> {
  const server = await throwawayPostgres();
  try {
    await migrate(server.url);
    const pg = postgres(server.url, { max: 1, onnotice: () => {} });
    const began = performance.now();
    await seed(pg, rows);
    await organise(pg);
    console.log(
      `\n${rows.toLocaleString("en")} pictures, seeded in ${((performance.now() - began) / 1000).toFixed(0)} s`,
    );
    await measure(server.url, rows);
    await comings(server.url);
    await pg.end();
  } finally {
    await server.stop();
  }
}

/** --rows 1000000,10000000: one after the other. --url: a database that was seeded before; with --coming, what comes in. */
export async function run(args: string[]): Promise<void> {
  const given = (name: string): string | undefined =>
    args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
  const sizes = (given("--rows") ?? "1000000").split(",").map(Number);
  const url = given("--url");
  if (url !== undefined && args.includes("--coming")) return comings(url);
  if (url !== undefined) return measure(url, sizes[0] ?? 1_000_000);
  for (const rows of sizes) await at(rows);
}

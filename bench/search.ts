/**
 * What a search costs the database, at each number of pictures given with --rows (one million when none is): nothing
 * found, one picture, the first sixty of a hundred, of a hundred thousand and of half of all, words of one and two letters,
 * Korean, filters by themselves, the second page, and counting; what a medium costs when it comes in, with the search and
 * without; and whether any plan reads a table from end to end. Rows only, in a throw-away Postgres: no picture exists.
 */
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { connect, type Db } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import { boundSearch, searchStatement } from "#db/queries/search.ts";
import type { Viewer } from "#lib/media.ts";
import { parseQuery } from "#lib/search/query.ts";
import { countMatches, searchMedia } from "#lib/search/search.ts";
import { wantedOf } from "#lib/search/wanted.ts";
import { throwawayPostgres } from "#lib/testing.ts";
import { median, table } from "./processes.ts";

const rounds = 7;
const pageLength = 60;
const owner: Viewer = {
  id: "00000000-0000-4000-8000-000000000000",
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
  ["two words", "sunset busan"],
  ["100,000 of one month", "kburst"],
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
  ["orientation", "orientation:portrait"],
  ["5 stars", "rating:5"],
  ["size nobody has", "size:<1mp"],
  ["width nobody has", "width:>=9000"],
  ["month", "2015-03"],
  ["day of every year", "on:07-23"],
  ["tag of 1,000", "tag:rare"],
  ["tag and word", "tag:rare sunset"],
  ["a word that is a tag", "rare"],
] as const;

/** Like a library that grew for sixteen years: most belongs to one person, seven of ten pictures are public. */
export async function seed(pg: postgres.Sql, rows: number): Promise<void> {
  await pg`insert into users (id, name, email)
    select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Bench ' || n, n || '@example.com' from generate_series(0, 20) n`;
  // Written and sorted in at once, as an import of this size would not be: that is not what is measured.
  await pg`alter table media disable trigger user`;
  const indexes = await pg<{ name: string; made: string }[]>`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as made from pg_index
    where indrelid in ('media'::regclass, 'media_search'::regclass)
      and not exists (select 1 from pg_constraint where conindid = indexrelid)`;
  for (const { name } of indexes) await pg.unsafe(`drop index ${name}`);
  const step = 250_000;
  for (let from = 1; from <= rows; from += step)
    await pg`
      insert into media (owner_id, visibility, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime, width,
        height, thumbhash, color, filename, title, taken_at, taken_source, camera, lens, rating)
      select ('00000000-0000-4000-8000-' || lpad((case when n % 5 < 4 then 0 else 1 + n / 5 % 20 end)::text, 12, '0'))::uuid,
        (case when n % 10 < 7 then 'public' when n % 10 < 9 then 'private' else 'unlisted' end)::visibility,
        'media/b' || n, 'derived/b' || n, '{320,640}', '{640}', sha256(n::text::bytea), 3000000,
        (case when n % 5000 = 0 then 'image/gif' when n % 50 = 0 then 'image/png' else 'image/jpeg' end)::media_type,
        case when n % 3 = 0 then 3000 else 4000 end, case when n % 3 = 0 then 4000 else 3000 end, '\\x00',
        (hashint4(n * 11) & 16777215), (array['IMG_', 'DSC0', 'PXL_2019'])[1 + n % 3] || n || '.jpg',
        concat_ws(' ', case when n % 4 > 0 then
            (array['Sunset','Harbour','Mountain','Street','Garden','Portrait','Winter','Market','River','Night'])
              [1 + (hashint4(n) & 2147483647) % 10] || ' ' ||
            (array['Busan','Seoul','Berlin','Lisbon','바다','해변 산책','東京','Oslo','Kyoto 京都','Prague'])
              [1 + (hashint4(n * 7) & 2147483647) % 10] end,
          case when n = ${Math.floor(rows / 3)} then 'Kone' end,
          case when n % ${Math.max(1, Math.floor(rows / 100))}::int = 7 then 'Khundred' end,
          case when n % ${Math.max(1, Math.floor(rows / 100_000))}::int = 0 then 'Kmany' end,
          case when n between ${Math.floor(rows * 0.4)}::int and ${Math.floor(rows * 0.4 + Math.min(100_000, rows / 200))}::int then 'Kburst' end),
        timestamptz '2010-01-01' + n::float8 / ${rows}::float8 * interval '5840 days', 'camera',
        (array['Fujifilm X-T4','Canon EOS R5','Pixel 6','iPhone 12','Nikon Z6'])[1 + (hashint4(n * 3) & 2147483647) % 5],
        (array['XF23mm F1.4 R','RF 50mm','Wide'])[1 + n % 3], case when n % 997 = 0 then 1 + n % 5 else 0 end
      from generate_series(${from}::int, ${Math.min(rows, from + step - 1)}::int) n`;
  await pg`insert into media_search (media_id, owner_id, open, taken_at, words, own_words, facts, own_facts, keyed)
    select id, owner_id, visibility = 'public', taken_at, search_text(title, description, alt, camera, lens),
      search_words(filename),
      search_facts(mime::text, kind::text, motion, width, height, color, title, description, alt, camera, lens, taken_at, taken_offset),
      search_own_facts(visibility::text, latitude, longitude), true from media`;
  await pg`insert into media_gear (owner_id, open, kind, name, count)
    select owner_id, visibility = 'public', 'camera', camera, count(*) from media group by 1, 2, 3, 4`;
  await pg`set maintenance_work_mem = '1GB'`;
  for (const { made } of indexes) await pg.unsafe(made);
  await pg`alter table media enable trigger user`;
  await pg`with t as (insert into tags (owner_id, name, folded) values (${owner.id}, 'Rare', 'rare') returning id)
    insert into media_tags (tag_id, media_id, taken_at, live)
    select t.id, m.id, m.taken_at, true from t, (select id, taken_at from media where owner_id = ${owner.id} order by id limit 1000) m`;
  await pg`vacuum analyze`;
}

async function timed(rounds: number, work: () => Promise<unknown>): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await work();
    all.push(performance.now() - began);
  }
  return median(all);
}

/** Tables that a plan reads from end to end, and how many pages it touched. */
async function planOf(
  db: Db,
  viewer: Viewer | undefined,
  query: string,
): Promise<{ whole: string; pages: number }> {
  const lines = await db.transaction(async (tx) => {
    await boundSearch(tx, 60_000);
    const wanted = await wantedOf(tx, viewer, parseQuery(query).clauses);
    if (wanted === undefined) return [];
    const statement = searchStatement(wanted, { from: undefined, newer: false, limit: pageLength + 1 });
    const rows = await tx.execute<{ "QUERY PLAN": string }>(
      sql`explain (analyze, buffers, timing off, costs off) ${statement}`,
    );
    return rows.map((row) => row["QUERY PLAN"]);
  });
  const whole = lines.flatMap((line) => /Seq Scan on (\w+)/.exec(line)?.[1] ?? []);
  const [, hit = "0", read = "0"] =
    /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/.exec(lines.join("\n")) ?? [];
  return { whole: whole.join(" ") || "none", pages: Number(hit) + Number(read) };
}

/** Milliseconds for one medium that comes in by itself, and for each of a hundred that come together. */
async function coming(pg: postgres.Sql): Promise<Record<string, string>[]> {
  let n = 100_000_000;
  const add = async (count: number) => {
    await pg`insert into media (owner_id, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime, width, height,
        thumbhash, color, filename, title, taken_at, taken_source, camera, lens)
      select ${owner.id}, 'media/i' || n, 'derived/i' || n, '{320}', '{640}', sha256(n::text::bytea), 1, 'image/jpeg', 4000, 3000,
        '\\x00', n & 16777215, 'IMG_' || n || '.jpg', 'Sunset over the harbour', now() - n % 5000 * interval '1 hour', 'camera',
        'Fujifilm X-T4', 'XF23mm F1.4 R' from generate_series(${n}::int, ${n + count - 1}::int) n`;
    n += count;
  };
  const results: Record<string, string>[] = [];
  for (const count of [1, 100]) {
    const ms: Record<string, number[]> = { enable: [], disable: [] };
    for (let round = 0; round < rounds; round++)
      for (const how of ["enable", "disable"]) {
        await pg.unsafe(`alter table media ${how} trigger media_search_inserted`);
        ms[how]?.push((await timed(count === 1 ? 150 : 3, () => add(count))) / count);
      }
    results.push({
      "media a statement": String(count),
      "with the search, ms": median(ms.enable ?? []).toFixed(3),
      "without, ms": median(ms.disable ?? []).toFixed(3),
    });
  }
  await pg`alter table media enable trigger media_search_inserted`;
  return results;
}

async function at(rows: number): Promise<void> {
  const server = await throwawayPostgres();
  try {
    await migrate(server.url);
    const { db, sql: served } = connect(server.url, { max: 1 });
    // Without the time limits of the product: seeding takes minutes.
    const pg = postgres(server.url, { max: 1, onnotice: () => {} });
    const began = performance.now();
    await seed(pg, rows);
    const seconds = (performance.now() - began) / 1000;
    const [size] = await pg<{ rows: string; keys: string }[]>`
      select pg_table_size('media_search')::text as rows, pg_relation_size('media_search_keys')::text as keys`;
    const each = (bytes: string | undefined): string => `${(Number(bytes) / rows).toFixed(0)} B`;
    console.log(
      `\n${rows.toLocaleString("en")} pictures, seeded in ${seconds.toFixed(0)} s; a picture takes ${each(size?.rows)} of rows and ${each(size?.keys)} of keys`,
    );
    const results: Record<string, string | number>[] = [];
    let worst = 0;
    for (const [what, query] of asked)
      for (const viewer of [undefined, owner]) {
        const { clauses } = parseQuery(query);
        const page = await searchMedia(db, { viewer, clauses, limit: pageLength });
        const ms = await timed(rounds, () => searchMedia(db, { viewer, clauses, limit: pageLength }));
        const next = page?.next;
        const second =
          next === undefined
            ? undefined
            : await timed(rounds, () =>
                searchMedia(db, { viewer, clauses, cursor: next, limit: pageLength }),
              );
        const count = await countMatches(db, { viewer, clauses });
        const counting = await timed(3, () => countMatches(db, { viewer, clauses }));
        const { whole, pages } = await planOf(db, viewer, query);
        worst = Math.max(worst, ms);
        results.push({
          asked: what,
          by: viewer === undefined ? "visitor" : "owner",
          shown: page?.media.length ?? 0,
          "page, ms": ms.toFixed(1),
          "2nd page, ms": second?.toFixed(1) ?? "",
          found: count ?? "?",
          "count, ms": counting.toFixed(1),
          "pages read": pages,
          "read whole": whole,
        });
      }
    table(results);
    console.log(`worst page: ${worst.toFixed(1)} ms`);
    table(await coming(pg));
    await Promise.all([pg.end(), served.end()]);
  } finally {
    await server.stop();
  }
}

/** --rows 1000000,10000000: one after the other. */
export async function run(args: string[]): Promise<void> {
  const given = args.indexOf("--rows");
  const sizes = given === -1 ? [1_000_000] : (args[given + 1] ?? "").split(",").map(Number);
  for (const rows of sizes) await at(rows);
}

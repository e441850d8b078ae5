/**
 * Hundreds of searches that nobody thought of, each compared with a plain SELECT over all media: the same pictures, in the
 * same order, from the top and from the middle, in both directions. SEARCH_TRIES=5000 tries more of them.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type SQL, sql } from "drizzle-orm";
import type { Place } from "#db/queries/gallery.ts";
import { boundSearch, searchInTime, searchPlaces } from "#db/queries/search.ts";
import { makeSearchIndexes } from "#db/search-index.ts";
import type { Viewer } from "#lib/media.ts";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";
import { fillSearchIndex } from "./fill.ts";
import { parseQuery } from "./query.ts";
import { searchMedia } from "./search.ts";
import { wantedOf } from "./wanted.ts";

const searches = Number(process.env.SEARCH_TRIES ?? 120);
const pictures = 3_000;

/** Mulberry32: the same numbers in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const words = ["sunset", "harbour", "busan", "바다", "해변", "京都", "winter", "nikon", "rarely"] as const;
type Part = { text: string; naive: (viewer: string | null) => SQL };

const like = (word: string) => (viewer: string | null) =>
  sql`(
  search_text(m.title, m.description, m.alt, m.camera, m.lens) like '%' || search_fold(${word}::text) || '%'
  or (m.owner_id = ${viewer}::uuid and search_own_text(m.filename, m.place, m.place_also) like '%' || search_fold(${word}::text) || '%')
  or exists (select 1 from media_tags x join tags t on t.id = x.tag_id
    where x.media_id = m.id and t.owner_id = ${viewer}::uuid and t.folded like '%' || search_fold(${word}::text) || '%'))`;
const own = (condition: SQL) => (viewer: string | null) =>
  sql`(m.owner_id = ${viewer}::uuid and ${condition})`;
const plain = (condition: SQL) => () => condition;

const parts: Part[] = [
  ...words.map((word) => ({ text: word, naive: like(word) })),
  { text: "img", naive: like("img") },
  { text: "famil", naive: like("famil") },
  { text: "nothere", naive: plain(sql`false`) },
  { text: "s", naive: like(" s") },
  { text: "type:gif", naive: plain(sql`m.mime = 'image/gif'`) },
  { text: "type:jpeg", naive: plain(sql`m.mime = 'image/jpeg'`) },
  { text: "orientation:portrait", naive: plain(sql`m.height > m.width`) },
  { text: "camera:nikon", naive: plain(sql`coalesce(m.camera = 'Nikon Z6', false)`) },
  { text: "no:alt", naive: plain(sql`m.alt = ''`) },
  { text: "rating:>=4", naive: own(sql`m.rating >= 4`) },
  { text: "is:mine", naive: own(sql`true`) },
  {
    text: "is:favourite",
    naive: (viewer) =>
      sql`exists (select 1 from favourites f where f.user_id = ${viewer}::uuid and f.media_id = m.id)`,
  },
  { text: "is:private", naive: own(sql`m.visibility = 'private'`) },
  { text: "is:public", naive: plain(sql`m.visibility = 'public'`) },
  { text: "2019", naive: plain(sql`(m.taken_at >= '2019-01-01Z' and m.taken_at < '2020-01-01Z')`) },
  {
    text: "2018-06-10..2021-02",
    naive: plain(sql`(m.taken_at >= '2018-06-10Z' and m.taken_at < '2021-03-01Z')`),
  },
  { text: "..1999", naive: plain(sql`m.taken_at < '2000-01-01Z'`) },
  { text: "on:07-04", naive: plain(sql`to_char(m.taken_at at time zone 'UTC', 'MMDD') = '0704'`) },
  { text: "on:06-05", naive: plain(sql`to_char(m.taken_at at time zone 'UTC', 'MMDD') = '0605'`) },
  { text: "on:02-29", naive: plain(sql`to_char(m.taken_at at time zone 'UTC', 'MMDD') = '0229'`) },
  { text: "width:>=3500", naive: plain(sql`m.width >= 3500`) },
  {
    text: "color:red",
    naive: plain(sql`color_distance(color_lab(m.color), color_lab(${0xc0392b}::int)) <= 0.09`),
  },
  {
    text: "tag:family",
    naive: (viewer) => sql`exists (select 1 from media_tags x join tags t on t.id = x.tag_id
      where x.media_id = m.id and t.owner_id = ${viewer}::uuid and t.folded = 'family')`,
  },
  {
    text: "album:trip",
    naive: (viewer) => sql`exists (select 1 from album_media x join albums a on a.id = x.album_id
      where x.media_id = m.id and a.owner_id = ${viewer}::uuid and a.title like 'Trip%')`,
  },
];
/** What lies in lists of its own, and what these are asked for together with. */
const daily = parts.filter(({ text }) =>
  /^on:|^(sunset|rarely|winter|is:public|is:favourite|2019|type:gif)$/.test(text),
);
const crossed = parts.filter(({ text }) =>
  [
    "is:favourite",
    "tag:family",
    "album:trip",
    "rating:>=4",
    "sunset",
    "busan",
    "rarely",
    "nothere",
    "color:red",
    "2019",
  ].includes(text),
);
/** What only owners know is asked of their own pictures, the contrary too. */
const noContrary = new Set(["rating:>=4", "is:mine", "is:private", "is:public"]);

let database: TestDatabase;
const people: Viewer[] = [];

/** Decades of few, years of many, a crowded month with a crowded hour in it, and moments that several share. */
function moment(random: () => number): number {
  const kind = random();
  if (kind < 0.1) return Date.UTC(1950 + Math.floor(random() * 95), 5, 5);
  if (kind < 0.5) return Date.UTC(2016, 0, 1 + Math.floor(random() * 2000));
  if (kind < 0.7) return Date.UTC(2019, 6, 1 + Math.floor(random() * 31), Math.floor(random() * 24));
  return Date.UTC(2019, 6, 4, 12, Math.floor(random() * 200));
}

function medium(n: number, random: () => number) {
  const one = <T>(list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0];
  const title = (): string => one(["sunset", "harbour", "busan", "바다", "해변", "京都", "winter"]);
  const at = moment(random);
  const tall = random() < 0.3;
  return {
    owner_id: people[random() < 0.7 ? 0 : 1]?.id ?? "",
    visibility: one(["public", "public", "private", "unlisted"]),
    key: `media/${n}`,
    rendition_folder: `derived/${n}`,
    avif_widths: [320],
    jpeg_widths: [640],
    sha256: Buffer.from(String(n).padStart(32, "0")),
    bytes: 1,
    mime: random() < 0.02 ? "image/gif" : "image/jpeg",
    width: tall ? 3000 : 4000,
    height: tall ? 4000 : 3000,
    thumbhash: Buffer.from([1]),
    color: Math.floor(random() * 2 ** 24),
    filename: random() < 0.5 ? `IMG_${n}.jpg` : `DSC${n}.jpg`,
    title: [title(), title(), ...(n % 500 === 7 ? ["rarely"] : [])].join(" "),
    alt: random() < 0.5 ? "winter" : "",
    taken_at: new Date(at).toISOString(),
    taken_source: "camera",
    // Common once, and never since.
    camera: at < Date.UTC(2019, 6, 4) ? "Nikon Z6" : "Pixel 6",
    rating: random() < 0.1 ? Math.floor(random() * 6) : 0,
  };
}

before(async () => {
  database = await testDatabase();
  for (const name of ["one", "two"]) {
    const [user] = await database.sql<{ id: string }[]>`
      insert into users (name, email, role) values (${name}, ${`${name}@example.org`}, 'member') returning id`;
    assert.ok(user);
    people.push({ id: user.id, name, email: `${name}@example.org`, role: "member" });
  }
  const random = numbers(1);
  const media = Array.from({ length: pictures }, (_, n) => medium(n, random));
  const add = (rows: typeof media) => database.sql`insert into media ${database.sql(rows)}`;
  const unkeyed = pictures - 200;
  for (let n = 0; n < unkeyed; n += 700) await add(media.slice(n, Math.min(n + 700, unkeyed)));
  await fillSearchIndex(database.db, new AbortController().signal);
  await add(media.slice(unkeyed));
  for (const { id } of people)
    await database.sql`
      with t as (insert into tags (owner_id, name, folded) values (${id}, 'Family', 'family') returning id)
      insert into media_tags (tag_id, media_id, taken_at, live)
      select t.id, m.id, m.taken_at, true from t, media m where m.owner_id = ${id} and right(m.key, 1) = '3'`;
  // Two of one name, which share pictures, and other people's among them.
  for (const [n, { id }] of people.entries())
    for (const half of [0, 1])
      await database.sql`
        with a as (insert into albums (owner_id, title) values (${id}, ${`Trip ${half}`}) returning id)
        insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
        select a.id, m.id, row_number() over (), row_number() over (), m.taken_at, m.title, m.visibility, true from a, media m
        where (m.owner_id = ${id} or m.visibility = 'public') and hashtext(m.key || ${n}) % 3 in (0, ${half + 1})`;
  // So many that the timeline is walked past the others, and so few that each is looked at.
  for (const [n, { id }] of people.entries())
    await database.sql`
      insert into favourites (user_id, media_id, taken_at)
      select ${id}, id, taken_at from media where owner_id = ${id} or visibility = 'public' order by key limit ${[2200, 40][n] ?? 0}`;
  await database.sql`vacuum analyze`;
});
after(() => database.close());

type Walk = { from: Place | undefined; newer: boolean; limit: number };

async function ours(viewer: Viewer | undefined, text: string, walk: Walk): Promise<string[]> {
  return database.db.transaction(async (tx) => {
    await boundSearch(tx, 60_000);
    const wanted = await wantedOf(tx, viewer, parseQuery(text).clauses);
    return wanted === undefined ? [] : (await searchPlaces(tx, wanted, walk)).map(({ id }) => id);
  });
}

/** All that it finds from the oldest on, each piece as short as it may be. */
async function upwards(viewer: Viewer | undefined, text: string): Promise<string[]> {
  const seen: string[] = [];
  await database.db.transaction(async (tx) => {
    await boundSearch(tx, 60_000);
    const wanted = await wantedOf(tx, viewer, parseQuery(text).clauses);
    if (wanted === undefined) return;
    let from: Place | undefined;
    do {
      const walk = { from, newer: true, limit: 50 };
      const { places, reached } = await searchInTime(tx, wanted, walk, () => true);
      seen.push(...places.map(({ id }) => id));
      from = reached ?? (places.length === walk.limit ? places.at(-1) : undefined);
    } while (from !== undefined);
  });
  return seen;
}

/** All that it finds, newest first. */
async function all(viewer: Viewer | undefined, conditions: SQL[]): Promise<Place[]> {
  const rows = await database.db.execute<{ id: string; taken_at: string }>(sql`
    select m.id, m.taken_at from media m
    where (m.visibility = 'public' or m.owner_id = ${viewer?.id ?? null}::uuid) and m.deleted_at is null
      and ${sql.join(conditions, sql` and `)}
    order by m.taken_at desc, m.id desc`);
  return rows.map(({ id, taken_at }) => ({ id, takenAt: new Date(taken_at) }));
}

async function compare(searches: number, seed: number, parts: readonly Part[]): Promise<void> {
  const random = numbers(seed);
  const pick = (n: number): number => Math.floor(random() * n);
  let tried = 0;
  while (tried < searches) {
    const viewer = [undefined, ...people][pick(3)];
    const chosen = new Set(Array.from({ length: 1 + pick(3) }, () => pick(parts.length)));
    const clauses = parts
      .filter((_, n) => chosen.has(n))
      .map(({ text, naive }) => {
        const not = chosen.size > 1 && !noContrary.has(text) && random() < 0.2;
        const is = naive(viewer?.id ?? null);
        return { text: `${not ? "-" : ""}${text}`, is: not ? sql`not coalesce(${is}, false)` : is };
      });
    const text = clauses.map((clause) => clause.text).join(" ");
    if (parseQuery(text).problems.length > 0) continue;
    tried++;
    const conditions = clauses.map(({ is }) => is);
    const found = await all(viewer, conditions);
    const limit = [1, 7, 61, 300][pick(4)] ?? 61;
    const ids = found.map(({ id }) => id);
    const said = `${text} for ${viewer?.name}, ${limit}`;
    const top = await ours(viewer, text, { from: undefined, newer: false, limit });
    assert.deepEqual(top, ids.slice(0, limit), said);
    const at = pick(found.length);
    const from = found[at];
    if (from === undefined) continue;
    const older = await ours(viewer, text, { from, newer: false, limit });
    assert.deepEqual(older, ids.slice(at + 1, at + 1 + limit), `${said}, older than ${at}`);
    const newer = await ours(viewer, text, { from, newer: true, limit });
    assert.deepEqual(newer, ids.slice(Math.max(0, at - limit), at).reverse(), `${said}, newer than ${at}`);
  }
}

describe("any search", () => {
  it("finds what a plain SELECT finds, in its order, from anywhere and in both directions", () =>
    compare(searches, Number(process.env.SEARCH_SEED ?? 2), parts));
  it("finds the same where favourites, albums, tags and stars are asked for together, and with words", () =>
    compare(searches, Number(process.env.SEARCH_SEED ?? 5), crossed));
  it("finds the same where a day of every year is asked for, by itself and with words", () =>
    compare(Math.ceil(searches / 2), Number(process.env.SEARCH_SEED ?? 6), daily));
  it("finds the same piece by piece, where its time is over after each", async () => {
    const random = numbers(7);
    let ended = 0;
    for (let tried = 0; tried < Math.ceil(searches / 4); tried++) {
      const viewer = [undefined, ...people][Math.floor(random() * 3)];
      const chosen = crossed.filter(() => random() < 0.25);
      if (chosen.length === 0) continue;
      const text = chosen.map((part) => part.text).join(" ");
      const expected = await all(
        viewer,
        chosen.map(({ naive }) => naive(viewer?.id ?? null)),
      );
      const { clauses } = parseQuery(text);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await searchMedia(database.db, { viewer, clauses, cursor, limit: 300, patience: -1 });
        assert.ok(page);
        if (page.reached !== undefined) ended++;
        seen.push(...page.media.map(({ id }) => id));
        cursor = page.next;
      } while (cursor !== undefined);
      const ids = expected.map(({ id }) => id);
      assert.deepEqual(seen, ids, `${text} for ${viewer?.name}`);
      assert.deepEqual(await upwards(viewer, text), ids.toReversed(), `${text} for ${viewer?.name}, upwards`);
    }
    assert.ok(ended > 0);
  });
  it("finds the same in a library of an older version, before and after the worker has made the new indexes", async () => {
    // What the migration leaves where there are many pictures, and a worker that was killed half-way.
    await database.sql.unsafe(`
      drop index media_search_terms, media_search_own_time, media_search_open_time, media_stars;
      create index media_rated on media (owner_id, taken_at, id) where rating > 0 and deleted_at is null;
      create index media_search_keys on media_search
        using gin (search_keys(owner_id, open, taken_at, words, own_words, facts, own_facts)) where keyed;
      create index media_search_own_time on media_search (owner_id) where keyed;
      update pg_index set indisvalid = false where indexrelid = 'media_search_own_time'::regclass`);
    await compare(Math.ceil(searches / 6), 3, parts);
    const { signal } = new AbortController();
    assert.equal(await makeSearchIndexes(database.url, signal), true);
    const names = await database.sql<{ name: string }[]>`
      select relname as name from pg_index join pg_class on oid = indexrelid
      where (indrelid = 'media_search'::regclass or relname in ('media_stars', 'media_rated')) and indisvalid order by 1`;
    assert.deepEqual(
      names.map(({ name }) => name),
      [
        "media_search_due",
        "media_search_open_time",
        "media_search_own_time",
        "media_search_pkey",
        "media_search_terms",
        "media_stars",
      ],
    );
    assert.equal(await makeSearchIndexes(database.url, signal), false);
    await compare(Math.ceil(searches / 6), 4, parts);
  });
});

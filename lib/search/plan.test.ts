import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { sql } from "drizzle-orm";
import { boundSearch, searchPlaces } from "#db/queries/search.ts";
import type { Viewer } from "#lib/media.ts";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";
import { fillSearchIndex } from "./fill.ts";
import { parseQuery } from "./query.ts";
import { searchMedia } from "./search.ts";
import { wantedOf } from "./wanted.ts";

/** More in one month than a search takes from its index, and as many again in the months around it. */
const inOneMonth = 3_000;
const rows = 4_500;

let database: TestDatabase;
let me: Viewer;
before(async () => {
  database = await testDatabase();
  const email = `${randomBytes(4).toString("hex")}@example.org`;
  const [user] = await database.sql<{ id: string }[]>`
    insert into users (name, email, role) values ('Me', ${email}, 'member') returning id`;
  assert.ok(user);
  me = { id: user.id, name: "Me", email, role: "member" };
  await database.sql`
    insert into media (owner_id, visibility, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime, width,
      height, thumbhash, color, filename, title, taken_at, taken_source, camera)
    select ${me.id}, (case when n % 2 = 0 then 'public' else 'private' end)::visibility, 'media/' || n, 'derived/' || n,
      '{320}', '{640}', sha256(n::text::bytea), 1, 'image/jpeg', 4000, 3000, '\\x00', n, 'IMG_' || n || '.jpg',
      'common' || case when n % 900 = 0 then ' rarely' else '' end,
      -- Two of each moment, so that an order by time alone would show.
      case when n <= ${inOneMonth} then timestamptz '2020-06-01' + n / 2 * interval '10 minutes'
        else timestamptz '2018-01-01' + n / 2 * interval '13 hours' end, 'camera', 'Box'
    from generate_series(1, ${rows}) n`;
  await fillSearchIndex(database.db, new AbortController().signal);
  await database.sql`analyze`;
});
after(() => database.close());

/** Of every statement that the first page takes. */
async function planOf(viewer: Viewer | undefined, text: string): Promise<string> {
  const plans: string[] = [];
  await database.db.transaction(async (tx) => {
    await boundSearch(tx, 20_000);
    const wanted = await wantedOf(tx, viewer, parseQuery(text).clauses);
    assert.ok(wanted);
    const page = { from: undefined, newer: false, limit: 61 };
    await searchPlaces(tx, wanted, page, async (statement) => {
      const lines = await tx.execute<{ "QUERY PLAN": string }>(sql`explain (costs off) ${statement}`);
      plans.push(...lines.map((line) => line["QUERY PLAN"]));
    });
  });
  return plans.join("\n");
}

describe("how the database is asked", () => {
  it("reads no table from end to end, sorts no library and enters by an index", async () => {
    for (const viewer of [me, undefined])
      for (const text of [
        "rarely",
        "zz",
        "c",
        "바",
        "common -rarely",
        "type:gif",
        "color:red",
        "2020-06",
        "-common",
      ]) {
        const plan = await planOf(viewer, text);
        assert.doesNotMatch(plan, /Seq Scan/, text);
        assert.match(
          plan,
          text === "2020-06" || text === "-common"
            ? /media_search_(own|open)_time/
            : /search_taken|media_search_(own|open)_time/,
          text,
        );
      }
    assert.match(await planOf(me, "rating:5"), /media_stars/);
    assert.match(await planOf(me, "is:favourite"), /favourites_taken/);
  });
  it("takes rows by the index of terms, whatever the planner thinks of a limit", async () => {
    const [taken] = await database.sql<{ source: string; settings: string[] }[]>`
      select prosrc as source, proconfig as settings from pg_proc where proname = 'search_taken'`;
    assert.ok(taken);
    const source = taken.source.replaceAll("most", "100").replace("questions", "array['p10com', 'x']");
    const plan = await database.sql.begin(async (tx) => {
      for (const setting of taken.settings) await tx.unsafe(`set local ${setting}`);
      const lines = await tx.unsafe<{ "QUERY PLAN": string }[]>(`explain (costs off) ${source}`);
      return lines.map((line) => line["QUERY PLAN"]).join("\n");
    });
    assert.match(plan, /Bitmap Index Scan on media_search_terms/);
    assert.doesNotMatch(plan, /_time|Join Filter/);
  });
});

describe("a month that holds very many matches", () => {
  it("is walked to its end without a gap, in both directions", async () => {
    for (const [viewer, among] of [
      [me, sql`true`],
      [undefined, sql`visibility = 'public'`],
    ] as const) {
      const expected = await database.db.execute<{ id: string }>(
        sql`select id from media where ${among} order by taken_at desc, id desc`,
      );
      const ids = expected.map(({ id }) => id);
      const { clauses } = parseQuery("common");
      const seen: string[] = [];
      let cursor: string | undefined;
      let back: string | undefined;
      do {
        const page = await searchMedia(database.db, { viewer, clauses, cursor, limit: 450 });
        assert.ok(page);
        seen.push(...page.media.map(({ id }) => id));
        cursor = page.next;
        back = page.previous ?? back;
      } while (cursor !== undefined);
      assert.deepEqual(seen, ids);
      const again: string[] = ids.slice(-(ids.length % 450 || 450));
      while (back !== undefined) {
        const page = await searchMedia(database.db, { viewer, clauses, cursor: back, limit: 450 });
        assert.ok(page);
        again.unshift(...page.media.map(({ id }) => id));
        back = page.previous;
        if (again.length >= ids.length) break;
      }
      assert.deepEqual(again, ids);
    }
  });
  it("is walked between the days that were asked for", async () => {
    const { clauses } = parseQuery("common 2020-06-03..2020-06-18");
    const [row] = await database.sql<{ count: number }[]>`
      select count(*)::int as count from media where taken_at >= '2020-06-03' and taken_at < '2020-06-19'`;
    let count = 0;
    let cursor: string | undefined;
    do {
      const page = await searchMedia(database.db, { viewer: me, clauses, cursor, limit: 700 });
      assert.ok(page);
      count += page.media.length;
      cursor = page.next;
    } while (cursor !== undefined);
    assert.equal(count, row?.count);
  });
});

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import postgres from "postgres";
import { migrate } from "#db/migrate.ts";
import { emptyDatabase, type TestDatabase, testDatabase } from "#lib/testing.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.close());

/** Small and repeatable: a failure names its seed, and the seed brings the failure back. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function addUser(role: string): Promise<string> {
  const [user] = await database.sql<{ id: string }[]>`
    insert into users (name, email, role) values ('Someone', ${`${randomBytes(8).toString("hex")}@example.org`}, ${role})
    returning id`;
  assert.ok(user);
  return user.id;
}

/** Takes a timestamp in milliseconds, so that months differ and month ends are met. */
const newMedium = (owner: string, visibility: string, takenAt: number, width: number, height: number) => ({
  owner_id: owner,
  visibility,
  key: `media/${randomBytes(16).toString("hex")}.jpg`,
  rendition_folder: `derived/${randomBytes(16).toString("hex")}`,
  avif_widths: [320],
  jpeg_widths: [640],
  sha256: createHash("sha256").update(randomBytes(16)).digest(),
  bytes: 1000,
  mime: "image/jpeg",
  width,
  height,
  thumbhash: Buffer.from([1, 2, 3]),
  color: 0x336699,
  filename: "a.jpg",
  // Drizzle takes over how this client writes dates.
  taken_at: new Date(takenAt).toISOString(),
  taken_source: "camera",
});

const counted = () => database.sql`
  select owner_id, visibility, to_char(taken_at at time zone 'UTC', 'YYYY-MM-01') as month,
    count(*)::int as count, sum(least(4, greatest(0.5, width::float8 / height))) as ratio
  from media where deleted_at is null group by 1, 2, 3 order by 1, 2, 3`;
const kept = () => database.sql`
  select owner_id, visibility, month, count, ratio_sum as ratio
  from media_months where count <> 0 order by 1, 2, 3`;

const days = (from: "media" | "media_days") =>
  from === "media"
    ? database.sql`
        select owner_id, visibility, (taken_at at time zone 'UTC')::date::text as day, count(*)::int as count
        from media where deleted_at is null group by 1, 2, 3 order by 1, 2, 3`
    : database.sql`
        select owner_id, visibility, day::text, count from media_days where count <> 0 order by 1, 2, 3`;

async function assertExactTotals(seed: number, step: number): Promise<void> {
  const [truth, totals, [broken]] = await Promise.all([
    counted(),
    kept(),
    database.sql`select * from media_months where count < 0 or (count = 0 and abs(ratio_sum) > 1e-6)`,
  ]);
  const where = `seed ${seed}, step ${step}`;
  assert.deepEqual([...(await days("media_days"))], [...(await days("media"))], `${where}: days`);
  assert.equal(broken, undefined, `${where}: an empty month has a height`);
  assert.equal(totals.length, truth.length, `${where}: number of months`);
  for (const [n, row] of truth.entries()) {
    const total = totals[n];
    assert.ok(total);
    const { ratio: wanted, ...rest } = row;
    const { ratio: found, ...names } = total;
    assert.deepEqual(names, rest, where);
    assert.ok(Math.abs(found - wanted) < 1e-6, `${where}: Σ ratio ${found} instead of ${wanted}`);
  }
}

test("month totals stay exact under any mix of inserts, changes, trash, restores and deletes", async () => {
  const seed = randomBytes(4).readUInt32LE();
  const random = randomFrom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const owners = [await addUser("member"), await addUser("member")];
  const visibilities = ["private", "unlisted", "public"];
  const someTime = (): number =>
    Date.UTC(2023, below(8), 1 + below(28), below(24)) - (below(4) === 0 ? 1 : 0);
  const { sql } = database;
  const some = () =>
    sql`select id from media order by md5(id::text || ${String(random())}) limit ${1 + below(6)}`;

  for (let step = 0; step < 150; step++) {
    const what = below(8);
    if (what <= 1) {
      const rows = Array.from({ length: 1 + below(9) }, () =>
        newMedium(
          owners[below(2)] ?? "",
          visibilities[below(3)] ?? "",
          someTime(),
          1 + below(4000),
          1 + below(4000),
        ),
      );
      await sql`insert into media ${sql(rows)}`;
    } else if (what === 2)
      await sql`update media set taken_at = ${new Date(someTime()).toISOString()} where id in (${some()})`;
    else if (what === 3)
      await sql`update media set visibility = ${visibilities[below(3)] ?? ""} where id in (${some()})`;
    else if (what === 4) await sql`update media set deleted_at = now() where id in (${some()})`;
    else if (what === 5) await sql`update media set deleted_at = null where id in (${some()})`;
    else if (what === 6)
      await sql`update media set width = ${1 + below(4000)}, height = ${1 + below(4000)} where id in (${some()})`;
    else await sql`delete from media where id in (${some()})`;
    if (step % 10 === 9) await assertExactTotals(seed, step);
  }
  await assertExactTotals(seed, 150);
});

test("month totals stay exact when two sessions write the same months at the same time", async () => {
  const owner = await addUser("member");
  const { sql } = database;
  const write = async (n: number): Promise<void> => {
    for (let round = 0; round < 10; round++) {
      const times = [Date.UTC(2020, 0, 1), Date.UTC(2020, 1, 1), Date.UTC(2020, 2, 1)];
      // Opposite orders: without one order inside the trigger these would deadlock.
      const ordered = n % 2 === 0 ? times : times.toReversed();
      await sql`insert into media ${sql(ordered.map((time) => newMedium(owner, "public", time, 3, 2)))}`;
    }
  };
  await Promise.all([write(0), write(1), write(2), write(3)]);
  const months = await sql`select month, count from media_months where owner_id = ${owner} order by month`;
  assert.deepEqual(
    months.map((row) => [row.month, row.count]),
    [
      ["2020-01-01", 40],
      ["2020-02-01", 40],
      ["2020-03-01", 40],
    ],
  );
});

test("whoever listens is told whose pictures of which month changed, and nothing in a rolled back change", async () => {
  const owner = await addUser("member");
  const { sql } = database;
  const heard: string[] = [];
  const listening = await sql.listen("tintype_media", (news) => heard.push(...news.split(",")));
  const times = [Date.UTC(2019, 6, 4), Date.UTC(2019, 6, 5), Date.UTC(2018, 0, 1)];
  const mine = () => heard.filter((one) => one.startsWith(owner)).map((one) => one.slice(owner.length + 1));
  await assert.rejects(
    sql.begin(async (inner) => {
      await inner`insert into media ${inner([newMedium(owner, "public", Date.UTC(2001, 1), 3, 2)])}`;
      throw new Error("the worker dies here");
    }),
  );
  await sql`insert into media ${sql(times.map((time) => newMedium(owner, "unlisted", time, 3, 2)))}`;
  await sql`update media set title = 'A title', visibility = 'public' where owner_id = ${owner} and taken_at < '2019-01-01'`;
  // What is sent last arrives last.
  await sql`select pg_notify('tintype_media', 'end')`;
  while (!heard.includes("end")) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(mine(), ["own 2018-01", "own 2019-07", "own 2018-01", "public 2018-01"]);
  const many = Array.from({ length: 400 }, (_, n) => newMedium(owner, "private", Date.UTC(1980, n), 3, 2));
  heard.length = 0;
  await sql`insert into media ${sql(many)}`;
  while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(mine(), ["own *"]);
  await listening.unlisten();
});

test("a rolled back upload leaves the totals as they were", async () => {
  const owner = await addUser("member");
  const { sql } = database;
  await assert.rejects(
    sql.begin(async (inner) => {
      await inner`insert into media ${inner([newMedium(owner, "public", Date.UTC(2021, 5, 1), 3, 2)])}`;
      throw new Error("the worker dies here");
    }),
    /the worker dies here/,
  );
  assert.deepEqual([...(await sql`select * from media_months where owner_id = ${owner}`)], []);
});

test("there is one owner, whatever races for the set-up link", async () => {
  const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => addUser("owner")));
  assert.equal(attempts.filter((attempt) => attempt.status === "fulfilled").length, 1);
  const [row] = await database.sql`select count(*)::int as count from users where role = 'owner'`;
  assert.equal(row?.count, 1);
});

test("every account has a quota row from its first moment (I-6)", async () => {
  const user = await addUser("viewer");
  const rows = await database.sql`select used_bytes, reserved_bytes from quotas where owner_id = ${user}`;
  assert.deepEqual([...rows], [{ used_bytes: "0", reserved_bytes: "0" }]);
});

test("two processes that migrate at the same moment both succeed, and a later one changes nothing", async () => {
  const empty = await emptyDatabase();
  const sql = postgres(empty.url, { max: 1, onnotice: () => {} });
  try {
    await Promise.all([migrate(empty.url), migrate(empty.url)]);
    const applied = () => sql`select hash from drizzle.__drizzle_migrations order by id`;
    const before = await applied();
    assert.equal(new Set(before.map((row) => row.hash)).size, before.length, "a migration was applied twice");
    await migrate(empty.url);
    assert.deepEqual([...(await applied())], [...before]);
    const [queue] = await sql`select to_regprocedure('graphile_worker.add_job(text,json)') is not null
      or exists (select 1 from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'graphile_worker' and p.proname = 'add_job') as there`;
    assert.equal(queue?.there, true, "the job queue is missing");
  } finally {
    await sql.end();
    await empty.close();
  }
});

test("the wall clock takes the place of the moment: days, months, albums, searches and what undo knows follow", async () => {
  const empty = await emptyDatabase();
  const sql = postgres(empty.url, { max: 1, onnotice: () => {} });
  try {
    const names = JSON.parse(
      await readFile(new URL("migrations/meta/_journal.json", import.meta.url), "utf8"),
    );
    const entries: { tag: string; when: number }[] = names.entries;
    const before = entries[entries.findIndex(({ tag }) => tag === "0024_wall_clock") - 1];
    assert.ok(before);
    await migrate(empty.url, { through: before.when });
    const [user] = await sql`insert into users (name, email) values ('Mina', 'm@example.org') returning id`;
    const row = (at: string, offset: number | null) => ({
      ...newMedium(String(user?.id), "private", Date.parse(at), 3, 2),
      taken_offset: offset,
    });
    const ids = (
      await sql`insert into media ${sql([
        row("2026-05-31T20:00:00Z", 540),
        row("2026-06-01T02:00:00Z", -480),
        row("2026-06-01T12:00:00Z", null),
      ])} returning id`
    ).map(({ id }) => String(id));
    const [first = "", second = ""] = ids;
    const [album] = await sql`insert into albums (owner_id, title) values (${user?.id}, 'Jeju') returning id`;
    await sql`insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
      select ${album?.id}, id, 1, 1, taken_at, '', visibility, true from media`;
    // The first was moved by a day, the second said to be of another zone.
    await sql`insert into changes (id, user_id, kind) values (${first}, ${user?.id}, 'date'), (${second}, ${user?.id}, 'date')`;
    await sql`insert into change_rows (change_id, media_id, before, after) values
      (${first}, ${first}, '{"taken_at": "2026-05-30T20:00:00+00:00", "taken_source": "camera"}', '{"taken_at": "2026-05-31T20:00:00+00:00", "taken_source": "person"}'),
      (${second}, ${second}, '{"taken_at": "2026-05-31T18:00:00+00:00", "taken_offset": 0}', '{"taken_at": "2026-06-01T02:00:00+00:00", "taken_offset": -480}')`;
    await migrate(empty.url);
    const clocks = ["2026-06-01 05:00", "2026-05-31 18:00", "2026-06-01 12:00"];
    const told = async (query: postgres.PendingQuery<postgres.Row[]>) =>
      (await query)
        .map((one) => Object.values(one))
        .map((values) => (values.length === 1 ? values[0] : values));
    const clock = sql`to_char(t.taken_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')`;
    const ordered = (id: string) => sql`array_position(${ids}::uuid[], ${sql(id)})`;
    assert.deepEqual(await told(sql`select ${clock} from media t order by ${ordered("id")}`), clocks);
    assert.deepEqual(
      await told(sql`select ${clock} from album_media t order by ${ordered("media_id")}`),
      clocks,
    );
    assert.deepEqual(
      await told(sql`select ${clock} from media_search t order by ${ordered("media_id")}`),
      clocks,
    );
    assert.deepEqual(
      await told(sql`select f from media_search t, unnest(facts) f where f like 'd:%' order by 1`),
      ["d:0531", "d:0601", "d:0601"],
    );
    assert.deepEqual(await told(sql`select month, count from media_months where count > 0 order by 1`), [
      ["2026-05-01", 1],
      ["2026-06-01", 2],
    ]);
    assert.deepEqual(await told(sql`select day::text, count from media_days where count > 0 order by 1`), [
      ["2026-05-31", 1],
      ["2026-06-01", 2],
    ]);
    const side = (name: string) =>
      sql`to_char((${sql(name)}->>'taken_at')::timestamptz at time zone 'UTC', 'YYYY-MM-DD HH24:MI')`;
    assert.deepEqual(
      await told(
        sql`select ${side("before")} as b, ${side("after")} as a from change_rows order by ${ordered("media_id")}`,
      ),
      [
        ["2026-05-31 05:00", "2026-06-01 05:00"],
        ["2026-05-31 18:00", "2026-05-31 18:00"],
      ],
    );
  } finally {
    await sql.end();
    await empty.close();
  }
});

/** What a restore leaves when it ends half way, and what it refuses: nothing is ever half of a gallery. */
import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { connect, type Sql } from "#db/client.ts";
import { tintype } from "../cli/testing.ts";
import { emptyDatabase, type TestDatabase, testDatabase } from "../testing.ts";
import { person } from "../uploads/testing.ts";
import { backup } from "./backup.ts";
import { inFolder, type Place } from "./place.ts";
import { contentsOf, isEmpty, restore } from "./restore.ts";
import { BackupRefused } from "./shape.ts";

let database: TestDatabase;
let folder: string;
let place: Place;
let name: string;

before(async () => {
  database = await testDatabase();
  folder = await mkdtemp(path.join(tmpdir(), "tintype-restore-"));
  place = inFolder(folder);
  await person(database.db, "owner");
  await person(database.db);
  ({ name } = await backup(database.url, place, {}));
});
after(async () => {
  await database?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function opened<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const { sql } = connect(url, { name: "test", max: 2 });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Every index, key, reference, check and trigger of our tables, as Postgres tells it. */
async function made(sql: Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select 'index ' || indexdef as line from pg_indexes where schemaname = 'public'
    union all
    select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated
      from pg_constraint where connamespace = 'public'::regnamespace
    union all
    select 'trigger ' || pg_get_triggerdef(oid) || ' ' || tgenabled::text
      from pg_trigger where not tgisinternal
    union all
    select 'reference ' || tgrelid::regclass || ' ' || tgfoid::regproc || ' ' || tgenabled::text
      from pg_trigger where tgisinternal
    order by 1`;
  return rows.map(({ line }) => line);
}

async function* cutOff(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    yield piece.subarray(0, piece.length >> 1);
    throw new Error("cut off");
  }
}

describe("a restore", () => {
  it("leaves every index, key, reference and trigger as a new gallery has them", async () => {
    const [fresh, empty] = [await testDatabase(), await emptyDatabase()];
    try {
      await restore(empty.url, place, name);
      const wanted = await made(fresh.sql);
      assert.ok(wanted.length > 100);
      assert.deepEqual(await opened(empty.url, made), wanted);
    } finally {
      await empty.close();
      await fresh.close();
    }
  });

  it("that is cut off half way leaves what was there: nothing, or the gallery it was to replace; and can be begun again", async () => {
    const [living, empty] = [await testDatabase(), await emptyDatabase()];
    try {
      const kept = await person(living.db, "owner");
      for (const [at, { url }] of [
        ["before it", living],
        ["within it", empty],
      ] as const) {
        const before = await contentsOf(url);
        let reads = 0;
        const half: Place = {
          ...place,
          async read(which) {
            const body = await place.read(which);
            if (!which.endsWith("tables/users.copy.gz") || body === undefined) return body;
            // Once to be checked, once to be put in: by then the tables are new ones, and others full.
            reads += 1;
            if (reads === 2 && at === "before it") throw new Error("cut off");
            return reads === 2 ? cutOff(body) : body;
          },
        };
        await assert.rejects(restore(url, half, name, { force: true }), /cut off/);
        assert.equal(reads, 2);
        assert.deepEqual(await contentsOf(url), before);
      }
      const [row] = await living.sql`select id from users`;
      assert.equal(row?.id, kept.id);
      for (const { url } of [living, empty]) {
        const { users } = await restore(url, place, name, { force: true });
        assert.equal(users, 2);
      }
    } finally {
      await empty.close();
      await living.close();
    }
  });

  it("that somebody stops while it reads or fills leaves the gallery that it was to replace", async () => {
    const living = await testDatabase();
    try {
      const kept = await person(living.db, "owner");
      for (const stopAt of [1, 2] as const) {
        const stopping = new AbortController();
        let reads = 0;
        const stopped: Place = {
          ...place,
          async read(which) {
            if (which.endsWith("tables/users.copy.gz") && ++reads === stopAt)
              stopping.abort(new Error("stopped"));
            return place.read(which);
          },
        };
        await assert.rejects(
          restore(living.url, stopped, name, { force: true, signal: stopping.signal }),
          /^Error: stopped$/,
        );
        assert.equal(reads, stopAt);
        const [row, ...more] = await living.sql`select id from users`;
        assert.deepEqual([row?.id, more.length], [kept.id, 0]);
      }
    } finally {
      await living.close();
    }
  });

  it("into a database of a newer Tintype is refused, and so is a backup of it", async () => {
    const newer = await testDatabase();
    try {
      await newer.sql`create table of_the_future (id int)`;
      await newer.sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 99999999999999)`;
      await assert.rejects(restore(newer.url, place, name, { force: true }), /made by a newer Tintype/);
      await assert.rejects(backup(newer.url, place, {}), BackupRefused);
      const [row] = await newer.sql`select to_regclass('users') is not null as users from of_the_future
        right join (select 1) one on true`;
      assert.equal(row?.users, true);
    } finally {
      await newer.close();
    }
  });

  it("of rows that this version has no place for is refused with their name", async () => {
    const living = await testDatabase();
    try {
      const { id } = await person(living.db, "owner");
      const file = path.join(folder, name, "backup.json");
      const text = await readFile(file, "utf8");
      for (const [from, to, told] of [
        ['"table": "users"', '"table": "of_the_future"', /rows of of_the_future,/],
        ['"email"', '"of_the_future"', /rows of users\.of_the_future,/],
      ] as const) {
        assert.ok(text.includes(from));
        await writeFile(file, text.replace(from, to));
        await assert.rejects(restore(living.url, place, name, { force: true }), told);
        const [row] = await living.sql`select id from users`;
        assert.equal(row?.id, id);
      }
      await writeFile(file, text);
    } finally {
      await living.close();
    }
  });

  it("takes a backup whose name is of the future only when it is named", async () => {
    const empty = await emptyDatabase();
    const later = path.join(folder, "later");
    try {
      const ahead = name.replace(/^\d{4}/, "2999");
      await cp(path.join(folder, name), path.join(later, name), { recursive: true });
      await cp(path.join(folder, name), path.join(later, ahead), { recursive: true });
      const bucket = { S3_BUCKET: "nothing", S3_REGION: "us-east-1", S3_ENDPOINT: "http://127.0.0.1:9" };
      const ask = (args: string[]) =>
        tintype(["restore", "--from", later, ...args], {
          cwd: folder,
          env: { ...bucket, S3_ALLOW_HTTP: "true", DATABASE_URL: empty.url, AUTH_SECRET: "x".repeat(40) },
        });
      const refused = await ask([]);
      assert.equal(refused.code, 1);
      assert.match(refused.err, new RegExp(`${ahead} is not made yet`));
      // The command has made its tables, as it does before anything else.
      assert.ok(isEmpty(await contentsOf(empty.url)));
      const named = await ask([ahead]);
      assert.equal(named.code, 0, named.err);
      assert.equal((await contentsOf(empty.url))?.users, 2);
    } finally {
      await empty.close();
    }
  });
});

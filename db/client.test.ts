import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sql } from "drizzle-orm";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";
import { connect, inTransaction } from "./client.ts";

describe("a transaction", () => {
  let database: TestDatabase;
  before(async () => {
    database = await testDatabase();
    await database.sql`create table t (id int primary key, n int not null)`;
    await database.sql`insert into t values (1, 0), (2, 0)`;
  });
  after(() => database.close());

  it("that the database gave up to end a deadlock is done again, whole (F-31)", async () => {
    const { db } = database;
    const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let runs = 0;
    const both = ([first, second]: [number, number], n: number): Promise<void> =>
      inTransaction(db, async (tx) => {
        runs += 1;
        await tx.execute(sql`update t set n = n + 1 where id = ${first}`);
        met[n]?.resolve();
        await met[1 - n]?.promise;
        await tx.execute(sql`update t set n = n + 1 where id = ${second}`);
      });
    await Promise.all([both([1, 2], 0), both([2, 1], 1)]);
    assert.deepEqual(
      [...(await database.sql`select n from t order by id`)].map((row) => row.n),
      [2, 2],
    );
    assert.equal(runs, 3);
  });

  it("that failed for any other reason fails once", async () => {
    let runs = 0;
    await assert.rejects(
      inTransaction(database.db, async (tx) => {
        runs += 1;
        await tx.execute(sql`insert into t values (1, 0)`);
      }),
    );
    assert.equal(runs, 1);
  });
});

describe("a connection", () => {
  let database: TestDatabase;
  before(async () => {
    database = await testDatabase();
  });
  after(() => database.close());

  const settingsOf = async (options: { prepare?: boolean }) => {
    const { db, sql: client } = connect(database.url, { ...options, max: 1 });
    const [row] = await db.execute(
      sql`select current_setting('statement_timeout') as timeout, current_setting('plan_cache_mode') as plans`,
    );
    const kept = await client`select name from pg_prepared_statements where name <> ${""}`;
    await client.end();
    return { ...row, keeps: kept.length > 0 };
  };

  it("ends what takes too long, and plans kept statements anew", async () => {
    assert.deepEqual(await settingsOf({}), { timeout: "30s", plans: "force_custom_plan", keeps: true });
  });

  it("without kept statements asks for nothing that PgBouncer refuses", async () => {
    assert.deepEqual(await settingsOf({ prepare: false }), { timeout: "0", plans: "auto", keeps: false });
  });
});

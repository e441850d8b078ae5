import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sql } from "drizzle-orm";
import { isDatabaseGone } from "#lib/database-gone.ts";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";
import { TcpProxy } from "../faults/tcp-proxy.ts";
import { connect, type Db, inTransaction } from "./client.ts";

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

describe("a connection that Postgres ended", () => {
  let database: TestDatabase;
  before(async () => {
    database = await testDatabase();
  });
  after(() => database.close());

  /** Ends a backend in the middle of its `pg_sleep`. */
  async function endAsleep(pid: unknown): Promise<void> {
    for (;;) {
      const [row] = await database.sql`
        select pg_terminate_backend(pid) from pg_stat_activity where pid = ${Number(pid)} and wait_event = 'PgSleep'`;
      if (row !== undefined) return;
    }
  }

  /** A pool of one connection whose backend was ended while it worked. */
  async function ended(): Promise<ReturnType<typeof connect>> {
    const pool = connect(database.url, { max: 1 });
    const [me] = await pool.sql`select pg_backend_pid() as pid`;
    await Promise.all([assert.rejects(pool.sql`select pg_sleep(60)`, isDatabaseGone), endAsleep(me?.pid)]);
    return pool;
  }

  it("is not told of to the first query of its successor", async () => {
    const { db, sql: client } = await ended();
    assert.deepEqual([...(await db.execute(sql`select 1 as one`))], [{ one: 1 }]);
    await client.end();
  });

  it("is not told of to the first transaction of its successor", async () => {
    const { db, sql: client } = await ended();
    const rows = await inTransaction(db, (tx) => tx.execute(sql`select 2 as two`));
    assert.deepEqual([...rows], [{ two: 2 }]);
    await client.end();
  });

  it("because it was busy for too long is not told of to the next query either", async () => {
    const { db, sql: client } = connect(database.url, { max: 1 });
    await client`select set_config('transaction_timeout', '50', false)`;
    await assert.rejects(client`select pg_sleep(60)`.then());
    assert.deepEqual([...(await db.execute(sql`select 5 as five`))], [{ five: 5 }]);
    await client.end();
  });

  it("takes a transaction with it that had begun, which is not done twice", async () => {
    const { db, sql: client } = connect(database.url, { max: 1 });
    let runs = 0;
    await assert.rejects(
      inTransaction(db, async (tx) => {
        runs += 1;
        const [me] = await tx.execute(sql`select pg_backend_pid() as pid`);
        await Promise.all([tx.execute(sql`select pg_sleep(60)`), endAsleep(me?.pid)]);
      }),
    );
    assert.equal(runs, 1);
    assert.deepEqual([...(await db.execute(sql`select 3 as three`))], [{ three: 3 }]);
    await client.end();
  });

  it("takes a transaction with it that would have gone on, and writes nothing more", async () => {
    const { db, sql: client } = connect(database.url, { max: 1 });
    await assert.rejects(
      inTransaction(db, async (tx) => {
        const [me] = await tx.execute(sql`select pg_backend_pid() as pid`);
        const met = assert.rejects(tx.execute(sql`select pg_sleep(60)`).then());
        await Promise.all([met, endAsleep(me?.pid)]);
      }),
      isDatabaseGone,
    );
    assert.deepEqual([...(await db.execute(sql`select 6 as six`))], [{ six: 6 }]);
    await client.end();
  });

  it("is believed of a transaction only that had not begun", async () => {
    let runs = 0;
    await assert.rejects(
      inTransaction(database.db, async (tx) => {
        runs += 1;
        const says = "do $$ begin raise exception 'like an end' using errcode = '57P01'; end $$";
        await tx.execute(sql.raw(says)).catch((error: Error) => {
          throw error.cause;
        });
      }),
      /like an end/,
    );
    assert.equal(runs, 1);
  });

  it("takes a transaction with it that was busy elsewhere, and has a successor all the same", async () => {
    const { db, sql: client } = connect(database.url, { max: 1 });
    const transaction = inTransaction(db, async (tx) => {
      const [me] = await tx.execute(sql`select pg_backend_pid() as pid`);
      const pid = Number(me?.pid);
      await database.sql`select pg_terminate_backend(${pid}, 10000)`;
      // Until it has been heard here as well.
      await assert.rejects(transaction, isDatabaseGone);
      await tx.execute(sql`select 1`);
    });
    await assert.rejects(transaction, isDatabaseGone);
    assert.deepEqual([...(await db.execute(sql`select 4 as four`))], [{ four: 4 }]);
    await client.end();
  });
});

/**
 * Until a pool of ten is open and has asked all that the driver asks of a new connection. A reset in the middle of that
 * question is a rejection that nobody can catch: it ends a worker, which is started anew, and would end this test.
 */
async function opened(db: Db, name: string, admin: TestDatabase["sql"]): Promise<void> {
  for (let ready = 0; ready < 10; ) {
    await Promise.all(Array.from({ length: 10 }, () => db.execute(sql`select pg_sleep(0.05)`)));
    const [found] = await admin<{ ready: number }[]>`
      select count(*)::int as ready from pg_stat_activity
      where application_name = ${name} and state = 'idle' and query like '%pg_sleep%'`;
    ready = found?.ready ?? 0;
  }
}

describe("a pool whose connections were all reset at once", () => {
  it("has ten that work as soon as Postgres can be reached again, whatever was under way", async () => {
    const database = await testDatabase();
    const url = new URL(database.url);
    const wire = await TcpProxy.open(Number(url.port));
    [url.hostname, url.port] = ["127.0.0.1", String(wire.port)];
    for (let round = 0; round < 6; round++) {
      const name = `reset-${round}`;
      const { db, sql: client } = connect(url.href, { max: 10, name });
      await opened(db, name, database.sql);
      let busy = true;
      let done = 0;
      const work = async (): Promise<void> => {
        while (busy)
          try {
            await inTransaction(db, async (tx) => {
              await tx.execute(sql`select 1`);
              await tx.execute(sql`select pg_sleep(0.005)`);
            });
            done += 1;
          } catch {
            // As whoever failed writes that down.
            await db.execute(sql`select 2`).catch(() => undefined);
          }
      };
      const working = Array.from({ length: 8 }, work);
      while (done < 40) await new Promise((resolve) => setTimeout(resolve, 10));
      wire.cut();
      await new Promise((resolve) => setTimeout(resolve, 5));
      wire.heal();
      const before = done;
      while (done < before + 40) await new Promise((resolve) => setTimeout(resolve, 10));
      busy = false;
      await Promise.all(working);
      const asked = Array.from({ length: 10 }, () => db.execute(sql`select pg_sleep(0.05)`));
      assert.deepEqual(
        (await Promise.allSettled(asked)).map(({ status }) => status),
        asked.map(() => "fulfilled"),
      );
      await client.end({ timeout: 1 });
    }
    wire.close();
    await database.close();
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

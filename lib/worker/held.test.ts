import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Logger, run } from "graphile-worker";
import { deriveJob, enqueue, freeAbandoned, fullJpegJob } from "../jobs.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { holding } from "./held.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database?.close());

const later = () =>
  database.sql`update graphile_worker._private_jobs set locked_at = locked_at - interval '5 minutes'`;
const held = async (): Promise<string[]> =>
  (
    await database.sql`select task_identifier as name from graphile_worker.jobs where locked_at is not null order by 1`
  ).map(({ name }) => String(name));

it("what a killed worker held is free after minutes, and what a living one holds stays its own", async () => {
  const { db, sql, url } = database;
  const turn = { lane: "later", name: "somebody" } as const;
  await enqueue(db, "derive", turn, [deriveJob(randomUUID())]);
  await enqueue(db, "full_jpeg", turn, [fullJpegJob(randomUUID())]);
  // Of housekeeping the next minute brings another.
  await sql`select graphile_worker.add_job('purge')`;
  await sql`update graphile_worker._private_jobs set locked_by = 'a worker that was killed', locked_at = now(), attempts = 1`;
  assert.equal(await freeAbandoned(db), 0);
  await later();
  assert.equal(await freeAbandoned(db), 2);
  assert.deepEqual(await held(), ["purge"]);

  const [taken, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const living = holding(db);
  const runner = await run({
    connectionString: url,
    concurrency: 1,
    noHandleSignals: true,
    events: living.events,
    logger: new Logger(() => () => {}),
    taskList: {
      derive: async () => {
        taken.resolve();
        await done.promise;
      },
    },
  });
  try {
    await taken.promise;
    await later();
    await living.say();
    assert.equal(await freeAbandoned(db), 0);
    assert.deepEqual(await held(), ["derive", "purge"]);
    done.resolve();
    // It was done by who held it.
    while ((await held()).length > 1) await setTimeout(20);
  } finally {
    done.resolve();
    await runner.stop();
    living.end();
  }
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { Logger, runOnce } from "graphile-worker";
import { queueState } from "#db/queries/jobs.ts";
import { deriveJob, enqueue, enqueueUploads, fullJpegJob, type Turn } from "./jobs.ts";
import { type TestDatabase, testDatabase } from "./testing.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database?.close());
beforeEach(() => database.sql`truncate turns, graphile_worker._private_jobs`);

/** What lies in the queue was put there by whom. */
const whose = new Map<string, string>();
const idsOf = (who: string, count: number): string[] =>
  Array.from({ length: count }, () => {
    const id = randomUUID();
    whose.set(id, who);
    return id;
  });

type Sent = { bytes?: number; guest?: string; byOperator?: boolean };
const people = new Map<string, string>();
const idOf = (name: string): string => {
  const id = people.get(name) ?? randomUUID();
  people.set(name, id);
  return id;
};

async function send(who: string, count: number, { bytes = 200_000, guest, byOperator = false }: Sent = {}) {
  const ids = idsOf(guest ?? who, count);
  const guestId = guest === undefined ? null : idOf(guest);
  // In batches, as they arrive.
  for (let at = 0; at < ids.length; at += 50)
    await enqueueUploads(
      database.db,
      ids.slice(at, at + 50).map((id) => ({ id, ownerId: idOf(who), guestId, bytes, byOperator })),
    );
}
const process = (turn: Turn, who: string, count: number) =>
  enqueue(database.db, "derive", turn, idsOf(who, count).map(deriveJob));

/** Takes jobs as one worker does, with the queue's own library, and tells whose they were. */
async function take(count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const taken: string[] = [];
  const note = (payload: unknown): void => {
    for (const id of Object.values(payload ?? {})) taken.push(whose.get(String(id)) ?? "nobody");
  };
  const waiting = Number.isFinite(count)
    ? await database.sql`
        select id from graphile_worker._private_jobs where is_available order by priority, run_at offset ${count}`
    : [];
  // The rest is held back, so that "once" has an end.
  await database.sql`update graphile_worker._private_jobs set run_at = run_at + interval '1 day'
    where id = any(${waiting.map((row) => row.id)})`;
  await runOnce({
    connectionString: database.url,
    concurrency: 1,
    logger: new Logger(() => () => {}),
    taskList: { finalize: note, derive: note, full_jpeg: note },
  });
  await database.sql`update graphile_worker._private_jobs set run_at = run_at - interval '1 day'
    where id = any(${waiting.map((row) => row.id)})`;
  return taken;
}

describe("whose job is taken next", () => {
  it("gives another's three pictures the next turns, while hundreds of one person wait", async () => {
    await send("Anna", 400);
    assert.deepEqual(new Set(await take(100)), new Set(["Anna"]));
    await send("Ben", 3);
    const next = await take(8);
    assert.equal(next.filter((who) => who === "Ben").length, 3, next.join());
    assert.equal((await take()).length, 295);
  });

  it("takes turns among all who wait, and each one's in the order in which they came", async () => {
    await send("Anna", 60);
    await send("Ben", 60);
    await send("Cleo", 60);
    const taken = await take();
    for (let at = 0; at < 180; at += 3)
      assert.equal(new Set(taken.slice(at, at + 3)).size, 3, `one of each from ${at}`);
  });

  it("lets nobody wait for ever: who sends on and on is not ahead of who sent before", async () => {
    await send("Anna", 50);
    const taken: string[] = [];
    for (let round = 0; round < 30; round++) {
      await send("Ben", 4);
      await send("Cleo", 4);
      taken.push(...(await take(6)));
    }
    const annas = taken.filter((who) => who === "Anna").length;
    assert.ok(annas >= 50, `${annas} of Anna's fifty were among the first ${taken.length}`);
  });

  it("does not let a person who was served before pay for it when they come back", async () => {
    await send("Anna", 200);
    await take();
    await send("Ben", 20);
    await send("Anna", 20);
    const taken = await take(20);
    assert.ok(taken.filter((who) => who === "Anna").length >= 9, taken.join());
  });

  it("counts bytes: large files take the turns of several small ones", async () => {
    await send("Anna", 30, { bytes: 20 * 1024 ** 2 });
    await send("Ben", 60);
    const taken = await take(35);
    assert.ok(taken.filter((who) => who === "Ben").length >= 28, taken.join());
    assert.ok(taken.filter((who) => who === "Anna").length >= 5, taken.join());
  });

  it("gives each guest of a link turns of their own, apart from its maker's", async () => {
    await send("Anna", 200, { guest: "aunt" });
    await send("Anna", 200, { guest: "uncle" });
    await send("Anna", 3);
    const next = await take(12);
    assert.equal(next.filter((who) => who === "Anna").length, 3, next.join());
    assert.ok(next.filter((who) => who === "uncle").length >= 3, next.join());
  });

  it("does what is made anew and what commands bring when nobody's uploads wait, turn about", async () => {
    await process({ lane: "later", name: idOf("Anna") }, "anew", 150);
    await send("Anna", 150, { byOperator: true, guest: "command" });
    await process({ lane: "later", name: idOf("Ben") }, "Ben's anew", 3);
    await send("Ben", 20);
    const taken = await take();
    assert.deepEqual(new Set(taken.slice(0, 20)), new Set(["Ben"]));
    const later = taken.slice(20, 35);
    assert.equal(later.filter((who) => who === "Ben's anew").length, 3, later.join());
    assert.equal(taken.length, 323);
  });

  it("does first what somebody waits for with the browser open", async () => {
    await send("Anna", 50);
    const awaited = idsOf("awaited", 2).map(fullJpegJob);
    await enqueue(database.db, "full_jpeg", { lane: "awaited", name: "visitors" }, awaited);
    assert.deepEqual((await take(4)).slice(0, 2), ["awaited", "awaited"]);
  });
});

describe("the clock of turns", () => {
  it("keeps no job from being taken at once, however many come together", async () => {
    await send("Anna", 500, { bytes: 40 * 1024 ** 2 });
    const [row] = await database.sql`
      select count(*)::int as n from graphile_worker.jobs where run_at <= now()`;
    assert.equal(row?.n, 500);
  });

  it("is not what the age of the queue is told by", async () => {
    await send("Anna", 1);
    await database.sql`update graphile_worker._private_jobs set run_at = now() - interval '2 days'`;
    await send("Ben", 1);
    const { waiting, oldestSeconds } = await queueState(database.db);
    assert.equal(waiting, 2);
    assert.ok(oldestSeconds < 3_600);
  });

  it("is found in the index, however long the queue", async () => {
    await send("Anna", 300);
    await database.sql`analyze graphile_worker._private_jobs`;
    const plan = await database.sql.begin(async (tx) => {
      await tx`set local enable_seqscan = off`;
      return tx`explain select run_at from graphile_worker._private_jobs
        where is_available = true and priority = 0 order by run_at limit 1`;
    });
    const text = plan.map((row) => row["QUERY PLAN"]).join("\n");
    assert.match(text, /Index Only Scan using jobs_main_index|Index Scan using jobs_main_index/);
    assert.doesNotMatch(text, /Sort/);
  });
});

/** Somebody has an upload tried again while the purge comes for its bytes: one of the two gives way, in either order. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { and, eq, isNull, sql } from "drizzle-orm";
import { addPurges } from "#db/queries/purges.ts";
import { purges, quotas, uploads } from "#db/schema.ts";
import { arm, type Failpoint } from "../failpoint.ts";
import { lockDown } from "../imaging/index.ts";
import type { Viewer } from "../media.ts";
import { purge } from "../purge.ts";
import type { Storage } from "../storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { beginUploads, completeUploads } from "../uploads.ts";
import { tryAgain } from "./again.ts";
import { finalize } from "./finalize.ts";
import { attemptsMax } from "./rules.ts";
import { declare, faulty, issued, person, picture, post, until } from "./testing.ts";

let database: TestDatabase;
let store: TestStore;
let storage: Storage;
let admin: Viewer;

before(async () => {
  await lockDown();
  database = await testDatabase();
  store = await testStore();
  storage = store.storage;
  admin = await person(database.db, "admin");
});
after(async () => {
  await store?.close();
  await database?.close();
});

const room = <T>(_size: number, work: () => Promise<T>): Promise<T> => work();
const verify = (id: string) => finalize(database.db, storage, id, { bytes: room, pixels: room });
const rowOf = async (id: string) => {
  const [row] = await database.db.select().from(uploads).where(eq(uploads.id, id));
  assert.ok(row);
  return row;
};
const openPurges = async (key: string) =>
  database.db
    .select()
    .from(purges)
    .where(and(eq(purges.key, key), isNull(purges.doneAt)));

/** An upload that was given up after three tries, and whose bytes wait for a person; `due` when their day is over. */
async function givenUp({ due }: { due: boolean }): Promise<{ id: string; key: string; owner: Viewer }> {
  const { db } = database;
  const owner = await person(db);
  const bytes = await picture();
  const [answer] = await beginUploads(db, storage, { viewer: owner, uploads: [declare(bytes)] });
  const permit = issued(answer);
  assert.equal((await post(permit, bytes)).status, 201);
  await completeUploads(db, storage, { viewer: owner, ids: [permit.id] });
  await failAgain(permit.id);
  const { stagingKey: key } = await rowOf(permit.id);
  if (due) await comesDue(key);
  return { id: permit.id, key, owner };
}
async function failAgain(id: string): Promise<void> {
  await database.db.update(uploads).set({ attempts: attemptsMax }).where(eq(uploads.id, id));
  assert.equal(await verify(id), "rejected");
  assert.equal((await rowOf(id)).rejectCode, "internal");
}
const comesDue = (key: string) =>
  database.db
    .update(purges)
    .set({ notBefore: sql`now() - interval '1 second'` })
    .where(and(eq(purges.key, key), isNull(purges.doneAt)));

const disarms: (() => void)[] = [];
afterEach(() => {
  for (const disarm of disarms.splice(0)) disarm();
});
/** Whoever comes to this place first waits there until it is let go. */
function hold(place: Failpoint): { reached: Promise<void>; letGo: () => void } {
  const [reached, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const disarm = arm(place, () => {
    disarm();
    reached.resolve();
    return going.promise;
  });
  disarms.push(disarm, going.resolve);
  return { reached: reached.promise, letGo: going.resolve };
}
/** The try is recorded as none: nothing of its quota, its job or its row is left. */
async function assertUntouched(id: string, owner: Viewer): Promise<void> {
  const row = await rowOf(id);
  assert.deepEqual([row.state, row.rejectCode], ["rejected", "internal"]);
  const [space] = await database.db.select().from(quotas).where(eq(quotas.ownerId, owner.id));
  assert.equal(space?.reservedBytes, 0);
}

describe("a purge that came first", () => {
  for (const place of ["purge.claimed", "purge.checked"] as const)
    it(`and is at ${place} removes the bytes, and nobody is told that they are tried again`, async () => {
      const { id, key, owner } = await givenUp({ due: true });
      const held = hold(place);
      const purging = purge(database.db, storage);
      await held.reached;
      await assert.rejects(tryAgain(database.db, storage, { viewer: admin, id }), { code: "not_found" });
      held.letGo();
      await purging;
      assert.equal(await storage.exists(key), false);
      await assertUntouched(id, owner);
    });

  it("and came to its end between the question and the row is noticed", async () => {
    const { id, key, owner } = await givenUp({ due: true });
    let asked = 0;
    const meanwhile = faulty(storage, {
      async exists(which) {
        const there = await storage.exists(which);
        asked += 1;
        if (asked === 1) await purge(database.db, storage);
        return there;
      },
    });
    await assert.rejects(tryAgain(database.db, meanwhile, { viewer: admin, id }), { code: "not_found" });
    assert.deepEqual([asked, await storage.exists(key)], [2, false]);
    await assertUntouched(id, owner);
  });

  it("and was ended before it could say whether it has removed them is taken to have", async () => {
    const { id, key, owner } = await givenUp({ due: true });
    await database.db.update(purges).set({ attempts: 1, leaseUntil: null }).where(eq(purges.key, key));
    await assert.rejects(tryAgain(database.db, storage, { viewer: admin, id }), { code: "not_found" });
    await assertUntouched(id, owner);
  });
});

describe("a person who came first", () => {
  it("has the bytes verified, whatever else comes for them before it is said", async () => {
    const { db, sql: plain } = database;
    const { id, key } = await givenUp({ due: true });
    const held = hold("again.reopened");
    const trying = tryAgain(db, storage, { viewer: admin, id });
    await held.reached;
    // What was asked for in between by somebody who saw the upload closed still.
    await addPurges(db, [{ key, reason: "left in incoming" }]);
    const purging = purge(db, storage);
    await until(async () => {
      const [waiting] = await plain`select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`;
      return waiting !== undefined;
    });
    held.letGo();
    await Promise.all([trying, purging]);
    assert.equal(await storage.exists(key), true);
    assert.equal(await verify(id), "ready");
    await purge(db, storage);
    assert.equal(await storage.exists(key), false, "I-3: staging is empty");
  });

  it("has them for a whole day again when it fails once more", async () => {
    const { db } = database;
    const { id, key, owner } = await givenUp({ due: true });
    await tryAgain(db, storage, { viewer: admin, id });
    assert.deepEqual(await openPurges(key), []);
    await failAgain(id);
    await assertUntouched(id, owner);
    await purge(db, storage);
    assert.equal(await storage.exists(key), true);
    const [left, ...more] = await openPurges(key);
    assert.deepEqual(more, []);
    assert.ok((left?.notBefore.getTime() ?? 0) > Date.now() + 12 * 3_600_000);
    await tryAgain(db, storage, { viewer: admin, id });
    assert.equal(await verify(id), "ready");
  });

  it("and whose process ends before it is said has changed nothing", async () => {
    const { db } = database;
    const { id, key, owner } = await givenUp({ due: false });
    const disarm = arm("again.reopened", () => {
      throw new Error("ended");
    });
    disarms.push(disarm);
    await assert.rejects(tryAgain(db, storage, { viewer: admin, id }), /ended/);
    disarm();
    await assertUntouched(id, owner);
    assert.equal((await openPurges(key)).length, 1);
    await tryAgain(db, storage, { viewer: admin, id });
    assert.equal(await verify(id), "ready");
  });

  it("and whom the store answers no more has changed nothing, and holds up none of its owner's other uploads", async () => {
    const { db, sql: plain } = database;
    const { id, key, owner } = await givenUp({ due: false });
    let asked = 0;
    const silent = faulty(storage, {
      exists(which) {
        asked += 1;
        return asked === 1 ? storage.exists(which) : new Promise<never>(() => {});
      },
    });
    await assert.rejects(tryAgain(db, silent, { viewer: admin, id }, 50), { code: "unavailable" });
    assert.equal(asked, 2);
    await assertUntouched(id, owner);
    assert.equal((await openPurges(key)).length, 1);
    // Fails at once if somebody holds the space still, instead of waiting for them.
    const free = await plain`select from quotas where owner_id = ${owner.id} for update nowait`;
    assert.equal(free.length, 1);
    await tryAgain(db, storage, { viewer: admin, id });
    assert.equal(await verify(id), "ready");
  });
});

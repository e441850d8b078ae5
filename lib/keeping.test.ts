import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { media } from "#db/schema.ts";
import { backupWhenDue } from "./backup/schedule.ts";
import { backupFacts, givenUp, tryAgain } from "./keeping.ts";
import { originalKey, renditionFolder } from "./storage/keys.ts";
import { StorageError } from "./storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "./testing.ts";
import { faulty, person } from "./uploads/testing.ts";

let database: TestDatabase;
let store: TestStore;

before(async () => {
  [database, store] = await Promise.all([testDatabase(), testStore()]);
});
after(async () => {
  await store?.close();
  await database?.close();
});

test("a backup is made when the oldest picture is a day old, and not again until the next day", async () => {
  const { db } = database;
  const owner = await person(db, "owner");
  assert.equal(await backupWhenDue(db, store.storage, database.url), false, "a gallery without pictures");
  await db.insert(media).values({
    ownerId: owner.id,
    key: originalKey("image/jpeg"),
    renditionFolder: renditionFolder(),
    avifWidths: [1],
    jpegWidths: [1],
    sha256: "00".repeat(32),
    bytes: 1,
    mime: "image/jpeg",
    width: 1,
    height: 1,
    thumbhash: Buffer.alloc(1),
    color: 0,
    filename: "x.jpg",
    takenAt: new Date(),
    takenSource: "upload",
  });
  assert.equal(await backupWhenDue(db, store.storage, database.url), false, "one that is tried out");
  await db.update(media).set({ createdAt: new Date(Date.now() - 25 * 3_600_000) });
  assert.equal((await backupFacts(store.storage, { viewer: owner }))?.newest, undefined);
  assert.equal(await backupWhenDue(db, store.storage, database.url), true);
  assert.equal(await backupWhenDue(db, store.storage, database.url), false, "that of today is there");
  const facts = await backupFacts(store.storage, { viewer: owner });
  assert.deepEqual([facts?.count, facts?.everyHours, facts?.isLate], [1, 24, false]);
  assert.ok(Math.abs((facts?.newest?.getTime() ?? 0) - Date.now()) < 3_600_000);
  const shut = faulty(store.storage, {
    async *list(prefix) {
      if (prefix === "backup/") throw new StorageError("denied", "no");
      yield* store.storage.list(prefix);
    },
  });
  assert.equal(await backupFacts(shut, { viewer: owner }), undefined);
});

test("work that gave up is shown to administrators, and gets its tries again (R-31)", async () => {
  const { db, sql } = database;
  const [admin, member] = [await person(db, "admin"), await person(db)];
  await sql`select graphile_worker.add_job('finalize', '{"uploadId":"x"}', max_attempts => 1)`;
  await sql`update graphile_worker._private_jobs set attempts = 1, last_error = E'no picture\nstack'`;
  await sql`insert into purges (key, reason, not_before, attempts, last_error)
    values ('media/x', 'test', now() + interval '1 hour', 9, 'StorageError')`;
  const { count, shown } = await givenUp(db, { viewer: admin });
  assert.deepEqual(
    [count, ...shown.map(({ task, reason }) => `${task} ${reason}`)],
    [2, "finalize no picture", "undefined StorageError"],
  );
  await assert.rejects(givenUp(db, { viewer: member }), { code: "forbidden" });
  await assert.rejects(tryAgain(db, { viewer: undefined }), { code: "unauthenticated" });
  assert.equal(await tryAgain(db, { viewer: admin }), 2);
  const [job] = await sql`select attempts from graphile_worker.jobs`;
  const [due] = await sql`select not_before <= now() as due from purges`;
  assert.deepEqual([job?.attempts, due?.due], [0, true]);
});

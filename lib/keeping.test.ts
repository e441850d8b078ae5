import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { media } from "#db/schema.ts";
import { inBucket } from "./backup/place.ts";
import { backupWhenDue } from "./backup/schedule.ts";
import { backupFacts, comparisonFacts, givenUp, tryAgain } from "./keeping.ts";
import { reconcileWhenDue } from "./reconcile/schedule.ts";
import { originalKey, renditionFolder } from "./storage/keys.ts";
import { StorageError } from "./storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "./testing.ts";
import { faulty, person } from "./uploads/testing.ts";

process.env.S3_BUCKET = "pictures";
process.env.S3_REGION = "eu-central-1";
process.env.S3_ACCESS_KEY_ID = "key";
process.env.S3_SECRET_ACCESS_KEY = "secret";

let database: TestDatabase;
let store: TestStore;
let folder: string;

before(async () => {
  // Before anything reads the settings.
  folder = await mkdtemp(path.join(tmpdir(), "tintype-keeping-"));
  process.env.TINTYPE_DATA = folder;
  [database, store] = await Promise.all([testDatabase(), testStore()]);
});
after(async () => {
  await store?.close();
  await database?.close();
  await rm(folder, { recursive: true, force: true });
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

const backups = async (): Promise<string[]> =>
  (await inBucket(store.storage).list()).filter((one) => one.whole).map(({ name }) => name);
async function withoutBackups(): Promise<void> {
  await database.db.update(media).set({ createdAt: new Date(Date.now() - 25 * 3_600_000) });
  for (const name of await backups()) await inBucket(store.storage).remove(name);
}

test("of two workers that ask at once one makes the backup, whether the other comes while it is made or looked before it was", async () => {
  const { db, url } = database;
  await withoutBackups();
  const [writing, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = faulty(store.storage, {
    async put(...asked) {
      writing.resolve();
      await going.promise;
      return store.storage.put(...asked);
    },
  });
  const first = backupWhenDue(db, slow, url);
  await writing.promise;
  assert.equal(await backupWhenDue(db, store.storage, url), false, "another one is at it");
  going.resolve();
  assert.equal(await first, true);
  assert.equal((await backups()).length, 1);

  await withoutBackups();
  let made: boolean | undefined;
  const late = faulty(store.storage, {
    async *list(prefix) {
      for await (const object of store.storage.list(prefix)) yield object;
      // Between its look and its turn, another worker makes one.
      made ??= await backupWhenDue(db, store.storage, url);
    },
  });
  assert.equal(await backupWhenDue(db, late, url), false);
  assert.deepEqual([made, (await backups()).length], [true, 1]);
});

test("backups of a clock that was years ahead hold up none of those that follow, and go first", async () => {
  const { db, url } = database;
  const owner = await person(db, "admin");
  await withoutBackups();
  const ahead = Array.from(
    { length: 7 },
    (_, n) => `${new Date().getUTCFullYear() + 3}-01-0${n + 1}T00-00-00Z-${"a".repeat(32)}`,
  );
  for (const name of ahead)
    await store.storage.put(`backup/${name}/backup.json`, Buffer.from("{}"), {
      contentType: "application/json",
    });
  const before = await backupFacts(store.storage, { viewer: owner });
  assert.deepEqual([before?.newest, before?.isLate], [undefined, true]);
  assert.equal(await backupWhenDue(db, store.storage, url), true);
  assert.equal(await backupWhenDue(db, store.storage, url), false, "one an hour would fill the bucket");
  const left = await backups();
  assert.equal(left.length, 7);
  assert.deepEqual(left.slice(1), ahead.slice(1));
  const facts = await backupFacts(store.storage, { viewer: owner });
  assert.equal(facts?.isLate, false);
  assert.ok(Math.abs((facts?.newest?.getTime() ?? 0) - Date.now()) < 3_600_000);
  for (const name of ahead) await inBucket(store.storage).remove(name);
});

test("database and bucket are compared every week, without a change, and administrators see what was found (R-32)", async () => {
  const { db, sql } = database;
  const owner = await person(db, "admin");
  const signal = new AbortController().signal;
  await db.update(media).set({ createdAt: new Date() });
  assert.equal(await reconcileWhenDue(db, store.storage, signal), false, "nothing is a week old");
  assert.equal(await comparisonFacts(db, { viewer: owner }), undefined);
  await db.update(media).set({ createdAt: new Date(Date.now() - 8 * 24 * 3_600_000) });
  assert.equal(await reconcileWhenDue(db, store.storage, signal), true);
  assert.equal(await reconcileWhenDue(db, store.storage, signal), false, "this week's is made");
  const found = await comparisonFacts(db, { viewer: owner });
  assert.ok((found?.findings ?? 0) > 0, "the only picture has no object");
  assert.equal((await db.select().from(media)).length, 1);
  await sql`update comparisons set ended_at = ended_at - interval '7 days'`;
  const stopped = AbortSignal.abort();
  assert.equal(await reconcileWhenDue(db, store.storage, stopped), false);
  const [{ n: open } = { n: -1 }] =
    await sql`select count(*)::int as n from comparisons where ended_at is null`;
  assert.equal(open, 0, "what was stopped does not stand in the way");
  await sql`insert into comparisons (began_at, touched_at) values (now(), now() - interval '1 minute')`;
  assert.equal(await reconcileWhenDue(db, store.storage, signal), false, "another worker is at it");
  await sql`update comparisons set touched_at = now() - interval '1 hour' where ended_at is null`;
  assert.equal(await reconcileWhenDue(db, store.storage, signal), true, "the other one was ended");
  await assert.rejects(comparisonFacts(db, { viewer: await person(db) }), { code: "forbidden" });
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

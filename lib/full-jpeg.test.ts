/** A JPEG of a HEIC's full size, on a real database and a real store. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eq, sql } from "drizzle-orm";
import { purges } from "#db/schema.ts";
import { TintypeError } from "./errors.ts";
import { arm } from "./failpoint.ts";
import { fullJpegUrl } from "./full-jpeg.ts";
import { heic } from "./imaging/heic/fixtures.ts";
import { identify, lockDown } from "./imaging/index.ts";
import { setVisibility } from "./library.ts";
import { purge } from "./purge.ts";
import { fullJpegKey } from "./storage/keys.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "./testing.ts";
import { finalize } from "./uploads/finalize.ts";
import { declare, issued, person, post, until } from "./uploads/testing.ts";
import { beginUploads, completeUploads } from "./uploads.ts";
import { makeFullJpeg } from "./worker/full-jpeg.ts";

process.env.S3_BUCKET = "pictures";
process.env.S3_REGION = "eu-central-1";
process.env.S3_ACCESS_KEY_ID = "key";
process.env.S3_SECRET_ACCESS_KEY = "secret";

let database: TestDatabase;
let store: TestStore;
before(async () => {
  await lockDown();
  database = await testDatabase();
  store = await testStore();
});
after(async () => {
  await store?.close();
  await database?.close();
});

const room = <T>(_size: number, work: () => Promise<T>): Promise<T> => work();
const budget = { bytes: room, pixels: room };

test("a HEIC is made a JPEG of its full size when its owner asks, for a day, and for nobody else (R-46)", async () => {
  const { db } = database;
  const { storage } = store;
  const [viewer, other] = [await person(db), await person(db)];
  const bytes = heic();
  const file = declare(bytes, { filename: "IMG_7.HEIC", mime: "image/heic" });
  const [answer] = await beginUploads(db, storage, { viewer, uploads: [file] });
  const permit = issued(answer);
  await post(permit, bytes);
  await completeUploads(db, storage, { viewer, ids: [permit.id] });
  await finalize(db, storage, permit.id, budget);
  const [row] = await db.query.media.findMany({ where: (media, { eq }) => eq(media.ownerId, viewer.id) });
  assert.ok(row);
  await setVisibility(db, { viewer, ids: [row.id], visibility: "unlisted" });
  const { signal } = new AbortController();

  for (const nobody of [other, undefined])
    await assert.rejects(
      fullJpegUrl(db, storage, { viewer: nobody, id: row.id, signal }),
      (error) => error instanceof TintypeError && error.code === "not_found",
    );

  await assert.rejects(
    fullJpegUrl(db, storage, { viewer, id: row.id, signal: AbortSignal.abort() }),
    (error) => error instanceof TintypeError && error.code === "being_made",
    "whoever goes away is not waited for",
  );
  const address = fullJpegUrl(db, storage, { viewer, id: row.id, signal });
  await until(async () => {
    const jobs = await db.execute(sql`select from graphile_worker.jobs where key = ${`full_jpeg:${row.id}`}`);
    return jobs.length > 0;
  });
  assert.equal(await makeFullJpeg(db, storage, row.id, budget), true);
  const key = fullJpegKey(row);
  assert.ok((await address).includes(key) && (await address).includes("IMG_7.jpg"));
  assert.ok(!key.startsWith(`${row.renditionFolder}/`), "who knows a rendition cannot guess it");
  const made = await storage.get(key, { bytesMax: 1_000_000 });
  assert.ok(made);
  const { mime, width, height } = await identify(made.body, "image/jpeg");
  assert.deepEqual([mime, width, height], ["image/jpeg", 96, 64]);
  const promised = await db.select().from(purges).where(eq(purges.key, key));
  assert.ok(promised.length === 2 && promised.every(({ notBefore }) => notBefore > new Date()));
  // Already there: neither made nor waited for.
  assert.equal(await makeFullJpeg(db, storage, row.id, budget), true);
  assert.equal((await db.select().from(purges).where(eq(purges.key, key))).length, 2);

  // A worker that was held up between its promise and its writing for longer than it is kept (I-2).
  const due = () => database.sql`
    update purges set not_before = now() - interval '1 second' where key = ${key} and done_at is null`;
  await due();
  await purge(db, storage);
  assert.equal(await storage.head(key), undefined);
  const disarm = arm("fullJpeg.promised", async () => {
    await due();
    await purge(db, storage);
  });
  assert.equal(await makeFullJpeg(db, storage, row.id, budget), true);
  disarm();
  assert.ok(await storage.head(key));
  await due();
  await purge(db, storage);
  assert.equal(await storage.head(key), undefined);

  // Asked for again on the next day: the second removal of the first must not be that of the second.
  assert.equal(await makeFullJpeg(db, storage, row.id, budget), true);
  const later = (seconds: number) => database.sql`
    update purges set not_before = not_before - make_interval(secs => ${seconds}) where key = ${key} and done_at is null`;
  await later(100_000);
  await purge(db, storage);
  assert.equal(await storage.head(key), undefined);
  assert.equal(await makeFullJpeg(db, storage, row.id, budget), true);
  await later(80_000);
  await purge(db, storage);
  assert.ok(await storage.head(key), "it is kept for its own day");
  await later(100_000);
  await purge(db, storage);
  assert.equal(await storage.head(key), undefined);
});

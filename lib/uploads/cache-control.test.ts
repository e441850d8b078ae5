import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { lockDown } from "../imaging/index.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { beginUploads, completeUploads } from "../uploads.ts";
import { finalize } from "./finalize.ts";
import { declare, issued, person, picture, post } from "./testing.ts";

let database: TestDatabase;
let store: TestStore;
const cacheControl = "public, max-age=86400";

before(async () => {
  // Before anything has asked for the settings of this process.
  process.env.MEDIA_CACHE_CONTROL = cacheControl;
  await lockDown();
  database = await testDatabase();
  store = await testStore();
});
after(async () => {
  await store.close();
  await database.close();
});

test("originals and renditions are kept by caches as MEDIA_CACHE_CONTROL says (R-48)", async () => {
  const { db } = database;
  const { storage } = store;
  const viewer = await person(db);
  const bytes = await picture();
  const [answer] = await beginUploads(db, storage, { viewer, uploads: [declare(bytes)] });
  const permit = issued(answer);
  await post(permit, bytes);
  await completeUploads(db, storage, { viewer, ids: [permit.id] });
  const room = <T>(_size: number, work: () => Promise<T>): Promise<T> => work();
  assert.equal(await finalize(db, storage, permit.id, { bytes: room, pixels: room }), "ready");
  let kept = 0;
  for (const folder of ["media/", "derived/"])
    for await (const { key } of storage.list(folder)) {
      assert.equal((await storage.describe(key))?.cacheControl, cacheControl, key);
      kept += 1;
    }
  assert.ok(kept >= 3, `${kept} objects`);
});

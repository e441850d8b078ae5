import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Db, database } from "../database.ts";
import type { Viewer } from "../media.ts";
import type { Storage } from "../storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { beginUploads, cancelUpload, completeUploads, uploadStatus } from "../uploads.ts";
import { endWaiting } from "./news.ts";
import { declare, issued, person, picture } from "./testing.ts";

let box: TestDatabase;
let store: TestStore;
let db: Db;
let storage: Storage;
let viewer: Viewer;

before(async () => {
  box = await testDatabase();
  // The settings are parsed at the first call of a door, which is after this.
  process.env.DATABASE_URL = box.url;
  process.env.LOG_LEVEL = "silent";
  store = await testStore();
  ({ db } = box);
  ({ storage } = store);
  viewer = await person(db);
});
after(async () => {
  await database().sql.end();
  await store.close();
  await box.close();
});

/** Uploads that wait for a worker; nothing was sent for them. */
async function verifying(count: number): Promise<string[]> {
  const files = await Promise.all(Array.from({ length: count }, async () => declare(await picture())));
  const ids = (await beginUploads(db, storage, { viewer, uploads: files })).map((one) => issued(one).id);
  const answers = await completeUploads(db, storage, { viewer, ids, look: false });
  for (const answer of answers) assert.ok(answer.status === "known" && answer.state === "verifying");
  return ids;
}
const states = async (ids: string[], more: { wait?: number; signal?: AbortSignal } = {}) =>
  (await uploadStatus(db, { viewer, ids, ...more })).map((one) =>
    one.status === "known" ? one.state : one.code,
  );

/** Longer than any of these tests may take: what is answered in time was answered for another reason. */
const wait = 600;

describe("a question about uploads that may wait", () => {
  it("is answered when the last of them has come to its end", async () => {
    const ids = await verifying(3);
    const answer = states(ids, { wait });
    for (const id of ids) await cancelUpload(db, { viewer, id });
    assert.deepEqual(await answer, ["cancelled", "cancelled", "cancelled"]);
  });

  it("is answered when its time is over, with what has come to its end by then", async () => {
    const [first = "", second = ""] = await verifying(2);
    const answer = states([first, second], { wait: 0.5 });
    await cancelUpload(db, { viewer, id: first });
    assert.deepEqual(await answer, ["cancelled", "verifying"]);
    await cancelUpload(db, { viewer, id: second });
  });

  it("does not wait at all for what is over, or unknown, or when it must not", async () => {
    const ids = await verifying(1);
    assert.deepEqual(await states(ids), ["verifying"]);
    await cancelUpload(db, { viewer, id: ids[0] ?? "" });
    assert.deepEqual(await states(ids, { wait }), ["cancelled"]);
    assert.deepEqual(await states([crypto.randomUUID()], { wait }), ["not_found"]);
  });

  it("ends when nobody waits for it any longer, or the process is about to end", async () => {
    const ids = await verifying(1);
    const left = new AbortController();
    const first = states(ids, { wait, signal: left.signal });
    left.abort();
    assert.deepEqual(await first, ["verifying"]);
    assert.deepEqual(await states(ids, { wait, signal: left.signal }), ["verifying"]);
    const second = states(ids, { wait });
    // Until it waits there is nothing to end.
    const again = setInterval(endWaiting, 5);
    assert.deepEqual(await second, ["verifying"]);
    clearInterval(again);
    await cancelUpload(db, { viewer, id: ids[0] ?? "" });
  });

  it("tells nothing of somebody else's uploads", async () => {
    const ids = await verifying(1);
    const stranger = await person(db);
    const [answer] = await uploadStatus(db, { viewer: stranger, ids, wait });
    assert.ok(answer?.status === "refused" && answer.code === "not_found");
  });
});

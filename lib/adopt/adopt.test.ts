import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { insertBrought } from "#db/queries/operator.ts";
import { media, purges, quotas, uploads } from "#db/schema.ts";
import { openDelivery } from "../delivery/index.ts";
import { lockDown } from "../imaging/index.ts";
import { collected, verify, worker } from "../import/testing.ts";
import { restore, trash } from "../library.ts";
import type { Viewer } from "../media.ts";
import { purge } from "../purge.ts";
import { type ObjectHead, type Storage, StorageError } from "../storage/port.ts";
import { openStorage } from "../storage/s3.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { queueSeconds } from "../uploads/rules.ts";
import { sweep, sweepIncoming } from "../uploads/sweep.ts";
import { declare, faulty, issued, person, picture, sha256 } from "../uploads/testing.ts";
import { beginUploads, cancelUpload, openUploads, renewUpload } from "../uploads.ts";
import { type AdoptEvent, type AdoptOptions, adoptObjects } from "./run.ts";

let database: TestDatabase;
let store: TestStore;
let db: Db;
let storage: Storage;

before(async () => {
  await lockDown();
  database = await testDatabase();
  store = await testStore();
  db = database.db;
  storage = store.storage;
});
after(async () => {
  await store?.close();
  await database?.close();
});

/** A folder of its own for every test, so that none sees another's objects. */
const folder = (): string => `media/${randomUUID()}/`;
const put = (key: string, body: Uint8Array, contentType = "image/jpeg"): Promise<void> =>
  storage.put(key, body, { contentType });
const rawObjects = async (prefix: string): Promise<ObjectHead[]> => {
  const found: ObjectHead[] = [];
  for await (const object of storage.list(prefix)) found.push(object);
  return found;
};

const usual = (viewer: Viewer, prefix: string) => ({
  ownerId: viewer.id,
  prefix,
  apply: true,
  again: false,
  look: false,
  keep: false,
  visibility: undefined,
  wait: true,
  signal: new AbortController().signal,
  onSilence: () => {},
});

async function adopt(viewer: Viewer, prefix: string, changes: Partial<AdoptOptions> = {}) {
  const told = collected<AdoptEvent>((event) => event.key.slice(prefix.length));
  await adoptObjects(db, storage, { ...usual(viewer, prefix), onEvent: told.onEvent, ...changes });
  return told;
}
/** The same with a worker beside it. */
async function adoptAll(viewer: Viewer, prefix: string, changes: Partial<AdoptOptions> = {}) {
  const beside = await worker(database, storage);
  try {
    return await adopt(viewer, prefix, changes);
  } finally {
    await beside.stop();
  }
}
const mediaOf = (viewer: Viewer) => db.select().from(media).where(eq(media.ownerId, viewer.id));
const quotaOf = async (viewer: Viewer) => {
  const [row] = await db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
  return { used: row?.usedBytes, reserved: row?.reservedBytes };
};
const uploadAt = async (key: string) => {
  const [row] = await db.select().from(uploads).where(eq(uploads.stagingKey, key));
  assert.ok(row, `no upload at ${key}`);
  return row;
};
const purgeNow = async (): Promise<void> => {
  await db.update(purges).set({ notBefore: sql`now() - interval '1 second'` }).where(isNull(purges.doneAt));
  await purge(db, storage);
};
const tooLate = new Date(Date.now() + 30 * 86_400_000);

describe("adopting", () => {
  it("makes media of pictures where they lie, whatever their keys, without touching an object", async () => {
    const viewer = await person(db);
    const at = folder();
    const names = [
      "photos/2019/IMG_0001.JPG",
      "photos/2019/img_0001.jpg",
      "사진/여름 휴가.jpg",
      "a b+c%20d&e=f;g.jpg",
      "100% (1)!*'.jpg",
      "q?uploadId=1#x.jpg",
      "é/é.jpg",
    ];
    const bodies = new Map<string, Buffer>();
    for (const name of names) {
      const body = await picture();
      bodies.set(at + name, body);
      await put(at + name, body);
    }
    const before = await rawObjects(at);
    const told = await adoptAll(viewer, at);
    assert.deepEqual(told.byOutcome(), { adopted: [...names].sort() });
    assert.deepEqual(await rawObjects(at), before, "bytes, ETag and modified time of every object");
    const rows = await mediaOf(viewer);
    assert.deepEqual(rows.map((row) => row.key).sort(), [...bodies.keys()].sort());
    const delivery = openDelivery(
      { mode: "s3-presigned", windowSeconds: 3600, publicBase: undefined, cloudfront: undefined },
      store.bucket,
      () => store.bucket.credentials ?? assert.fail(),
    );
    for (const row of rows) {
      const body = bodies.get(row.key);
      assert.ok(body);
      assert.equal(row.sha256, sha256(body));
      assert.equal(row.bytes, body.byteLength);
      const response = await fetch(delivery.url(row.key, { download: row.filename, contentType: row.mime }));
      assert.equal(response.status, 200, row.key);
      assert.equal(response.headers.get("content-type"), "image/jpeg");
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), body, row.key);
    }
    assert.deepEqual(await quotaOf(viewer), {
      used: [...bodies.values()].reduce((sum, body) => sum + body.byteLength, 0),
      reserved: 0,
    });
  });

  it("only looks without apply, and names what it would leave out", async () => {
    const viewer = await person(db);
    const at = folder();
    await put(`${at}new.jpg`, await picture());
    await put(`${at}no-ending`, await picture());
    await put(`${at}wrong.txt`, await picture(), "text/plain");
    await put(`${at}notes.pdf`, Buffer.from("%PDF-1.7"), "application/pdf");
    await put(`${at}plain`, Buffer.from("only words"), "binary/octet-stream");
    await put(`${at}empty.jpg`, Buffer.alloc(0));
    await put(`${at}cache/thumbnail.jpg`, await picture());
    const before = await rawObjects("");
    const exclude = ["cache/**"];
    assert.deepEqual((await adopt(viewer, at, { apply: false, exclude })).byOutcome(), {
      excluded: ["cache/thumbnail.jpg"],
      new: ["new.jpg", "no-ending"],
      other_type: ["notes.pdf", "plain", "wrong.txt"],
      empty: ["empty.jpg"],
    });
    assert.deepEqual((await adopt(viewer, at, { apply: false, look: true, exclude })).byOutcome(), {
      excluded: ["cache/thumbnail.jpg"],
      new: ["new.jpg", "no-ending", "wrong.txt"],
      other_type: ["notes.pdf", "plain"],
      empty: ["empty.jpg"],
    });
    assert.deepEqual(await rawObjects(""), before);
    assert.deepEqual(await db.select().from(uploads).where(eq(uploads.ownerId, viewer.id)), []);
  });

  it("goes by the bytes where name and type in the bucket are wrong (R-43)", async () => {
    const viewer = await person(db);
    const at = folder();
    await put(`${at}really-a-jpeg.png`, await picture(), "image/png");
    await adoptAll(viewer, at);
    const [row] = await mediaOf(viewer);
    assert.equal(row?.mime, "image/jpeg");
    assert.equal(row?.filename, "really-a-jpeg.png");
  });

  it("leaves Tintype's own folders and unusable keys alone", async () => {
    const viewer = await person(db);
    // A listing as other stores give it: the port itself refuses to write such keys.
    const odd = [
      "incoming/x.jpg",
      "derived/y/1.jpg",
      "static/logo.png",
      "a/../b.jpg",
      "a//b.jpg",
      "dir/",
      "\u0001.jpg",
      "a\\b.jpg",
    ];
    const listing = faulty(storage, {
      async *list() {
        for (const key of odd)
          yield { key, bytes: 10, etag: '"x"', contentType: undefined, modified: new Date() };
      },
    });
    const told = collected<AdoptEvent>((event) => event.key);
    await adoptObjects(db, listing, { ...usual(viewer, ""), onEvent: told.onEvent });
    assert.deepEqual(told.byOutcome(), {
      tintypes_own: ["derived/y/1.jpg", "incoming/x.jpg", "static/logo.png"],
      unusable_key: ["\u0001.jpg", "a/../b.jpg", "a//b.jpg", "a\\b.jpg"],
      folder: ["dir/"],
    });
  });

  it("keeps to the location, below which every key is as it is outside (S3_PREFIX)", async () => {
    const viewer = await person(db);
    const at = folder();
    await put(`${at}photos/1.jpg`, await picture());
    await put(`media/elsewhere-${randomUUID()}.jpg`, await picture());
    const located = openStorage({ ...store.bucket, location: at });
    const beside = await worker(database, located);
    const told = collected<AdoptEvent>((event) => event.key);
    await adoptObjects(db, located, { ...usual(viewer, ""), onEvent: told.onEvent });
    await beside.stop();
    located.close();
    assert.deepEqual(told.byOutcome(), { adopted: ["photos/1.jpg"] });
    assert.deepEqual(
      (await mediaOf(viewer)).map((row) => row.key),
      ["photos/1.jpg"],
    );
    assert.ok((await rawObjects(`${at}derived/`)).length > 0);
  });

  it("lets people's own uploads go first, however long a whole bucket takes", async () => {
    const viewer = await person(db);
    const at = folder();
    await put(`${at}1.jpg`, await picture());
    await adopt(viewer, at, { wait: false });
    const { id } = await uploadAt(`${at}1.jpg`);
    const priorityOf = async () =>
      (await database.sql`select priority from graphile_worker.jobs where key = ${`finalize:${id}`}`)[0]
        ?.priority;
    assert.ok((await priorityOf()) > 0);
    // As long as any upload waits before it is enqueued again.
    await db
      .update(uploads)
      .set({ leaseUntil: sql`lease_until - make_interval(secs => ${queueSeconds + 1})` })
      .where(eq(uploads.id, id));
    await sweep(db, storage);
    assert.ok((await priorityOf()) > 0);
    assert.equal(await verify(db, storage, id), "ready");
  });

  it("does not wait for what a browser is bringing to incoming/", async () => {
    const viewer = await person(db);
    const body = await picture();
    const [begun] = await beginUploads(db, storage, { viewer, uploads: [declare(body)] });
    const [row] = await db
      .select()
      .from(uploads)
      .where(eq(uploads.id, issued(begun).id));
    const key = row?.stagingKey ?? "";
    await put(key, body);
    const told = await adopt(viewer, key);
    assert.deepEqual(
      told.events.map((event) => event.outcome),
      ["busy"],
    );
  });

  it("waits for what an earlier run had begun, and tells its verdict", async () => {
    const viewer = await person(db);
    const at = folder();
    await put(`${at}1.jpg`, await picture());
    await adopt(viewer, at, { wait: false });
    assert.deepEqual((await adoptAll(viewer, at)).byOutcome(), { adopted: ["1.jpg"] });
  });

  it("adopts nothing twice, and no content that is in the gallery already (R-26)", async () => {
    const viewer = await person(db);
    const at = folder();
    const body = await picture();
    await put(`${at}1.jpg`, body);
    await adoptAll(viewer, at);
    await put(`${at}2.jpg`, body);
    assert.deepEqual((await adoptAll(viewer, at)).byOutcome(), { known: ["1.jpg"], duplicate: ["2.jpg"] });
    assert.deepEqual((await adopt(viewer, at)).byOutcome(), { known: ["1.jpg"], duplicate: ["2.jpg"] });
    await purgeNow();
    assert.equal((await rawObjects(at)).length, 2, "the copy stays in the bucket");
    const [row] = await mediaOf(viewer);
    await trash(db, { viewer, ids: [row?.id ?? ""] });
    assert.deepEqual((await adoptAll(viewer, at)).byOutcome(), { in_trash: ["1.jpg"], adopted: ["2.jpg"] });
  });

  it("begins nothing anew at a key that became a medium since it was looked at", async () => {
    const viewer = await person(db);
    const at = folder();
    await put(`${at}1.jpg`, await picture());
    await adoptAll(viewer, at);
    const [row] = await mediaOf(viewer);
    const late = await insertBrought(
      db,
      [
        {
          ownerId: viewer.id,
          clientToken: randomUUID(),
          stagingKey: row?.key ?? "",
          filename: "1.jpg",
          bytes: 1,
          sha256: null,
          fileModifiedAt: null,
          timeZone: null,
          inPlace: true,
          visibility: null,
          keepOriginal: true,
        },
      ],
      60,
    );
    assert.deepEqual(late, []);
    assert.deepEqual((await adopt(viewer, at)).byOutcome(), { known: ["1.jpg"] });
  });

  it("has one winner when two adopt the same folder at once, each telling what it did", async () => {
    const one = await person(db);
    const two = await person(db);
    const at = folder();
    for (let n = 0; n < 12; n++) await put(`${at}${n}.jpg`, await picture());
    const beside = await worker(database, storage);
    const [first, other, second] = await Promise.all([adopt(one, at), adopt(two, at), adopt(one, at)]);
    await beside.stop();
    const adopted = (...told: (typeof first)[]): Set<string> =>
      new Set(told.flatMap((one) => one.byOutcome().adopted ?? []));
    for (const told of [first, other, second])
      for (const { outcome } of told.events) assert.match(outcome, /^(adopted|busy|known)$/);
    assert.equal(adopted(first, second).size, (await mediaOf(one)).length);
    assert.equal(adopted(other).size, (await mediaOf(two)).length);
    assert.equal((await mediaOf(one)).length + (await mediaOf(two)).length, 12);
  });
});

describe("a verdict against an adopted object", () => {
  it("never removes the object, however it is refused, cancelled or forgotten", async () => {
    const viewer = await person(db);
    const at = folder();
    const broken = (await picture()).subarray(0, 200);
    await put(`${at}broken.jpg`, broken);
    await put(`${at}cancelled.jpg`, await picture());
    await put(`${at}words.jpg`, Buffer.from("not a picture at all"));
    await adopt(viewer, at, { wait: false });
    await cancelUpload(db, { viewer, id: (await uploadAt(`${at}cancelled.jpg`)).id });
    for (const name of ["broken.jpg", "words.jpg"])
      assert.equal(await verify(db, storage, (await uploadAt(at + name)).id), "rejected");
    await sweep(db, storage);
    await sweepIncoming(db, storage, tooLate);
    await purgeNow();
    assert.equal((await rawObjects(at)).length, 3);
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
    // Refused for its bytes: again only when they changed or when asked to; what was cancelled is taken as new.
    assert.deepEqual((await adopt(viewer, at, { apply: false })).byOutcome(), {
      new: ["cancelled.jpg"],
      refused_before: ["broken.jpg", "words.jpg"],
    });
    assert.deepEqual((await adopt(viewer, at, { apply: false, again: true })).byOutcome(), {
      new: ["broken.jpg", "cancelled.jpg", "words.jpg"],
    });
    await db
      .update(uploads)
      .set({ updatedAt: sql`now() - interval '1 hour'` })
      .where(eq(uploads.ownerId, viewer.id));
    const mended = await picture();
    await put(`${at}broken.jpg`, mended);
    assert.deepEqual((await adoptAll(viewer, at, { again: true })).byOutcome(), {
      adopted: ["broken.jpg", "cancelled.jpg"],
      refused: ["words.jpg"],
    });
  });

  it("ends an upload whose object was deleted since, and gives its space back", async () => {
    const viewer = await person(db);
    const at = folder();
    await put(`${at}1.jpg`, await picture());
    await adopt(viewer, at, { wait: false });
    await storage.delete(`${at}1.jpg`);
    const { id } = await uploadAt(`${at}1.jpg`);
    assert.equal(await verify(db, storage, id), "missing");
    assert.equal((await uploadAt(`${at}1.jpg`)).state, "expired");
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
    await put(`${at}1.jpg`, await picture());
    assert.deepEqual((await adoptAll(viewer, at)).byOutcome(), { adopted: ["1.jpg"] });
  });

  it("takes an object that changed since it was listed as it is when it is read", async () => {
    const viewer = await person(db);
    const at = folder();
    await put(`${at}1.jpg`, await picture());
    await adopt(viewer, at, { wait: false });
    const other = await picture({ width: 90, height: 30 });
    await put(`${at}1.jpg`, other);
    assert.equal(await verify(db, storage, (await uploadAt(`${at}1.jpg`)).id), "ready");
    const [row] = await mediaOf(viewer);
    assert.deepEqual([row?.sha256, row?.bytes, row?.width], [sha256(other), other.byteLength, 90]);
    assert.deepEqual(await quotaOf(viewer), { used: other.byteLength, reserved: 0 });
  });

  it("does not show what changed while it was verified, but reads it once more (I-1, A-15)", async () => {
    const viewer = await person(db);
    const at = folder();
    const key = `${at}1.jpg`;
    await put(key, await picture());
    await adopt(viewer, at, { wait: false });
    const other = await picture();
    const swapping = faulty(storage, {
      async get(asked, options) {
        const got = await storage.get(asked, options);
        if (asked === key) await put(key, other);
        return got;
      },
    });
    const { id } = await uploadAt(key);
    assert.equal(await verify(db, swapping, id), "postponed");
    assert.deepEqual(await mediaOf(viewer), []);
    assert.equal(await verify(db, storage, id), "ready");
    assert.equal((await mediaOf(viewer))[0]?.sha256, sha256(other));
  });

  it("names an object whose first bytes may not be read, and looks at the others; a store that is away ends it", async () => {
    const viewer = await person(db);
    const at = folder();
    await put(`${at}archived.jpg`, await picture());
    await put(`${at}open.jpg`, await picture());
    const refusing = (code: "denied" | "unavailable") =>
      faulty(storage, {
        async get(key, options) {
          if (key.endsWith("archived.jpg")) throw new StorageError(code, "The bucket refuses.");
          return storage.get(key, options);
        },
      });
    const look = async (code: "denied" | "unavailable") => {
      const told = collected<AdoptEvent>((event) => event.key.slice(at.length));
      const options = { ...usual(viewer, at), apply: false, look: true, onEvent: told.onEvent };
      await adoptObjects(db, refusing(code), options);
      return told.byOutcome();
    };
    assert.deepEqual(await look("denied"), { refused: ["archived.jpg"], new: ["open.jpg"] });
    await assert.rejects(look("unavailable"), { code: "unavailable" });
  });

  it("gives up on one object that may not be read, and leaves the others alone", async () => {
    const viewer = await person(db);
    const at = folder();
    const key = `${at}archived.jpg`;
    await put(key, await picture());
    await adopt(viewer, at, { wait: false });
    const closed = faulty(storage, {
      get: async () => {
        throw new StorageError("denied", "The bucket refuses.");
      },
    });
    const { id } = await uploadAt(key);
    for (let n = 0; n < 3; n++) assert.equal(await verify(db, closed, id), "postponed");
    assert.equal(await verify(db, closed, id), "rejected");
    assert.equal((await uploadAt(key)).rejectCode, "internal");
    assert.ok(await storage.head(key));
  });
});

describe("an adopted medium", () => {
  const adoptOne = async (changes: Partial<AdoptOptions> = {}) => {
    const viewer = await person(db);
    const key = `${folder()}사진?uploadId=1.jpg`;
    const body = await picture();
    await put(key, body);
    await adoptAll(viewer, key, changes);
    const [row] = await mediaOf(viewer);
    assert.ok(row);
    return { viewer, key, body, id: row.id, renditions: `${row.renditionFolder}/` };
  };

  it("is restored from the trash with its object, and removed with it when its time is over (F-18)", async () => {
    const { viewer, key, id, renditions } = await adoptOne();
    await trash(db, { viewer, ids: [id] });
    await restore(db, { viewer, ids: [id] });
    await purgeNow();
    assert.ok(await storage.head(key));
    await trash(db, { viewer, ids: [id] });
    await purgeNow();
    assert.equal(await storage.head(key), undefined);
    assert.deepEqual(await rawObjects(renditions), []);
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
  });

  it("leaves its object in the bucket when that was asked for, and does not come back by itself", async () => {
    const { viewer, key, body, id, renditions } = await adoptOne({ keep: true });
    await trash(db, { viewer, ids: [id] });
    await purgeNow();
    assert.deepEqual((await storage.get(key, { bytesMax: 1_000_000 }))?.body, body);
    assert.deepEqual(await rawObjects(renditions), []);
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
    assert.deepEqual((await adopt(viewer, key)).byOutcome(), { deleted_before: [""] });
    assert.deepEqual((await adoptAll(viewer, key, { again: true })).byOutcome(), { adopted: [""] });
  });

  it("makes room at its key for what others put there after it was removed", async () => {
    const { viewer, key, id } = await adoptOne();
    await trash(db, { viewer, ids: [id] });
    await purgeNow();
    await put(key, await picture());
    assert.deepEqual((await adoptAll(viewer, key)).byOutcome(), { adopted: [""] });
    await purgeNow();
    assert.ok(await storage.head(key));
  });

  it("is shown as was asked, is no upload of a browser and cannot be written over (I-4)", async () => {
    const viewer = await person(db);
    const at = folder();
    await put(`${at}1.jpg`, await picture());
    await adopt(viewer, at, { wait: false, visibility: "public" });
    const { id } = await uploadAt(`${at}1.jpg`);
    assert.deepEqual(await openUploads(db, { viewer }), []);
    await assert.rejects(renewUpload(db, storage, { viewer, id }));
    await db.update(uploads).set({ state: "issued" }).where(eq(uploads.id, id));
    await assert.rejects(renewUpload(db, storage, { viewer, id }));
    await db.update(uploads).set({ state: "verifying" }).where(eq(uploads.id, id));
    assert.equal(await verify(db, storage, id), "ready");
    const [row] = await db
      .select()
      .from(media)
      .where(and(eq(media.ownerId, viewer.id)));
    assert.equal(row?.visibility, "public");
  });
});

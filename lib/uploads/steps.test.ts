/**
 * Ends the work between every two of its steps, as a killed process does: what was begun is rolled back, what was
 * committed stays, and nothing of it ever goes on. Then the next one comes along, and the books are read.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { eq, isNull, sql } from "drizzle-orm";
import { connect, type Db } from "#db/client.ts";
import { media, purges, quotas, uploads } from "#db/schema.ts";
import { arm, type Failpoint, failpoints } from "../failpoint.ts";
import { lockDown } from "../imaging/index.ts";
import { restore, trash } from "../library.ts";
import type { Viewer } from "../media.ts";
import { purge } from "../purge.ts";
import type { Storage } from "../storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { beginUploads, completeUploads } from "../uploads.ts";
import { deriveAgain } from "../worker/derive.ts";
import type { BeginFile } from "./asked.ts";
import { finalize } from "./finalize.ts";
import { sweep } from "./sweep.ts";
import { declare, faulty, issued, person, picture, post, sha256 } from "./testing.ts";

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

const room = <T>(_size: number, work: () => Promise<T>): Promise<T> => work();
const atOnce = { bytes: room, pixels: room };
const placesOf = (...parts: string[]): Failpoint[] =>
  failpoints.filter((name) => parts.includes(name.slice(0, name.indexOf("."))));
const keysUnder = async (prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const object of storage.list(prefix)) keys.push(object.key);
  return keys;
};

/** Lets the work come to this place, and no further: its connections are gone, and it never returns. */
async function dieAt(place: Failpoint, work: (dying: Db) => Promise<unknown>): Promise<void> {
  const dying = connect(database.url, { name: "dying", max: 2 });
  const reached = Promise.withResolvers<void>();
  const disarm = arm(place, () => {
    reached.resolve();
    return new Promise(() => {});
  });
  const ended = work(dying.db).then(
    () => "came to its end",
    () => "failed",
  );
  assert.equal(await Promise.race([reached.promise.then(() => "reached"), ended]), "reached", place);
  disarm();
  await dying.sql.end({ timeout: 0 });
  // The server may notice a moment later; until then it holds the locks.
  for (;;) {
    const [left] = await database.sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'dying'`;
    if (left === undefined) return;
  }
}

async function begin(viewer: Viewer, file: BeginFile, at: Db = db) {
  const [answer] = await beginUploads(at, storage, { viewer, uploads: [file] });
  return issued(answer);
}
async function stored(viewer: Viewer, bytes: Uint8Array): Promise<string> {
  const permit = await begin(viewer, declare(bytes));
  assert.equal((await post(permit, bytes)).status, 201);
  return permit.id;
}
async function arrived(viewer: Viewer, bytes: Uint8Array): Promise<string> {
  const id = await stored(viewer, bytes);
  await completeUploads(db, storage, { viewer, ids: [id] });
  return id;
}
const rowOf = async (id: string) => {
  const [row] = await db.select().from(uploads).where(eq(uploads.id, id));
  assert.ok(row);
  return row;
};
const mediumOf = async (viewer: Viewer) => {
  const [row] = await db.select().from(media).where(eq(media.ownerId, viewer.id));
  return row;
};
async function ready(viewer: Viewer): Promise<string> {
  const id = await arrived(viewer, await picture());
  assert.equal(await finalize(db, storage, id, atOnce), "ready");
  const { mediaId } = await rowOf(id);
  assert.ok(mediaId);
  return mediaId;
}
/** As long as it takes until nobody who is gone holds anything any more, and all that is to be removed is due. */
async function muchLater(): Promise<void> {
  await db.update(uploads).set({ leaseUntil: sql`now() - interval '1 second'` });
  await db
    .update(purges)
    .set({ notBefore: sql`now() - interval '1 second'`, leaseUntil: null })
    .where(isNull(purges.doneAt));
}
async function purgeAll(): Promise<void> {
  await muchLater();
  await purge(db, storage);
}

/** Nobody writes to a key twice: one look at its bytes is enough. */
const hashed = new Set<string>();

/** I-1, I-2, I-5 and I-6 over everything there is. */
async function assertInOrder(): Promise<void> {
  const rows = await db.select().from(media).where(isNull(media.purgedAt));
  const originals = await keysUnder("media/");
  const renditions = await keysUnder("derived/");
  for (const row of rows) {
    assert.ok(originals.includes(row.key), `I-1: ${row.key} is there`);
    if (!hashed.has(row.key)) {
      const original = await storage.get(row.key, { bytesMax: row.bytes });
      assert.equal(original && sha256(original.body), row.sha256, "I-1: with the bytes that were verified");
      hashed.add(row.key);
    }
    const made = renditions.filter((key) => key.startsWith(`${row.renditionFolder}/`));
    assert.equal(made.length, row.avifWidths.length + row.jpegWidths.length, "I-1: with every rendition");
  }
  const open = await db.select().from(uploads).where(eq(uploads.state, "verifying"));
  const asked = (await db.select().from(purges).where(isNull(purges.doneAt))).map((row) => row.key);
  const known = new Set([
    ...rows.flatMap((row) => [row.key, row.renditionFolder]),
    ...open.flatMap((row) => [row.finalKey ?? "", row.renditionFolder ?? ""]),
    ...asked.map((key) => key.replace(/\/$/, "")),
  ]);
  const trashed = await db.select().from(media);
  for (const row of trashed) if (asked.includes(row.key)) known.add(row.renditionFolder);
  for (const key of originals) assert.ok(known.has(key), `I-2: a row knows ${key}`);
  for (const key of renditions)
    assert.ok(known.has(key.slice(0, key.lastIndexOf("/"))), `I-2: a row knows the folder of ${key}`);
  const wrong = await db.execute(sql`
    select q.used_bytes, q.reserved_bytes from quotas q where
      q.used_bytes <> coalesce((select sum(bytes) from media m where m.owner_id = q.owner_id and m.purged_at is null), 0)
      or q.reserved_bytes <> coalesce((select sum(bytes) from uploads u where u.owner_id = q.owner_id
        and u.state in ('issued', 'verifying')), 0)`);
  assert.deepEqual([...wrong], [], "I-6: quotas are what is kept and what is open");
}
afterEach(assertInOrder);

describe("a server that dies while an upload begins", () => {
  for (const place of placesOf("reserve"))
    it(`at ${place} leaves one upload and one reservation to whoever asks again (F-1, R-12)`, async () => {
      const viewer = await person(db);
      const file = declare(await picture());
      await dieAt(place, (dying) => begin(viewer, file, dying));
      await assertInOrder();
      await begin(viewer, file);
      const rows = await db.select().from(uploads).where(eq(uploads.ownerId, viewer.id));
      assert.deepEqual(
        rows.map((row) => row.state),
        ["issued"],
      );
      const [quota] = await db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
      assert.equal(quota?.reservedBytes, file.bytes);
    });
});

describe("a server that dies while it is told that the bytes are there", () => {
  for (const place of placesOf("complete"))
    it(`at ${place} loses nothing: told again, it becomes one medium (F-4, F-9)`, async () => {
      const viewer = await person(db);
      const id = await stored(viewer, await picture());
      await dieAt(place, (dying) => completeUploads(dying, storage, { viewer, ids: [id] }));
      await completeUploads(db, storage, { viewer, ids: [id] });
      const jobs = await database.sql`select from graphile_worker.jobs where key = ${`finalize:${id}`}`;
      assert.equal(jobs.length, 1);
      assert.equal(await finalize(db, storage, id, atOnce), "ready");
    });
});

describe("a worker that dies while it verifies a picture", () => {
  for (const place of placesOf("finalize", "publish").filter((name) => name !== "finalize.lost"))
    it(`at ${place} leaves it to the next, shown whole or not at all (F-11, F-12, F-13)`, async () => {
      const viewer = await person(db);
      const id = await arrived(viewer, await picture());
      await dieAt(place, (dying) => finalize(dying, storage, id, atOnce));
      await assertInOrder();
      await muchLater();
      await sweep(db, storage);
      const next = await finalize(db, storage, id, atOnce);
      assert.equal(next, place === "publish.committed" ? "not_mine" : "ready");
      const row = await rowOf(id);
      assert.equal(row.state, "ready");
      await purgeAll();
      assert.equal(await storage.head(row.stagingKey), undefined, "I-3: staging is empty");
      assert.equal((await db.select().from(media).where(eq(media.ownerId, viewer.id))).length, 1);
    });

  for (const place of placesOf("reject"))
    it(`at ${place} leaves it to the next to refuse it, and nothing of it remains (F-8)`, async () => {
      const viewer = await person(db);
      const id = await arrived(viewer, Buffer.from("no picture at all".padEnd(300, ".")));
      await dieAt(place, (dying) => finalize(dying, storage, id, atOnce));
      await assertInOrder();
      await muchLater();
      await sweep(db, storage);
      await finalize(db, storage, id, atOnce);
      const row = await rowOf(id);
      assert.deepEqual([row.state, row.rejectCode], ["rejected", "not_an_image"]);
      await purgeAll();
      assert.equal(await storage.head(row.stagingKey), undefined);
    });

  it("again and again while it reads or writes never makes the picture the culprit (F-11)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    for (const place of [
      "finalize.read",
      "finalize.keysNoted",
      "publish.closed",
      "publish.inserted",
    ] as const) {
      await dieAt(place, (dying) => finalize(dying, storage, id, atOnce));
      await muchLater();
    }
    assert.equal((await rowOf(id)).attempts, 0);
    assert.equal(await finalize(db, storage, id, atOnce), "ready");
  });

  it("three times while it decodes has had enough of that picture (F-11)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    for (const place of ["finalize.identified", "finalize.derived", "finalize.identified"] as const) {
      await dieAt(place, (dying) => finalize(dying, storage, id, atOnce));
      await muchLater();
    }
    assert.equal(await finalize(db, storage, id, atOnce), "rejected");
    assert.equal((await rowOf(id)).rejectCode, "internal");
  });
});

describe("a worker that dies while it removes a medium", () => {
  for (const place of placesOf("purge"))
    it(`at ${place} leaves it whole to be restored, or gone for good (F-20, F-21)`, async () => {
      const viewer = await person(db);
      const mediaId = await ready(viewer);
      await purgeAll();
      await trash(db, { viewer, ids: [mediaId] });
      await muchLater();
      await dieAt(place, (dying) => purge(dying, storage));
      // What dies here is the process and with it its lock; the person clicks in the moment after.
      const restored = await restore(db, { viewer, ids: [mediaId] });
      assert.deepEqual(restored, place === "purge.claimed" ? [mediaId] : []);
      await assertInOrder();
      await purgeAll();
      const row = await mediumOf(viewer);
      assert.ok(row);
      const there = (await storage.head(row.key)) !== undefined;
      assert.deepEqual(
        [row.deletedAt === null, row.purgedAt === null, there],
        Array(3).fill(restored.length === 1),
      );
      if (!there) assert.deepEqual(await keysUnder(`${row.renditionFolder}/`), []);
    });
});

describe("a sweeper that dies", () => {
  for (const place of ["sweep.listed", "sweep.looked", "sweep.expired", "sweep.revived"] as const)
    it(`at ${place} leaves its work to the next (F-2, F-28)`, async () => {
      const viewer = await person(db);
      const { id } = await begin(viewer, declare(await picture()));
      await db
        .update(uploads)
        .set({ policyExpiresAt: sql`now() - interval '2 days'` })
        .where(eq(uploads.id, id));
      await dieAt(place, (dying) => sweep(dying, storage));
      await assertInOrder();
      await sweep(db, storage);
      assert.equal((await rowOf(id)).state, "expired");
    });
});

describe("a worker that dies while it makes renditions anew", () => {
  for (const place of placesOf("derive").filter((name) => name !== "derive.tooLate"))
    it(`at ${place} leaves the old ones, and nothing else (I-2)`, async () => {
      const viewer = await person(db);
      const mediaId = await ready(viewer);
      const before = await mediumOf(viewer);
      await dieAt(place, (dying) => deriveAgain(dying, storage, mediaId, atOnce));
      await purgeAll();
      assert.equal((await mediumOf(viewer))?.renditionFolder, before?.renditionFolder);
      assert.deepEqual(
        (await keysUnder("derived/")).filter((key) => key.startsWith(`${before?.renditionFolder}/`)).length,
        (before?.avifWidths.length ?? 0) + (before?.jpegWidths.length ?? 0),
      );
    });

  it("or is away until the purge has begun shows the old ones still (I-5)", async () => {
    const viewer = await person(db);
    const mediaId = await ready(viewer);
    await purgeAll();
    const before = await mediumOf(viewer);
    const known = (await keysUnder("derived/")).length;
    // Between its last rendition and its last statement, the purge of what it promised comes due.
    const disarm = arm("derive.written", purgeAll);
    assert.equal(await deriveAgain(db, storage, mediaId, atOnce), false);
    disarm();
    assert.equal((await mediumOf(viewer))?.renditionFolder, before?.renditionFolder);
    // In the midst of it: what it writes afterwards goes as well (I-2).
    assert.equal(await deriveAgain(db, overtaken(1), mediaId, atOnce), false);
    await purgeAll();
    assert.equal((await keysUnder("derived/")).length, known);
  });

  it("and wrote on after the purge had been there, before it could say so, leaves nothing (I-2)", async () => {
    const viewer = await person(db);
    const mediaId = await ready(viewer);
    await purgeAll();
    const known = (await keysUnder("derived/")).length;
    const firstPass = async (): Promise<void> => {
      await db
        .update(purges)
        .set({ notBefore: sql`now() - interval '1 second'` })
        .where(sql`done_at is null and reason = 'unfinished renditions'`);
      await purge(db, storage);
    };
    for (const place of ["derive.written", "derive.tooLate"] as const) {
      await dieAt(place, (dying) => deriveAgain(dying, overtaken(1, firstPass), mediaId, atOnce));
      assert.ok((await keysUnder("derived/")).length > known, "it is there at first");
      await purgeAll();
      assert.equal((await keysUnder("derived/")).length, known, place);
    }
  });
});

/** A store before whose n-th writing the removals that are due are made. */
function overtaken(n: number, deed = purgeAll): Storage {
  let wrote = 0;
  return faulty(storage, {
    put: async (...asked) => {
      if (wrote++ === n) await deed();
      return storage.put(...asked);
    },
  });
}

describe("a worker that was held up until others had done its work, and dies before it knows", () => {
  /** Another finishes the upload meanwhile, and then `deed` is done. */
  async function heldUp(
    viewer: Viewer,
    id: string,
    deed: (mediaId: string) => Promise<unknown>,
  ): Promise<void> {
    const slow = overtaken(1, async () => {
      await muchLater();
      assert.equal(await finalize(db, storage, id, atOnce), "ready");
      await deed((await mediumOf(viewer))?.id ?? "");
    });
    await dieAt("finalize.lost", (dying) => finalize(dying, slow, id, atOnce));
  }
  /** What is due now, and nothing that is due later. */
  const purgeDue = async (): Promise<void> => {
    await db
      .update(purges)
      .set({ notBefore: sql`now() - interval '1 second'` })
      .where(sql`done_at is null and not_before < now() + interval '1 hour'`);
    await purge(db, storage);
  };

  it("leaves nothing of a medium that was thrown away and purged (I-2, R-23)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    await heldUp(viewer, id, async (mediaId) => {
      await trash(db, { viewer, ids: [mediaId] });
      await database.sql`update purges set not_before = now() - interval '1 second' where media_id = ${mediaId}`;
      await purgeDue();
    });
    const row = await mediumOf(viewer);
    assert.ok(row?.purgedAt);
    assert.ok((await keysUnder(`${row.renditionFolder}/`)).length > 0, "they are there again at first");
    await purgeAll();
    assert.deepEqual(await keysUnder(`${row.renditionFolder}/`), []);
    assert.equal(await storage.head(row.key), undefined);
  });

  it("leaves nothing of renditions that were replaced (I-2)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    let before = "";
    await heldUp(viewer, id, async (mediaId) => {
      before = (await mediumOf(viewer))?.renditionFolder ?? "";
      assert.equal(await deriveAgain(db, storage, mediaId, atOnce), true);
      await database.sql`
        update purges set not_before = now() - interval '1 second' where key = ${`${before}/`} and reason = 'replaced renditions'`;
      await purge(db, storage);
    });
    assert.ok((await keysUnder(`${before}/`)).length > 0, "they are there again at first");
    await purgeAll();
    assert.deepEqual(await keysUnder(`${before}/`), []);
  });

  it("asks for no second removal of what is older than any upload may be", async () => {
    const viewer = await person(db);
    const mediaId = await ready(viewer);
    await purgeAll();
    await trash(db, { viewer, ids: [mediaId] });
    await database.sql`update media set updated_at = now() - interval '30 days' where id = ${mediaId}`;
    await purgeAll();
    const open = await db.select().from(purges).where(isNull(purges.doneAt));
    assert.deepEqual(open, []);
  });
});

describe("an upload whose bytes went away after a worker had written all but the row", () => {
  it("expires, and nothing of it remains (I-2)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    await dieAt("finalize.confirmed", (dying) => finalize(dying, storage, id, atOnce));
    const row = await rowOf(id);
    await storage.delete(row.stagingKey);
    await muchLater();
    assert.equal(await finalize(db, storage, id, atOnce), "missing");
    await db
      .update(uploads)
      .set({ policyExpiresAt: sql`now() - interval '2 days'` })
      .where(eq(uploads.id, id));
    await sweep(db, storage);
    assert.equal((await rowOf(id)).state, "expired");
    assert.ok((await storage.head(row.finalKey ?? "")) !== undefined, "it is there at first");
    await purgeAll();
    assert.equal(await storage.head(row.finalKey ?? ""), undefined);
    assert.deepEqual(await keysUnder(`${row.renditionFolder}/`), []);
  });
});

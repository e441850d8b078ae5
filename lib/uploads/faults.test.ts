/** Faults at their exact point, each under its number; what may happen between two steps of our own is in steps.test.ts. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { eq, isNull, sql } from "drizzle-orm";
import { connect, type Db } from "#db/client.ts";
import { media, purges, quotas, uploads } from "#db/schema.ts";
import { arm } from "../failpoint.ts";
import { route } from "../http.ts";
import { DecoderLost, DecoderMissing, lockDown } from "../imaging/index.ts";
import { trash } from "../library.ts";
import type { Viewer } from "../media.ts";
import { purge } from "../purge.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { openStorage } from "../storage/s3.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { beginUploads, cancelUpload, completeUploads, renewUpload } from "../uploads.ts";
import { finalize } from "./finalize.ts";
import { forgiveAll } from "./risk.ts";
import { sweep, sweepIncoming } from "./sweep.ts";
import { declare, faulty, issued, person, picture, post } from "./testing.ts";

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
const verify = (id: string, at: Storage = storage) => finalize(db, at, id, atOnce);
const rowOf = async (id: string) => {
  const [row] = await db.select().from(uploads).where(eq(uploads.id, id));
  assert.ok(row);
  return row;
};
const spaceOf = async (viewer: Viewer) => {
  const [row] = await db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
  return [row?.usedBytes, row?.reservedBytes];
};
const begin = async (viewer: Viewer, bytes: Uint8Array, changes = {}, at: Storage = storage) => {
  const [answer] = await beginUploads(db, at, { viewer, uploads: [declare(bytes, changes)] });
  return issued(answer);
};
async function arrived(viewer: Viewer, bytes: Uint8Array): Promise<string> {
  const permit = await begin(viewer, bytes);
  assert.equal((await post(permit, bytes)).status, 201);
  await completeUploads(db, storage, { viewer, ids: [permit.id] });
  return permit.id;
}
async function ready(viewer: Viewer): Promise<string> {
  const id = await arrived(viewer, await picture());
  assert.equal(await verify(id), "ready");
  const { mediaId } = await rowOf(id);
  assert.ok(mediaId);
  return mediaId;
}
const keyOf = async (mediaId: string): Promise<string> => {
  const [row] = await db.select({ key: media.key }).from(media).where(eq(media.id, mediaId));
  assert.ok(row);
  return row.key;
};
const forgotten = (id: string) =>
  db.update(uploads).set({ policyExpiresAt: sql`now() - interval '2 days'` }).where(eq(uploads.id, id));
const leaseEnds = (id: string) =>
  db.update(uploads).set({ leaseUntil: sql`now() - interval '1 second'` }).where(eq(uploads.id, id));
async function purgeAll(): Promise<void> {
  await db.update(purges).set({ notBefore: sql`now() - interval '1 second'` }).where(isNull(purges.doneAt));
  await purge(db, storage);
}

describe("a wrong size (F-7)", () => {
  it("is refused by the bucket, which stores nothing: the upload stays open and expires", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const permit = await begin(viewer, bytes);
    for (const wrong of [bytes.subarray(1), Buffer.concat([bytes, Buffer.from("x")])])
      assert.equal((await post(permit, wrong)).status, 400);
    const row = await rowOf(permit.id);
    assert.deepEqual([row.state, await storage.head(row.stagingKey)], ["issued", undefined]);
    await cancelUpload(db, { viewer, id: permit.id });
  });

  it("that a bucket let through is rejected, purged and refunded", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    for (const wrong of [bytes.subarray(1), Buffer.concat([bytes, Buffer.from("x")])]) {
      const permit = await begin(viewer, bytes);
      const { stagingKey } = await rowOf(permit.id);
      await storage.put(stagingKey, Buffer.from(wrong), { contentType: "image/jpeg" });
      await completeUploads(db, storage, { viewer, ids: [permit.id] });
      assert.equal(await verify(permit.id), "rejected");
      assert.equal((await rowOf(permit.id)).rejectCode, "size_mismatch");
      await purge(db, storage);
      assert.equal(await storage.head(stagingKey), undefined);
    }
    assert.deepEqual(await spaceOf(viewer), [0, 0]);
  });
});

describe("clocks", () => {
  it("of ours that are ahead make a policy outlive its row; what it then brings is swept (F-23)", async (t) => {
    const viewer = await person(db);
    const bytes = await picture();
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 10 * 60_000 });
    const permit = await begin(viewer, bytes);
    t.mock.timers.reset();
    const row = await rowOf(permit.id);
    assert.ok(
      Date.parse(permit.expiresAt) > row.policyExpiresAt.getTime(),
      "the row keeps the database's time",
    );
    await forgotten(permit.id);
    await sweep(db, storage);
    assert.equal((await rowOf(permit.id)).state, "expired");
    await purgeAll();
    assert.equal((await post(permit, bytes)).status, 201, "the store still takes it");
    const later = new Date(Date.now() + 25 * 3_600_000);
    await sweepIncoming(db, storage, later);
    await purgeAll();
    assert.equal(await storage.head(row.stagingKey), undefined);
    assert.deepEqual(await spaceOf(viewer), [0, 0]);
  });
});

describe("credentials", () => {
  it("that were withdrawn while a permit was out: nothing is stored, and a renewed permit works (F-24)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const withdrawn = openStorage({
      ...store.bucket,
      credentials: { accessKeyId: "WITHDRAWN00000000000", secretAccessKey: "no longer valid" },
    });
    const permit = await begin(viewer, bytes, {}, withdrawn);
    assert.equal((await post(permit, bytes)).status, 403);
    const row = await rowOf(permit.id);
    assert.deepEqual([row.state, await storage.head(row.stagingKey)], ["issued", undefined]);
    const fresh = await renewUpload(db, storage, { viewer, id: permit.id });
    assert.equal(fresh.transport, "post");
    if (fresh.transport === "post") assert.equal((await post(fresh, bytes)).status, 201);
    await completeUploads(db, storage, { viewer, ids: [permit.id] });
    assert.equal(await verify(permit.id), "ready");
    withdrawn.close();
  });

  it("that do not work for the worker are no fault of the picture (F-24)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    const withdrawn = openStorage({
      ...store.bucket,
      credentials: { accessKeyId: "WITHDRAWN00000000000", secretAccessKey: "no longer valid" },
    });
    for (let n = 0; n < 4; n++) assert.equal(await verify(id, withdrawn), "postponed");
    assert.equal((await rowOf(id)).attempts, 0);
    assert.equal(await verify(id), "ready");
    withdrawn.close();
  });
});

describe("the database", () => {
  it("that is away when it is told of the bytes: 503 with a time, and the picture is adopted later (F-25)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const permit = await begin(viewer, bytes);
    assert.equal((await post(permit, bytes)).status, 201);
    const away = connect("postgres://nobody@127.0.0.1:9/none", { max: 1 });
    const POST = route({}, async () =>
      Response.json(await completeUploads(away.db, storage, { viewer, ids: [permit.id] })),
    );
    const request = new Request("http://localhost:3000/api/uploads/complete", {
      method: "POST",
      headers: { origin: "http://localhost:3000", "content-type": "application/json" },
    });
    const answer = await POST(request, { params: Promise.resolve({}) });
    assert.equal(answer.status, 503);
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
    assert.equal((await answer.json()).code, "database_unavailable");
    assert.equal((await rowOf(permit.id)).state, "issued");
    await away.sql.end({ timeout: 0 });
    await forgotten(permit.id);
    assert.equal((await sweep(db, storage)).adopted, 1);
    assert.equal(await verify(permit.id), "ready");
  });

  it("that goes away while a picture is decoded is not counted against it (F-25)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    for (let n = 0; n < 4; n++) {
      // Its own connections end in the middle, and a new one is there a moment later.
      const mine = connect(database.url, { name: `away-${n}`, max: 1 });
      const disarm = arm("finalize.identified", async () => {
        await database.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${`away-${n}`}`;
        throw Object.assign(new Error("gone"), { code: "CONNECTION_CLOSED" });
      });
      assert.equal(await finalize(mine.db, storage, id, atOnce), "postponed");
      disarm();
      await mine.sql.end({ timeout: 1 });
    }
    assert.equal((await rowOf(id)).attempts, 0);
    assert.equal(await verify(id), "ready");
  });

  it("that has no room, no memory or no time, or met another, is not counted against a picture (R-33)", async () => {
    const id = await arrived(await person(db), await picture());
    for (const code of ["53100", "53200", "57014", "55P03", "58030", "40P01", "XX001"]) {
      const disarm = arm("finalize.identified", () => {
        throw new Error("asked in vain", { cause: Object.assign(new Error("trouble"), { code }) });
      });
      assert.equal(await verify(id), "postponed");
      disarm();
      await db
        .update(uploads)
        .set({ leaseUntil: sql`now() - interval '1 second'` })
        .where(eq(uploads.id, id));
    }
    assert.equal((await rowOf(id)).attempts, 0);
    assert.equal(await verify(id), "ready");
  });

  it("that is put back to an older state removes no original that it does not know (F-26)", async () => {
    const viewer = await person(db);
    const kept = await ready(viewer);
    const thrown = await ready(viewer);
    await trash(db, { viewer, ids: [thrown] });
    await purgeAll();
    const tables = ["media", "uploads", "purges", "quotas"];
    for (const name of tables) await database.sql.unsafe(`create table backup_${name} as table ${name}`);
    const newer = await ready(viewer);
    const newerKey = await keyOf(newer);
    await database.sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      for (const name of [...tables].reverse()) await tx.unsafe(`delete from ${name}`);
      for (const name of tables) await tx.unsafe(`insert into ${name} select * from backup_${name}`);
    });
    // Everything that was open then is done again.
    await db.update(purges).set({ doneAt: null, leaseUntil: null });
    await purgeAll();
    await sweep(db, storage);
    await sweepIncoming(db, storage, new Date(Date.now() + 25 * 3_600_000));
    await purgeAll();
    assert.ok(await storage.head(newerKey), "what only the bucket knows stays");
    assert.ok(await storage.head(await keyOf(kept)), "what both know stays");
    assert.equal(await storage.head(await keyOf(thrown)), undefined);
  });
});

describe("a decoder", () => {
  const ends = (error: Error): (() => void) =>
    arm("finalize.identified", () => {
      throw error;
    });
  const pause = async (id: string): Promise<number> => {
    const [row] = await db
      .select({ seconds: sql<number>`extract(epoch from ${uploads.leaseUntil} - ${uploads.updatedAt})::int` })
      .from(uploads)
      .where(eq(uploads.id, id));
    return row?.seconds ?? 0;
  };
  const soon = async (id: string) => {
    await db.update(uploads).set({ leaseUntil: sql`now() - interval '1 second'` }).where(eq(uploads.id, id));
  };

  it("that could not be started is no fault of the picture, however often that is (F-11)", async () => {
    const id = await arrived(await person(db), await picture());
    const disarm = ends(new DecoderMissing("no memory"));
    for (let n = 0; n < 5; n++) {
      assert.equal(await verify(id), "postponed");
      await soon(id);
    }
    disarm();
    assert.equal((await rowOf(id)).attempts, 0);
    assert.equal(await verify(id), "ready");
  });

  it("that was killed from outside is counted only when nothing else was decoded, and the machine is given an hour (F-11)", async () => {
    const id = await arrived(await person(db), await picture());
    const disarm = ends(new DecoderLost("SIGKILL", { byMachine: true }));
    const seen: unknown[] = [];
    for (let n = 0; n < 4; n++) {
      assert.equal(await verify(id), "postponed");
      seen.push([(await rowOf(id)).attempts, await pause(id)]);
      await soon(id);
    }
    disarm();
    assert.deepEqual(seen, [
      [0, 30],
      [1, 60],
      [2, 3_600],
      [3, 30],
    ]);
    assert.equal(await verify(id), "rejected");
    assert.equal((await rowOf(id)).rejectCode, "internal");
  });

  it("that was killed from outside leaves the next try to a decoder without neighbours (F-11)", async () => {
    const id = await arrived(await person(db), await picture());
    const disarm = ends(new DecoderLost("SIGKILL", { byMachine: true }));
    assert.equal(await verify(id), "postponed");
    disarm();
    await soon(id);
    const asked: number[] = [];
    const pixels = <T>(size: number, work: () => Promise<T>): Promise<T> => {
      asked.push(size);
      return work();
    };
    assert.equal(await finalize(db, storage, id, { bytes: room, pixels }), "ready");
    assert.deepEqual(asked, [Number.POSITIVE_INFINITY]);
  });

  it("that crashed is counted each time, soon after one another (F-11)", async () => {
    const id = await arrived(await person(db), await picture());
    const disarm = ends(new DecoderLost("SIGSEGV", { byMachine: false }));
    for (let n = 1; n <= 3; n++) {
      assert.equal(await verify(id), "postponed");
      assert.deepEqual([(await rowOf(id)).attempts, await pause(id)], [n, 30]);
      await soon(id);
    }
    disarm();
    assert.equal(await verify(id), "rejected");
  });
});

describe("a notification", () => {
  it("that comes twice, late, or for what is long gone changes nothing (F-30)", async () => {
    const viewer = await person(db);
    const done = await arrived(viewer, await picture());
    assert.equal(await verify(done), "ready");
    const refused = await arrived(viewer, Buffer.from("nothing".padEnd(200, ".")));
    assert.equal(await verify(refused), "rejected");
    const cancelled = await arrived(viewer, await picture());
    await cancelUpload(db, { viewer, id: cancelled });
    const early = await begin(viewer, await picture());
    const expired = await begin(viewer, await picture());
    await forgotten(expired.id);
    await sweep(db, storage);
    const gone = await arrived(viewer, await picture());
    assert.equal(await verify(gone), "ready");
    await trash(db, { viewer, ids: [(await rowOf(gone)).mediaId ?? ""] });
    await purgeAll();
    const ids = [done, refused, cancelled, early.id, expired.id, gone];
    const before = await Promise.all(ids.map(rowOf));
    const space = await spaceOf(viewer);
    for (const id of [...ids, ...ids, randomUUID()]) assert.equal(await verify(id), "not_mine");
    assert.deepEqual(await Promise.all(ids.map(rowOf)), before);
    assert.deepEqual(await spaceOf(viewer), space);
    await cancelUpload(db, { viewer, id: early.id });
  });
});

describe("a sweeper", () => {
  it("does not expire what its browser renewed while the bucket was asked (F-2, R-16)", async () => {
    const viewer = await person(db);
    const { id } = await begin(viewer, await picture());
    await forgotten(id);
    const disarm = arm("sweep.looked", async () => {
      await renewUpload(db, storage, { viewer, id });
    });
    assert.equal((await sweep(db, storage)).expired, 0);
    disarm();
    assert.equal((await rowOf(id)).state, "issued");
    await cancelUpload(db, { viewer, id });
  });

  it("asks a store that does not answer a few times, and leaves the rest to its next run (R-33)", async () => {
    const viewer = await person(db);
    const begun = await Promise.all(Array.from({ length: 8 }, async () => begin(viewer, await picture())));
    for (const { id } of begun) await forgotten(id);
    let asked = 0;
    const silent = faulty(storage, {
      head: async () => {
        asked += 1;
        throw new StorageError("unavailable", "no answer");
      },
    });
    const { unknown, expired } = await sweep(db, silent);
    assert.deepEqual([asked, unknown, expired], [3, 3, 0]);
    assert.equal((await sweep(db, storage)).expired, 8);
  });
});

describe("a worker", () => {
  it("that is told to end takes its tries back before it may be killed (F-29)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const disarm = arm("finalize.identified", () => {
      reached.resolve();
      return gate.promise;
    });
    const working = verify(id);
    await reached.promise;
    assert.equal((await rowOf(id)).attempts, 1);
    await forgiveAll(db);
    assert.equal((await rowOf(id)).attempts, 0);
    gate.resolve();
    assert.equal(await working, "ready");
    disarm();
  });

  it("that slept through a cancellation and its purge removes what it writes when it wakes (F-17, R-23)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    const disarm = arm("finalize.keysNoted", async () => {
      await cancelUpload(db, { viewer, id });
      await purgeAll();
    });
    assert.equal(await verify(id), "not_mine");
    disarm();
    const { finalKey } = await rowOf(id);
    assert.ok(finalKey && (await storage.head(finalKey)), "it has written");
    await purgeAll();
    assert.equal(await storage.head(finalKey), undefined);
  });

  it("that died right after it woke leaves that to a second pass (F-17, I-2)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    const reached = Promise.withResolvers<void>();
    const asleep = arm("finalize.keysNoted", async () => {
      await cancelUpload(db, { viewer, id });
      // Only what is due by now; the second pass comes a day later.
      await db
        .update(purges)
        .set({ notBefore: sql`now() - interval '1 second'` })
        .where(sql`done_at is null
        and not_before < now() + interval '1 hour'`);
      await purge(db, storage);
    });
    const dead = arm("finalize.originalWritten", () => {
      reached.resolve();
      return new Promise(() => {});
    });
    void verify(id);
    await reached.promise;
    asleep();
    dead();
    const { finalKey } = await rowOf(id);
    assert.ok(finalKey && (await storage.head(finalKey)));
    await purgeAll();
    assert.equal(await storage.head(finalKey), undefined);
  });

  it("that slept until its medium was published, thrown away and purged leaves nothing (R-23, I-2)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    let slept = false;
    const disarm = arm("finalize.keysNoted", async () => {
      if (slept) return;
      slept = true;
      await leaseEnds(id);
      assert.equal(await verify(id), "ready");
      await trash(db, { viewer, ids: [(await rowOf(id)).mediaId ?? ""] });
      await purgeAll();
    });
    assert.equal(await verify(id), "not_mine");
    disarm();
    const { finalKey } = await rowOf(id);
    assert.ok(finalKey && (await storage.head(finalKey)), "it has written");
    await purgeAll();
    assert.equal(await storage.head(finalKey), undefined);
  });
});

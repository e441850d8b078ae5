/** What uploads in parts must do on every store: resumed, raced, cut short, forgotten. Run on each of them. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { and, eq, isNull, like, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { media, purges, quotas, uploads } from "#db/schema.ts";
import { TintypeError } from "../errors.ts";
import { lockDown } from "../imaging/index.ts";
import type { UploadParts, Viewer } from "../media.ts";
import { purge } from "../purge.ts";
import { type OpenMultipart, type Storage, StorageError } from "../storage/port.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { beginUploads, cancelUpload, completeUploads, getUpload, renewUpload } from "../uploads.ts";
import { finalize } from "./finalize.ts";
import { planOf } from "./multipart.ts";
import { openParts } from "./parts.ts";
import { sweep, sweepIncoming } from "./sweep.ts";
import { declare, faulty, issued, largePicture, person, picture, put } from "./testing.ts";

let database: TestDatabase;
let db: Db;
let storage: Storage;
/** Two whole parts and a rest; no picture, for whatever ends before anybody looks at the bytes. */
let noise: Buffer;

export function multipartContract(open: () => Promise<{ storage: Storage; close(): Promise<void> }>): void {
  let close: (() => Promise<void>) | undefined;
  before(async () => {
    process.env.S3_MULTIPART_THRESHOLD = String(5 * 1024 ** 2);
    await lockDown();
    database = await testDatabase();
    ({ storage, close } = await open());
    db = database.db;
    noise = randomBytes(10.5 * 1024 ** 2);
  });
  after(async () => {
    await close?.();
    await database?.close();
  });
  describe("the plan of a large file", plans);
  describe("a large picture", travels);
  describe("who asks for parts", askers);
  describe("parts that nobody completes", leftovers);
}

const room = <T>(_size: number, work: () => Promise<T>): Promise<T> => work();
const rowOf = async (id: string) => {
  const [row] = await db.select().from(uploads).where(eq(uploads.id, id));
  assert.ok(row);
  return row;
};
const reservedBy = async (viewer: Viewer) => {
  const [row] = await db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
  return row?.reservedBytes;
};
const openAt = async (key: string): Promise<OpenMultipart[]> => {
  const found: OpenMultipart[] = [];
  for await (const one of storage.multipart.open(key)) found.push(one);
  return found;
};
/** Brings every open purge's moment forward to now, then purges. */
const purgeNow = async (through = storage): Promise<void> => {
  await db.update(purges).set({ notBefore: sql`now() - interval '1 second'` }).where(isNull(purges.doneAt));
  await purge(db, through);
};
const forgotten = (id: string, createdAgo = "1 hour") =>
  db
    .update(uploads)
    .set({
      policyExpiresAt: sql`now() - interval '2 days'`,
      createdAt: sql`now() - ${createdAgo}::interval`,
    })
    .where(eq(uploads.id, id));

async function begun(viewer: Viewer, bytes: Buffer = Buffer.concat([noise, randomBytes(8)])) {
  const [answer] = await beginUploads(db, storage, { viewer, uploads: [declare(bytes)] });
  const { id } = issued(answer, "multipart");
  const { stagingKey } = await rowOf(id);
  const ask = (numbers?: number[]) => openParts(db, storage, { viewer, id, numbers });
  const send = async (parts: UploadParts, ...numbers: number[]) => {
    for (const permit of parts.permits.filter(({ number }) => numbers.includes(number))) {
      const start = (permit.number - 1) * parts.partBytes;
      const response = await put(permit, bytes.subarray(start, start + permit.bytes));
      assert.equal(response.status, 200);
    }
  };
  const complete = async (through = storage) => {
    const [told] = await completeUploads(db, through, { viewer, ids: [id] });
    return told?.status === "known" ? told.state : told?.code;
  };
  return { id, stagingKey, bytes, ask, send, complete };
}

const code = (wanted: string) => (error: unknown) => error instanceof TintypeError && error.code === wanted;

function plans(): void {
  it("cuts every size into parts that add up, none too small for S3, no more than one list can name", () => {
    const mib = 1024 ** 2;
    for (const bytes of [5 * mib + 1, 16 * mib, 50 * mib, 640 * mib, 640 * mib + 1, 5 * 1024 * mib]) {
      const plan = planOf(bytes);
      const sizes = Array.from({ length: plan.count }, (_, index) => plan.bytesOf(index + 1));
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        bytes,
      );
      assert.ok(sizes.slice(0, -1).every((size) => size === plan.partBytes && size >= 5 * mib));
      assert.ok((sizes.at(-1) ?? 0) > 0 && plan.count <= 128, `${bytes}: ${plan.count} parts`);
    }
  });
}

function travels(): void {
  it("travels in parts and ends as a medium with exactly its bytes, and nothing of it is left in incoming/", async () => {
    const viewer = await person(db);
    const bytes = await largePicture();
    const [answer] = await beginUploads(db, storage, {
      viewer,
      uploads: [declare(bytes, { mime: "image/png" })],
    });
    const { id } = issued(answer, "multipart");
    assert.equal((await rowOf(id)).multipartId, null, "the row comes first");
    const parts = await openParts(db, storage, { viewer, id });
    assert.deepEqual([parts.stored, parts.permits.map(({ number }) => number)], [[], [1, 2]]);
    for (const { number, bytes: length, ...permit } of parts.permits) {
      const start = (number - 1) * parts.partBytes;
      assert.equal((await put(permit, bytes.subarray(start, start + length))).status, 200);
    }
    const [told] = await completeUploads(db, storage, { viewer, ids: [id] });
    assert.equal(told?.status === "known" && told.state, "verifying");
    assert.equal(await finalize(db, storage, id, { bytes: room, pixels: room }), "ready");
    const [row] = await db.select().from(media).where(eq(media.ownerId, viewer.id));
    const original = await storage.get(row?.key ?? "", { bytesMax: bytes.byteLength });
    assert.ok(original?.body.equals(bytes));
    await purgeNow();
    const { stagingKey } = await rowOf(id);
    assert.equal(await storage.head(stagingKey), undefined);
    assert.deepEqual(await openAt(stagingKey), []);
  });

  it("below the threshold travels whole", async () => {
    const viewer = await person(db);
    const [answer] = await beginUploads(db, storage, { viewer, uploads: [declare(await picture())] });
    const { id } = issued(answer);
    await assert.rejects(openParts(db, storage, { viewer, id }), code("conflict"));
  });

  it("is resumed by what the bucket lists: only the missing parts get permits", async () => {
    const upload = await begun(await person(db));
    await upload.send(await upload.ask(), 1, 3);
    const again = await upload.ask();
    assert.deepEqual([again.stored, again.permits.map(({ number }) => number)], [[1, 3], [2]]);
    assert.deepEqual(
      (await upload.ask([1, 2, 3, 9])).permits.map(({ number }) => number),
      [2],
    );
    await upload.send(again, 2);
    assert.deepEqual((await upload.ask()).permits, []);
    assert.equal(await upload.complete(), "verifying");
  });

  it("says object_missing while a part is missing, stays issued, and is not put together by a question (F-10)", async () => {
    const viewer = await person(db);
    const upload = await begun(viewer);
    assert.equal(await upload.complete(), "object_missing");
    await upload.send(await upload.ask(), 1, 2);
    assert.equal(await upload.complete(), "object_missing");
    assert.equal((await rowOf(upload.id)).state, "issued");
    const probe = () => getUpload(db, storage, { viewer, id: upload.id, probe: true });
    assert.equal((await probe()).stored, false);
    await upload.send(await upload.ask(), 3);
    assert.equal((await probe()).stored, true);
    assert.equal(await storage.head(upload.stagingKey), undefined);
    assert.equal(await upload.complete(), "verifying");
  });

  it("takes no part that is larger or smaller than signed, and does not count one that got in otherwise", async () => {
    const upload = await begun(await person(db));
    const parts = await upload.ask();
    const [first, second] = parts.permits;
    assert.ok(first && second);
    assert.equal((await put(first, noise.subarray(0, first.bytes + 1))).status, 403);
    assert.equal((await put(first, noise.subarray(0, first.bytes - 1))).status, 403);
    await upload.send(parts, 1, 3);
    const { multipartId } = await rowOf(upload.id);
    await storage.multipart.put(upload.stagingKey, multipartId ?? "", 2, noise.subarray(0, second.bytes + 7));
    assert.equal(await upload.complete(), "object_missing");
    assert.deepEqual(
      (await upload.ask()).permits.map(({ number }) => number),
      [2],
    );
  });

  it("is completed once, however often and however many at once say so (F-9)", async () => {
    const upload = await begun(await person(db));
    await upload.send(await upload.ask(), 1, 2, 3);
    const answers = await Promise.all(Array.from({ length: 10 }, () => upload.complete()));
    assert.deepEqual(new Set(answers), new Set(["verifying"]));
    assert.equal((await storage.head(upload.stagingKey))?.bytes, upload.bytes.byteLength);
    const jobs = await db.execute(
      sql`select 1 from graphile_worker.jobs where key = ${`finalize:${upload.id}`}`,
    );
    assert.equal(jobs.length, 1);
  });

  it("is completed when the store did it and its answer was lost (F-4)", async () => {
    const upload = await begun(await person(db));
    await upload.send(await upload.ask(), 1, 2, 3);
    const { multipartId } = await rowOf(upload.id);
    const there = await storage.multipart.parts(upload.stagingKey, multipartId ?? "");
    await storage.multipart.complete(upload.stagingKey, multipartId ?? "", there ?? []);
    const again = await upload.ask();
    assert.deepEqual([again.stored, again.permits], [[1, 2, 3], []]);
    assert.equal(await upload.complete(), "verifying");
  });

  it("is what lies at its key already, when the store refuses to put the parts together over it", async () => {
    const upload = await begun(await person(db));
    await upload.send(await upload.ask(), 1, 2, 3);
    await storage.put(upload.stagingKey, upload.bytes, { contentType: "image/jpeg" });
    assert.equal(await upload.complete(), "verifying");
  });

  it("is put together without a condition where the store knows none", async () => {
    const upload = await begun(await person(db));
    await upload.send(await upload.ask(), 1, 2, 3);
    const { multipart } = storage;
    const plain = faulty(storage, {
      multipart: {
        ...multipart,
        complete: async (key, id, parts, options) => {
          if (options?.ifAbsent === true) throw new StorageError("unsupported", "no such header");
          return multipart.complete(key, id, parts);
        },
      },
    });
    assert.equal(await upload.complete(plain), "verifying");
  });

  it("does not take a silent store for missing parts (R-33)", async () => {
    const upload = await begun(await person(db));
    await upload.send(await upload.ask(), 1, 2, 3);
    const silent = faulty(storage, {
      multipart: {
        ...storage.multipart,
        parts: async () => {
          throw new StorageError("unavailable", "no answer");
        },
      },
    });
    assert.equal(await upload.complete(silent), "storage_unavailable");
    await forgotten(upload.id, "3 days");
    assert.equal((await sweep(db, silent)).unknown, 1);
    assert.equal((await rowOf(upload.id)).state, "issued");
    assert.equal(await upload.complete(), "verifying");
  });
}

function askers(): void {
  it("is answered like for no upload at all when it is somebody else's, or none (A-16)", async () => {
    const upload = await begun(await person(db));
    const stranger = await person(db);
    const asking = (viewer: Viewer | undefined, id: string) => openParts(db, storage, { viewer, id });
    await assert.rejects(asking(stranger, upload.id), code("not_found"));
    await assert.rejects(asking(stranger, randomUUID()), code("not_found"));
    await assert.rejects(asking(undefined, upload.id), code("unauthenticated"));
    assert.equal((await rowOf(upload.id)).multipartId, null);
  });
  it("hears gone once it is cancelled, and conflict while it is verified", async () => {
    const viewer = await person(db);
    const cancelled = await begun(viewer);
    await cancelUpload(db, { viewer, id: cancelled.id });
    await assert.rejects(cancelled.ask(), code("gone"));
    const done = await begun(viewer);
    await done.send(await done.ask(), 1, 2, 3);
    await done.complete();
    await assert.rejects(done.ask(), code("conflict"));
  });
  it("hears gone when it was cancelled while its parts were begun, and those are aborted (F-17)", async () => {
    const viewer = await person(db);
    const upload = await begun(viewer);
    const overtaken = faulty(storage, {
      multipart: {
        ...storage.multipart,
        begin: async (key, kept) => {
          await cancelUpload(db, { viewer, id: upload.id });
          return storage.multipart.begin(key, kept);
        },
      },
    });
    await assert.rejects(openParts(db, overtaken, { viewer, id: upload.id }), code("gone"));
    await purgeNow();
    assert.deepEqual(await openAt(upload.stagingKey), []);
  });
  it("from two tabs at once goes on with one and the same, and what was begun besides is aborted (F-16)", async () => {
    const upload = await begun(await person(db));
    const answers = await Promise.all(Array.from({ length: 5 }, () => upload.ask()));
    const ids = answers.map(({ permits }) => new URL(permits[0]?.url ?? "").searchParams.get("uploadId"));
    const { multipartId } = await rowOf(upload.id);
    assert.deepEqual(new Set(ids), new Set([multipartId]));
    await purgeNow();
    assert.deepEqual(
      (await openAt(upload.stagingKey)).map(({ uploadId }) => uploadId),
      [multipartId],
    );
  });
  it("begins anew when the store has given the parts up", async () => {
    const upload = await begun(await person(db));
    await upload.send(await upload.ask(), 1);
    const before = await rowOf(upload.id);
    await storage.multipart.abort(upload.stagingKey, before.multipartId ?? "");
    const again = await upload.ask();
    assert.deepEqual([again.stored, again.permits.length], [[], 3]);
    assert.notEqual((await rowOf(upload.id)).multipartId, before.multipartId);
  });
  it("renews the upload with the question, and no renewal makes a form of it (R-16)", async () => {
    const viewer = await person(db);
    const upload = await begun(viewer);
    await forgotten(upload.id);
    const { expiresAt } = await upload.ask();
    assert.ok(Date.parse(expiresAt) > Date.now());
    assert.equal((await renewUpload(db, storage, { viewer, id: upload.id })).transport, "multipart");
  });
}

function leftovers(): void {
  it("are put together and verified when all of them arrived (F-4, R-30)", async () => {
    const upload = await begun(await person(db));
    await upload.send(await upload.ask(), 1, 2, 3);
    await forgotten(upload.id);
    assert.equal((await sweep(db, storage)).adopted, 1);
    assert.equal((await rowOf(upload.id)).state, "verifying");
    assert.equal((await storage.head(upload.stagingKey))?.bytes, upload.bytes.byteLength);
  });
  it("wait for the rest as long as an upload may, then expire, are aborted, and the space is given back (F-32)", async () => {
    const viewer = await person(db);
    const upload = await begun(viewer);
    await upload.send(await upload.ask(), 1);
    await forgotten(upload.id);
    assert.deepEqual((({ waiting, expired }) => ({ waiting, expired }))(await sweep(db, storage)), {
      waiting: 1,
      expired: 0,
    });
    assert.equal((await sweep(db, storage)).waiting, 0, "it is not looked at again every minute");
    assert.deepEqual((await upload.ask()).stored, [1]);
    await forgotten(upload.id, "2 days");
    assert.equal((await sweep(db, storage)).expired, 1);
    assert.equal(await reservedBy(viewer), 0);
    await purgeNow();
    assert.deepEqual(await openAt(upload.stagingKey), []);
  });
  it("expire at once when not one of them came", async () => {
    const upload = await begun(await person(db));
    await upload.ask();
    await forgotten(upload.id);
    assert.equal((await sweep(db, storage)).expired, 1);
  });
  it("of a cancelled upload are aborted, and remembered until the store has confirmed it (R-31, F-19)", async () => {
    const viewer = await person(db);
    const upload = await begun(viewer);
    await upload.send(await upload.ask(), 1);
    await cancelUpload(db, { viewer, id: upload.id });
    const down = faulty(storage, {
      multipart: {
        ...storage.multipart,
        abort: async () => {
          throw new StorageError("unavailable", "no answer");
        },
      },
    });
    const waiting = () =>
      db
        .select()
        .from(purges)
        .where(and(like(purges.key, `${upload.stagingKey}?%`), isNull(purges.doneAt)));
    await purgeNow(down);
    assert.equal((await waiting()).length, 2);
    assert.equal((await openAt(upload.stagingKey)).length, 1);
    await purgeNow();
    assert.deepEqual([await waiting(), await openAt(upload.stagingKey)], [[], []]);
  });
  it("and that no row knows, because a process died before it could write it down, are found and aborted (F-1)", async () => {
    const upload = await begun(await person(db));
    await upload.ask();
    const orphan = await storage.multipart.begin(upload.stagingKey, { contentType: "image/jpeg" });
    await storage.multipart.begin("incoming/of-another-program.mov", { contentType: "video/quicktime" });
    assert.equal((await openAt(upload.stagingKey)).length, 2);
    await sweepIncoming(db, storage, new Date());
    await purgeNow();
    assert.equal((await openAt(upload.stagingKey)).length, 2, "too young to be judged");
    await sweepIncoming(db, storage, new Date(Date.now() + 2 * 86_400_000));
    await sweepIncoming(db, storage, new Date(Date.now() + 2 * 86_400_000));
    const asked = await db
      .select()
      .from(purges)
      .where(like(purges.key, `%${orphan}`));
    assert.equal(asked.length, 1);
    await purgeNow();
    assert.equal((await openAt("incoming/of-another-program.mov")).length, 1);
    const left = await openAt(upload.stagingKey);
    assert.deepEqual(
      left.map(({ uploadId }) => uploadId),
      [(await rowOf(upload.id)).multipartId],
    );
  });
  it("of what a killed worker was writing are aborted after a day, of another program's never (F-32)", async () => {
    const name = "a".repeat(32);
    const stamp = `2026-11-23T06-30-00Z-${name}`;
    const ours = [
      `media/${name}.mp4`,
      `derived/${name}/motion.mp4`,
      `backup/${stamp}/tables/media.copy.gz`,
      `quarantine/${stamp}/media/${name}.mp4`,
    ];
    const theirs = ["media/holiday.mp4", "backup/of-another-program.tar", "elsewhere/x.mp4"];
    for (const key of [...ours, ...theirs]) await storage.multipart.begin(key, { contentType: "video/mp4" });
    const openNow = async (keys: string[]) =>
      (await Promise.all(keys.map((key) => openAt(key)))).map((open) => open.length);
    await sweepIncoming(db, storage, new Date(Date.now() + 23 * 3_600_000));
    await purgeNow();
    assert.deepEqual(await openNow(ours), [1, 1, 1, 1], "it may still be writing");
    await sweepIncoming(db, storage, new Date(Date.now() + 2 * 86_400_000));
    await purgeNow();
    assert.deepEqual(await openNow(ours), [0, 0, 0, 0]);
    assert.deepEqual(await openNow(theirs), [1, 1, 1]);
  });
  it("do not stop the sweep where the store does not list them", async () => {
    const mute = faulty(storage, {
      multipart: {
        ...storage.multipart,
        open: async function* () {
          yield* [];
          throw new StorageError("unsupported", "not here");
        },
      },
    });
    assert.equal(typeof (await sweepIncoming(db, mute, new Date())), "number");
  });
}

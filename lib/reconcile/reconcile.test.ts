import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { eq, isNull, ne, sql } from "drizzle-orm";
import pLimit from "p-limit";
import type { Db } from "#db/client.ts";
import { media, purges, quotas, uploads } from "#db/schema.ts";
import { lockDown } from "../imaging/index.ts";
import { verify } from "../import/testing.ts";
import { trash } from "../library.ts";
import type { Viewer } from "../media.ts";
import { originalKey, renditionKey } from "../storage/keys.ts";
import { type ObjectHead, type Storage, StorageError } from "../storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { declare, faulty, issued, person, picture, post } from "../uploads/testing.ts";
import { beginUploads, completeUpload } from "../uploads.ts";
import { type Acted, act } from "./act.ts";
import { apply } from "./apply.ts";
import type { Finding } from "./finding.ts";
import {
  bringBack,
  findQuarantined,
  listQuarantine,
  type Quarantined,
  quarantineRound,
} from "./quarantine.ts";
import { fingerprint, readReport, trustReport } from "./report.ts";
import { type ReconcileOptions, reconcile } from "./run.ts";

let database: TestDatabase;
let store: TestStore;
let db: Db;
let storage: Storage;
let folder: string;
let viewer: Viewer;

before(async () => {
  await lockDown();
  store = await testStore();
  storage = store.storage;
  folder = await mkdtemp(path.join(tmpdir(), "tintype-reconcile-"));
});
after(async () => {
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});
// Every test has the whole bucket and a database of its own: what is compared is all there is.
beforeEach(async () => {
  await database?.close();
  database = await testDatabase();
  db = database.db;
  for await (const { key } of storage.list("")) await storage.delete(key);
  viewer = await person(db, "owner");
});
after(() => database?.close());

/** A picture that went the usual way. */
async function shown(filename = "IMG_0001.jpg"): Promise<{ id: string; body: Buffer }> {
  const body = await picture();
  const [answer] = await beginUploads(db, storage, { viewer, uploads: [declare(body, { filename })] });
  const permit = issued(answer);
  await post(permit, body);
  await completeUpload(db, storage, { viewer, id: permit.id });
  await verify(db, storage, permit.id);
  const [row] = await db.select().from(uploads).where(eq(uploads.id, permit.id));
  assert.ok(row?.mediaId, "the picture is shown");
  return { id: row.mediaId, body };
}
const rowOf = async (id: string) => {
  const [row] = await db.select().from(media).where(eq(media.id, id));
  assert.ok(row);
  return row;
};
/** What the worker's next run would remove of staging objects. */
const settled = () => db.update(purges).set({ doneAt: sql`now()` }).where(isNull(purges.doneAt));

const usual = (changes: Partial<ReconcileOptions> = {}): ReconcileOptions => ({
  bucket: store.bucket,
  folder,
  // As if everything had been there for long: the rule for young objects has a test of its own.
  ageSeconds: -60,
  hashPercent: 0,
  fresh: true,
  signal: new AbortController().signal,
  onProgress: () => {},
  ...changes,
});
async function findings(
  changes: Partial<ReconcileOptions> = {},
  over: Storage = storage,
): Promise<Finding[]> {
  const { file } = await reconcile(db, over, usual(changes));
  return collect(file);
}
async function collect(file: string): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of readReport(file)) found.push(finding);
  return found;
}
const brief = (found: Finding[]): string[] =>
  found.map((one) => `${one.class} ${one.key ?? one.id} → ${one.remedy}`).sort();
async function mend(): Promise<Record<string, Acted>> {
  const { file } = await reconcile(db, storage, usual());
  const done: Record<string, Acted> = {};
  await apply({ db, storage, round: quarantineRound(), ageSeconds: -60, ownerId: viewer.id }, file, {
    signal: new AbortController().signal,
    onActed: (finding, acted) => {
      done[`${finding.class} ${finding.key ?? finding.id}`] = acted;
    },
  });
  return done;
}
const put = (key: string, body: Uint8Array) => storage.put(key, body, { contentType: "image/jpeg" });
async function objects(prefix = ""): Promise<ObjectHead[]> {
  const found: ObjectHead[] = [];
  for await (const object of storage.list(prefix)) found.push(object);
  return found;
}

async function quarantined() {
  const found: Quarantined[] = [];
  for await (const one of listQuarantine(storage)) found.push(one);
  return found;
}

describe("comparing", () => {
  it("finds nothing where both agree, the trash and what is on its way included (R-32)", async () => {
    await shown();
    const thrown = await shown();
    await trash(db, { viewer, ids: [thrown.id] });
    const body = await picture();
    const [answer] = await beginUploads(db, storage, { viewer, uploads: [declare(body)] });
    await post(issued(answer), body);
    assert.deepEqual(await findings({ hashPercent: 100 }), []);
  });

  it("tells every kind of difference once, and changes nothing", async () => {
    const [lost, torn, odd, rotten] = [await shown(), await shown(), await shown(), await shown()];
    const rows = await Promise.all([lost, torn, odd, rotten].map(({ id }) => rowOf(id)));
    const [a, b, c, d] = rows;
    assert.ok(a && b && c && d);
    await settled();
    await storage.delete(a.key);
    const [width = 0] = b.jpegWidths;
    await storage.delete(renditionKey(b.renditionFolder, width, "jpg"));
    await put(c.key, Buffer.concat([odd.body, Buffer.from("more")]));
    const flipped = Buffer.from(rotten.body);
    flipped.writeUInt8(flipped.readUInt8(30) ^ 1, 30);
    await put(d.key, flipped);
    const orphan = originalKey("image/jpeg");
    await put(orphan, await picture());
    const strange = `derived/${"q".repeat(32)}/320.jpg`;
    await put(strange, await picture());
    const beside = `${b.renditionFolder}/99.jpg`;
    await put(beside, await picture());
    await db.update(quotas).set({ usedBytes: 7 }).where(eq(quotas.ownerId, viewer.id));
    await db.insert(purges).values({
      key: "media/late",
      reason: "test",
      notBefore: new Date(Date.now() - 7_200_000),
      attempts: 9,
      lastError: "StorageError",
    });
    await database.sql`select graphile_worker.add_job('derive', '{"mediaId":"x"}', job_key => 'derive:x', max_attempts => 1)`;
    await database.sql`update graphile_worker._private_jobs set attempts = 1, last_error = 'no'`;
    const before = await objects();
    const found = await findings({ hashPercent: 100 });
    const late = found.find((one) => one.class === "purge_overdue");
    const dead = found.find((one) => one.class === "dead_job");
    assert.deepEqual(
      brief(found),
      [
        `missing_original ${a.key} → bring_back`,
        `missing_rendition ${b.renditionFolder}/ → derive`,
        `size_mismatch ${c.key} → none`,
        `hash_mismatch ${d.key} → none`,
        `orphan_original ${orphan} → adopt`,
        `orphan_rendition ${strange} → quarantine`,
        `orphan_rendition ${beside} → quarantine`,
        `quota_drift ${viewer.id} → recount`,
        "purge_overdue media/late → none",
        `dead_job ${dead?.id} → retry`,
      ].sort(),
    );
    assert.match(late?.note ?? "", /tried 9 times \(StorageError\)/);
    assert.deepEqual(await objects(), before, "a look changes nothing");
  });

  it("leaves alone what is younger than the safety age, and takes no silence for an absence (R-33)", async () => {
    await put(originalKey("image/jpeg"), await picture());
    assert.deepEqual(await findings({ ageSeconds: 3_600 }), []);
    const { id } = await shown();
    const { key } = await rowOf(id);
    await storage.delete(key);
    const silent = faulty(storage, {
      head: (asked) =>
        asked === key ? Promise.reject(new StorageError("unavailable", "no answer")) : storage.head(asked),
    });
    assert.deepEqual(brief(await findings({ ageSeconds: 3_600 }, silent)), [`unknown ${key} → none`]);
  });

  it("finds parts that nobody goes on with, and rows that cannot be", async () => {
    await storage.multipart.begin(`incoming/${"a".repeat(32)}`, { contentType: "image/jpeg" });
    const old = faulty(storage, {
      multipart: {
        ...storage.multipart,
        async *open(prefix) {
          for await (const one of storage.multipart.open(prefix)) yield { ...one, started: new Date(0) };
        },
      },
    });
    const { id } = await shown();
    await db
      .update(media)
      .set({ deletedAt: new Date(Date.now() - 7_200_000) })
      .where(eq(media.id, id));
    await settled();
    assert.deepEqual((await findings({}, old)).map((one) => `${one.class} ${one.remedy}`).sort(), [
      "abandoned_multipart abort",
      "impossible_row schedule",
    ]);
  });

  it("goes on where it was stopped, and tells nothing twice", async () => {
    const keys = Array.from({ length: 520 }, () => originalKey("image/jpeg")).sort();
    const inTurn = pLimit(16);
    await Promise.all(keys.map((key) => inTurn(() => put(key, Buffer.from(key)))));
    const stop = new AbortController();
    const first = await reconcile(
      db,
      storage,
      usual({
        signal: stop.signal,
        onProgress: ({ findings: n }) => {
          if (n >= 500) stop.abort();
        },
      }),
    );
    assert.equal(first.complete, false);
    await assert.rejects(
      trustReport(first.file, { fingerprint: await fingerprint(db, store.bucket), now: new Date() }),
      /has no end/,
    );
    let resumed = false;
    const second = await reconcile(
      db,
      storage,
      usual({
        fresh: false,
        onProgress: (at) => {
          resumed ||= at.resumed;
        },
      }),
    );
    assert.equal(resumed, true);
    assert.deepEqual(
      (await collect(second.file)).map((one) => one.key),
      keys,
    );
  });
});

describe("mending", () => {
  it("adopts first, privately and for whoever uploaded it; what is refused goes to quarantine and comes back", async () => {
    const member = await person(db);
    const known = await shown();
    await settled();
    const [key, broken] = [originalKey("image/jpeg"), originalKey("image/jpeg")];
    const body = await picture();
    await storage.put(key, body, {
      contentType: "image/jpeg",
      metadata: { "tintype-owner": member.id, "tintype-filename": "%EC%82%AC%EC%A7%84.jpg" },
    });
    await put(broken, Buffer.from("no picture"));
    assert.deepEqual(await mend(), {
      [`orphan_original ${key}`]: "done",
      [`orphan_original ${broken}`]: "done",
    });
    const open = await db.select().from(uploads).where(eq(uploads.state, "verifying"));
    for (const { id } of open) await verify(db, storage, id);
    const [adopted, ...others] = await db.select().from(media).where(ne(media.id, known.id));
    assert.deepEqual(
      [
        adopted?.key,
        adopted?.ownerId,
        adopted?.visibility,
        adopted?.filename,
        adopted?.keepOriginal,
        others.length,
      ],
      [key, member.id, "private", "사진.jpg", false, 0],
    );
    assert.deepEqual(await mend(), { [`orphan_original ${broken}`]: "done" });
    assert.equal(await storage.head(broken), undefined);
    const [kept, ...rest] = await quarantined();
    assert.equal(rest.length, 0);
    assert.equal(kept?.from, broken);
    assert.deepEqual(await findings(), [], "what is in quarantine is settled");
    assert.ok(kept);
    assert.equal(await bringBack(storage, kept), "back");
    assert.equal((await storage.get(broken, { bytesMax: 100 }))?.body.toString(), "no picture");
    assert.deepEqual((await storage.describe(broken))?.metadata ?? {}, {});
  });

  it("brings a missing original back from quarantine, and has lost renditions made anew", async () => {
    const { id, body } = await shown();
    const row = await rowOf(id);
    await settled();
    await storage.copy(row.key, `quarantine/${quarantineRound()}/${row.key}`);
    await storage.delete(row.key);
    await storage.delete(renditionKey(row.renditionFolder, row.jpegWidths[0] ?? 0, "jpg"));
    const done = await mend();
    assert.equal(done[`missing_original ${row.key}`], "done");
    assert.deepEqual((await storage.get(row.key, { bytesMax: 1e6 }))?.body, body);
    assert.equal(await findQuarantined(storage, row.key), undefined);
    const again = await mend();
    assert.equal(again[`missing_rendition ${row.renditionFolder}/`], "done");
    const jobs = await database.sql`select key from graphile_worker.jobs where task_identifier = 'derive'`;
    assert.deepEqual(
      jobs.map((job) => job.key),
      [`derive:${id}`],
    );
  });

  it("sets sums, ends of the trash and dead jobs right", async () => {
    const { id } = await shown();
    const row = await rowOf(id);
    await settled();
    await db.update(quotas).set({ usedBytes: 1, reservedBytes: 5 }).where(eq(quotas.ownerId, viewer.id));
    await db
      .update(media)
      .set({ deletedAt: new Date(Date.now() - 7_200_000) })
      .where(eq(media.id, id));
    await database.sql`select graphile_worker.add_job('derive', '{"mediaId":"x"}', max_attempts => 1)`;
    await database.sql`update graphile_worker._private_jobs set attempts = 1, last_error = 'no'`;
    assert.deepEqual(Object.values(await mend()), ["done", "done", "done"]);
    const [quota] = await db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
    assert.deepEqual([quota?.usedBytes, quota?.reservedBytes], [row.bytes, 0]);
    const [due] = await db.select().from(purges).where(isNull(purges.doneAt));
    assert.equal(due?.mediaId, id);
    assert.ok((due?.notBefore.getTime() ?? 0) > Date.now() + 29 * 86_400_000);
    assert.deepEqual(await findings(), []);
  });

  it("looks again at the moment of acting: what has been written, or is spoken of, since is left alone", async () => {
    const work = { db, storage, round: quarantineRound(), ageSeconds: -60, ownerId: viewer.id };
    const { id } = await shown();
    const row = await rowOf(id);
    const [width = 0] = row.jpegWidths;
    const rendition = renditionKey(row.renditionFolder, width, "jpg");
    const away = (key: string, etag?: string): Finding => ({
      class: "orphan_rendition",
      remedy: "quarantine",
      key,
      note: "",
      ...(etag === undefined ? {} : { etag }),
    });
    for (const key of [row.key, rendition, "derived/never/1.jpg"])
      assert.equal((await act(work, away(key))).acted, "settled", key);
    const orphan = originalKey("image/jpeg");
    await put(orphan, await picture());
    const { etag } = (await storage.head(orphan)) ?? {};
    await put(orphan, await picture());
    assert.equal((await act(work, away(orphan, etag))).acted, "settled", "another object by now");
    const young = { ...work, ageSeconds: 3_600 };
    assert.equal((await act(young, away(orphan))).acted, "settled", "too young");
    await db.insert(purges).values({ key: orphan, reason: "test", notBefore: new Date() });
    assert.equal((await act(work, away(orphan))).acted, "settled", "its removal is on record");
    assert.equal((await objects("quarantine/")).length, 0);
    assert.ok(await storage.head(row.key));
  });
});

describe("a report is acted on only when it can be trusted:", () => {
  const made = async () => {
    const key = originalKey("image/jpeg");
    await put(key, await picture());
    const { file } = await reconcile(db, storage, usual());
    return { file, is: { fingerprint: await fingerprint(db, store.bucket), now: new Date() } };
  };

  it("whole, unchanged, of this database and less than a day old", async () => {
    const { file, is } = await made();
    await trustReport(file, is);
    await assert.rejects(
      trustReport(file, { ...is, now: new Date(Date.now() + 90_000_000) }),
      /older than a day/,
    );
    await assert.rejects(trustReport(file, { ...is, fingerprint: "0" }), /another database or bucket/);
    const text = await readFile(file, "utf8");
    const other = path.join(folder, "other.jsonl");
    await writeFile(other, text.replace("quarantine", "none").replace('"adopt"', '"quarantine"'));
    await assert.rejects(trustReport(other, is), /changed/);
    await writeFile(other, `${text.split("\n").slice(0, -2).join("\n")}\n`);
    await assert.rejects(trustReport(other, is), /no end/);
    await writeFile(other, text.slice(0, text.length / 2));
    await assert.rejects(trustReport(other, is), /cannot be read|no end/);
  });

  it("not when the database is empty or the bucket is another", async () => {
    const { file } = await made();
    const work = { db, storage, round: quarantineRound(), ageSeconds: -60, ownerId: viewer.id };
    const quiet = { signal: new AbortController().signal, onActed: () => {} };
    await assert.rejects(apply(work, file, quiet), /knows no picture/);
    for await (const { key } of storage.list("")) await storage.delete(key);
    await db.insert(media).values(
      Array.from({ length: 21 }, () => ({
        ownerId: viewer.id,
        key: originalKey("image/jpeg"),
        renditionFolder: `derived/${randomUUID()}`,
        avifWidths: [1],
        jpegWidths: [1],
        sha256: randomUUID().replaceAll("-", "").padEnd(64, "0"),
        bytes: 1,
        mime: "image/jpeg" as const,
        width: 1,
        height: 1,
        thumbhash: Buffer.alloc(1),
        color: 0,
        filename: "x.jpg",
        takenAt: new Date(),
        takenSource: "upload" as const,
      })),
    );
    const { file: second } = await reconcile(db, storage, usual());
    await assert.rejects(apply(work, second, quiet), /not in this bucket/);
  });
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { after, before, describe, it } from "node:test";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { media, purges, quotas, uploads } from "#db/schema.ts";
import { settings } from "../env.ts";
import { lockDown } from "../imaging/index.ts";
import { processAgain, restore, setVisibility, trash } from "../library.ts";
import type { Viewer } from "../media.ts";
import { purge } from "../purge.ts";
import { incomingKey } from "../storage/keys.ts";
import type { Storage } from "../storage/port.ts";
import { StorageError } from "../storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import {
  beginUploads,
  cancelUpload,
  completeUpload,
  completeUploads,
  getUpload,
  openUploads,
  renewUpload,
  uploadStatus,
} from "../uploads.ts";
import { deriveAgain } from "../worker/derive.ts";
import { beginFileShape } from "./asked.ts";
import { finalize } from "./finalize.ts";
import { sweep, sweepIncoming } from "./sweep.ts";
import { declare, faulty, issued, person, picture, post, until } from "./testing.ts";

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

/** The one placeholder that S3 would expand in a form field. */
const dollarName = ["$", "{filename}.jpg"].join("");
const room = <T>(_size: number, work: () => Promise<T>): Promise<T> => work();
const atOnce = { bytes: room, pixels: room };
const verify = (id: string) => finalize(db, storage, id, atOnce);
const rowOf = async (id: string) => {
  const [row] = await db.select().from(uploads).where(eq(uploads.id, id));
  assert.ok(row);
  return row;
};
const quotaOf = async (viewer: Viewer) => {
  const [row] = await db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
  assert.ok(row);
  return { used: row.usedBytes, reserved: row.reservedBytes };
};
const keysUnder = async (prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const object of storage.list(prefix)) keys.push(object.key);
  return keys;
};
/** Brings every open purge's moment forward to now, then purges. */
const purgeNow = async (): Promise<void> => {
  await db.update(purges).set({ notBefore: sql`now() - interval '1 second'` }).where(isNull(purges.doneAt));
  await purge(db, storage);
};
const policyEnded = (id: string) =>
  db.update(uploads).set({ policyExpiresAt: sql`now() - interval '2 days'` }).where(eq(uploads.id, id));

async function begin(viewer: Viewer, bytes: Uint8Array, changes = {}) {
  const [answer] = await beginUploads(db, storage, { viewer, uploads: [declare(bytes, changes)] });
  return issued(answer);
}
/** An upload whose bytes are in the bucket and whose browser has said so. */
async function arrived(viewer: Viewer, bytes: Uint8Array, changes = {}): Promise<string> {
  const policy = await begin(viewer, bytes, changes);
  assert.equal((await post(policy, bytes)).status, 201);
  await completeUploads(db, storage, { viewer, ids: [policy.id] });
  return policy.id;
}
async function ready(viewer: Viewer, bytes?: Uint8Array): Promise<{ uploadId: string; mediaId: string }> {
  const uploadId = await arrived(viewer, bytes ?? (await picture()));
  assert.equal(await verify(uploadId), "ready");
  const { mediaId } = await rowOf(uploadId);
  assert.ok(mediaId);
  return { uploadId, mediaId };
}

describe("a picture's way", () => {
  it("stands under the day its sender's clock showed, when no camera tells, and the bucket remembers the zone", async () => {
    const viewer = await person(db);
    const lastModified = Date.parse("2026-05-31T20:00:00Z");
    const bytes = [await picture(), await picture(), await picture()];
    const zones = [{ timeZone: "Asia/Seoul" }, { timeZone: "Mars/Olympus" }, {}];
    const ids = await Promise.all(
      bytes.map((one, n) =>
        arrived(viewer, one, beginFileShape.parse({ ...declare(one), lastModified, ...zones[n] })),
      ),
    );
    const found = [];
    for (const id of ids) {
      assert.equal(await verify(id), "ready");
      const { mediaId } = await rowOf(id);
      const [row] = await db
        .select()
        .from(media)
        .where(eq(media.id, mediaId ?? ""));
      const zone = (await storage.describe(row?.key ?? ""))?.metadata?.["tintype-zone"];
      found.push([row?.takenAt.toISOString(), row?.takenOffset, row?.takenSource, zone]);
    }
    assert.deepEqual(found, [
      ["2026-06-01T05:00:00.000Z", 540, "file", "Asia/Seoul"],
      ["2026-05-31T20:00:00.000Z", null, "file", undefined],
      ["2026-05-31T20:00:00.000Z", null, "file", undefined],
    ]);
  });
  it("ends as a medium whose object holds exactly the verified bytes (I-1, R-22)", async () => {
    const viewer = await person(db);
    const bytes = await picture({ width: 700, height: 500 });
    const { mediaId } = await ready(viewer, bytes);
    const [row] = await db.select().from(media).where(eq(media.id, mediaId));
    assert.ok(row);
    const original = await storage.get(row.key, { bytesMax: bytes.byteLength });
    assert.deepEqual(original?.body, bytes);
    assert.equal(original?.head.contentType, "image/jpeg");
    assert.deepEqual([row.width, row.height, row.visibility, row.mime], [700, 500, "private", "image/jpeg"]);
    assert.deepEqual(row.avifWidths, [320, 640, 700]);
    assert.deepEqual(
      (await keysUnder(`${row.renditionFolder}/`)).sort(),
      [
        ...row.avifWidths.map((width) => `${row.renditionFolder}/${width}.avif`),
        ...row.jpegWidths.map((width) => `${row.renditionFolder}/${width}.jpg`),
      ].sort(),
    );
  });

  it("leaves nothing in incoming/ once the purge has run (F-13, I-3)", async () => {
    const viewer = await person(db);
    const { uploadId } = await ready(viewer);
    const { stagingKey } = await rowOf(uploadId);
    await purge(db, storage);
    assert.equal(await storage.head(stagingKey), undefined);
  });

  it("keeps keys free of anything a person typed (R-3, A-19, A-20)", async () => {
    const viewer = await person(db);
    const policy = await begin(viewer, await picture(), { filename: dollarName });
    const { stagingKey, filename } = await rowOf(policy.id);
    assert.match(stagingKey, /^incoming\/[a-z2-7]{32}$/);
    assert.equal(filename, dollarName);
    assert.doesNotMatch(JSON.stringify(policy.fields), /filename/);
  });
});

describe("begin", () => {
  it("answers a repeated client token with the same upload and one reservation (R-12, F-1)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const file = declare(bytes);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => beginUploads(db, storage, { viewer, uploads: [file] })),
    );
    assert.equal(new Set(answers.map(([answer]) => issued(answer).id)).size, 1);
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: bytes.byteLength });
  });

  it("gives no new policy to an upload that has grown too old (R-16)", async () => {
    const viewer = await person(db);
    const file = declare(await picture());
    const [first] = await beginUploads(db, storage, { viewer, uploads: [file] });
    await db
      .update(uploads)
      .set({ createdAt: sql`now() - interval '2 days'` })
      .where(eq(uploads.id, issued(first).id));
    const [again] = await beginUploads(db, storage, { viewer, uploads: [file] });
    assert.equal(again?.status, "known");
    await assert.rejects(renewUpload(db, storage, { viewer, id: issued(first).id }), { code: "gone" });
  });

  it("names a duplicate before a byte moves (R-26)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const { mediaId } = await ready(viewer, bytes);
    const [answer] = await beginUploads(db, storage, { viewer, uploads: [declare(bytes)] });
    assert.deepEqual(
      [answer?.status, answer?.status === "duplicate" && answer.mediaId],
      ["duplicate", mediaId],
    );
    const [other] = await beginUploads(db, storage, { viewer: await person(db), uploads: [declare(bytes)] });
    assert.equal(other?.status, "issued");
  });

  it("refuses viewers and strangers, and takes no reservation from them", async () => {
    const bytes = await picture();
    await assert.rejects(beginUploads(db, storage, { viewer: undefined, uploads: [declare(bytes)] }), {
      code: "unauthenticated",
    });
    const viewer = await person(db, "viewer");
    await assert.rejects(beginUploads(db, storage, { viewer, uploads: [declare(bytes)] }), {
      code: "forbidden",
    });
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
  });

  it("refuses only the files that do not fit into the space that is left (I-6)", async () => {
    const viewer = await person(db);
    const [a, b] = [await picture(), await picture({ width: 400, height: 400 })];
    await db
      .update(quotas)
      .set({ limitBytes: a.byteLength + 10 })
      .where(eq(quotas.ownerId, viewer.id));
    const answers = await beginUploads(db, storage, { viewer, uploads: [declare(b), declare(a)] });
    assert.deepEqual(
      answers.map((answer) => answer.status),
      ["refused", "issued"],
    );
    assert.equal(answers[0]?.status === "refused" && answers[0].code, "quota_exceeded");
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: a.byteLength });
  });

  it("refuses a file above the limit without holding up the others (R-11)", async () => {
    const viewer = await person(db);
    const answers = await beginUploads(db, storage, {
      viewer,
      uploads: [declare(Buffer.alloc(1), { bytes: 5 * 1024 ** 3 }), declare(await picture())],
    });
    assert.deepEqual(
      answers.map((answer) => answer.status),
      ["refused", "issued"],
    );
  });

  it("stops a person who asks for policies and never uploads (A-36)", async () => {
    const viewer = await person(db);
    await db.execute(sql`
      insert into uploads (owner_id, client_token, staging_key, filename, declared_mime, bytes, sha256, policy_expires_at)
      select ${viewer.id}::uuid, gen_random_uuid(), 'incoming/flood' || n || ${viewer.id}, 'x', '', 1, '\\x00', now()
      from generate_series(1, 1000) n`);
    await assert.rejects(beginUploads(db, storage, { viewer, uploads: [declare(await picture())] }), {
      code: "too_many_in_flight",
    });
  });
});

describe("complete", () => {
  it("says object_missing before the bytes are there and stays issued (F-10)", async () => {
    const viewer = await person(db);
    const policy = await begin(viewer, await picture());
    await assert.rejects(completeUpload(db, storage, { viewer, id: policy.id }), { code: "object_missing" });
    assert.equal((await rowOf(policy.id)).state, "issued");
  });

  it("gives 500 callers at once one upload, one job and, after it, one medium (F-9, A-37)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const policy = await begin(viewer, bytes);
    await post(policy, bytes);
    const answers = await Promise.all(
      Array.from({ length: 500 }, () => completeUpload(db, storage, { viewer, id: policy.id })),
    );
    assert.ok(answers.every((answer) => answer.state === "verifying"));
    const jobs = await db.execute(
      sql`select 1 from graphile_worker.jobs where key = ${`finalize:${policy.id}`}`,
    );
    assert.equal(jobs.length, 1);
    const results = await Promise.all([verify(policy.id), verify(policy.id), verify(policy.id)]);
    assert.deepEqual(results.sort(), ["not_mine", "not_mine", "ready"]);
    assert.equal((await db.select().from(media).where(eq(media.ownerId, viewer.id))).length, 1);
    assert.equal((await completeUpload(db, storage, { viewer, id: policy.id })).state, "ready");
  });

  it("answers somebody else's upload like one that does not exist (A-16, A-17)", async () => {
    const policy = await begin(await person(db), await picture());
    const thief = await person(db);
    for (const id of [policy.id, randomUUID()]) {
      await assert.rejects(completeUpload(db, storage, { viewer: thief, id }), { code: "not_found" });
      await assert.rejects(renewUpload(db, storage, { viewer: thief, id }), { code: "not_found" });
      await assert.rejects(cancelUpload(db, { viewer: thief, id }), { code: "not_found" });
      await assert.rejects(getUpload(db, storage, { viewer: thief, id, probe: true }), { code: "not_found" });
      const [status] = await uploadStatus(db, { viewer: thief, ids: [id] });
      assert.equal(status?.status === "refused" && status.code, "not_found");
    }
  });

  it("does not take a store that is silent for an absent object (R-33)", async () => {
    const viewer = await person(db);
    const policy = await begin(viewer, await picture());
    const silent = faulty(storage, {
      head: async () => {
        throw new StorageError("unavailable", "no answer");
      },
    });
    await assert.rejects(completeUpload(db, silent, { viewer, id: policy.id }), {
      code: "storage_unavailable",
    });
    await policyEnded(policy.id);
    assert.equal((await sweep(db, silent)).expired, 0);
    assert.equal((await rowOf(policy.id)).state, "issued");
    await cancelUpload(db, { viewer, id: policy.id });
  });

  it("leaves in the log why a store did not say", async (t) => {
    const viewer = await person(db);
    const { id } = await begin(viewer, await picture());
    const refusing = (why: string) =>
      faulty(storage, {
        head: async () => {
          throw new StorageError("denied", why);
        },
      });
    const { mock } = t.mock.method(fs, "writeSync");
    await completeUploads(db, refusing("may not look"), { viewer, ids: [id] });
    await policyEnded(id);
    await sweep(db, refusing("may not sweep"));
    const lines = mock.calls.map((call) => String(call.arguments[1])).join("");
    assert.match(lines, /"part":"uploads".*may not look/);
    assert.match(lines, /"part":"sweep".*may not sweep/);
    await cancelUpload(db, { viewer, id });
  });
});

describe("a refused picture", () => {
  const cases: [string, (good: Buffer) => { bytes: Uint8Array; declared?: object }, string][] = [
    [
      "declared with another checksum (A-35)",
      (good) => ({ bytes: good, declared: { sha256: "0".repeat(64) } }),
      "checksum_mismatch",
    ],
    [
      "a web page by another name (A-24)",
      () => ({ bytes: Buffer.from("<!doctype html><script>alert(1)</script>".padEnd(400, " ")) }),
      "not_an_image",
    ],
    ["one byte (A-30)", () => ({ bytes: Buffer.from([0xff]) }), "not_an_image"],
    ["cut in half (A-29)", (good) => ({ bytes: good.subarray(0, good.byteLength >> 1) }), "corrupt"],
    [
      "JPEG bytes declared as PNG (R-43)",
      (good) => ({ bytes: good, declared: { mime: "image/png" } }),
      "type_mismatch",
    ],
  ];
  for (const [what, make, code] of cases)
    it(`is rejected, purged and refunded: ${what}`, async () => {
      const viewer = await person(db);
      const made = make(await picture({ width: 300, height: 300 }));
      const id = await arrived(viewer, made.bytes, made.declared);
      assert.equal(await verify(id), "rejected");
      const row = await rowOf(id);
      assert.equal(row.rejectCode, code);
      assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
      await assert.rejects(completeUpload(db, storage, { viewer, id }), { code: "rejected" });
      await purge(db, storage);
      assert.equal(await storage.head(row.stagingKey), undefined);
      assert.equal((await db.select().from(media).where(eq(media.ownerId, viewer.id))).length, 0);
    });

  it("is a duplicate when two tabs bring the same picture: one medium, the other names it (F-16, R-26)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const ids = [await arrived(viewer, bytes), await arrived(viewer, bytes)];
    assert.deepEqual((await Promise.all(ids.map(verify))).sort(), ["ready", "rejected"]);
    const rows = await Promise.all(ids.map(rowOf));
    assert.equal(new Set(rows.map((row) => row.mediaId)).size, 1);
    assert.deepEqual(await quotaOf(viewer), { used: bytes.byteLength, reserved: 0 });
    await purgeNow();
    const [kept] = await db.select().from(media).where(eq(media.ownerId, viewer.id));
    assert.ok(kept && (await storage.head(kept.key)));
    for (const row of rows)
      if (row.state === "rejected" && row.finalKey !== null)
        assert.equal(await storage.head(row.finalKey), undefined);
  });
});

describe("replay and swap", () => {
  it("cannot change what is shown: the same policy posted again only touches staging (A-13, I-4)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const policy = await begin(viewer, bytes);
    await post(policy, bytes);
    await completeUploads(db, storage, { viewer, ids: [policy.id] });
    await verify(policy.id);
    const other = Buffer.from(bytes);
    other.fill(0x41, 30, 60);
    assert.equal((await post(policy, other)).status, 201);
    assert.equal(await verify(policy.id), "not_mine");
    const [row] = await db.select().from(media).where(eq(media.ownerId, viewer.id));
    assert.ok(row);
    assert.deepEqual((await storage.get(row.key, { bytesMax: bytes.byteLength }))?.body, bytes);
  });

  it("leaves nothing behind: the second pass removes what a replay brought back (A-14, F-14)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const policy = await begin(viewer, bytes);
    await post(policy, bytes);
    await completeUploads(db, storage, { viewer, ids: [policy.id] });
    await verify(policy.id);
    await purge(db, storage);
    await post(policy, bytes);
    const { stagingKey } = await rowOf(policy.id);
    assert.ok(await storage.head(stagingKey));
    await purgeNow();
    assert.equal(await storage.head(stagingKey), undefined);
  });

  it("shows the bytes that were verified when staging is swapped afterwards (A-15)", async () => {
    const viewer = await person(db);
    const [good, evil] = [await picture(), await picture()];
    const id = await arrived(viewer, good);
    const { stagingKey } = await rowOf(id);
    const swapping = faulty(storage, {
      get: async (key, options) => {
        const got = await storage.get(key, options);
        if (key === stagingKey) await storage.put(key, evil, { contentType: "image/jpeg" });
        return got;
      },
    });
    assert.equal(await finalize(db, swapping, id, atOnce), "ready");
    const [row] = await db.select().from(media).where(eq(media.ownerId, viewer.id));
    assert.ok(row);
    assert.deepEqual((await storage.get(row.key, { bytesMax: 1 << 20 }))?.body, good);
  });
});

describe("crash and recovery", () => {
  it("adopts an upload whose browser died after the bucket answered (F-4)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const policy = await begin(viewer, bytes);
    await post(policy, bytes);
    await policyEnded(policy.id);
    assert.equal((await sweep(db, storage)).adopted, 1);
    assert.equal(await verify(policy.id), "ready");
  });

  it("expires an upload that never came and gives the space back (F-2, F-3)", async () => {
    const viewer = await person(db);
    const policy = await begin(viewer, await picture());
    await policyEnded(policy.id);
    assert.equal((await sweep(db, storage)).expired, 1);
    assert.equal((await rowOf(policy.id)).state, "expired");
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
    await assert.rejects(completeUpload(db, storage, { viewer, id: policy.id }), { code: "gone" });
    await assert.rejects(renewUpload(db, storage, { viewer, id: policy.id }), { code: "gone" });
  });

  it("expires each upload once when two sweepers run at the same time (F-28)", async () => {
    const viewer = await person(db);
    for (let n = 0; n < 10; n++) await policyEnded((await begin(viewer, await picture())).id);
    const results = await Promise.all([sweep(db, storage), sweep(db, storage), sweep(db, storage)]);
    assert.equal(
      results.reduce((sum, result) => sum + result.expired, 0),
      10,
    );
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
  });

  it("takes over from a worker that died, with the same keys, over what it wrote (F-11, F-12, R-24)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const id = await arrived(viewer, bytes);
    let wrote = 0;
    const dying = faulty(storage, {
      put: async (key, body, meta) => {
        if (wrote++ === 2) return new Promise(() => {});
        return storage.put(key, body, meta);
      },
    });
    void finalize(db, dying, id, atOnce);
    await until(() => wrote >= 3);
    const before = await rowOf(id);
    assert.ok(before.finalKey && (await storage.head(before.finalKey)));
    assert.equal(await verify(id), "not_mine");
    await db.update(uploads).set({ leaseUntil: sql`now() - interval '1 second'` }).where(eq(uploads.id, id));
    assert.equal((await sweep(db, storage)).revived, 1);
    assert.equal(await verify(id), "ready");
    const after = await rowOf(id);
    assert.deepEqual([after.finalKey, after.renditionFolder], [before.finalKey, before.renditionFolder]);
  });

  it("takes up what waited for a place in a worker that died, however long it may wait (F-11)", async () => {
    const viewer = await person(db);
    const [waiting, dropped] = [
      await arrived(viewer, await picture()),
      await arrived(viewer, await picture()),
    ];
    for (const id of [waiting, dropped])
      await db.update(uploads).set({ leaseUntil: sql`now() + interval '1 day'` }).where(eq(uploads.id, id));
    const jobsOf = (id: string) =>
      database.sql`select locked_at from graphile_worker.jobs where key = ${`finalize:${id}`}`;
    await database.sql`update graphile_worker._private_jobs set attempts = 1, locked_by = 'a worker that is gone',
      locked_at = now() - interval '1 minute' where key = ${`finalize:${dropped}`}`;
    assert.equal((await sweep(db, storage)).revived, 1);
    assert.deepEqual([...(await jobsOf(dropped))], [{ locked_at: null }], "another worker may take it");
    assert.equal((await sweep(db, storage)).revived, 0);
    assert.equal(await verify(dropped), "ready");
    assert.equal(await verify(waiting), "ready");
  });

  it("writes without a condition where the store knows none (R-24)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    const plain = faulty(storage, {
      put: async (key, body, meta) => {
        if (meta.ifAbsent === true) throw new StorageError("unsupported", "no such header");
        await storage.put(key, body, meta);
      },
    });
    assert.equal(await finalize(db, plain, id, atOnce), "ready");
  });

  it("does not trust foreign bytes at its final key (R-24)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const id = await arrived(viewer, bytes);
    const squatted = `media/${"a".repeat(20)}${id.replaceAll("-", "").slice(0, 12)}.jpg`;
    await db
      .update(uploads)
      .set({ finalKey: squatted, renditionFolder: `derived/${id}` })
      .where(eq(uploads.id, id));
    await storage.put(squatted, await picture(), { contentType: "image/jpeg" });
    assert.equal(await verify(id), "ready");
    const [row] = await db.select().from(media).where(eq(media.ownerId, viewer.id));
    assert.ok(row && row.key !== squatted);
    assert.deepEqual((await storage.get(row.key, { bytesMax: bytes.byteLength }))?.body, bytes);
    await purgeNow();
    assert.equal(await storage.head(squatted), undefined);
  });

  it("refuses a picture that ended its worker three times, and goes on (F-11)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    await db.update(uploads).set({ attempts: 3 }).where(eq(uploads.id, id));
    assert.equal(await verify(id), "rejected");
    assert.equal((await rowOf(id)).rejectCode, "internal");
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
  });

  it("does not count a silent store against the picture (R-33, F-5)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    const silent = faulty(storage, {
      get: async () => {
        throw new StorageError("unavailable", "no answer");
      },
    });
    for (let n = 0; n < 5; n++) assert.equal(await finalize(db, silent, id, atOnce), "postponed");
    assert.deepEqual([(await rowOf(id)).state, (await rowOf(id)).attempts], ["verifying", 0]);
    assert.equal(await verify(id), "ready");
  });

  it("goes back to issued when the object vanished before it was read (R-4)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    await storage.delete((await rowOf(id)).stagingKey);
    assert.equal(await verify(id), "missing");
    assert.equal((await rowOf(id)).state, "issued");
  });

  it("removes what lies in incoming/ without an open upload, and nothing else (I-3, F-15)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const open = await begin(viewer, bytes);
    await post(open, bytes);
    const left = incomingKey();
    await storage.put(left, bytes, { contentType: "image/jpeg" });
    // In a bucket shared with another application, this is a folder of theirs.
    await storage.put("incoming/fax/0001.jpg", bytes, { contentType: "image/jpeg" });
    assert.equal(await sweepIncoming(db, storage, new Date()), 0);
    const later = new Date(Date.now() + 25 * 3_600_000);
    await sweepIncoming(db, storage, later);
    await sweepIncoming(db, storage, later);
    await purge(db, storage);
    assert.equal(await storage.head(left), undefined);
    assert.ok(await storage.head("incoming/fax/0001.jpg"));
    assert.ok(await storage.head((await rowOf(open.id)).stagingKey));
  });
});

describe("a lease", () => {
  it("is kept by a worker that is slow but alive, and nobody takes its picture (R-21)", async (t) => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    const gate = Promise.withResolvers<void>();
    let reading = false;
    const slow = faulty(storage, {
      get: async (key, options) => {
        reading = true;
        await gate.promise;
        return storage.get(key, options);
      },
    });
    t.mock.timers.enable({ apis: ["setInterval"] });
    const working = finalize(db, slow, id, atOnce);
    await until(() => reading);
    await db.update(uploads).set({ leaseUntil: sql`now() + interval '1 second'` }).where(eq(uploads.id, id));
    t.mock.timers.tick(16_000);
    await until(async () => ((await rowOf(id)).leaseUntil?.getTime() ?? 0) > Date.now() + 20_000);
    assert.equal(await verify(id), "not_mine");
    gate.resolve();
    assert.equal(await working, "ready");
  });

  it("gives the last try the whole worker, so that no neighbour's fault is counted (F-11)", async () => {
    const viewer = await person(db);
    const asked: number[] = [];
    const counting = {
      bytes: room,
      pixels: <T>(size: number, work: () => Promise<T>): Promise<T> => {
        asked.push(size);
        return work();
      },
    };
    for (const attempts of [0, 2]) {
      const id = await arrived(viewer, await picture());
      await db.update(uploads).set({ attempts }).where(eq(uploads.id, id));
      assert.equal(await finalize(db, storage, id, counting), "ready");
    }
    assert.ok((asked[0] ?? 0) < 1e6);
    assert.equal(asked[1], Number.POSITIVE_INFINITY);
  });
});

describe("what is written is there", () => {
  it("or the picture is not shown (I-1)", async () => {
    const viewer = await person(db);
    const id = await arrived(viewer, await picture());
    const forgetful = faulty(storage, {
      put: async (key, body, meta) => {
        if (!key.startsWith("media/")) await storage.put(key, body, meta);
      },
    });
    assert.equal(await finalize(db, forgetful, id, atOnce), "postponed");
    assert.equal((await rowOf(id)).state, "verifying");
    assert.equal(await verify(id), "ready");
  });
});

describe("process again", () => {
  it("makes new renditions in a new folder, shows them, and removes the old ones when their addresses have ended", async () => {
    const viewer = await person(db);
    const { mediaId } = await ready(viewer);
    const [before] = await db.select().from(media).where(eq(media.id, mediaId));
    assert.ok(before);
    assert.deepEqual(await processAgain(db, { viewer: await person(db), ids: [mediaId] }), []);
    assert.deepEqual(await processAgain(db, { viewer, ids: [mediaId] }), [mediaId]);
    assert.equal(await deriveAgain(db, storage, mediaId, atOnce), true);
    const [after] = await db.select().from(media).where(eq(media.id, mediaId));
    assert.ok(after && after.renditionFolder !== before.renditionFolder);
    assert.deepEqual(after.avifWidths, before.avifWidths);
    assert.equal(
      (await keysUnder(`${before.renditionFolder}/`)).length,
      before.avifWidths.length + before.jpegWidths.length,
    );
    await purgeNow();
    assert.deepEqual(await keysUnder(`${before.renditionFolder}/`), []);
    assert.equal(
      (await keysUnder(`${after.renditionFolder}/`)).length,
      after.avifWidths.length + after.jpegWidths.length,
    );
  });

  it("leaves the old ones and nothing else when the worker dies half-way (I-2)", async () => {
    const viewer = await person(db);
    const { mediaId } = await ready(viewer);
    const [before] = await db.select().from(media).where(eq(media.id, mediaId));
    assert.ok(before);
    const known = new Set(await keysUnder("derived/"));
    let wrote = 0;
    const dying = faulty(storage, {
      put: async (key, body, meta) => {
        if (wrote++ === 1) throw new StorageError("unavailable", "gone");
        return storage.put(key, body, meta);
      },
    });
    await assert.rejects(deriveAgain(db, dying, mediaId, atOnce));
    await purgeNow();
    assert.deepEqual(new Set(await keysUnder("derived/")), known);
  });

  it("says no when the original is missing, and touches nothing (F-27)", async () => {
    const viewer = await person(db);
    const { mediaId } = await ready(viewer);
    const [before] = await db.select().from(media).where(eq(media.id, mediaId));
    assert.ok(before);
    const gone = faulty(storage, { get: async () => undefined });
    assert.equal(await deriveAgain(db, gone, mediaId, atOnce), false);
    assert.equal((await keysUnder(`${before.renditionFolder}/`)).length > 0, true);
  });
});

describe("a purge", () => {
  it("removes nothing that a live row still refers to (I-5)", async () => {
    const viewer = await person(db);
    const { mediaId } = await ready(viewer);
    const [row] = await db.select().from(media).where(eq(media.id, mediaId));
    assert.ok(row);
    const open = await begin(viewer, await picture());
    const { stagingKey } = await rowOf(open.id);
    await storage.put(stagingKey, Buffer.from("x"), { contentType: "image/jpeg" });
    const wrong = [row.key, `${row.renditionFolder}/`, stagingKey];
    await db
      .insert(purges)
      .values(wrong.map((key) => ({ key, reason: "a mistake", notBefore: new Date(0) })));
    await purge(db, storage);
    assert.ok(await storage.head(row.key));
    assert.ok((await keysUnder(`${row.renditionFolder}/`)).length > 0);
    assert.ok(await storage.head(stagingKey));
    await storage.delete(stagingKey);
    await cancelUpload(db, { viewer, id: open.id });
  });

  it("of staging comes a second time only when no policy can be used any more (F-14)", async () => {
    const viewer = await person(db);
    const { uploadId } = await ready(viewer);
    const { stagingKey, policyExpiresAt } = await rowOf(uploadId);
    const rows = await db.select().from(purges).where(eq(purges.key, stagingKey));
    const last = Math.max(...rows.map((row) => row.notBefore.getTime()));
    assert.equal(rows.length, 2);
    assert.ok(last >= policyExpiresAt.getTime() + settings().uploads.graceSeconds * 1000);
  });

  it("stops when it is told to and leaves the rest for the next run (F-29)", async () => {
    const viewer = await person(db);
    const { mediaId } = await ready(viewer);
    await purge(db, storage);
    await trash(db, { viewer, ids: [mediaId] });
    await db
      .update(purges)
      .set({ notBefore: new Date(0) })
      .where(eq(purges.mediaId, mediaId));
    assert.equal(await purge(db, storage, AbortSignal.abort()), 0);
    assert.equal(await purge(db, storage), 1);
  });
});

describe("cancel", () => {
  it("ends an upload, gives the space back, removes the bytes, and stays cancelled (R-16)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const policy = await begin(viewer, bytes);
    await post(policy, bytes);
    assert.equal((await cancelUpload(db, { viewer, id: policy.id })).state, "cancelled");
    assert.equal((await cancelUpload(db, { viewer, id: policy.id })).state, "cancelled");
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
    await purge(db, storage);
    assert.equal(await storage.head((await rowOf(policy.id)).stagingKey), undefined);
  });

  it("during verification leaves no visible medium and no object (F-17, R-23)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const id = await arrived(viewer, bytes);
    const cancelling = faulty(storage, {
      put: async (key, body, meta) => {
        await storage.put(key, body, meta);
        if (key.startsWith("media/")) await cancelUpload(db, { viewer, id });
      },
    });
    assert.equal(await finalize(db, cancelling, id, atOnce), "not_mine");
    const row = await rowOf(id);
    assert.equal(row.state, "cancelled");
    assert.equal((await db.select().from(media).where(eq(media.ownerId, viewer.id))).length, 0);
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
    await purgeNow();
    assert.ok(row.finalKey && row.renditionFolder);
    assert.equal(await storage.head(row.finalKey), undefined);
    assert.deepEqual(await keysUnder(`${row.renditionFolder}/`), []);
  });

  it("shows open uploads to their owner alone", async () => {
    const [viewer, other] = [await person(db), await person(db)];
    const policy = await begin(viewer, await picture());
    assert.deepEqual(
      (await openUploads(db, { viewer })).map((row) => row.id),
      [policy.id],
    );
    assert.deepEqual(await openUploads(db, { viewer: other }), []);
  });
});

describe("the trash", () => {
  it("keeps everything until its window ends, then removes original and renditions and frees the space (F-18)", async () => {
    const viewer = await person(db);
    const { mediaId } = await ready(viewer);
    assert.deepEqual(await trash(db, { viewer, ids: [mediaId] }), [mediaId]);
    await purge(db, storage);
    const [row] = await db.select().from(media).where(eq(media.id, mediaId));
    assert.ok(row && (await storage.head(row.key)));
    await purgeNow();
    assert.equal(await storage.head(row.key), undefined);
    assert.deepEqual(await keysUnder(`${row.renditionFolder}/`), []);
    assert.deepEqual(await quotaOf(viewer), { used: 0, reserved: 0 });
    assert.deepEqual(await restore(db, { viewer, ids: [mediaId] }), []);
  });

  it("gives a picture back whole, and its purge removes nothing (F-20)", async () => {
    const viewer = await person(db);
    const { mediaId } = await ready(viewer);
    await trash(db, { viewer, ids: [mediaId] });
    assert.deepEqual(await restore(db, { viewer, ids: [mediaId] }), [mediaId]);
    await purgeNow();
    const [row] = await db.select().from(media).where(eq(media.id, mediaId));
    assert.ok(row && row.purgedAt === null && (await storage.head(row.key)));
  });

  it("is either restored with its object or gone, whoever wins the race (F-20)", async () => {
    const viewer = await person(db);
    for (let n = 0; n < 10; n++) {
      const { mediaId } = await ready(viewer);
      await trash(db, { viewer, ids: [mediaId] });
      await db
        .update(purges)
        .set({ notBefore: sql`now() - interval '1 second'` })
        .where(eq(purges.mediaId, mediaId));
      const [restored] = await Promise.all([restore(db, { viewer, ids: [mediaId] }), purge(db, storage)]);
      const [row] = await db.select().from(media).where(eq(media.id, mediaId));
      assert.ok(row);
      const there = (await storage.head(row.key)) !== undefined;
      assert.equal(there, restored.length === 1, `restored ${restored.length}, object ${there}`);
      assert.equal(row.purgedAt === null, there);
    }
  });

  it("keeps asking a store that is down, and is done when it is back (F-19, F-21)", async () => {
    const viewer = await person(db);
    const { mediaId } = await ready(viewer);
    await trash(db, { viewer, ids: [mediaId] });
    await db
      .update(purges)
      .set({ notBefore: sql`now() - interval '1 second'` })
      .where(eq(purges.mediaId, mediaId));
    const down = faulty(storage, {
      delete: async () => {
        throw new StorageError("unavailable", "no answer");
      },
    });
    await purge(db, down);
    const [open] = await db
      .select()
      .from(purges)
      .where(and(eq(purges.mediaId, mediaId), isNull(purges.doneAt)));
    assert.equal(open?.lastError, "StorageError");
    await purgeNow();
    const [row] = await db.select().from(media).where(eq(media.id, mediaId));
    assert.ok(row?.purgedAt);
  });

  it("belongs to the owner and to administrators alone", async () => {
    const [viewer, other, admin] = [await person(db), await person(db), await person(db, "admin")];
    const { mediaId } = await ready(viewer);
    assert.deepEqual(await trash(db, { viewer: other, ids: [mediaId] }), []);
    assert.deepEqual(await setVisibility(db, { viewer: other, ids: [mediaId], visibility: "public" }), []);
    await assert.rejects(trash(db, { viewer: undefined, ids: [mediaId] }), { code: "unauthenticated" });
    assert.deepEqual(await trash(db, { viewer: admin, ids: [mediaId] }), [mediaId]);
    assert.deepEqual(await restore(db, { viewer: admin, ids: [mediaId] }), [mediaId]);
  });

  it("can be uploaded again while in the trash; the old one then stays there (R-26)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const first = await ready(viewer, bytes);
    await trash(db, { viewer, ids: [first.mediaId] });
    await ready(viewer, bytes);
    assert.deepEqual(await restore(db, { viewer, ids: [first.mediaId] }), []);
  });
});

describe("all of it together", () => {
  it("leaves books that balance: quota equals what is kept and what is open (I-6)", async () => {
    const wrong = await db.execute(sql`
      select q.owner_id, q.used_bytes, q.reserved_bytes from quotas q where
        q.used_bytes <> coalesce((select sum(bytes) from media m where m.owner_id = q.owner_id and m.purged_at is null), 0)
        or q.reserved_bytes <> coalesce((select sum(bytes) from uploads u where u.owner_id = q.owner_id
          and u.state in ('issued', 'verifying') and u.staging_key not like 'incoming/flood%'), 0)`);
    assert.deepEqual([...wrong], []);
  });
  it("leaves no object that no row knows, and no row without its object (I-1, I-2)", async () => {
    await purgeNow();
    const known = await db.select().from(media).where(isNull(media.purgedAt));
    const folders = new Set(known.map((row) => row.renditionFolder));
    const keys = new Set(known.map((row) => row.key));
    const open = (await db.select().from(uploads)).filter((row) => row.state === "verifying");
    for (const key of await keysUnder("media/"))
      assert.ok(keys.has(key) || open.some((row) => row.finalKey === key), key);
    for (const key of await keysUnder("derived/"))
      assert.ok(folders.has(key.slice(0, key.lastIndexOf("/"))), key);
    for (const key of keys) assert.ok(await storage.head(key), key);
  });
});

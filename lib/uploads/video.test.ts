/** A video's way from a browser to the gallery, on a real database and a real store. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eq } from "drizzle-orm";
import { media, quotas, uploads } from "#db/schema.ts";
import { colorAt } from "../imaging/fixtures.ts";
import { heic } from "../imaging/heic/fixtures.ts";
import { lockDown } from "../imaging/index.ts";
import { placeBox, video } from "../imaging/video/fixtures.ts";
import type { Viewer } from "../media.ts";
import { motionKey, renditionKey } from "../storage/keys.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { beginUploads, cancelUpload, completeUploads } from "../uploads.ts";
import { deriveAgain } from "../worker/derive.ts";
import type { BeginFile } from "./asked.ts";
import { finalize } from "./finalize.ts";
import { declare, faulty, issued, person, post, sha256 } from "./testing.ts";

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
const place = "+37.5512+126.9882/";

const verify = (id: string, storage: Storage = store.storage) => finalize(database.db, storage, id, budget);

/** An upload whose bytes are in the bucket and whose browser has said so. */
async function arrived(viewer: Viewer, bytes: Buffer, changes: Partial<BeginFile> = {}): Promise<string> {
  const file = declare(bytes, { filename: "clip.mp4", mime: "video/mp4", ...changes });
  const [answer] = await beginUploads(database.db, store.storage, { viewer, uploads: [file] });
  const permit = issued(answer);
  assert.equal((await post(permit, bytes)).status, 201);
  await completeUploads(database.db, store.storage, { viewer, ids: [permit.id] });
  return permit.id;
}
async function rowOf(uploadId: string) {
  const [upload] = await database.db.select().from(uploads).where(eq(uploads.id, uploadId));
  const [row] = await database.db
    .select()
    .from(media)
    .where(eq(media.id, upload?.mediaId ?? uploadId));
  assert.ok(upload);
  return { upload, row };
}
const bytesAt = async (key: string): Promise<Buffer> =>
  (await store.storage.get(key, { bytesMax: 10_000_000 }))?.body ?? Buffer.alloc(0);

describe("a video", () => {
  it("is kept as it was sent, and shown to others without its place (I-1, A-15, A-34)", async () => {
    const viewer = await person(database.db);
    const bytes = await video({ turn: 90, duration: 2_000, userData: [placeBox(place)] });
    const id = await arrived(viewer, bytes);
    assert.equal(await verify(id), "ready");
    const { row } = await rowOf(id);
    assert.ok(row);
    assert.deepEqual(
      [row.kind, row.mime, row.width, row.height, row.duration, row.codecs, row.motion],
      ["video", "video/mp4", 64, 96, 2_000, "avc1.64000b", "mp4"],
    );
    assert.deepEqual([row.latitude, row.longitude], [37.5512, 126.9882]);
    assert.match(row.key, /^media\/[a-z2-7]{32}\.mp4$/);
    assert.deepEqual(await bytesAt(row.key), bytes);
    const shown = await store.storage.get(motionKey(row.renditionFolder, "mp4"), { bytesMax: 10_000_000 });
    assert.equal(shown?.head.contentType, "video/mp4");
    assert.equal(shown?.body.length, bytes.length);
    assert.ok(bytes.includes("+37.55") && !shown?.body.includes("+37.55"));
    const poster = await bytesAt(renditionKey(row.renditionFolder, 64, "jpg"));
    assert.ok(((await colorAt(poster, 0.8, 0.2))[0] ?? 0) > 200);
    const [quota] = await database.db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
    assert.deepEqual([quota?.usedBytes, quota?.reservedBytes], [bytes.length, 0]);
  });

  it("that tells nothing but pictures and sounds is not kept twice, and has its stills made anew", async () => {
    const viewer = await person(database.db);
    const id = await arrived(viewer, await video({ format: "webm" }), {
      filename: "a.webm",
      mime: "video/webm",
    });
    assert.equal(await verify(id), "ready");
    const { row } = await rowOf(id);
    assert.ok(row);
    assert.deepEqual([row.motion, row.kind, row.mime], [null, "video", "video/webm"]);
    assert.equal(await deriveAgain(database.db, store.storage, row.id, budget), true);
    const again = (await rowOf(id)).row;
    assert.notEqual(again?.renditionFolder, row.renditionFolder);
    assert.ok((await bytesAt(renditionKey(again?.renditionFolder ?? "", 96, "jpg"))).length > 0);
  });

  it("of unknown type is found out by its bytes, and one declared as another kind is refused (R-43)", async () => {
    const viewer = await person(database.db);
    const unknown = await arrived(viewer, await video({ duration: 700 }), { mime: "" });
    assert.equal(await verify(unknown), "ready");
    assert.equal((await rowOf(unknown)).row?.kind, "video");
    const lies = [
      { bytes: await video({ duration: 800 }), mime: "image/jpeg" },
      { bytes: heic(), mime: "video/mp4" },
      { bytes: await video({ duration: 800 }), mime: "video/webm" },
    ] as const;
    for (const { bytes, mime } of lies) {
      const id = await arrived(viewer, bytes, { mime });
      assert.equal(await verify(id), "rejected");
      assert.equal((await rowOf(id)).upload.rejectCode, "type_mismatch");
    }
  });

  it("whose bytes are others than declared is refused, and nothing of it stays (A-35, F-8)", async () => {
    const viewer = await person(database.db);
    const bytes = await video({ duration: 900 });
    const id = await arrived(viewer, bytes, { sha256: sha256(Buffer.from("another")) });
    assert.equal(await verify(id), "rejected");
    const { upload, row } = await rowOf(id);
    assert.deepEqual([upload.rejectCode, row], ["checksum_mismatch", undefined]);
    const [quota] = await database.db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
    assert.deepEqual([quota?.usedBytes, quota?.reservedBytes], [0, 0]);
  });

  it("that is already there is a duplicate, and one that is cut off is corrupt (R-26, A-29)", async () => {
    const viewer = await person(database.db);
    const bytes = await video({ duration: 1_100 });
    const [first, second] = [await arrived(viewer, bytes), await arrived(viewer, bytes)];
    assert.deepEqual([await verify(first), await verify(second)], ["ready", "rejected"]);
    const { upload } = await rowOf(second);
    assert.deepEqual([upload.rejectCode, upload.mediaId], ["duplicate", (await rowOf(first)).upload.mediaId]);
    const cut = await arrived(viewer, bytes.subarray(0, bytes.length - 100));
    assert.equal(await verify(cut), "rejected");
    assert.equal((await rowOf(cut)).upload.rejectCode, "corrupt");
  });

  it("is tried again after a fault of the store, and taken up where an earlier run ended (R-24, F-11)", async () => {
    const viewer = await person(database.db);
    const id = await arrived(viewer, await video({ duration: 1_200, userData: [placeBox(place)] }));
    let reads = 0;
    const failing = faulty(store.storage, {
      get: (key, options) => {
        reads += key.startsWith("media/") ? 1 : 0;
        if (reads > 0) throw new StorageError("unavailable", "no answer");
        return store.storage.get(key, options);
      },
    });
    assert.equal(await verify(id, failing), "postponed");
    const before = (await rowOf(id)).upload;
    assert.ok(
      before.finalKey && (await store.storage.exists(before.finalKey)),
      "its bytes are there already",
    );
    await database.db.update(uploads).set({ leaseUntil: null }).where(eq(uploads.id, id));
    assert.equal(await verify(id), "ready");
    assert.equal((await rowOf(id)).row?.key, before.finalKey);
  });

  it("may be larger than a picture, up to its own limit, and counts against what its owner may keep", async () => {
    const viewer = await person(database.db);
    const file = (bytes: number, mime: BeginFile["mime"]) => ({
      ...declare(Buffer.from(String(bytes))),
      bytes,
      mime,
    });
    const answers = await beginUploads(database.db, store.storage, {
      viewer,
      uploads: [
        file(200 * 1024 * 1024, "video/mp4"),
        file(200 * 1024 * 1024 + 1, "image/jpeg"),
        file(4 * 1024 ** 3 + 1, "video/mp4"),
      ],
    });
    assert.deepEqual(
      answers.map((answer) => ("code" in answer ? answer.code : answer.status)),
      ["issued", "too_large", "too_large"],
    );
  });

  it("that was cancelled while it was read leaves nothing behind (F-17)", async () => {
    const viewer = await person(database.db);
    const id = await arrived(viewer, await video({ duration: 1_300 }));
    const meddling = faulty(store.storage, {
      head: async (key) => {
        if (key.startsWith("media/")) await cancelUpload(database.db, { viewer, id });
        return store.storage.head(key);
      },
    });
    assert.equal(await verify(id, meddling), "not_mine");
    const { upload, row } = await rowOf(id);
    assert.deepEqual([upload.state, row], ["cancelled", undefined]);
  });
});

describe("pictures of a telephone", () => {
  it("a HEIC is kept as it is and shown by renditions (R-43)", async () => {
    const viewer = await person(database.db);
    const bytes = heic({ turn: 3 });
    const id = await arrived(viewer, bytes, { filename: "IMG_1.HEIC", mime: "image/heic" });
    assert.equal(await verify(id), "ready");
    const { row } = await rowOf(id);
    assert.deepEqual([row?.mime, row?.kind, row?.width, row?.height], ["image/heic", "picture", 64, 96]);
    assert.match(row?.key ?? "", /\.heic$/);
    assert.deepEqual(await bytesAt(row?.key ?? ""), bytes);
  });

  it("a still with a moving part is live, and its motion is beside its renditions without its place", async () => {
    const viewer = await person(database.db);
    const clip = await video({ duration: 1_500, userData: [placeBox(place)] });
    const head = Buffer.alloc(8);
    head.writeUInt32BE(clip.length + 8);
    head.write("mpvd", 4);
    const id = await arrived(viewer, Buffer.concat([heic(), head, clip]), {
      filename: "m.heic",
      mime: "image/heic",
    });
    assert.equal(await verify(id), "ready");
    const { row } = await rowOf(id);
    assert.ok(row);
    assert.deepEqual([row.kind, row.motion, row.duration, row.codecs], ["live", "mp4", 1_500, "avc1.64000b"]);
    const motion = await store.storage.get(motionKey(row.renditionFolder, "mp4"), { bytesMax: 1_000_000 });
    assert.equal(motion?.head.contentType, "video/mp4");
    assert.ok(motion && !motion.body.includes("+37.55"));
    assert.equal(await deriveAgain(database.db, store.storage, row.id, budget), true);
    assert.equal((await rowOf(id)).row?.motion, "mp4");
  });
});

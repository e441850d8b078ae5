/** The two files of a Live Photo become one medium, on a real database and a real store. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { eq, inArray, sql } from "drizzle-orm";
import { knownContents, knownKeys } from "#db/queries/operator.ts";
import { isReferenced } from "#db/queries/purges.ts";
import { halves, media, purges, quotas, uploads } from "#db/schema.ts";
import { selectionShape } from "../bulk/shapes.ts";
import { downloadAddresses, listDownload, sumDownload } from "../downloads/gallery.ts";
import { getMedia } from "../gallery.ts";
import { colorAt } from "../imaging/fixtures.ts";
import { lockDown } from "../imaging/index.ts";
import { liveClip, liveStill } from "../imaging/live-fixtures.ts";
import { restore, setVisibility, trash } from "../library.ts";
import type { Viewer } from "../media.ts";
import { purge } from "../purge.ts";
import { motionKey, renditionKey } from "../storage/keys.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { beginUploads, cancelUpload, completeUploads } from "../uploads.ts";
import { deriveAgain } from "../worker/derive.ts";
import type { BeginFile } from "./asked.ts";
import { finalize } from "./finalize.ts";
import { declare, faulty, issued, person, post, sha256 } from "./testing.ts";

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
const verify = (id: string, storage: Storage = store.storage) => finalize(database.db, storage, id, budget);

type Half = { bytes: Buffer; name: string; mime: BeginFile["mime"] };
type Pair = { still: Half; clip: Half };

/** Both files, unlike any other pair. */
async function pair(
  plan: { format?: "heic" | "jpeg"; duration?: number; contentId?: string } = {},
): Promise<Pair> {
  const all = { contentId: randomUUID().toUpperCase(), ...plan };
  const [still, clip] = await Promise.all([liveStill(all), liveClip(all)]);
  return {
    still:
      plan.format === "jpeg"
        ? { bytes: still, name: "IMG_1.JPG", mime: "image/jpeg" }
        : { bytes: still, name: "IMG_1.HEIC", mime: "image/heic" },
    clip: { bytes: clip, name: "IMG_1.MOV", mime: "video/quicktime" },
  };
}

const begin = async (viewer: Viewer, { bytes, name, mime }: Half) => {
  const file = declare(bytes, { filename: name, mime });
  const [answer] = await beginUploads(database.db, store.storage, { viewer, uploads: [file] });
  return answer;
};

/** An upload whose bytes are in the bucket and whose browser has said so. */
async function arrived(viewer: Viewer, half: Half): Promise<string> {
  const permit = issued(await begin(viewer, half));
  assert.equal((await post(permit, half.bytes)).status, 201);
  await completeUploads(database.db, store.storage, { viewer, ids: [permit.id] });
  return permit.id;
}

const mediaOf = (viewer: Viewer) =>
  database.db.select().from(media).where(eq(media.ownerId, viewer.id)).orderBy(media.createdAt);
async function onlyMedium(viewer: Viewer) {
  const [row, ...others] = await mediaOf(viewer);
  assert.ok(row && others.length === 0, "one medium");
  const [half] = await database.db.select().from(halves).where(eq(halves.mediaId, row.id));
  assert.ok(half);
  return { row, half };
}
const usage = async (viewer: Viewer): Promise<(number | undefined)[]> => {
  const [quota] = await database.db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
  return [quota?.usedBytes, quota?.reservedBytes];
};
const bytesAt = async (key: string): Promise<Buffer> =>
  (await store.storage.get(key, { bytesMax: 10_000_000 }))?.body ?? Buffer.alloc(0);
const statesOf = (ids: string[]) =>
  database.db
    .select({ state: uploads.state, code: uploads.rejectCode, mediaId: uploads.mediaId })
    .from(uploads)
    .where(inArray(uploads.id, ids));

/** One live medium of both files, with nothing lost and nothing told. */
async function assertOne(viewer: Viewer, { still, clip }: Pair, ids: string[]): Promise<void> {
  const { row, half } = await onlyMedium(viewer);
  assert.deepEqual(
    [row.kind, row.mime, row.filename, row.motion, row.duration, row.codecs, row.width, row.height],
    ["live", still.mime, still.name, "mp4", 2_000, "avc1.64000b", 96, 64],
  );
  assert.deepEqual([row.sha256, row.bytes], [sha256(still.bytes), still.bytes.length]);
  assert.equal(row.camera, "Apple iPhone 15 Pro");
  assert.equal(row.takenAt.toISOString(), "2026-07-01T12:00:00.000Z");
  assert.deepEqual(
    [half.clipSha256, half.clipBytes, half.clipMime, half.clipFilename],
    [sha256(clip.bytes), clip.bytes.length, "video/quicktime", "IMG_1.MOV"],
  );
  assert.deepEqual(await bytesAt(row.key), still.bytes);
  assert.deepEqual(await bytesAt(half.clipKey ?? ""), clip.bytes);
  const motion = await store.storage.get(motionKey(row.renditionFolder, "mp4"), { bytesMax: 1_000_000 });
  assert.equal(motion?.head.contentType, "video/mp4");
  assert.ok(motion.body.includes("moov") && !motion.body.includes("+37.55"), "plays, and tells no place");
  for (const [format, widths] of [
    ["avif", row.avifWidths],
    ["jpg", row.jpegWidths],
  ] as const)
    for (const width of widths) {
      const rendition = await store.storage.get(renditionKey(row.renditionFolder, width, format), {
        bytesMax: 1_000_000,
      });
      assert.equal(rendition?.head.contentType, format === "avif" ? "image/avif" : "image/jpeg");
    }
  const shown = await bytesAt(renditionKey(row.renditionFolder, 96, "jpg"));
  assert.ok(((await colorAt(shown, 0.2, 0.2))[0] ?? 0) > 200);
  assert.deepEqual(await usage(viewer), [still.bytes.length + clip.bytes.length, 0]);
  assert.deepEqual(
    await statesOf(ids),
    ids.map(() => ({ state: "ready", code: null, mediaId: row.id })),
  );
  assert.equal(await isReferenced(database.db, half.clipKey ?? ""), true);
}

describe("the two files of a Live Photo become one medium", () => {
  for (const format of ["heic", "jpeg"] as const)
    for (const first of ["still", "clip"] as const)
      it(`of a ${format}, when the ${first} comes first`, async () => {
        const viewer = await person(database.db);
        const files = await pair({ format });
        const [one, other] = first === "still" ? [files.still, files.clip] : [files.clip, files.still];
        const before = await arrived(viewer, one);
        assert.equal(await verify(before), "ready");
        const alone = await onlyMedium(viewer);
        assert.equal(alone.row.kind, first === "still" ? "picture" : "video");
        const second = await arrived(viewer, other);
        assert.equal(await verify(second), "ready");
        await assertOne(viewer, files, [before, second]);
        assert.equal((await onlyMedium(viewer)).row.id, alone.row.id, "its address is the same");
        const old = `${alone.row.renditionFolder}/`;
        const [replaced] = await database.db.select().from(purges).where(eq(purges.key, old));
        assert.ok(replaced && replaced.notBefore > new Date(), "open pages keep what they show for a while");
      });

  it("when two workers end at once", async () => {
    for (let n = 0; n < 5; n++) {
      const viewer = await person(database.db);
      const files = await pair({ format: "jpeg" });
      const ids = [await arrived(viewer, files.still), await arrived(viewer, files.clip)];
      // Both have looked for the other before either is a medium: each is held at its last step until both are there.
      let waiting = 0;
      let go = (): void => undefined;
      const both = new Promise<void>((resolve) => {
        go = resolve;
      });
      const held = faulty(store.storage, {
        head: async (key) => {
          const found = await store.storage.head(key);
          if (key.startsWith("media/") && waiting < 2) {
            waiting += 1;
            if (waiting === 2) go();
            await both;
          }
          return found;
        },
      });
      assert.deepEqual(await Promise.all(ids.map((id) => verify(id, held))), ["ready", "ready"]);
      await assertOne(viewer, files, ids);
    }
  });

  it("that keeps what was said of it while it was half", async () => {
    const viewer = await person(database.db);
    const files = await pair();
    const first = await arrived(viewer, files.clip);
    await verify(first);
    const { row } = await onlyMedium(viewer);
    const takenAt = new Date("2025-05-05T05:05:05Z");
    await database.db
      .update(media)
      .set({ title: "Jeju", takenAt, takenSource: "person", rating: 4 })
      .where(eq(media.id, row.id));
    await setVisibility(database.db, { viewer, ids: [row.id], visibility: "unlisted" });
    await verify(await arrived(viewer, files.still));
    const after = (await onlyMedium(viewer)).row;
    assert.deepEqual(
      [after.title, after.rating, after.visibility, after.takenAt, after.kind],
      ["Jeju", 4, "unlisted", takenAt, "live"],
    );
    assert.deepEqual([after.latitude, after.longitude], [37.5512, 126.9882], "the clip told the place");
  });

  it("through a fault of the store, and where renditions were made anew meanwhile", async () => {
    const viewer = await person(database.db);
    const files = await pair();
    const first = await arrived(viewer, files.still);
    await verify(first);
    const second = await arrived(viewer, files.clip);
    const failing = faulty(store.storage, {
      copy: () => Promise.reject(new StorageError("unavailable", "no answer")),
    });
    assert.equal(await verify(second, failing), "postponed");
    assert.equal((await onlyMedium(viewer)).row.kind, "picture");
    await database.db.update(uploads).set({ leaseUntil: null }).where(eq(uploads.id, second));
    const { row } = await onlyMedium(viewer);
    let done = false;
    const meddling = faulty(store.storage, {
      copy: async (...given) => {
        if (!done) {
          done = true;
          assert.equal(await deriveAgain(database.db, store.storage, row.id, budget), true);
        }
        return store.storage.copy(...given);
      },
    });
    assert.equal(await verify(second, meddling), "ready");
    await assertOne(viewer, files, [first, second]);
  });

  it("whose renditions are made anew with its motion", async () => {
    const viewer = await person(database.db);
    const files = await pair();
    const ids = [await arrived(viewer, files.still), await arrived(viewer, files.clip)];
    for (const id of ids) await verify(id);
    const before = (await onlyMedium(viewer)).row;
    assert.equal(await deriveAgain(database.db, store.storage, before.id, budget), true);
    assert.notEqual((await onlyMedium(viewer)).row.renditionFolder, before.renditionFolder);
    await assertOne(viewer, files, ids);
  });
});

describe("files that are not two halves of one picture", () => {
  it("stay what they are: a clip without a still, another person's, one of another name, one that is long", async () => {
    const [viewer, other] = [await person(database.db), await person(database.db)];
    const files = await pair();
    await verify(await arrived(viewer, files.still));
    await verify(await arrived(other, files.clip));
    assert.equal((await onlyMedium(other)).row.kind, "video");
    const long = await pair({ duration: 31_000 });
    await verify(await arrived(viewer, (await pair()).clip));
    await verify(await arrived(viewer, long.clip));
    await verify(await arrived(viewer, long.still));
    const kinds = (await mediaOf(viewer)).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["picture", "video", "video", "picture"]);
  });

  it("of an edited copy, one has the clip and the other is a picture", async () => {
    const viewer = await person(database.db);
    const contentId = randomUUID();
    const files = await pair({ contentId });
    const edited = { ...(await pair({ contentId, format: "jpeg" })).still, name: "IMG_E1.JPG" };
    await verify(await arrived(viewer, edited));
    await verify(await arrived(viewer, files.still));
    await verify(await arrived(viewer, files.clip));
    const found = (await mediaOf(viewer)).map(({ kind, filename }) => [filename, kind]);
    assert.deepEqual(found, [
      ["IMG_E1.JPG", "picture"],
      ["IMG_1.HEIC", "live"],
    ]);
  });

  it("where the still is in the trash, or the clip was cancelled on its way", async () => {
    const viewer = await person(database.db);
    const files = await pair();
    await verify(await arrived(viewer, files.still));
    const { row } = await onlyMedium(viewer);
    await trash(database.db, { viewer, ids: [row.id] });
    const id = await arrived(viewer, files.clip);
    const before = await usage(viewer);
    const meddling = faulty(store.storage, {
      head: async (key) => {
        if (key.startsWith("media/")) await cancelUpload(database.db, { viewer, id });
        return store.storage.head(key);
      },
    });
    assert.equal(await verify(id, meddling), "not_mine");
    assert.deepEqual(await usage(viewer), [before[0], 0]);
    await verify(await arrived(viewer, files.clip));
    assert.deepEqual(
      (await mediaOf(viewer)).map(({ kind }) => kind),
      ["picture", "video"],
    );
  });
});

describe("a medium of two files", () => {
  it("is saved as both of them, and by others as a still (R-46)", async () => {
    const [viewer, other] = [await person(database.db), await person(database.db)];
    const files = await pair();
    for (const half of [files.still, files.clip]) await verify(await arrived(viewer, half));
    const { row } = await onlyMedium(viewer);
    await setVisibility(database.db, { viewer, ids: [row.id], visibility: "unlisted" });
    const of = { selection: selectionShape.parse({ ids: [row.id] }) };
    const size = "original";
    const sum = await sumDownload(database.db, { viewer, size, of });
    const bytes = files.still.bytes.length + files.clip.bytes.length;
    assert.deepEqual([sum.count, sum.bytes, sum.exact], [2, bytes, true]);
    const { files: listed } = await listDownload(database.db, { viewer, size, of, cursor: undefined });
    assert.deepEqual(
      listed.map(({ name, bytes, sha256 }) => [name, bytes, sha256]),
      [
        ["IMG_1.heic", files.still.bytes.length, sha256(files.still.bytes)],
        ["IMG_1.mov", files.clip.bytes.length, sha256(files.clip.bytes)],
      ],
    );
    const ids = listed.map(({ id }) => id);
    const mine = await downloadAddresses(database.db, { viewer, size, ids });
    const { half } = await onlyMedium(viewer);
    for (const [n, key] of [row.key, half.clipKey ?? ""].entries())
      assert.ok(mine[ids[n] ?? ""]?.includes(key), key);
    const theirs = await downloadAddresses(database.db, { viewer: other, size, ids });
    assert.deepEqual(Object.keys(theirs), [row.id]);
    assert.match(theirs[row.id] ?? "", /\.avif/);
    assert.equal((await getMedia(database.db, { viewer, id: row.id }))?.clipKey === null, false);
    assert.equal((await getMedia(database.db, { viewer: other, id: row.id }))?.clipKey, null);
  });

  it("is known by both of them (R-26)", async () => {
    const viewer = await person(database.db);
    const files = await pair();
    const twice = [await arrived(viewer, files.clip), await arrived(viewer, files.clip)];
    await verify(await arrived(viewer, files.still));
    const endings = await Promise.all(twice.map((id) => verify(id)));
    assert.deepEqual(endings.toSorted(), ["ready", "rejected"]);
    const { row } = await onlyMedium(viewer);
    const refused = (await statesOf(twice)).find(({ state }) => state === "rejected");
    assert.deepEqual([refused?.code, refused?.mediaId], ["duplicate", row.id]);
    for (const half of [files.still, files.clip]) {
      const answer = await begin(viewer, half);
      assert.deepEqual(answer?.status === "duplicate" ? answer.mediaId : answer, row.id);
    }
    assert.deepEqual(await usage(viewer), [files.still.bytes.length + files.clip.bytes.length, 0]);
  });

  it("comes back from the trash whole, and leaves nothing when it is purged, but that it was there (R-31)", async () => {
    const viewer = await person(database.db);
    const files = await pair();
    for (const half of [files.still, files.clip]) await verify(await arrived(viewer, half));
    const { row, half } = await onlyMedium(viewer);
    const keys = [row.key, half.clipKey ?? ""];
    await trash(database.db, { viewer, ids: [row.id] });
    await restore(database.db, { viewer, ids: [row.id] });
    const due = () =>
      database.db.update(purges).set({ notBefore: sql`now()` }).where(eq(purges.mediaId, row.id));
    await due();
    await purge(database.db, store.storage);
    for (const key of keys) assert.equal(await store.storage.exists(key), true);
    const known = await knownKeys(database.db, keys);
    assert.deepEqual(
      keys.map((key) => known.get(key)),
      keys.map(() => ({ is: "medium", mediaId: row.id, trashed: false })),
    );
    await trash(database.db, { viewer, ids: [row.id] });
    await due();
    await purge(database.db, store.storage);
    for (const key of keys) assert.equal(await store.storage.exists(key), false);
    for await (const left of store.storage.list(`${row.renditionFolder}/`))
      assert.fail(`${left.key} is left`);
    assert.deepEqual(await usage(viewer), [0, 0]);
    const contents = await knownContents(database.db, viewer.id, [
      sha256(files.still.bytes),
      sha256(files.clip.bytes),
    ]);
    assert.deepEqual(
      contents.map(({ live, deleted }) => [live, deleted]),
      [
        [undefined, true],
        [undefined, true],
      ],
    );
    // Brought again, both files are a picture again.
    for (const one of [files.clip, files.still]) await verify(await arrived(viewer, one));
    const now = (await mediaOf(viewer)).filter(({ deletedAt }) => deletedAt === null);
    assert.deepEqual(
      now.map(({ kind }) => kind),
      ["live"],
    );
  });
});

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { ObjectHead, SizedStream } from "../port.ts";
import { openStorage } from "../s3.ts";
import { filenamePlaceholder, isStorageError, type Subject, type } from "./subject.ts";

const mebi = 1024 ** 2;

/** In uneven pieces, as a disk or a network would give it. */
export function streamed(body: Buffer, announced = body.length): SizedStream {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < body.length; at += 70_001) yield body.subarray(at, at + 70_001);
  }
  return { stream: pieces(), bytes: announced };
}

async function collected(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

const keysOf = async (objects: AsyncIterable<ObjectHead>): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of objects) keys.push(key);
  return keys;
};

/** The doors of the port that came with streams, ranges, copies and folders. */
export function objectContract(subject: Subject): void {
  describe("objects through the port", () => {
    it("are stored from a stream, in one piece or in parts, and read back whole", async () => {
      const storage = openStorage(subject.bucket, { limits: { partBytes: 5 * mebi } });
      for (const bytes of [0, 1, 200_000, 5 * mebi, 11 * mebi + 7]) {
        const body = randomBytes(bytes);
        const key = `streams/${bytes}`;
        await storage.put(key, streamed(body), { contentType: type, metadata: { from: "a stream" } });
        const read = await storage.read(key);
        assert.ok(read !== undefined);
        assert.ok((await collected(read.body)).equals(body), `${bytes} bytes`);
        assert.equal(read.head.bytes, bytes);
        assert.equal(read.head.contentType, type);
        assert.deepEqual((await storage.describe(key))?.metadata, { from: "a stream" });
      }
      storage.close();
    });

    it("are not stored when the stream is longer or shorter than announced, and leave no parts behind", async () => {
      const storage = openStorage(subject.bucket, { limits: { partBytes: 5 * mebi } });
      const body = randomBytes(7 * mebi);
      const meta = { contentType: type };
      await assert.rejects(
        storage.put("lying/long", streamed(body, 6 * mebi), meta),
        isStorageError("too_large"),
      );
      await assert.rejects(
        storage.put("lying/short", streamed(body, 8 * mebi), meta),
        isStorageError("unavailable"),
      );
      await assert.rejects(storage.put("lying/small", streamed(Buffer.from("ab"), 1), meta));
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        yield body;
        throw new Error("the disk gave up");
      };
      await assert.rejects(
        storage.put("lying/broken", { stream: broken(), bytes: 8 * mebi }, meta),
        /the disk gave up/,
      );
      assert.deepEqual(await keysOf(storage.list("lying/")), []);
      for await (const left of storage.multipart.open("lying/")) assert.fail(left.key);
      storage.close();
    });

    it("are not replaced by a stream that must be the first", async () => {
      const storage = openStorage(subject.bucket, { limits: { partBytes: 5 * mebi } });
      await storage.put("first/stream", Buffer.from("was here"), { contentType: type });
      for (const bytes of [10, 6 * mebi])
        await assert.rejects(
          storage.put("first/stream", streamed(randomBytes(bytes)), { contentType: type, ifAbsent: true }),
          isStorageError("conflict"),
        );
      assert.equal(await subject.bytesOf("first/stream"), "was here");
      storage.close();
    });

    it("are read in part: the first bytes, some in the middle, the last; past the end is too_large", async () => {
      await subject.storage.put("ranges/ten", Buffer.from("0123456789"), { contentType: type });
      const part = async (range: { start: number; end?: number }) => {
        const got = await subject.storage.get("ranges/ten", { bytesMax: 10, range });
        return [got?.body.toString(), got?.head.bytes];
      };
      assert.deepEqual(await part({ start: 0, end: 3 }), ["0123", 10]);
      assert.deepEqual(await part({ start: 4, end: 4 }), ["4", 10]);
      assert.deepEqual(await part({ start: 7 }), ["789", 10]);
      assert.deepEqual(await part({ start: 8, end: 1000 }), ["89", 10]);
      const read = await subject.storage.read("ranges/ten", { range: { start: 5 } });
      assert.equal((await collected(read?.body ?? assert.fail())).toString(), "56789");
      await assert.rejects(part({ start: 10 }), isStorageError("too_large"));
      await assert.rejects(
        subject.storage.get("ranges/ten", { bytesMax: 2, range: { start: 0, end: 3 } }),
        isStorageError("too_large"),
      );
      for (const range of [{ start: -1 }, { start: 3, end: 2 }, { start: 0.5 }, { start: Number.NaN }])
        await assert.rejects(part(range), RangeError);
      assert.equal(
        await subject.storage.get("ranges/nobody", { bytesMax: 1, range: { start: 0 } }),
        undefined,
      );
      assert.equal(await subject.storage.read("ranges/nobody"), undefined);
    });

    it("may be left half-read as often as one likes", async () => {
      await subject.storage.put("half/read", Buffer.alloc(3 * mebi), { contentType: type });
      // More often than there are connections: one that stayed open would be missing in the end.
      for (let times = 0; times < 80; times++) {
        const read = await subject.storage.read("half/read");
        for await (const piece of read?.body ?? assert.fail()) {
          assert.ok(piece.length > 0);
          break;
        }
      }
    });

    it("keep everything that is said about them, in any language", async () => {
      const meta = {
        contentType: "text/css",
        cacheControl: "public, max-age=31536000, immutable",
        contentDisposition: "attachment; filename*=UTF-8''%EC%A0%9C%EC%A3%BC.css",
        contentEncoding: "gzip",
        metadata: { place: "제주 바다", source: "camera 1" },
      };
      await subject.storage.put("said/all", Buffer.from("x"), meta);
      const { key, bytes, etag, modified, ...kept } =
        (await subject.storage.describe("said/all")) ?? assert.fail();
      assert.deepEqual(kept, meta);
      assert.deepEqual([key, bytes], ["said/all", 1]);
      assert.deepEqual(await subject.storage.head("said/all"), {
        key,
        bytes,
        etag,
        modified,
        contentType: "text/css",
      });
      assert.equal(await subject.storage.describe("said/nothing"), undefined);
    });

    it("exist or do not; without an answer nobody can tell (R-33)", async () => {
      await subject.storage.put("there/is", Buffer.from("x"), { contentType: type });
      assert.equal(await subject.storage.exists("there/is"), true);
      assert.equal(await subject.storage.exists("there/is-not"), false);
      const stranger = openStorage({
        ...subject.bucket,
        credentials: { accessKeyId: "UNKNOWNKEY", secretAccessKey: "wrong" },
      });
      await assert.rejects(stranger.exists("there/is-not"), isStorageError("denied"));
      stranger.close();
      const elsewhere = openStorage({ ...subject.bucket, bucket: "tintype-no-such-bucket" });
      await assert.rejects(elsewhere.get("x", { bytesMax: 1 }), isStorageError("not_found"));
      await assert.rejects(
        elsewhere.put("x", Buffer.from("x"), { contentType: type }),
        isStorageError("not_found"),
      );
      await assert.rejects(keysOf(elsewhere.list("")), isStorageError("not_found"));
      elsewhere.close();
    });

    it("are removed by the thousand, those that are not there included; what is refused comes back by name", async () => {
      // Most of them are not there: making a thousand takes longer than removing them.
      const keys = Array.from({ length: 1005 }, (_, i) => `crowd/제주 ${i} &<+%>`);
      for (const key of keys.filter((_, i) => i % 67 === 0))
        await subject.storage.put(key, Buffer.from("x"), { contentType: type });
      const left = await subject.storage.deleteMany([...keys, "crowd/never", "../escaped"]);
      assert.deepEqual(
        left.map(({ key, error }) => [key, error.code]),
        [["../escaped", "denied"]],
      );
      assert.deepEqual(await keysOf(subject.storage.list("crowd/")), []);
      assert.deepEqual(await subject.storage.deleteMany([]), []);
      const stranger = openStorage({
        ...subject.bucket,
        credentials: { accessKeyId: "UNKNOWNKEY", secretAccessKey: "wrong" },
      });
      assert.deepEqual(
        (await stranger.deleteMany(["crowd/1", "crowd/2"])).map(({ key, error }) => [key, error.code]),
        [
          ["crowd/1", "denied"],
          ["crowd/2", "denied"],
        ],
      );
      stranger.close();
    });

    it("are copied with what was said about them or with something new, and never onto another when told so", async () => {
      const { storage } = subject;
      const meta = { contentType: type, cacheControl: "private", metadata: { place: "제주" } };
      const from = "copies/원본 1+%41.jpg";
      await storage.put(from, Buffer.from("copied"), meta);
      const copied = await storage.copy(from, "copies/2 &'()!*~");
      assert.equal(copied?.key, "copies/2 &'()!*~");
      assert.equal(copied?.bytes, 6);
      const { cacheControl, metadata } = (await storage.describe("copies/2 &'()!*~")) ?? assert.fail();
      assert.deepEqual([cacheControl, metadata], ["private", { place: "제주" }]);
      await storage.copy(from, "copies/3", { meta: { contentType: "image/png" } });
      const { contentType, ...other } = (await storage.describe("copies/3")) ?? assert.fail();
      assert.deepEqual([contentType, other.cacheControl, other.metadata], ["image/png", undefined, {}]);
      await storage.put("copies/4", Buffer.from("was here"), { contentType: type });
      await assert.rejects(storage.copy(from, "copies/4", { ifAbsent: true }), isStorageError("conflict"));
      assert.equal(await subject.bytesOf("copies/4"), "was here");
      assert.equal((await storage.copy(from, "copies/5", { ifAbsent: true }))?.bytes, 6);
      assert.equal(await storage.copy("copies/nobody", "copies/6"), undefined);
      assert.equal(await storage.exists("copies/6"), false);
      await assert.rejects(storage.copy(from, "../x"), isStorageError("denied"));
      await assert.rejects(storage.copy("../x", "copies/7"), isStorageError("denied"));
    });

    it("change what is said about them by being copied onto themselves", async () => {
      await subject.storage.put("copies/self", Buffer.from("same"), { contentType: "text/plain" });
      await subject.storage.copy("copies/self", "copies/self", { meta: { contentType: type } });
      assert.equal((await subject.storage.head("copies/self"))?.contentType, type);
      assert.equal(await subject.bytesOf("copies/self"), "same");
    });

    it("are copied in parts when they are too large for one request", async () => {
      const storage = openStorage(subject.bucket, { limits: { copyBytesMax: 5 * mebi } });
      const body = randomBytes(11 * mebi);
      await storage.put("large/제주 1", body, { contentType: type, metadata: { place: "제주" } });
      const copied = await storage.copy("large/제주 1", "large/2");
      assert.equal(copied?.bytes, body.length);
      assert.ok((await storage.get("large/2", { bytesMax: body.length }))?.body.equals(body));
      const { contentType, metadata } = (await storage.describe("large/2")) ?? assert.fail();
      assert.deepEqual([contentType, metadata], [type, { place: "제주" }]);
      for await (const left of storage.multipart.open("large/")) assert.fail(left.key);
      storage.close();
    });

    it("are listed from a key on, and a level at a time", async () => {
      const storage = openStorage({ ...subject.bucket, location: "levels/" });
      const keys = ["a", "b/1", "b/2/x", "b/3", "b0", "제주/바다", "제주/산/1"];
      for (const key of keys) await storage.put(key, Buffer.from(key), { contentType: type });
      assert.deepEqual(await keysOf(storage.list("")), keys);
      assert.deepEqual(await keysOf(storage.list("", { after: "b/2/x" })), keys.slice(3));
      assert.deepEqual(await keysOf(storage.list("b/", { after: "b/2" })), ["b/2/x", "b/3"]);
      assert.deepEqual(await keysOf(storage.list("", { after: "제주/산/1" })), []);
      const level = async (prefix: string): Promise<string[]> => {
        const names: string[] = [];
        for await (const entry of storage.listFolder(prefix))
          names.push("folder" in entry ? entry.folder : entry.object.key);
        return names;
      };
      assert.deepEqual(await level(""), ["a", "b/", "b0", "제주/"]);
      assert.deepEqual(await level("b/"), ["b/1", "b/2/", "b/3"]);
      assert.deepEqual(await level("제주/"), ["제주/바다", "제주/산/"]);
      assert.deepEqual(await level("nowhere/"), []);
      // What a console makes of "new folder".
      const Key = "levels/b/";
      await subject.client.send(new PutObjectCommand({ Bucket: subject.bucket.bucket, Key, Body: "" }));
      assert.deepEqual(await level("b/"), ["b/1", "b/2/", "b/3"]);
      await subject.client.send(new DeleteObjectCommand({ Bucket: subject.bucket.bucket, Key }));
      storage.close();
    });

    for (const key of ["../x", "media/../../x", "", "a\0b", `x/${filenamePlaceholder}`])
      it(`refuse the key ${JSON.stringify(key)} at every door before anything is sent`, async () => {
        const inner = openStorage({ ...subject.bucket, location: "gallery/" });
        const promise = { bytes: 1, contentType: type, expiresIn: 60 };
        const part = { number: 1, bytes: 1, etag: '"x"' };
        for (const refused of [
          () => inner.put(key, streamed(Buffer.from("x")), { contentType: type }),
          () => inner.read(key),
          () => inner.describe(key),
          () => inner.exists(key),
          () => inner.copy(key, "media/x"),
          () => inner.presignPut(key, promise),
          () => inner.url(key, { expiresIn: 60 }),
          () => inner.multipart.begin(key, { contentType: type }),
          () => inner.multipart.put(key, "id", 1, Buffer.from("x")),
          () => inner.multipart.presignPart(key, "id", { ...part, expiresIn: 60 }),
          () => inner.multipart.parts(key, "id"),
          () => inner.multipart.complete(key, "id", [part]),
          () => inner.multipart.abort(key, "id"),
        ])
          await assert.rejects(refused, isStorageError("denied"));
        inner.close();
      });
  });
}

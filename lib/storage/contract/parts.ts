import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand } from "@aws-sdk/client-s3";
import { isStorageError, refusal, type Subject, type } from "./subject.ts";

const mebi = 1024 ** 2;

/** Objects that arrive in parts (F-32). */
export function partContract(subject: Subject): void {
  describe("objects in parts through the port", () => {
    const begin = (key: string): Promise<string> =>
      subject.storage.multipart.begin(key, { contentType: type, metadata: { place: "제주" } });

    it("become one object, whatever the order they arrive in, and are found again by whoever goes on", async () => {
      const { multipart } = subject.storage;
      const key = "parts/제주 1";
      const uploadId = await begin(key);
      const bodies = [randomBytes(5 * mebi), randomBytes(5 * mebi), Buffer.from("the end")];
      await multipart.put(key, uploadId, 3, bodies[2] ?? assert.fail());
      await multipart.put(key, uploadId, 1, randomBytes(10));
      await multipart.put(key, uploadId, 1, bodies[0] ?? assert.fail());
      assert.deepEqual(
        (await multipart.parts(key, uploadId))?.map(({ number, bytes }) => [number, bytes]),
        [
          [1, 5 * mebi],
          [3, 7],
        ],
      );
      const open: string[] = [];
      for await (const one of multipart.open("parts/")) {
        assert.ok(Math.abs(Date.now() - one.started.getTime()) < 60_000);
        if (one.uploadId === uploadId) open.push(one.key);
      }
      assert.deepEqual(open, [key]);
      const second = await multipart.put(key, uploadId, 2, bodies[1] ?? assert.fail());
      const parts = (await multipart.parts(key, uploadId)) ?? assert.fail();
      assert.deepEqual(parts[1], second);
      assert.equal(await subject.storage.exists(key), false);
      const done = await multipart.complete(key, uploadId, parts);
      const whole = (await subject.storage.get(key, { bytesMax: 11 * mebi })) ?? assert.fail();
      assert.ok(whole.body.equals(Buffer.concat(bodies)));
      assert.equal(whole.head.etag, done?.etag);
      assert.equal(whole.head.contentType, type);
      assert.deepEqual((await subject.storage.describe(key))?.metadata, { place: "제주" });
      assert.equal(await multipart.parts(key, uploadId), undefined);
      // The first answer may have been lost: the same question again has the same answer.
      assert.deepEqual(await multipart.complete(key, uploadId, parts), done);
    });

    it("are refused when one is missing or is not the one that was stored", async () => {
      const { multipart } = subject.storage;
      const uploadId = await begin("parts/wrong");
      const part = await multipart.put("parts/wrong", uploadId, 1, Buffer.from("x"));
      const other = { ...part, etag: '"00000000000000000000000000000000"' };
      for (const parts of [[other], [part, { ...part, number: 2 }]])
        await assert.rejects(multipart.complete("parts/wrong", uploadId, parts), isStorageError("conflict"));
      assert.equal(await subject.storage.exists("parts/wrong"), false);
      await multipart.abort("parts/wrong", uploadId);
    });

    it("are refused when one that is not the last is under 5 MiB", async () => {
      const { multipart } = subject.storage;
      const uploadId = await begin("parts/small");
      const parts = [];
      for (const number of [1, 2])
        parts.push(await multipart.put("parts/small", uploadId, number, Buffer.alloc(100)));
      await assert.rejects(multipart.complete("parts/small", uploadId, parts), isStorageError("too_large"));
      await multipart.abort("parts/small", uploadId);
    });

    it("do not replace what is there when told so", async () => {
      const { multipart } = subject.storage;
      const key = "parts/taken";
      const uploadId = await begin(key);
      const part = await multipart.put(key, uploadId, 1, Buffer.from("in parts"));
      await subject.storage.put(key, Buffer.from("was here"), { contentType: type });
      await assert.rejects(
        multipart.complete(key, uploadId, [part], { ifAbsent: true }),
        isStorageError("conflict"),
      );
      assert.equal(await subject.bytesOf(key), "was here");
      const command = new CompleteMultipartUploadCommand({
        Bucket: subject.bucket.bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag: part.etag }] },
        IfNoneMatch: "*",
      });
      // Whoever was quicker than the question above: only the store itself can tell.
      if (subject.has("completes over what is there")) await subject.client.send(command);
      else {
        assert.equal(await refusal(subject.client.send(command)), 412);
        assert.equal(await subject.bytesOf(key), "was here");
        await multipart.abort(key, uploadId);
      }
    });

    it("are forgotten when told so, and once more", async () => {
      const { multipart } = subject.storage;
      const uploadId = await begin("parts/never");
      const part = await multipart.put("parts/never", uploadId, 1, Buffer.from("x"));
      await multipart.abort("parts/never", uploadId);
      await multipart.abort("parts/never", uploadId);
      assert.equal(await multipart.parts("parts/never", uploadId), undefined);
      assert.equal(await multipart.complete("parts/never", uploadId, [part]), undefined);
      await assert.rejects(
        multipart.put("parts/never", uploadId, 2, Buffer.from("x")),
        isStorageError("not_found"),
      );
      for await (const left of multipart.open("parts/never")) assert.fail(left.key);
    });

    it("are listed page by page: 1,005 parts, 1,005 uploads", { timeout: 120_000 }, async () => {
      const { multipart } = subject.storage;
      const uploadId = await begin("parts/many");
      for (let from = 1; from <= 1005; from += 67)
        await Promise.all(
          Array.from({ length: 67 }, (_, i) =>
            multipart.put("parts/many", uploadId, from + i, Buffer.from(`${from + i}`)),
          ),
        );
      const parts = await multipart.parts("parts/many", uploadId);
      assert.deepEqual(
        parts?.map(({ number }) => number),
        Array.from({ length: 1005 }, (_, i) => i + 1),
      );
      const ids: string[] = [];
      for (let from = 0; from < 1005; from += 67)
        ids.push(
          ...(await Promise.all(
            Array.from({ length: 67 }, async (_, i) => {
              const command = new CreateMultipartUploadCommand({
                Bucket: subject.bucket.bucket,
                Key: `open/${(from + i) % 500}`,
              });
              return (await subject.client.send(command)).UploadId ?? "";
            }),
          )),
        );
      const found: { key: string; uploadId: string }[] = [];
      for await (const one of multipart.open("open/")) found.push(one);
      assert.deepEqual(found.map((one) => one.uploadId).sort(), ids.sort());
      for (let from = 0; from < found.length; from += 67)
        await Promise.all(found.slice(from, from + 67).map((one) => multipart.abort(one.key, one.uploadId)));
      await multipart.abort("parts/many", uploadId);
    });
  });
}

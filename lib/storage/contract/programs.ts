import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { refusal, type Subject, type } from "./subject.ts";

/** What programs with credentials rely on. */
export function programContract(subject: Subject): void {
  describe("programs", () => {
    it("a HEAD of a missing object and of a missing bucket are both 404", async () => {
      assert.equal(
        await refusal(
          subject.client.send(new HeadObjectCommand({ Bucket: subject.bucket.bucket, Key: "nobody" })),
        ),
        404,
      );
      assert.equal(
        await refusal(subject.client.send(new HeadBucketCommand({ Bucket: "tintype-no-such-bucket" }))),
        404,
      );
    });

    it("refuses an unknown key id and a wrong secret", async () => {
      const accessKeyId = subject.bucket.credentials?.accessKeyId ?? "";
      const secretAccessKey = subject.bucket.credentials?.secretAccessKey ?? "";
      for (const credentials of [
        { accessKeyId: "UNKNOWNKEY", secretAccessKey },
        { accessKeyId, secretAccessKey: "wrong" },
      ]) {
        const stranger = subject.sdk({ credentials });
        assert.equal(
          await refusal(stranger.send(new HeadObjectCommand({ Bucket: subject.bucket.bucket, Key: "x" }))),
          403,
        );
        assert.equal(
          await refusal(
            stranger.send(new PutObjectCommand({ Bucket: subject.bucket.bucket, Key: "x", Body: "x" })),
          ),
          403,
        );
        stranger.destroy();
      }
      assert.equal(await subject.storage.head("x"), undefined);
    });

    it("checks what is promised about a body: Content-MD5 and, where it is known, SHA-256", async () => {
      const put = (more: object) =>
        subject.client.send(
          new PutObjectCommand({ Bucket: subject.bucket.bucket, Key: "sum", Body: "abc", ...more }),
        );
      const digest = (name: string, text: string): string => createHash(name).update(text).digest("base64");
      assert.equal(await refusal(put({ ContentMD5: digest("md5", "other") })), 400);
      const wrong = put({ ChecksumSHA256: digest("sha256", "other") });
      if (subject.has("ignores checksums")) await wrong;
      else {
        assert.equal(await refusal(wrong), 400);
        assert.equal(await subject.storage.head("sum"), undefined);
      }
      await put({ ContentMD5: digest("md5", "abc"), ChecksumSHA256: digest("sha256", "abc") });
      assert.equal(await subject.bytesOf("sum"), "abc");
    });

    for (const checksums of ["WHEN_REQUIRED", "WHEN_SUPPORTED"] as const)
      for (const form of ["buffer", "stream"] as const)
        it(`stores a ${form} as the SDK sends it with checksums ${checksums} (§5.2)`, async () => {
          const client = subject.sdk({ checksums });
          const body = randomBytes(300_000);
          const Key = `sent/${form}-${checksums}`;
          const Body =
            form === "buffer" ? body : Readable.from([body.subarray(0, 100_000), body.subarray(100_000)]);
          const put = client.send(
            new PutObjectCommand({ Bucket: subject.bucket.bucket, Key, Body, ContentLength: body.length }),
          );
          const isFramed = form === "stream" && checksums === "WHEN_SUPPORTED";
          if (isFramed && subject.has("refuses framed streams")) {
            assert.equal(await refusal(put), 411);
            assert.equal(await subject.storage.head(Key), undefined);
          } else {
            await put;
            assert.equal(await subject.bytesOf(Key), body.toString("latin1"));
            const head = await client.send(new HeadObjectCommand({ Bucket: subject.bucket.bucket, Key }));
            assert.equal(head.ContentEncoding, undefined);
          }
          client.destroy();
        });

    it("copies only what it expects to find, where the store looks (§5.3)", async () => {
      await subject.storage.put("expected/1", Buffer.from("copied"), { contentType: type });
      const CopySource = `${subject.bucket.bucket}/expected/1`;
      const copy = (more: object) =>
        subject.client.send(
          new CopyObjectCommand({ Bucket: subject.bucket.bucket, Key: "expected/2", CopySource, ...more }),
        );
      const unexpected = copy({ CopySourceIfMatch: '"00000000000000000000000000000000"' });
      if (subject.has("copies without looking at conditions")) await unexpected;
      else {
        assert.equal(await refusal(unexpected), 412);
        assert.equal(await subject.storage.head("expected/2"), undefined);
      }
      const { etag } = (await subject.storage.head("expected/1")) ?? assert.fail();
      await copy({ CopySourceIfMatch: etag });
      assert.equal(await subject.bytesOf("expected/2"), "copied");
      const taken = copy({ IfNoneMatch: "*" });
      if (subject.has("copies without looking at conditions")) await taken;
      else assert.equal(await refusal(taken), 412);
    });

    it("deletes only what it expects to find, where the store looks (§5.3)", async () => {
      await subject.storage.put("expected/3", Buffer.from("x"), { contentType: type });
      const remove = (IfMatch: string) =>
        subject.client.send(
          new DeleteObjectCommand({ Bucket: subject.bucket.bucket, Key: "expected/3", IfMatch }),
        );
      const unexpected = remove('"00000000000000000000000000000000"');
      if (subject.has("deletes without looking at conditions")) await unexpected;
      else {
        assert.equal(await refusal(unexpected), 412);
        const { etag } = (await subject.storage.head("expected/3")) ?? assert.fail();
        await remove(etag);
      }
      assert.equal(await subject.storage.head("expected/3"), undefined);
    });

    it("replaces only what it expects to find, where the store looks", async () => {
      await subject.storage.put("expected/4", Buffer.from("first"), { contentType: type });
      const replace = (more: object) =>
        subject.client.send(
          new PutObjectCommand({ Bucket: subject.bucket.bucket, Key: "expected/4", Body: "second", ...more }),
        );
      assert.equal(await refusal(replace({ IfMatch: '"00000000000000000000000000000000"' })), 412);
      assert.equal(await refusal(replace({ IfNoneMatch: "*" })), 412);
      assert.equal(await subject.bytesOf("expected/4"), "first");
      const { etag } = (await subject.storage.head("expected/4")) ?? assert.fail();
      const expected = replace({ IfMatch: etag });
      if (subject.has("refuses to replace even what is expected")) assert.equal(await refusal(expected), 412);
      else {
        await expected;
        assert.equal(await subject.bytesOf("expected/4"), "second");
      }
    });

    it("signed with a clock that is an hour wrong is refused, and told why (F-22)", async () => {
      const { accessKeyId = "", secretAccessKey = "" } = subject.bucket.credentials ?? {};
      for (const offset of [-3_600_000, 3_600_000]) {
        // The SDK would look at the store's clock and try again.
        const client = subject.sdk({ credentials: { accessKeyId, secretAccessKey }, offset });
        const put = client.send(
          new PutObjectCommand({ Bucket: subject.bucket.bucket, Key: "skewed", Body: "x" }),
        );
        assert.equal(await refusal(put), 403);
        client.destroy();
      }
      assert.equal(await subject.storage.head("skewed"), undefined);
    });

    it("copies an object with its headers or with new ones", async () => {
      await subject.storage.put("copy/원본 1.jpg", Buffer.from("copied"), { contentType: type });
      const CopySource = `${subject.bucket.bucket}/${encodeURIComponent("copy/원본 1.jpg")}`;
      await subject.client.send(
        new CopyObjectCommand({ Bucket: subject.bucket.bucket, Key: "copy/2", CopySource }),
      );
      assert.equal((await subject.storage.head("copy/2"))?.contentType, type);
      const more = { MetadataDirective: "REPLACE", ContentType: "image/png" } as const;
      await subject.client.send(
        new CopyObjectCommand({ Bucket: subject.bucket.bucket, Key: "copy/3", CopySource, ...more }),
      );
      assert.equal((await subject.storage.head("copy/3"))?.contentType, "image/png");
      assert.equal(await subject.bytesOf("copy/3"), "copied");
    });

    it("puts an object together from parts, or forgets them", async () => {
      const Key = "parts/whole";
      const part = randomBytes(5 * 1024 * 1024);
      const { UploadId } = await subject.client.send(
        new CreateMultipartUploadCommand({ Bucket: subject.bucket.bucket, Key, ContentType: type }),
      );
      const Parts = [];
      for (const [index, Body] of [part, Buffer.from("the end")].entries()) {
        const PartNumber = index + 1;
        const { ETag } = await subject.client.send(
          new UploadPartCommand({ Bucket: subject.bucket.bucket, Key, UploadId, PartNumber, Body }),
        );
        Parts.push({ ETag, PartNumber });
      }
      assert.equal(await subject.storage.head(Key), undefined);
      await subject.client.send(
        new CompleteMultipartUploadCommand({
          Bucket: subject.bucket.bucket,
          Key,
          UploadId,
          MultipartUpload: { Parts },
        }),
      );
      const whole = await subject.storage.get(Key, { bytesMax: 6_000_000 });
      assert.ok(whole?.body.equals(Buffer.concat([part, Buffer.from("the end")])));
      assert.equal(whole?.head.contentType, type);
      assert.match(whole?.head.etag ?? "", /-2"$/);

      const second = await subject.client.send(
        new CreateMultipartUploadCommand({ Bucket: subject.bucket.bucket, Key: "parts/never" }),
      );
      const aborted = { Bucket: subject.bucket.bucket, Key: "parts/never", UploadId: second.UploadId };
      await subject.client.send(new UploadPartCommand({ ...aborted, PartNumber: 1, Body: "x" }));
      await subject.client.send(new AbortMultipartUploadCommand(aborted));
      assert.equal(
        await refusal(subject.client.send(new UploadPartCommand({ ...aborted, PartNumber: 2, Body: "x" }))),
        404,
      );
      assert.equal(await subject.storage.head("parts/never"), undefined);
    });

    it("takes two hundred simultaneous writers", async () => {
      const bodies = Array.from({ length: 200 }, (_, i) => [`many/${i}`, randomBytes(20_000 + i)] as const);
      await Promise.all(bodies.map(([key, body]) => subject.storage.put(key, body, { contentType: type })));
      for (const [key, body] of bodies)
        assert.ok((await subject.storage.get(key, { bytesMax: 30_000 }))?.body.equals(body));
    });
  });
}

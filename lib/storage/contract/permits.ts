import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { describe, it } from "node:test";
import { PutObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { incomingKey } from "../keys.ts";
import type { PutPermit } from "../port.ts";
import { appOrigin, type Subject, type } from "./subject.ts";

const mebi = 1024 ** 2;
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Sends a body with a permit as a browser does; `changes` play the attacker, `undefined` leaves a header away. */
async function send(
  permit: PutPermit,
  body: Uint8Array,
  changes: Record<string, string | undefined> = {},
): Promise<{ status: number; headers: Headers; body: string }> {
  const headers = Object.fromEntries(
    Object.entries({ ...permit.headers, origin: appOrigin, ...changes }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const answer = await fetch(permit.url, { method: "PUT", headers, body: Uint8Array.from(body) });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

/** Signed addresses for PUT, for parts, for reading (R-17, §5.2, §5.5). */
export function permitContract(subject: Subject): void {
  const permitFor = (body: Uint8Array, key = incomingKey()) =>
    subject.storage.presignPut(key, {
      bytes: body.length,
      contentType: type,
      expiresIn: 600,
      sha256: sha256(body),
    });

  describe("a signed PUT", () => {
    it("binds length, type, If-None-Match and checksum, and carries no checksum of nothing (§5.2)", async () => {
      const { url, headers, expiresAt } = await permitFor(Buffer.from("abc"));
      const query = new URL(url).searchParams;
      assert.deepEqual(query.get("X-Amz-SignedHeaders")?.split(";"), [
        "content-length",
        "content-type",
        "host",
        "if-none-match",
        "x-amz-checksum-sha256",
      ]);
      assert.ok(
        [...query.keys()].every((name) => !/checksum|crc/i.test(name)),
        url,
      );
      assert.deepEqual(Object.keys(headers).sort(), [
        "content-type",
        "if-none-match",
        "x-amz-checksum-sha256",
      ]);
      const left = expiresAt.getTime() - Date.now();
      assert.ok(left > 590_000 && left <= 600_000);
    });

    it("stores what was promised, once, with an answer for the app's pages", async () => {
      const body = randomBytes(100_000);
      const key = incomingKey();
      const permit = await permitFor(body, key);
      const answer = await send(permit, body);
      assert.equal(answer.status, 200, answer.body);
      assert.equal(answer.headers.get("access-control-allow-origin"), appOrigin);
      assert.equal(await subject.bytesOf(key), body.toString("latin1"));
      assert.equal((await subject.storage.head(key))?.contentType, type);
      const again = await send(permit, body);
      assert.equal(again.status, 412);
      // Only after the key is free again does the same permit work once more, and with the same bytes.
      await subject.storage.delete(key);
      assert.equal((await send(permit, body)).status, 200);
    });

    it("refuses another length, type, condition or checksum, and stores nothing", async () => {
      const body = Buffer.from("0123456789");
      const key = incomingKey();
      const permit = await permitFor(body, key);
      assert.equal((await send(permit, Buffer.from("0123456789a"))).status, 403);
      assert.equal((await send(permit, Buffer.from("012345678"))).status, 403);
      for (const changes of [
        { "content-type": "text/html" },
        { "content-type": undefined },
        { "if-none-match": undefined },
        { "x-amz-checksum-sha256": undefined },
        { "x-amz-checksum-sha256": createHash("sha256").update("other").digest("base64") },
      ])
        assert.equal((await send(permit, body, changes)).status, 403, JSON.stringify(changes));
      const elsewhere = permit.url.replace(key, `${key}x`);
      assert.equal((await send({ ...permit, url: elsewhere }, body)).status, 403);
      assert.equal((await fetch(permit.url)).status, 403);
      assert.equal(await subject.storage.head(key), undefined);
    });

    it("refuses bytes of the right length that are not those of the checksum, where the store looks", async () => {
      const key = incomingKey();
      const answer = await send(await permitFor(Buffer.from("honest"), key), Buffer.from("forged"));
      if (subject.has("ignores checksums")) assert.equal(answer.status, 200);
      else {
        assert.equal(answer.status, 400);
        assert.match(answer.body, /BadDigest/);
        assert.equal(await subject.storage.head(key), undefined);
      }
    });

    it("with the checksum of nothing in its address, as the SDK signs by default, stores no bytes where the store looks (§5.2)", async () => {
      const client = subject.sdk({ checksums: "WHEN_SUPPORTED" });
      const key = incomingKey();
      const command = new PutObjectCommand({ Bucket: subject.bucket.bucket, Key: key });
      const url = await getSignedUrl(client, command, { expiresIn: 60 });
      client.destroy();
      assert.match(url, /x-amz-checksum-crc32=AAAAAA/);
      const answer = await send({ url, headers: {}, expiresAt: new Date() }, Buffer.from("abc"));
      if (subject.has("ignores checksums")) assert.equal(answer.status, 200);
      else {
        assert.equal(answer.status, 400);
        assert.equal(await subject.storage.head(key), undefined);
      }
    });

    it("works without a checksum too, and refuses headers that were not signed", async () => {
      const key = incomingKey();
      const permit = await subject.storage.presignPut(key, { bytes: 3, contentType: type, expiresIn: 60 });
      for (const [name, value] of [
        ["x-amz-acl", "public-read"],
        ["x-amz-meta-evil", "1"],
        ["x-amz-tagging", "a=b"],
        ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
        ["x-amz-website-redirect-location", "https://evil.example/"],
      ] as const) {
        const { status } = await send(permit, Buffer.from("abc"), { [name]: value });
        if (subject.has("takes unsigned headers with a signed address")) await subject.storage.delete(key);
        else {
          assert.equal(status, 403, name);
          assert.equal(await subject.storage.head(key), undefined);
        }
      }
      assert.equal((await send(permit, Buffer.from("abc"))).status, 200);
    });

    it("does not copy another object instead, where the store refuses unsigned headers", async () => {
      await subject.storage.put("media/of-another.jpg", Buffer.from("secret"), { contentType: type });
      const key = incomingKey();
      const permit = await subject.storage.presignPut(key, { bytes: 3, contentType: type, expiresIn: 60 });
      const source = { "x-amz-copy-source": `${subject.bucket.bucket}/media/of-another.jpg` };
      const { status } = await send(permit, Buffer.from("abc"), source);
      const stored = await subject.bytesOf(key);
      // Who knows a key could have it verified as a picture of their own: Ceph should be sent forms, as it is by default.
      if (subject.has("takes unsigned headers with a signed address"))
        assert.deepEqual([status, stored], [200, "secret"]);
      else assert.deepEqual([status, stored], [403, undefined]);
    });

    it("stores nothing after its end", async () => {
      const key = incomingKey();
      const command = new PutObjectCommand({ Bucket: subject.bucket.bucket, Key: key, ContentLength: 1 });
      const signingDate = new Date(Date.now() - 3_600_000);
      const url = await getSignedUrl(subject.client, command, { expiresIn: 3_000, signingDate });
      assert.equal((await send({ url, headers: {}, expiresAt: new Date() }, Buffer.from("x"))).status, 403);
      assert.equal(await subject.storage.head(key), undefined);
    });

    it("stores nothing when the connection breaks in the middle", async () => {
      const key = incomingKey();
      const permit = await subject.storage.presignPut(key, {
        bytes: 500_000,
        contentType: type,
        expiresIn: 60,
      });
      const sent = request(permit.url, {
        method: "PUT",
        headers: { ...permit.headers, "content-length": 500_000 },
      });
      sent.write(Buffer.alloc(300_000), () => sent.destroy());
      await assert.rejects(once(sent, "response"));
      assert.equal((await send(await permitFor(Buffer.from("next")), Buffer.from("next"))).status, 200);
      assert.equal(await subject.storage.head(key), undefined);
    });

    it("is refused to be signed for no bytes, no time or a checksum that is none", async () => {
      const promise = { bytes: 1, contentType: type, expiresIn: 60 };
      const { storage } = subject;
      for (const wrong of [
        { bytes: 0 },
        { bytes: 1.5 },
        { expiresIn: 0 },
        { expiresIn: 604_801 },
        { sha256: "x" },
      ])
        await assert.rejects(storage.presignPut("incoming/x", { ...promise, ...wrong }), RangeError);
      await assert.rejects(
        storage.multipart.presignPart("incoming/x", "id", { number: 1, bytes: 0, expiresIn: 60 }),
        RangeError,
      );
      await assert.rejects(storage.url("incoming/x", { expiresIn: 604_801 }), RangeError);
    });

    it("is preflighted for the app's pages with the headers that it binds", async () => {
      const { url, headers } = await permitFor(Buffer.from("abc"));
      const ask = (origin: string): Promise<Response> =>
        fetch(url, {
          method: "OPTIONS",
          headers: {
            origin,
            "access-control-request-method": "PUT",
            "access-control-request-headers": Object.keys(headers).join(","),
          },
        });
      const allowed = await ask(appOrigin);
      assert.equal(allowed.status, 200);
      assert.match(allowed.headers.get("access-control-allow-methods") ?? "", /PUT/);
      assert.match(allowed.headers.get("access-control-allow-headers") ?? "", /if-none-match/i);
      assert.equal((await ask("https://evil.example")).status, 403);
    });
  });

  describe("a signed part", () => {
    it("is stored with exactly its length, and the page may read its ETag", async () => {
      const { multipart } = subject.storage;
      const key = incomingKey();
      const uploadId = await multipart.begin(key, { contentType: type });
      const bodies = [randomBytes(5 * mebi), randomBytes(100)];
      for (const [index, body] of bodies.entries()) {
        const part = { number: index + 1, bytes: body.length, expiresIn: 600 };
        const permit = await multipart.presignPart(key, uploadId, part);
        assert.equal((await send(permit, Buffer.alloc(body.length - 1))).status, 403);
        const answer = await send(permit, body, { "content-type": "image/heic" });
        assert.equal(answer.status, 200, answer.body);
        assert.match(answer.headers.get("access-control-expose-headers") ?? "", /etag/i);
        assert.ok(answer.headers.get("etag"));
        const other = permit.url.replace(`partNumber=${index + 1}`, "partNumber=9");
        assert.equal((await send({ ...permit, url: other }, body)).status, 403);
      }
      const parts = (await multipart.parts(key, uploadId)) ?? assert.fail();
      assert.deepEqual(
        parts.map(({ number, bytes }) => [number, bytes]),
        bodies.map((body, index) => [index + 1, body.length]),
      );
      await multipart.complete(key, uploadId, parts);
      assert.equal(await subject.bytesOf(key), Buffer.concat(bodies).toString("latin1"));
    });

    it("does not take its bytes from another object instead", async () => {
      const { multipart } = subject.storage;
      await subject.storage.put("media/of-another-2.jpg", Buffer.from("secret"), { contentType: type });
      const key = incomingKey();
      const uploadId = await multipart.begin(key, { contentType: type });
      const permit = await multipart.presignPart(key, uploadId, { number: 1, bytes: 3, expiresIn: 60 });
      const source = {
        "x-amz-copy-source": `${subject.bucket.bucket}/media/of-another-2.jpg`,
        "x-amz-copy-source-range": "bytes=0-5",
      };
      const { status } = await send(permit, Buffer.from("abc"), source);
      assert.ok([400, 403].includes(status), String(status));
      assert.deepEqual(await multipart.parts(key, uploadId), []);
      await multipart.abort(key, uploadId);
    });

    it("is refused when the upload was forgotten", async () => {
      const { multipart } = subject.storage;
      const key = incomingKey();
      const uploadId = await multipart.begin(key, { contentType: type });
      const permit = await multipart.presignPart(key, uploadId, { number: 1, bytes: 3, expiresIn: 60 });
      await multipart.abort(key, uploadId);
      assert.equal((await send(permit, Buffer.from("abc"))).status, 404);
    });

    it("of an upload in parts through the SDK checks what is promised about it", async () => {
      const { multipart } = subject.storage;
      const key = incomingKey();
      const uploadId = await multipart.begin(key, { contentType: type });
      const command = new UploadPartCommand({
        Bucket: subject.bucket.bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber: 1,
        Body: "abc",
        ContentMD5: createHash("md5").update("other").digest("base64"),
      });
      await assert.rejects(subject.client.send(command));
      assert.deepEqual(await multipart.parts(key, uploadId), []);
      await multipart.abort(key, uploadId);
    });
  });

  describe("a signed address", () => {
    it("serves the object under another name and type, for GET or for HEAD, never for the other (A-46, A-47)", async () => {
      const key = "addresses/제주 1+%41.jpg";
      await subject.storage.put(key, Buffer.from("picture"), { contentType: type });
      const url = await subject.storage.url(key, {
        expiresIn: 60,
        download: '바다 "1".jpg',
        contentType: "image/png",
      });
      const got = await fetch(url);
      assert.equal(await got.text(), "picture");
      assert.match(
        got.headers.get("content-disposition") ?? "",
        /^attachment; .*filename\*=UTF-8''%EB%B0%94%EB%8B%A4%20%221%22\.jpg$/,
      );
      assert.equal(got.headers.get("content-type"), "image/png");
      const head = await subject.storage.url(key, { expiresIn: 60, method: "HEAD" });
      assert.equal((await fetch(head, { method: "HEAD" })).status, 200);
      assert.equal((await fetch(head)).status, 403);
      assert.equal((await fetch(url, { method: "HEAD" })).status, 403);
      assert.ok(!url.includes("x-amz-checksum-mode"), "a longer address that changes with the SDK");
    });
  });
}

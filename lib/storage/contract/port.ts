import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { GetBucketCorsCommand, HeadObjectCommand, PutBucketCorsCommand } from "@aws-sdk/client-s3";
import { openStorage } from "../s3.ts";
import { appOrigin, filenamePlaceholder, isStorageError, type Subject, type } from "./subject.ts";

/** The object port itself: what the rest of Tintype calls. */
export function portContract(subject: Subject): void {
  describe("the object port", () => {
    it("gives back the bytes, type, size and time of what was put", async () => {
      const key = `media/${randomBytes(8).toString("hex")}.jpg`;
      const body = randomBytes(300_000);
      await subject.storage.put(key, body, {
        contentType: type,
        cacheControl: "private",
        contentDisposition: "inline",
      });
      const got = await subject.storage.get(key, { bytesMax: 300_000 });
      assert.ok(got?.body.equals(body));
      const head = await subject.storage.head(key);
      assert.equal(head?.key, key);
      assert.equal(head?.bytes, 300_000);
      assert.equal(head?.contentType, type);
      assert.equal(head?.etag, `"${createHash("md5").update(body).digest("hex")}"`);
      assert.ok(Math.abs(Date.now() - (head?.modified.getTime() ?? 0)) < 60_000);
      const raw = await subject.client.send(
        new HeadObjectCommand({ Bucket: subject.bucket.bucket, Key: key }),
      );
      assert.equal(raw.CacheControl, "private");
      assert.equal(raw.ContentDisposition, "inline");
    });

    it("keeps an empty object", async () => {
      await subject.storage.put("media/empty", new Uint8Array(), { contentType: type });
      assert.equal((await subject.storage.get("media/empty", { bytesMax: 0 }))?.body.length, 0);
    });

    it("replaces an object whole", async () => {
      await subject.storage.put("media/twice", Buffer.from("first version"), { contentType: type });
      await subject.storage.put("media/twice", Buffer.from("second"), { contentType: "image/png" });
      assert.equal(await subject.bytesOf("media/twice"), "second");
      assert.equal((await subject.storage.head("media/twice"))?.contentType, "image/png");
    });

    it("says undefined for an object that is not there, on head and get (R-33)", async () => {
      assert.equal(await subject.storage.head("media/nobody"), undefined);
      assert.equal(await subject.storage.get("media/nobody", { bytesMax: 10 }), undefined);
    });

    it("stops reading past the cap", async () => {
      await subject.storage.put("media/long", Buffer.alloc(100_001), { contentType: type });
      await assert.rejects(
        subject.storage.get("media/long", { bytesMax: 100_000 }),
        isStorageError("too_large"),
      );
    });

    it("lets exactly one of ten simultaneous first writes win (R-24)", async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) =>
          subject.storage.put("media/race", Buffer.from(`writer ${i}`), {
            contentType: type,
            ifAbsent: true,
          }),
        ),
      );
      const lost = results.filter((result) => result.status === "rejected");
      assert.equal(lost.length, 9);
      for (const { reason } of lost) assert.ok(isStorageError("conflict")(reason), String(reason));
      assert.equal(
        await subject.bytesOf("media/race"),
        `writer ${results.findIndex((r) => r.status === "fulfilled")}`,
      );
    });

    it("deletes, and deleting again succeeds", async () => {
      await subject.storage.put("media/gone", Buffer.from("x"), { contentType: type });
      await subject.storage.delete("media/gone");
      await subject.storage.delete("media/gone");
      assert.equal(await subject.storage.head("media/gone"), undefined);
    });

    it("lists every key of a prefix in order, over more than one page", async () => {
      const keys = Array.from({ length: 1005 }, (_, i) => `listing/${String(i).padStart(5, "0")}`);
      for (let from = 0; from < keys.length; from += 100)
        await Promise.all(
          keys
            .slice(from, from + 100)
            .map((key) => subject.storage.put(key, Buffer.from(key), { contentType: type })),
        );
      await subject.storage.put("listing0", Buffer.from("x"), { contentType: type });
      const listed: string[] = [];
      for await (const { key, bytes } of subject.storage.list("listing/")) {
        assert.equal(bytes, 13);
        listed.push(key);
      }
      assert.deepEqual(listed, keys);
    });

    it("keeps to its location", async () => {
      const inner = openStorage({ ...subject.bucket, location: "gallery/one/" });
      await inner.put("media/here", Buffer.from("inside"), { contentType: type });
      assert.equal(await subject.bytesOf("gallery/one/media/here"), "inside");
      assert.equal(await subject.storage.head("media/here"), undefined);
      const listed: string[] = [];
      for await (const { key } of inner.list("")) listed.push(key);
      assert.deepEqual(listed, ["media/here"]);
      const { fields } = await inner.presignPost("incoming/x", {
        bytes: 1,
        contentType: type,
        expiresIn: 60,
      });
      assert.equal(fields.key, "gallery/one/incoming/x");
      inner.close();
    });

    for (const key of [
      "../x",
      "media/../../x",
      "/x",
      "media//x",
      "media/./x",
      "media\\x",
      "a\0b",
      "",
      `x/${filenamePlaceholder}`,
    ])
      it(`refuses the key ${JSON.stringify(key)} before anything is sent`, async () => {
        const inner = openStorage({ ...subject.bucket, location: "gallery/" });
        await assert.rejects(
          inner.put(key, Buffer.from("x"), { contentType: type }),
          isStorageError("denied"),
        );
        await assert.rejects(inner.head(key), isStorageError("denied"));
        await assert.rejects(inner.get(key, { bytesMax: 1 }), isStorageError("denied"));
        await assert.rejects(inner.delete(key), isStorageError("denied"));
        await assert.rejects(
          inner.presignPost(key, { bytes: 1, contentType: type, expiresIn: 60 }),
          isStorageError("denied"),
        );
        inner.close();
      });

    it("refuses to sign for zero, negative, endless or no time and for no bytes (R-14)", async () => {
      for (const expiresIn of [0, -1, 604_801, 1e9, Number.NaN, 1.5])
        await assert.rejects(subject.policyFor("incoming/x", 1, expiresIn), RangeError);
      for (const bytes of [0, -1, 1.5, Number.NaN, 2 ** 53])
        await assert.rejects(subject.policyFor("incoming/x", bytes), RangeError);
    });

    it("signs exactly the promise: bucket, key, range, type, status and the proof (R-13)", async () => {
      const { fields, expiresAt } = await subject.policyFor("incoming/exact", 12, 600);
      const policy = JSON.parse(Buffer.from(fields.Policy ?? "", "base64").toString());
      const names = policy.conditions.map((one: object) =>
        Array.isArray(one) ? one[0] : Object.keys(one)[0],
      );
      assert.deepEqual(names.sort(), [
        "Content-Type",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "bucket",
        "content-length-range",
        "key",
        "success_action_status",
      ]);
      assert.equal(expiresAt.toISOString().replace(".000Z", "Z"), policy.expiration);
      assert.ok(expiresAt.getTime() - Date.now() <= 600_000);
    });

    it("tells that the bucket can be used and how far the clocks differ", async () => {
      const { clockSkewMs } = await subject.storage.probe();
      assert.ok(Math.abs(clockSkewMs) < 5_000);
    });

    it("says in a sentence that the bucket is missing or the credentials are wrong", async () => {
      const missing = openStorage({ ...subject.bucket, bucket: "tintype-no-such-bucket" });
      await assert.rejects(missing.probe(), /tintype-no-such-bucket does not exist/);
      missing.close();
      const wrong = openStorage({
        ...subject.bucket,
        credentials: { accessKeyId: subject.bucket.credentials?.accessKeyId ?? "", secretAccessKey: "wrong" },
      });
      await assert.rejects(wrong.probe(), isStorageError("denied"));
      await assert.rejects(wrong.head("media/x"), isStorageError("denied"));
      wrong.close();
    });

    it("says unavailable, never absent, when nobody answers (R-33)", async () => {
      const nobody = openStorage({
        ...subject.bucket,
        endpoint: "http://127.0.0.1:9",
        publicEndpoint: undefined,
      });
      await assert.rejects(nobody.head("media/x"), isStorageError("unavailable"));
      await assert.rejects(nobody.get("media/x", { bytesMax: 1 }), isStorageError("unavailable"));
      nobody.close();
    });

    it("sets its CORS rule once and leaves the rules of others alone", async () => {
      // Ceph sorts the origins of a rule.
      const rules = async () =>
        (
          await subject.client.send(new GetBucketCorsCommand({ Bucket: subject.bucket.bucket }))
        ).CORSRules?.map((rule) => rule.AllowedOrigins?.sort());
      const mine = await rules();
      assert.deepEqual(mine, [[appOrigin]]);
      const foreign = { ID: "theirs", AllowedOrigins: ["https://blog.example.org"], AllowedMethods: ["GET"] };
      const current = await subject.client.send(new GetBucketCorsCommand({ Bucket: subject.bucket.bucket }));
      const CORSRules = [foreign, ...(current.CORSRules ?? [])];
      await subject.client.send(
        new PutBucketCorsCommand({ Bucket: subject.bucket.bucket, CORSConfiguration: { CORSRules } }),
      );
      await subject.storage.provision({ origins: ["https://other.example.org", appOrigin] });
      assert.deepEqual(await rules(), [
        ["https://blog.example.org"],
        [appOrigin, "https://other.example.org"],
      ]);
      await subject.storage.provision({ origins: [appOrigin] });
      assert.deepEqual(await rules(), [["https://blog.example.org"], [appOrigin]]);
    });
  });
}

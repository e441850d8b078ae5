import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Bucket, LifecycleRule } from "../port.ts";
import { openBucket, openStorage } from "../s3.ts";
import { isStorageError, type Quirk, type Subject, type } from "./subject.ts";

/** The bucket itself and its configuration: for the command line, provisioning and the doctor. */
export function bucketContract(subject: Subject): void {
  describe("a bucket", () => {
    let bucket: Bucket & { close(): void };
    const settings = () => ({ ...subject.bucket, bucket: `${subject.bucket.bucket}-set-up` });

    before(async () => {
      bucket = openBucket(settings());
      assert.equal(await bucket.create(), "created");
    });
    after(async () => {
      await bucket.remove();
      bucket.close();
    });

    it("is made once, found, listed with the others, and removed when it is empty", async () => {
      const name = `${subject.bucket.bucket}-short-lived`;
      const short = openBucket({ ...subject.bucket, bucket: name });
      assert.equal(short.name, name);
      assert.equal(await short.state(), "absent");
      assert.equal(await short.create(), "created");
      assert.equal(await short.create(), "exists");
      assert.equal(await short.state(), "exists");
      const mine = (await short.all()).find((one) => one.name === name);
      assert.ok(Math.abs(Date.now() - (mine?.created?.getTime() ?? 0)) < 60_000);
      assert.equal(await short.region(), subject.bucket.region);
      const storage = openStorage({ ...subject.bucket, bucket: name });
      await storage.put("x", Buffer.from("x"), { contentType: type });
      await assert.rejects(short.remove(), isStorageError("conflict"));
      await storage.delete("x");
      await short.remove();
      assert.equal(await short.state(), "absent");
      await assert.rejects(short.remove(), isStorageError("not_found"));
      assert.ok((await short.all()).every((one) => one.name !== name));
      storage.close();
      short.close();
    });

    it("that is not there is not_found at every question, never a setting that was not made", async () => {
      const nobody = openBucket({ ...subject.bucket, bucket: "tintype-no-such-bucket" });
      for (const ask of [
        () => nobody.region(),
        () => nobody.cors(),
        () => nobody.setCors([]),
        () => nobody.versioning(),
      ])
        await assert.rejects(ask, isStorageError("not_found"));
      for (const [ask, lacking] of [
        [() => nobody.lifecycle(), "has no lifecycle rules"],
        [() => nobody.policy(), "has no bucket policies"],
        [() => nobody.publicAccessBlock(), "has no public access block"],
        [() => nobody.ownership(), "has no object ownership"],
        [() => nobody.encryption(), "has no bucket encryption"],
      ] as [() => Promise<unknown>, Quirk][])
        await assert.rejects(ask(), (error: unknown) =>
          // A store that lacks the setting need not look whether the bucket is there.
          [
            isStorageError("not_found"),
            isStorageError(subject.has(lacking) ? "unsupported" : "not_found"),
          ].some((is) => is(error)),
        );
      nobody.close();
    });

    it("of someone else, or for someone else's keys, is denied and not absent", async () => {
      const stranger = openBucket({
        ...settings(),
        credentials: { accessKeyId: subject.bucket.credentials?.accessKeyId ?? "", secretAccessKey: "wrong" },
      });
      assert.equal(await stranger.state(), "denied");
      await assert.rejects(stranger.cors(), isStorageError("denied"));
      await assert.rejects(stranger.all(), isStorageError("denied"));
      stranger.close();
    });

    it("has a name that breaks no rule", async () => {
      for (const name of ["ab", "Upper-case", "under_score", "192.168.1.1", "-dash"]) {
        const wrong = openBucket({ ...subject.bucket, bucket: name });
        await assert.rejects(wrong.create(), name);
        wrong.close();
      }
      const told = openBucket({ ...subject.bucket, bucket: "Upper_case" });
      await assert.rejects(told.create(), /its name breaks the rules/);
      told.close();
    });

    it("is not made in a region that the store does not have, and the setting to check is named", async () => {
      const name = `${subject.bucket.bucket}-nowhere`;
      const lost = openBucket({ ...subject.bucket, bucket: name, region: "mars-1" });
      await assert.rejects(lost.create(), /S3_REGION/);
      lost.close();
      const here = openBucket({ ...subject.bucket, bucket: name });
      assert.equal(await here.state(), "absent");
      here.close();
    });

    it("keeps CORS rules as they were given, and none when they are taken away", async () => {
      assert.deepEqual(await bucket.cors(), []);
      const rules = [
        {
          id: "pages",
          origins: ["https://photos.example.com"],
          methods: ["POST", "PUT"],
          headers: ["*"],
          expose: ["ETag"],
          maxAgeSeconds: 3600,
        },
        { id: "readers", origins: ["*"], methods: ["GET"], headers: [], expose: [] },
      ];
      await bucket.setCors(rules);
      const kept = (await bucket.cors()).map((rule) => ({ ...rule, methods: rule.methods.toSorted() }));
      assert.deepEqual(kept, rules);
      await bucket.setCors([]);
      assert.deepEqual(await bucket.cors(), []);
    });

    it("keeps lifecycle rules, and those of others with all that they say", async () => {
      if (subject.has("has no lifecycle rules")) {
        await assert.rejects(bucket.lifecycle(), isStorageError("unsupported"));
        await assert.rejects(bucket.setLifecycle([]), isStorageError("unsupported"));
        return;
      }
      assert.deepEqual(await bucket.lifecycle(), []);
      const rules: LifecycleRule[] = [
        { id: "incoming", prefix: "incoming/", enabled: true, expireDays: 2 },
        { id: "parts", prefix: "", enabled: true, abortMultipartDays: 1 },
        { id: "old", prefix: "logs/", enabled: false, expireDays: 30, noncurrentDays: 7 },
      ];
      await bucket.setLifecycle(rules);
      const byId = (a: LifecycleRule, b: LifecycleRule): number => (a.id < b.id ? -1 : 1);
      assert.deepEqual((await bucket.lifecycle()).sort(byId), rules.toSorted(byId));
      await bucket.setLifecycle([]);
      assert.deepEqual(await bucket.lifecycle(), []);
    });

    it("keeps a policy", async () => {
      if (subject.has("has no bucket policies")) {
        await assert.rejects(bucket.policy(), isStorageError("unsupported"));
        return;
      }
      assert.equal(await bucket.policy(), undefined);
      const policy = {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "Stranger",
            Effect: "Deny",
            Principal: "*",
            Action: "s3:DeleteObject",
            Resource: `arn:aws:s3:::${bucket.name}/media/*`,
          },
        ],
      };
      await bucket.setPolicy(JSON.stringify(policy));
      assert.deepEqual(JSON.parse((await bucket.policy()) ?? ""), policy);
    });

    it("can be closed to the public", async () => {
      if (subject.has("has no public access block")) {
        await assert.rejects(bucket.publicAccessBlock(), isStorageError("unsupported"));
        return;
      }
      const open = { blockAcls: false, ignoreAcls: false, blockPolicy: false, restrictBuckets: false };
      assert.deepEqual(
        await bucket.publicAccessBlock(),
        subject.has("says of an open bucket that nothing is blocked") ? open : undefined,
      );
      const block = { blockAcls: true, ignoreAcls: true, blockPolicy: true, restrictBuckets: true };
      await bucket.setPublicAccessBlock(block);
      assert.deepEqual(await bucket.publicAccessBlock(), block);
    });

    it("tells whose its objects are, whether it keeps versions and how it encrypts, or that it does not know", async () => {
      if (subject.has("has no object ownership")) {
        await assert.rejects(bucket.ownership(), isStorageError("unsupported"));
        await assert.rejects(bucket.setOwnership("BucketOwnerEnforced"), isStorageError("unsupported"));
      } else {
        await bucket.setOwnership("BucketOwnerEnforced");
        assert.equal(await bucket.ownership(), "BucketOwnerEnforced");
      }
      assert.equal(await bucket.versioning(), "off");
      if (subject.has("has no bucket encryption"))
        await assert.rejects(bucket.encryption(), isStorageError("unsupported"));
      else assert.equal(await bucket.encryption(), undefined);
    });
  });
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { refusal, type Subject } from "./subject.ts";

/** Keys are bytes: spelling, length, order. */
export function keyContract(subject: Subject): void {
  describe("keys", () => {
    const keys = [
      "../../../etc/tintype-escaped",
      "a/../b",
      "a/./b",
      "a//b",
      "ends/with/slash/",
      "제주/바다 사진.jpg",
      "plus+space %25 and%2Fslash",
      "case/Aa",
      "case/aA",
      "case/aa",
      "quotes\"'<>&;?#[]@!$(),*",
      "emoji/📷",
      "é/NFC",
      "e\u0301/NFD",
      "x".repeat(1024),
    ];

    it("are bytes: no two of them meet, and none becomes a path", async () => {
      for (const Key of keys)
        await subject.client.send(new PutObjectCommand({ Bucket: subject.bucket.bucket, Key, Body: Key }));
      for (const Key of keys) {
        const got = await subject.client.send(new GetObjectCommand({ Bucket: subject.bucket.bucket, Key }));
        assert.equal(await got.Body?.transformToString(), Key);
      }
      const listed: string[] = [];
      for (const Prefix of new Set(keys.map((key) => key.slice(0, 2)))) {
        const page = await subject.client.send(
          new ListObjectsV2Command({ Bucket: subject.bucket.bucket, Prefix }),
        );
        listed.push(...(page.Contents ?? []).map((one) => one.Key ?? ""));
      }
      for (const key of keys) assert.ok(listed.includes(key), key);
    });

    it("are deleted many at a time, and one that is not there counts as deleted", async () => {
      const Objects = [...keys, "never/there"].map((Key) => ({ Key }));
      const answer = await subject.client.send(
        new DeleteObjectsCommand({ Bucket: subject.bucket.bucket, Delete: { Objects } }),
      );
      assert.equal(answer.Errors, undefined);
      assert.equal(answer.Deleted?.length, Objects.length);
      for (const Key of keys)
        assert.equal(
          await refusal(subject.client.send(new HeadObjectCommand({ Bucket: subject.bucket.bucket, Key }))),
          404,
        );
    });

    it("end at 1,024 bytes", async () => {
      const Key = "제".repeat(342);
      const put = new PutObjectCommand({ Bucket: subject.bucket.bucket, Key, Body: "x" });
      assert.equal(await refusal(subject.client.send(put)), 400);
    });

    it("are listed by folder, page by page, from any place", async () => {
      for (const Key of ["tree/a/1", "tree/a/2", "tree/b", "tree/c/1", "tree/d"])
        await subject.client.send(new PutObjectCommand({ Bucket: subject.bucket.bucket, Key, Body: "x" }));
      const names: (string | undefined)[] = [];
      let token: string | undefined;
      do {
        const page: Awaited<ReturnType<typeof listTree>> = await listTree(token);
        names.push(
          ...(page.CommonPrefixes ?? []).map((one) => one.Prefix),
          ...(page.Contents ?? []).map((one) => one.Key),
        );
        token = page.NextContinuationToken;
      } while (token !== undefined);
      assert.deepEqual(names, ["tree/a/", "tree/b", "tree/c/", "tree/d"]);
      const rest = await subject.client.send(
        new ListObjectsV2Command({ Bucket: subject.bucket.bucket, Prefix: "tree/", StartAfter: "tree/b" }),
      );
      assert.deepEqual(
        rest.Contents?.map((one) => one.Key),
        ["tree/c/1", "tree/d"],
      );
    });

    const listTree = (ContinuationToken: string | undefined) =>
      subject.client.send(
        new ListObjectsV2Command({
          Bucket: subject.bucket.bucket,
          Prefix: "tree/",
          Delimiter: "/",
          MaxKeys: 1,
          ContinuationToken,
        }),
      );
  });
}

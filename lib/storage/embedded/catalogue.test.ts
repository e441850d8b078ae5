/** The index when its disk fails. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { Catalogue } from "./catalogue.ts";
import { S3Error } from "./s3-error.ts";

describe("after a commit that failed", () => {
  let folder: string;
  let catalogue: Catalogue;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tintype-catalogue-"));
    catalogue = new Catalogue(folder);
    await catalogue.createBucket("pictures");
  });
  after(async () => {
    await catalogue.close();
    await rm(folder, { recursive: true });
  });

  const failing = (): Promise<void> =>
    catalogue.change(() => {
      throw new Error("disk I/O error");
    });
  const object = (key: string) => ({
    key,
    body: `body-${key}`,
    parts: undefined,
    bytes: 1,
    etag: "e",
    checksum: undefined,
    modified: 1,
    headers: {},
    tags: "",
  });

  it("the bucket is still there for those who were under way (R-33)", async () => {
    const bucket = catalogue.bucket("pictures") ?? assert.fail();
    await assert.rejects(failing(), /disk I\/O error/);
    await catalogue.change(() => catalogue.putObject(bucket, object("a")));
    const rules = [{ origins: ["*"], methods: ["GET"], headers: [], expose: [] }];
    await catalogue.setCors(bucket, rules);
    assert.deepEqual(catalogue.bucket("pictures")?.cors, rules);
  });

  it("a removal that was undone leaves the bucket, and one that was not leaves none to write to", async () => {
    await catalogue.createBucket("empty");
    const bucket = catalogue.bucket("empty") ?? assert.fail();
    const removal = catalogue.deleteBucket(bucket);
    await assert.rejects(Promise.all([removal, failing()]), /disk I\/O error/);
    await catalogue.deleteBucket(bucket);
    const late = catalogue.change(() => catalogue.putObject(bucket, object("b")));
    await assert.rejects(late, (error) => error instanceof S3Error && error.code === "NoSuchBucket");
    await catalogue.createBucket("empty");
    const later = catalogue.change(() => catalogue.putObject(bucket, object("b")));
    await assert.rejects(later, (error) => error instanceof S3Error && error.code === "NoSuchBucket");
  });
});

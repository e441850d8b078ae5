/** Debian's awscli (version 2), as people use it. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { type Bench, bench, holds, type Outcome, oddFolder } from "./testing.ts";

describe("awscli", () => {
  let at: Bench;
  let files: Map<string, Buffer>;
  const aws = (
    args: string[],
    more: { fails?: boolean; env?: Record<string, string> } = {},
  ): Promise<Outcome> => {
    const { endpoint, region, credentials } = at.store.bucket;
    const env = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_DEFAULT_REGION: region,
      AWS_PAGER: "",
      ...more.env,
    };
    return at.run("aws", ["--endpoint-url", endpoint, ...args], { ...more, env });
  };
  const api = async (name: string, ...args: string[]) => {
    const { out } = await aws(["s3api", name, "--bucket", "pictures", ...args]);
    return out === "" ? {} : JSON.parse(out);
  };

  before(async () => {
    at = await bench("awscli");
    files = await oddFolder(at.home);
    await mkdir(path.join(at.home, ".aws"));
    await writeFile(
      path.join(at.home, ".aws", "config"),
      "[default]\ns3 =\n  multipart_threshold = 6MB\n  multipart_chunksize = 5MB\n",
    );
    await aws(["s3", "mb", "s3://pictures"]);
    await aws(["s3", "sync", "odd", "s3://pictures/up/"]);
  });
  after(() => at.close());

  it("mirrors a folder of odd names to the store and back, large files in parts", async () => {
    await aws(["s3", "sync", "s3://pictures/up/", "down"]);
    await holds(path.join(at.home, "down"), files);
    const head = await api("head-object", "--key", "up/large.bin");
    assert.match(head.ETag, /-3"$/);
    const again = await aws(["s3", "sync", "odd", "s3://pictures/up/"]);
    assert.equal(again.out, "");
  });

  it("lists folders and everything below them, over several pages", async () => {
    const all = await aws(["s3", "ls", "--recursive", "--page-size", "2", "s3://pictures"]);
    assert.equal(all.out.trim().split("\n").length, files.size);
    const listed = await api("list-objects-v2", "--prefix", "up/", "--delimiter", "/");
    assert.equal(listed.CommonPrefixes.length, 5);
  });

  it("copies and moves, large files in parts, with what is kept beside them", async () => {
    await aws([
      "s3",
      "cp",
      "odd/plain.txt",
      "s3://pictures/beside",
      "--metadata",
      "a=b",
      "--cache-control",
      "no-store",
    ]);
    await aws(["s3", "mv", "s3://pictures/beside", "s3://pictures/moved/한글 +"]);
    const head = await api("head-object", "--key", "moved/한글 +");
    assert.deepEqual([head.Metadata, head.CacheControl], [{ a: "b" }, "no-store"]);
    await aws(["s3", "cp", "s3://pictures/up/large.bin", "s3://pictures/moved/large.bin"]);
    await aws(["s3", "cp", "s3://pictures/moved/large.bin", "large.copy"]);
    assert.ok(
      (await readFile(path.join(at.home, "large.copy"))).equals(files.get("large.bin") ?? Buffer.alloc(1)),
    );
  });

  it("makes addresses that anybody can open, reads ranges, and tells what it knows of an object", async () => {
    const address = (await aws(["s3", "presign", "s3://pictures/up/제주 바다/백 % 20%20.jpg"])).out.trim();
    assert.equal(await (await fetch(address)).text(), "제주 바다/백 % 20%20.jpg");
    const range = await api("get-object", "--key", "up/plain.txt", "--range", "bytes=-4", "tail");
    assert.equal(range.ContentRange, "bytes 5-8/9");
    assert.equal(await readFile(path.join(at.home, "tail"), "utf8"), ".txt");
    const attributes = await api(
      "get-object-attributes",
      ...["--key", "up/large.bin", "--object-attributes", "ETag", "ObjectSize", "ObjectParts"],
    );
    assert.deepEqual([attributes.ObjectSize, attributes.ObjectParts.TotalPartsCount], [11_000_003, 3]);
  });

  it("checks what it sends by the checksum that it is told", async () => {
    const args = ["--key", "checked", "--body", "odd/plain.txt", "--checksum-algorithm", "SHA256"];
    const put = await api("put-object", ...args);
    const head = await api("head-object", "--key", "checked", "--checksum-mode", "ENABLED");
    assert.equal(head.ChecksumSHA256, put.ChecksumSHA256);
  });

  it("tells a missing key, a missing bucket and a wrong secret apart", async () => {
    const why = async (args: string[], env: Record<string, string> = {}): Promise<string> =>
      (await aws(args, { fails: true, env })).err;
    assert.match(await why(["s3", "cp", "s3://pictures/nobody", "x"]), /\(404\)/);
    assert.match(await why(["s3", "ls", "s3://no-such-bucket"]), /NoSuchBucket/);
    assert.match(await why(["s3", "ls"], { AWS_SECRET_ACCESS_KEY: "wrong" }), /SignatureDoesNotMatch/);
    assert.match(await why(["s3", "rb", "s3://pictures"]), /BucketNotEmpty/);
  });

  it("finds its way when it was set up for another region", async () => {
    const listed = await aws(["s3", "ls", "s3://pictures"], { env: { AWS_DEFAULT_REGION: "us-east-1" } });
    assert.match(listed.out, /PRE up\//);
  });

  it("deletes a folder, and a bucket with everything in it", async () => {
    await aws(["s3", "rm", "--recursive", "s3://pictures/up/제주 바다"]);
    await aws(["s3", "rb", "--force", "s3://pictures"]);
    assert.equal((await aws(["s3", "ls"])).out, "");
  });
});

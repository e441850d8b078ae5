/** rclone, which people back up with. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { type Bench, bench, holds, type Outcome, oddFolder } from "./testing.ts";

describe("rclone", () => {
  let at: Bench;
  let files: Map<string, Buffer>;
  const rclone = (args: string[], more: { fails?: boolean; input?: Buffer } = {}): Promise<Outcome> =>
    at.run(
      "rclone",
      ["--config", "rclone.conf", "--retries", "1", "--no-unicode-normalization", ...args],
      more,
    );

  before(async () => {
    at = await bench("rclone");
    files = await oddFolder(at.home);
    const { endpoint, region, credentials } = at.store.bucket;
    const remote = (name: string, secret: string): string => `[${name}]
type = s3
provider = Other
endpoint = ${endpoint}
region = ${region}
access_key_id = ${credentials.accessKeyId}
secret_access_key = ${secret}
upload_cutoff = 6M
chunk_size = 5M
copy_cutoff = 8M
`;
    await writeFile(
      path.join(at.home, "rclone.conf"),
      `${remote("t", credentials.secretAccessKey)}\n${remote("wrong", "wrong")}`,
    );
    await rclone(["mkdir", "t:pictures"]);
    await rclone(["sync", "odd", "t:pictures/up"]);
  });
  after(() => at.close());

  it("mirrors a folder of odd names to the store and back, large files in parts", async () => {
    assert.match((await rclone(["check", "odd", "t:pictures/up"])).err, /0 differences found/);
    assert.match((await rclone(["check", "--download", "odd", "t:pictures/up"])).err, /0 differences found/);
    await rclone(["sync", "t:pictures/up", "down"]);
    await holds(path.join(at.home, "down"), files);
  });

  it("lists everything with times and sums", async () => {
    const names = (await rclone(["lsf", "-R", "--files-only", "t:pictures/up"])).out.trim().split("\n");
    assert.deepEqual(names.sort(), [...files.keys()].sort());
    assert.match((await rclone(["lsd", "t:"])).out, /pictures/);
    assert.match((await rclone(["size", "t:pictures"])).out, new RegExp(`Total objects: ${files.size} `));
    const sums = (await rclone(["hashsum", "md5", "t:pictures/up"])).out;
    assert.equal(sums.match(/^[0-9a-f]{32} /gm)?.length, files.size);
  });

  it("copies and moves inside the store, large files in parts", async () => {
    await rclone(["copyto", "t:pictures/up/large.bin", "t:pictures/복사 본/large+.bin"]);
    await rclone(["moveto", "t:pictures/복사 본/large+.bin", "t:pictures/복사 본/moved.bin"]);
    await rclone(["move", "t:pictures/up/제주 바다", "t:pictures/복사 본/제주"]);
    const names = (await rclone(["lsf", "-R", "--files-only", "t:pictures/복사 본"])).out
      .trim()
      .split("\n")
      .sort();
    assert.deepEqual(names, ["moved.bin", "제주/백 % 20%20.jpg", "제주/사진 1+2.jpg"]);
    const moved = await rclone(["cat", "t:pictures/복사 본/moved.bin"]);
    assert.ok(moved.bytes.equals(files.get("large.bin") ?? Buffer.alloc(1)));
    await rclone(["sync", "odd", "t:pictures/up"]);
  });

  it("takes a stream whose length it does not know, and reads a piece out of the middle", async () => {
    const input = files.get("large.bin") ?? Buffer.alloc(1);
    await rclone(["rcat", "t:pictures/stream"], { input });
    const piece = await rclone(["cat", "--offset", "5242870", "--count", "20", "t:pictures/stream"]);
    assert.ok(piece.bytes.equals(input.subarray(5_242_870, 5_242_890)));
    await rclone(["touch", "--timestamp", "2020-01-02T03:04:05", "t:pictures/stream"]);
    assert.match((await rclone(["lsl", "t:pictures/stream"])).out, /2020-01-02 03:04:05/);
    assert.ok((await rclone(["cat", "t:pictures/stream"])).bytes.equals(input));
  });

  it("makes an address that anybody can open", async () => {
    const address = (
      await rclone(["link", "--expire", "1h", "t:pictures/up/a & b/q'uote\"d #1?.txt"])
    ).out.trim();
    assert.equal(await (await fetch(address)).text(), "a & b/q'uote\"d #1?.txt");
  });

  it("sees and clears away what was begun in parts", async () => {
    assert.deepEqual(JSON.parse((await rclone(["backend", "list-multipart-uploads", "t:pictures"])).out), {
      pictures: [],
    });
    await rclone(["cleanup", "t:pictures"]);
  });

  it("tells a missing folder and a wrong secret", async () => {
    assert.equal((await rclone(["ls", "t:no-such-bucket"], { fails: true })).code, 3);
    assert.match((await rclone(["lsd", "wrong:"], { fails: true })).err, /SignatureDoesNotMatch/);
  });

  it("deletes a folder and a bucket with everything in it", async () => {
    await rclone(["purge", "t:pictures/복사 본"]);
    assert.match((await rclone(["rmdir", "t:pictures"], { fails: true })).err, /BucketNotEmpty/);
    await rclone(["purge", "t:pictures"]);
    assert.equal((await rclone(["lsd", "t:"])).out, "");
  });
});

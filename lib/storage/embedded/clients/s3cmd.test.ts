/** s3cmd, which signs by version 4 but makes addresses of version 2. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { type Bench, bench, holds, type Outcome, oddFolder } from "./testing.ts";

describe("s3cmd", () => {
  let at: Bench;
  let files: Map<string, Buffer>;
  const s3cmd = (args: string[], more: { fails?: boolean } = {}): Promise<Outcome> =>
    at.run("s3cmd", ["-c", "s3cfg", "--no-progress", ...args], more);

  before(async () => {
    at = await bench("s3cmd");
    files = await oddFolder(at.home);
    const { endpoint, credentials } = at.store.bucket;
    const { host } = new URL(endpoint);
    await writeFile(
      path.join(at.home, "s3cfg"),
      `[default]
access_key = ${credentials.accessKeyId}
secret_key = ${credentials.secretAccessKey}
host_base = ${host}
host_bucket = ${host}
use_https = False
multipart_chunk_size_mb = 5
`,
    );
    await s3cmd(["mb", "s3://pictures"]);
    await s3cmd(["sync", "odd/", "s3://pictures/up/"]);
  });
  after(() => at.close());

  it("mirrors a folder of odd names to the store and back, large files in parts", async () => {
    await s3cmd(["sync", "s3://pictures/up/", "down/"]);
    await holds(path.join(at.home, "down"), files);
    const again = await s3cmd(["sync", "odd/", "s3://pictures/up/"]);
    assert.doesNotMatch(again.out, /upload:/);
  });

  it("lists, measures and describes", async () => {
    assert.match((await s3cmd(["ls"])).out, /s3:\/\/pictures$/m);
    assert.match((await s3cmd(["ls", "s3://pictures/up/"])).out, /DIR\s+s3:\/\/pictures\/up\/제주 바다\//);
    const all = await s3cmd(["ls", "-r", "s3://pictures"]);
    assert.equal(all.out.trim().split("\n").length, files.size);
    assert.match((await s3cmd(["du", "s3://pictures"])).out, new RegExp(` ${files.size} objects`));
    assert.match((await s3cmd(["info", "s3://pictures"])).out, /Location:\s+ap-northeast-2/);
    assert.match((await s3cmd(["info", "s3://pictures/up/plain.txt"])).out, /File size:\s+9\n/);
  });

  it("copies, moves and changes what is kept beside an object", async () => {
    await s3cmd(["cp", "s3://pictures/up/large.bin", "s3://pictures/copy 1+.bin"]);
    await s3cmd(["mv", "s3://pictures/copy 1+.bin", "s3://pictures/옮김.bin"]);
    await s3cmd([
      "modify",
      "--add-header=x-amz-meta-a:b",
      "--mime-type=image/webp",
      "s3://pictures/옮김.bin",
    ]);
    const info = (await s3cmd(["info", "s3://pictures/옮김.bin"])).out;
    assert.match(info, /x-amz-meta-a: b/);
    assert.match(info, /MIME type: image\/webp/);
    await s3cmd(["get", "s3://pictures/옮김.bin", "moved.bin"]);
    assert.ok(
      (await readFile(path.join(at.home, "moved.bin"))).equals(files.get("large.bin") ?? Buffer.alloc(1)),
    );
  });

  it("makes addresses that anybody can open for a while and that cannot be changed", async () => {
    const address = (await s3cmd(["signurl", "s3://pictures/up/제주 바다/사진 1+2.jpg", "+600"])).out.trim();
    assert.equal(await (await fetch(address)).text(), "제주 바다/사진 1+2.jpg");
    assert.equal((await fetch(address, { method: "DELETE" })).status, 403);
    assert.equal((await fetch(address.replace(/Expires=\d+/, "Expires=99999999999"))).status, 403);
    assert.equal((await fetch(`${address}&response-content-type=text/html`)).status, 403);
    const past = (await s3cmd(["signurl", "s3://pictures/up/plain.txt", "1000000000"])).out.trim();
    assert.equal((await fetch(past)).status, 403);
  });

  it("keeps CORS rules, and says why it cannot open an object to everybody", async () => {
    const rule = "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>";
    await writeFile(path.join(at.home, "cors.xml"), `<CORSConfiguration>${rule}</CORSConfiguration>`);
    await s3cmd(["setcors", "cors.xml", "s3://pictures"]);
    assert.match((await s3cmd(["info", "s3://pictures"])).out, /AllowedOrigin/);
    await s3cmd(["delcors", "s3://pictures"]);
    const refused = await s3cmd(["setacl", "--acl-public", "s3://pictures/up/plain.txt"], { fails: true });
    assert.match(refused.err, /AccessControlListNotSupported/);
  });

  it("deletes one, many and all", async () => {
    await s3cmd(["del", "s3://pictures/옮김.bin"]);
    assert.match((await s3cmd(["rb", "s3://pictures"], { fails: true })).err, /BucketNotEmpty/);
    await s3cmd(["del", "--recursive", "--force", "s3://pictures/up/제주 바다/"]);
    await s3cmd(["rb", "--recursive", "s3://pictures"]);
    assert.match((await s3cmd(["ls", "s3://pictures"], { fails: true })).err, /does not exist|NoSuchBucket/);
  });
});

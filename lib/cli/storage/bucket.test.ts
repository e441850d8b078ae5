/** What travels when a bucket is made: S3's first region must not be named, every other one must. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { type Told, tintype } from "../testing.ts";

let folder: string;
const made = new Map<string, string>();
/** Only listens: no store here takes two regions. */
const recorder = createServer(async (request, response) => {
  const body = await text(request);
  if (request.method === "PUT") made.set(request.url ?? "", body);
  response.writeHead(request.method === "PUT" ? 200 : 404).end();
});

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tintype-bucket-"));
  await once(recorder.listen(0, "127.0.0.1"), "listening");
});
after(async () => {
  recorder.close();
  await rm(folder, { recursive: true, force: true });
});

test("the region goes along as the LocationConstraint, and us-east-1 goes without", async () => {
  const { port } = recorder.address() as AddressInfo;
  const create = (name: string, region: string): Promise<Told> =>
    tintype(
      ["storage", "bucket", "create", name, "--region", region, "--endpoint", `http://127.0.0.1:${port}`],
      { cwd: folder, env: { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret" } },
    );
  const [seoul, first] = await Promise.all([
    create("in-seoul", "ap-northeast-2"),
    create("in-virginia", "us-east-1"),
  ]);
  assert.deepEqual([seoul.code, first.code], [0, 0], seoul.err + first.err);
  assert.match(
    made.get("/in-seoul") ?? made.get("/in-seoul/") ?? "",
    /<LocationConstraint>ap-northeast-2<\/LocationConstraint>/,
  );
  assert.equal(made.get("/in-virginia") ?? made.get("/in-virginia/"), "");
});

test("a region that AWS does not have is refused before anything is asked", async () => {
  const { code, err } = await tintype(["storage", "bucket", "create", "photos", "--region", "seoul"], {
    cwd: folder,
  });
  assert.equal(code, 1);
  assert.match(err, /^AWS has no region "seoul"; one is called ap-northeast-2\.$/m);
});

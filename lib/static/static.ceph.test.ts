/** On a store that knows bucket policies: a push, and who may read it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { parseSettings } from "#lib/env.ts";
import { bucketPolicy } from "#lib/iam.ts";
import { setupOf } from "#lib/provision.ts";
import { openBucket, openStorage } from "#lib/storage/s3.ts";
import { startCeph } from "#lib/testing-ceph.ts";
import { checkStatic } from "./check.ts";
import { staticFiles } from "./files.ts";
import { planPush, push } from "./push.ts";
import { lay, layBuild } from "./testing.ts";

test("the bucket's policy opens what was pushed to everybody, and nothing else of the bucket (A-48)", async (t) => {
  const ceph = await startCeph();
  t.after(() => ceph.stop());
  const folder = await mkdtemp(path.join(tmpdir(), "tintype-static-ceph-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const place = { ...ceph.bucket(`static-${randomBytes(4).toString("hex")}`), location: "club/" };
  const base = `${place.endpoint}/${place.bucket}`;
  const staticUrl = `${base}/club/static`;
  const [storage, bucket] = [openStorage(place), openBucket(place)];
  t.after(() => {
    storage.close();
    bucket.close();
  });
  await bucket.create();
  await storage.put("media/secret.jpg", Buffer.from("x"), { contentType: "image/jpeg" });
  const build = path.join(folder, "build");
  await layBuild(build, { id: "one", chunks: { "a.js": "let a = 1;".repeat(200) } });
  await lay(folder, { "public/icon.svg": "<svg/>" });
  const files = await staticFiles({ build, public: path.join(folder, "public") });
  const { failed } = await push(storage, await planPush(storage, files, { encoding: "gzip" }));
  assert.deepEqual(failed, []);
  const again = await planPush(storage, files, { encoding: "gzip" });
  assert.ok(again.every((file) => file.state === "same"));

  assert.match((await checkStatic(staticUrl, { folder: build, id: "one" })) ?? "", /answers 403/);
  const setup = setupOf(
    parseSettings({ STATIC_URL: staticUrl, S3_BUCKET: place.bucket, S3_REGION: place.region }),
  );
  await bucket.setPolicy(JSON.stringify(bucketPolicy({ ...setup, bucket: place })));
  assert.equal(await checkStatic(staticUrl, { folder: build, id: "one" }), undefined);
  const script = await fetch(`${staticUrl}/_next/static/chunks/a.js`);
  assert.equal(script.headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal(script.headers.get("content-encoding"), "gzip");
  assert.equal(script.headers.get("cache-control"), "public, max-age=31536000, immutable");
  for (const [method, url] of [
    ["GET", `${base}/club/media/secret.jpg`],
    ["GET", `${base}/club/static-x`],
    ["GET", `${base}?list-type=2&prefix=club/static/`],
    ["PUT", `${staticUrl}/icon.svg`],
    ["DELETE", `${staticUrl}/icon.svg`],
  ] as const) {
    const answer = await fetch(url, { method });
    assert.equal(answer.status, 403, `${method} ${url}`);
  }
});

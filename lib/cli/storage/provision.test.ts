/** `provision`, `cors`, `lifecycle` and `policy` on a store that has all of it: Ceph (REQUIREMENTS 6.2 to 6.4). */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { BucketSettings } from "#lib/env.ts";
import { incomingKey } from "#lib/storage/keys.ts";
import { openBucket, openStorage } from "#lib/storage/s3.ts";
import { type RunningCeph, startCeph } from "#lib/testing-ceph.ts";
import { atTerminal, bucketEnvironment, type Told, tintype } from "../testing.ts";

let ceph: RunningCeph;
let folder: string;
let bucket: BucketSettings;
let itself: ReturnType<typeof openBucket>;

before(async () => {
  ceph = await startCeph();
  folder = await mkdtemp(path.join(tmpdir(), "tintype-provision-"));
  bucket = ceph.bucket("provisioned");
  itself = openBucket(bucket);
});
after(async () => {
  itself.close();
  await ceph.stop();
  await rm(folder, { recursive: true, force: true });
});

const environment = (): Record<string, string | undefined> => ({
  ...bucketEnvironment(bucket),
  APP_URL: "https://photos.example.com",
});
const storage = (args: string[]): Promise<Told> =>
  tintype(["storage", ...args], { cwd: folder, env: environment() });
const states = (out: string): Record<string, string> =>
  Object.fromEntries(
    out
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line))
      .map((step) => [Reflect.get(Object(step), "step"), Reflect.get(Object(step), "state")]),
  );

test("a plan is shown and nothing is done until somebody agrees", async () => {
  const tried = await storage(["provision", "--dry-run"]);
  assert.equal(tried.code, 0, tried.err);
  assert.match(tried.out, /~ bucket +now +missing\n +will be +made in ap-northeast-2/);
  assert.match(tried.out, /will be +POST, PUT, GET and HEAD from https:\/\/photos\.example\.com/);
  const unasked = await storage(["provision"]);
  assert.equal(unasked.code, 1);
  assert.match(unasked.err, /^5 changes to make\. .* say --yes/);
  const refused = await atTerminal(["storage", "provision"], {
    cwd: folder,
    env: environment(),
    input: "n\n",
  });
  assert.equal(refused.code, 1);
  assert.equal(await itself.state(), "absent");
});

test("one command sets the bucket up, says what this store lacks, and a second time changes nothing", async () => {
  const made = await storage(["provision", "--yes", "--json"]);
  assert.equal(made.code, 0, made.err);
  assert.deepEqual(states(made.out), {
    bucket: "changed",
    cors: "changed",
    lifecycle: "changed",
    "public-access": "changed",
    ownership: "unsupported",
  });
  const again = await storage(["provision", "--yes", "--json"]);
  assert.deepEqual(states(again.out), {
    bucket: "ok",
    cors: "ok",
    lifecycle: "ok",
    "public-access": "ok",
    ownership: "unsupported",
  });
  assert.deepEqual(await itself.lifecycle(), [
    { id: "tintype-incoming", prefix: "incoming/", enabled: true, expireDays: 2 },
    { id: "tintype-multipart", prefix: "", enabled: true, abortMultipartDays: 1 },
  ]);
});

test("uploads still arrive on a store that takes a blocked access list for a ban on uploads", async () => {
  const objects = openStorage(bucket);
  await objects.put("media/still.txt", Buffer.from("x"), { contentType: "text/plain" });
  objects.close();
  const block = await itself.publicAccessBlock();
  assert.deepEqual([block?.ignoreAcls, block?.blockPolicy, block?.restrictBuckets], [true, true, true]);
});

test("the rules of others stay, and two galleries in one bucket have rules of their own", async () => {
  await itself.setLifecycle([
    ...(await itself.lifecycle()),
    { id: "logs", prefix: "logs/", enabled: true, expireDays: 90 },
  ]);
  await itself.setCors([
    ...(await itself.cors()),
    { id: "other", origins: ["https://other.example.com"], methods: ["GET"], headers: [], expose: [] },
  ]);
  const second = await storage([
    "provision",
    "--yes",
    "--prefix",
    "second/gallery",
    "--origin",
    "https://two.example.com",
  ]);
  assert.equal(second.code, 0, second.err);
  assert.deepEqual((await itself.lifecycle()).map(({ id }) => id).sort(), [
    "logs",
    "tintype-incoming",
    "tintype-incoming:second/gallery",
    "tintype-multipart",
    "tintype-multipart:second/gallery",
  ]);
  assert.deepEqual(
    (await itself.cors()).map(({ id }) => id),
    ["tintype", "other", "tintype:second/gallery"],
  );
  const shown = await storage(["lifecycle", "show"]);
  assert.match(shown.out, /^logs +logs\/ removed after 90 days$/m);
  const cors = await storage(["cors", "show"]);
  assert.match(cors.out, /^GET from https:\/\/other\.example\.com$/m);
  assert.match(cors.err, /^Pages of https:\/\/photos\.example\.com may upload\.$/m);
});

test("the policy of the bucket is added to what others have written, and is the same the second time", async () => {
  const others = {
    Version: "2012-10-17",
    Statement: {
      Sid: "TheirOwn",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::provisioned/secret/*",
    },
  };
  await itself.setPolicy(JSON.stringify(others));
  const made = await storage(["policy", "apply", "--yes", "--json"]);
  assert.equal(made.code, 0, made.err);
  const policy: unknown = JSON.parse((await itself.policy()) ?? "");
  assert.deepEqual(
    Reflect.get(Object(policy), "Statement").map((one: unknown) => Reflect.get(Object(one), "Sid")),
    ["TheirOwn", "TintypeFormsOnlyToIncoming", "TintypeFormsNotForLong"],
  );
  assert.deepEqual(states((await storage(["policy", "apply", "--yes", "--json"])).out), { policy: "ok" });
});

test("the policies of each principal are printed ready for AWS's own tools", async () => {
  const web = await storage(["policy", "show", "--for", "web"]);
  const document: unknown = JSON.parse(web.out);
  assert.equal(Reflect.get(Object(document), "Version"), "2012-10-17");
  const all: unknown = JSON.parse((await storage(["policy", "show", "--json"])).out);
  assert.deepEqual(Object.keys(Object(all)), ["web", "worker", "provisioner", "start", "bucket"]);
});

test("a folder incoming/ that other programs use is not cleared, and the plan says which object stands for them", async () => {
  const shared = ceph.bucket("shared-incoming");
  const door = openBucket(shared);
  const objects = openStorage(shared);
  try {
    await door.create();
    await objects.put("incoming/report.csv", Buffer.from("x"), { contentType: "text/csv" });
    const run = (...args: string[]): Promise<Told> =>
      tintype(["storage", ...args], { cwd: folder, env: bucketEnvironment(shared) });
    const planned = await run("provision", "--dry-run");
    assert.match(
      planned.out,
      /! incoming\/ is not cleared by the store: incoming\/report\.csv is not Tintype's/,
    );
    assert.doesNotMatch(planned.out, /incoming\/ removed/);
    assert.equal((await run("provision", "--yes")).code, 0);
    assert.deepEqual(
      (await door.lifecycle()).map(({ id }) => id),
      ["tintype-multipart"],
    );
    const again = await run("lifecycle", "apply", "--yes");
    assert.match(again.out, /report\.csv is not Tintype's[\s\S]*Nothing to change/);
    await objects.delete("incoming/report.csv");
    await objects.put(incomingKey(), Buffer.from("x"), { contentType: "image/jpeg" });
    assert.equal((await run("lifecycle", "apply", "--yes")).code, 0);
    assert.deepEqual(
      (await door.lifecycle()).map(({ expireDays }) => expireDays).filter((days) => days !== undefined),
      [2],
    );
  } finally {
    door.close();
    objects.close();
  }
});

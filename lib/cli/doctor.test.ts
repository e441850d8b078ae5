/** `tintype storage doctor` as a person and a program run it: the real command, a real store, exit codes. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { keysIn } from "#lib/doctor/testing.ts";
import { openBucket } from "#lib/storage/s3.ts";
import { type TestStore, testStore } from "#lib/testing.ts";

let store: TestStore;
let folder: string;
before(async () => {
  store = await testStore();
  folder = await mkdtemp(path.join(tmpdir(), "tintype-doctor-"));
});
after(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function tintype(
  args: string[],
  change: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const { bucket, region, endpoint = "", credentials } = store.bucket;
  const env: NodeJS.ProcessEnv = {
    NODE_ENV: "production",
    PATH: process.env.PATH,
    HOME: folder,
    TINTYPE_DATA: path.join(folder, "data"),
    S3_BUCKET: bucket,
    S3_REGION: region,
    S3_ENDPOINT: endpoint,
    S3_ACCESS_KEY_ID: credentials?.accessKeyId,
    S3_SECRET_ACCESS_KEY: credentials?.secretAccessKey,
    ...change,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [path.join(import.meta.dirname, "main.ts"), ...args],
      { env },
      (error, out, err) => resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

test("a good bucket ends with code 0 under both names, a line for every probe, and nothing left in it", async () => {
  for (const args of [["doctor"], ["storage", "doctor"]]) {
    const { code, out, err } = await tintype(args);
    assert.equal(code, 0, err);
    assert.match(out, /✓ An upload cannot be more than it promised/);
    assert.match(out, /\d+ of \d+ probes are well/);
    assert.doesNotMatch(out, new RegExp(store.bucket.credentials?.secretAccessKey ?? "no secret"));
  }
  assert.deepEqual(await keysIn(store), []);
});

test("a fault ends with code 1 and says the change once; programs get one object a line", async () => {
  const person = await tintype(["doctor"], { S3_BUCKET: "not-there" });
  assert.equal(person.code, 1);
  assert.match(person.out, /✗ The bucket is there[\s\S]*tintype storage bucket create not-there/);
  assert.doesNotMatch(person.out, /An upload by form arrives/);
  const program = await tintype(["storage", "doctor", "--json"], { S3_BUCKET: "not-there" });
  assert.equal(program.code, 1);
  const findings = program.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    findings.filter(({ verdict }) => verdict === "fail").map(({ id, title }) => [id, title]),
    [["bucket", "The bucket is there"]],
  );
  assert.equal(findings.find(({ id }) => id === "post").because, "bucket");
});

test("a change names the bucket that was examined, so that it cannot change another one", async () => {
  const { out } = await tintype(["doctor", "--bucket", "not-there", "--region", store.bucket.region]);
  assert.match(out, /tintype storage bucket create not-there --region \S+\n/);
  assert.match(out, /tintype storage provision --bucket not-there --region \S+\n/);
});

test("another origin is judged as well, and --strict lets a warning fail", async () => {
  const { code, out } = await tintype([
    "doctor",
    "--json",
    "--browser-origin",
    "https://photos.example.com/",
  ]);
  assert.equal(code, 1);
  assert.match(out, /"subject":"https:\/\/photos\.example\.com"/);
  const admin = openBucket(store.bucket);
  await admin.setCors((await admin.cors()).map((rule) => ({ ...rule, expose: [] })));
  admin.close();
  const [lax, strict] = await Promise.all([tintype(["doctor"]), tintype(["doctor", "--strict"])]);
  assert.deepEqual([lax.code, strict.code], [0, 1]);
  const wrong = await tintype(["doctor", "--browser-origin", "photos.example.com"]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /An origin is a scheme and a host/);
});

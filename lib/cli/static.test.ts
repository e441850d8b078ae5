/** `tintype static push` as a deployment runs it: the real command, a real store, exit codes. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { lay, layBuild, type OpenStore, openStore } from "#lib/static/testing.ts";
import { atTerminal, bucketEnvironment, type Told, tintype } from "./testing.ts";

let store: OpenStore;
let folder: string;
const script = "static/_next/static/chunks/a.js";

before(async () => {
  store = await openStore();
  folder = await mkdtemp(path.join(tmpdir(), "tintype-push-"));
});
after(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const options = (more: Record<string, string>) => ({
  cwd: folder,
  env: {
    ...bucketEnvironment(store.bucket),
    S3_PREFIX: "site",
    TINTYPE_BUILD: path.join(folder, "build"),
    ...more,
  },
});
const push = (args: string[] = [], more: Record<string, string> = {}): Promise<Told> =>
  tintype(["static", "push", "--no-build", ...args], options(more));
const there = async (key: string): Promise<string | undefined> => {
  const found = await store.storage.get(key, { bytesMax: 1000 });
  return found === undefined ? undefined : String(found.body);
};

test("a push that is only tried sends nothing and tells everything", async () => {
  await layBuild(path.join(folder, "build"), { id: "one", chunks: { "a.js": "1" } });
  const { code, out } = await push(["--dry-run"]);
  assert.equal(code, 0);
  assert.match(out, new RegExp(`^new +${script} +1 byte$`, "m"));
  assert.match(out, /would be sent/);
  assert.equal(await there(script), undefined);
});

test("a push sends what is missing and names the setting that makes pages use it", async () => {
  const { code, out, err } = await push();
  assert.equal(code, 0, err);
  assert.match(out, /^\d+ files sent \(.*\), 0 of them over an existing object, 0 already there\.$/m);
  assert.match(err, new RegExp(`set STATIC_URL=${store.staticUrl} `));
  assert.equal(await there(script), "1");
});

test("a program reads from a push what was done with each file", async () => {
  const { code, out } = await push(["--json"]);
  assert.equal(code, 0);
  const report = JSON.parse(out);
  assert.deepEqual([report.buildId, report.dryRun, report.removed, report.failed], ["one", false, [], []]);
  assert.deepEqual(
    report.files.find((file: { key: string }) => file.key === script),
    { key: script, state: "same", bytes: 1, sent: false, encoding: null },
  );
});

test("nothing is overwritten when nobody can be asked, until --no-input says so", async () => {
  await layBuild(path.join(folder, "build"), { id: "one", chunks: { "a.js": "2" } });
  const refused = await push();
  assert.equal(refused.code, 1);
  assert.match(refused.err, /This will overwrite 1 existing object\. Continue\? .*--no-input/s);
  const no = await atTerminal(["static", "push", "--no-build"], { ...options({}), input: "n\n" });
  assert.equal(no.code, 1);
  assert.match(no.out, /This will overwrite 1 existing object\. Continue\? \[y\/N\] .*Nothing was sent\./s);
  assert.equal(await there(script), "1");
  const yes = await atTerminal(["static", "push", "--no-build"], { ...options({}), input: "y\n" });
  assert.equal(yes.code, 0, yes.out);
  assert.equal(await there(script), "2");
  await layBuild(path.join(folder, "build"), { id: "one", chunks: { "a.js": "3" } });
  const done = await push(["--no-input"]);
  assert.equal(done.code, 0, done.err);
  assert.equal(await there(script), "3");
});

test("pages that a running Tintype serves are not built again under it", async () => {
  const run = { pid: process.pid, state: "running", appUrl: "http://localhost:3000", environment: {} };
  await lay(path.join(folder, "data"), { "run.json": JSON.stringify(run) });
  const { code, err } = await tintype(["static", "push"], options({}));
  assert.equal(code, 1);
  assert.match(err, /^The pages have to be built anew, and a running Tintype is serving/m);
  // Beside the folder that it serves they are; next then refuses this one, which is outside of the project.
  const elsewhere = { ...run, build: path.join(folder, "served") };
  await lay(path.join(folder, "data"), { "run.json": JSON.stringify(elsewhere) });
  const begun = await tintype(["static", "push"], options({}));
  assert.match(begun.err, /^The pages could not be built/m);
  await rm(path.join(folder, "data"), { recursive: true });
});

test("a push with STATIC_URL ends well only when browsers get the files there", async () => {
  const STATIC_URL = store.staticUrl;
  await layBuild(path.join(folder, "build"), { id: "two", staticUrl: STATIC_URL, chunks: { "b.js": "b" } });
  const good = await push([], { STATIC_URL });
  assert.equal(good.code, 0, good.err);
  const other = await push([], { STATIC_URL: `${STATIC_URL}/elsewhere` });
  assert.equal(other.code, 1);
  assert.match(other.err, /were built for STATIC_URL=/);
  const shut = STATIC_URL.replace(/static$/, "shut");
  await layBuild(path.join(folder, "build"), { id: "two", staticUrl: shut, chunks: { "b.js": "b" } });
  const bad = await push([], { STATIC_URL: shut });
  assert.equal(bad.code, 1);
  assert.match(bad.err, /^Everything was sent, but .* answers 403/);
  assert.doesNotMatch(bad.err, /\n {4}at /, "a stack");
});

test("a push with --prune removes what only older builds use", async () => {
  for (const id of ["three", "four"]) {
    await layBuild(path.join(folder, "build"), { id, chunks: { [`${id}.js`]: id } });
    const { code, err } = await push(["--no-input", "--prune", "--keep-days", "0"]);
    assert.equal(code, 0, err);
  }
  assert.equal(await there(script), undefined);
  assert.equal(await there("static/_next/static/chunks/three.js"), "three");
  assert.equal(await there("static/_next/static/chunks/four.js"), "four");
});

test("a wrong command line is code 2, a bucket that is not there is a sentence and code 1", async () => {
  assert.equal((await push(["--encoding", "zip"])).code, 2);
  assert.equal((await push(["--keep-days", "x"])).code, 2);
  const gone = await push([], { S3_BUCKET: "no-such-bucket" });
  assert.equal(gone.code, 1);
  assert.match(gone.err, /^The bucket\b[^\n]*\n$/);
});

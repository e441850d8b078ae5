/** The library and the bucket belong together; what a doctor leaves, a later one removes; the page's trial. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { media } from "#db/schema.ts";
import { TintypeError } from "#lib/errors.ts";
import { openBucket } from "#lib/storage/s3.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "#lib/testing.ts";
import { person } from "#lib/uploads/testing.ts";
import { ask } from "./ask.ts";
import { beginTrial, endTrial } from "./browser.ts";
import * as desk from "./desk.ts";
import { diagnose } from "./index.ts";
import { picture } from "./objects.ts";
import { formOf } from "./outside.ts";
import { summary } from "./report.ts";
import { examined, examinedWith, keysIn, proxyTo, refused, subjectOf, xml } from "./testing.ts";
import type { Seen, Trial } from "./trial.ts";

let store: TestStore;
let database: TestDatabase;
before(async () => {
  [store, database] = await Promise.all([testStore(), testDatabase()]);
});
after(async () => {
  await Promise.all([store.close(), database.close()]);
});

/** A medium in the library, and its original where `folder` says. */
async function kept(ownerId: string, folder: string, bytes = 4): Promise<string> {
  const key = `media/${randomUUID()}.jpg`;
  await database.db.insert(media).values({
    ownerId,
    key,
    renditionFolder: `derived/${randomUUID()}`,
    avifWidths: [320],
    jpegWidths: [640],
    sha256: randomBytes(32).toString("hex"),
    bytes,
    mime: "image/jpeg",
    width: 400,
    height: 300,
    thumbhash: Buffer.alloc(21),
    color: 0,
    filename: "IMG_0001.jpg",
    takenAt: new Date(),
    takenSource: "camera",
  });
  await store.storage.put(`${folder}${key}`, Buffer.from("1234"), { contentType: "image/jpeg" });
  return key;
}

test("a forgotten S3_PREFIX is found by looking for the newest originals, and missing or changed ones are named", async () => {
  const { id } = await person(database.db);
  const first = await kept(id, "galleries/");
  const moved = await examined(subjectOf(store.bucket, { db: database.db }));
  assert.deepEqual(moved.ids("fail"), ["library"]);
  assert.match(moved.of("library").found, /they are in "galleries\/"/);
  assert.equal(moved.of("library").change?.run, "S3_PREFIX=galleries");

  await store.storage.put(first, Buffer.from("1234"), { contentType: "image/jpeg" });
  const second = await kept(id, "");
  assert.deepEqual((await examined(subjectOf(store.bucket, { db: database.db }))).ids("fail"), []);
  await store.storage.delete(second);
  const gone = await examined(subjectOf(store.bucket, { db: database.db }));
  assert.match(
    gone.of("library").found,
    new RegExp(`2 newest originals, 1 is not in the bucket, such as ${second}`),
  );
  await store.storage.put(second, Buffer.from("12345"), { contentType: "image/jpeg" });
  const changed = await examined(subjectOf(store.bucket, { db: database.db }));
  assert.match(changed.of("library").found, /1 have another size/);
  assert.match(
    summary(changed.findings),
    /1 fault to mend.*Start with “The newest pictures are in the bucket”/,
  );
  for (const key of await keysIn(store)) await store.storage.delete(key);
});

test("an examination that is broken off removes what it wrote, and leaves everything else alone", async () => {
  await store.storage.put("incoming/probe-not-quite", Buffer.from("someone's"), {
    contentType: "text/plain",
  });
  const leaving = new AbortController();
  for await (const { id } of diagnose(subjectOf(store.bucket), { signal: leaving.signal }))
    if (id === "conditional") leaving.abort();
  for await (const { id } of diagnose(subjectOf(store.bucket))) if (id === "put") break;
  // Younger than an hour and of no visit of ours: it may belong to a doctor that is at work.
  assert.deepEqual(await keysIn(store), ["incoming/probe-not-quite"]);
  await store.storage.delete("incoming/probe-not-quite");
});

test("what a doctor that was killed left an hour ago is removed by the next one, and only that", async () => {
  for (const key of ["media/probe-killed-1", "media/probe-young-1", "media/someone.jpg"])
    await store.storage.put(key, Buffer.from("x"), { contentType: "text/plain" });
  const contents = (key: string, at: string): string =>
    `<Contents><Key>${key}</Key><LastModified>${at}</LastModified><Size>1</Size></Contents>`;
  const seen = await examinedWith(store, {
    instead: ({ method, query }) =>
      method === "GET" && query.get("prefix") === "media/probe-" && query.has("list-type")
        ? xml(
            `<ListBucketResult>${contents("media/probe-killed-1", "2020-01-01T00:00:00.000Z")}${contents("media/probe-young-1", new Date().toISOString())}${contents("media/someone.jpg", "2020-01-01T00:00:00.000Z")}</ListBucketResult>`,
          )
        : undefined,
  });
  assert.match(seen.of("leftovers").found, /one object of an earlier one/);
  assert.deepEqual(await keysIn(store), ["media/probe-young-1", "media/someone.jpg"]);
  for (const key of await keysIn(store)) await store.storage.delete(key);
});

/** The steps as a browser makes them, with the answers it would let a page see. */
async function tried(trial: Trial, origin: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  const isShown = (answer: Awaited<ReturnType<typeof ask>>): boolean =>
    [origin, "*"].includes(answer.headers["access-control-allow-origin"] ?? "");
  if (trial.post !== undefined) {
    const form = await formOf(trial.post.fields, picture);
    const answer = await ask({
      method: "POST",
      url: trial.post.url,
      ...form,
      headers: { ...form.headers, origin },
    });
    seen.push({ id: "browserPost", ok: isShown(answer), status: isShown(answer) ? answer.status : 0 });
  }
  const put = await ask({
    method: "PUT",
    url: trial.put.url,
    headers: { ...trial.put.headers, origin },
    body: picture,
  });
  seen.push({ id: "browserPut", ok: isShown(put), status: isShown(put) ? put.status : 0 });
  if (trial.part !== undefined) {
    const { url, headers } = trial.part;
    const part = await ask({ method: "PUT", url, headers: { ...headers, origin }, body: picture });
    seen.push({ id: "browserPart", ok: isShown(part), status: isShown(part) ? part.status : 0 });
  }
  const shown = await ask({ method: "GET", url: trial.show, headers: { origin } });
  seen.push({ id: "browserShow", ok: shown.body.equals(picture), status: 200 });
  seen.push({ id: "browserRead", ok: isShown(shown), status: isShown(shown) ? 200 : 0 });
  return seen;
}

const reportOf = (trial: Trial, seen: Seen[]) => ({
  seen,
  ...(trial.part === undefined ? {} : { uploadId: trial.part.uploadId }),
});

test("a trial from a browser is well on a good bucket, and nothing of it stays", async () => {
  const subject = subjectOf(store.bucket);
  const trial = await beginTrial(subject);
  const origin = "http://localhost:3000";
  const findings = await endTrial(subject, {
    id: trial.id,
    origin,
    report: reportOf(trial, await tried(trial, origin)),
  });
  assert.deepEqual(
    findings.map(({ id, verdict }) => [id, verdict]),
    ["browserPost", "browserPut", "browserPart", "browserShow", "browserRead"].map((id) => [id, "ok"]),
  );
  assert.deepEqual(await keysIn(store), []);
  for await (const open of store.storage.multipart.open("")) assert.fail(`${open.key} is still open`);
});

test("status 0 is taken apart: CORS with its change, a network that only the browser cannot pass, an answer that lies", async () => {
  const subject = subjectOf(store.bucket);
  const admin = openBucket(store.bucket);
  const right = await admin.cors();
  const origin = "http://localhost:3000";
  try {
    await admin.setCors([
      { origins: ["https://photos.example.com"], methods: ["POST"], headers: ["*"], expose: [] },
    ]);
    const trial = await beginTrial(subject);
    const findings = await endTrial(subject, {
      id: trial.id,
      origin,
      report: reportOf(trial, await tried(trial, origin)),
    });
    const post = findings.find(({ id }) => id === "browserPost");
    assert.equal(post?.verdict, "fail");
    assert.match(
      post?.found ?? "",
      /CORS.*although what was sent arrived.*name https:\/\/photos\.example\.com, not http:\/\/localhost:3000/,
    );
    assert.match(post?.change?.run ?? "", /tintype storage cors apply/);
  } finally {
    await admin.setCors(right);
    admin.close();
  }
  const trial = await beginTrial(subject);
  const report = reportOf(trial, [
    { id: "browserPost", ok: false, status: 0 },
    { id: "browserPut", ok: true, status: 200 },
  ]);
  const [post, put] = await endTrial(subject, { id: trial.id, origin, report });
  assert.match(post?.found ?? "", /this browser gets no answer/);
  assert.match(put?.found ?? "", /not in the bucket/);
});

test("a store without forms is tried without one", async () => {
  const proxy = await proxyTo(store.bucket, {
    instead: ({ method, key }) =>
      method === "POST" && key === "" ? refused(501, "NotImplemented") : undefined,
  });
  try {
    const subject = subjectOf({ ...store.bucket, endpoint: proxy.url, publicEndpoint: proxy.url });
    const trial = await beginTrial(subject);
    assert.equal(trial.post, undefined);
    await endTrial(subject, { id: trial.id, origin: "http://localhost:3000", report: reportOf(trial, []) });
    assert.deepEqual(await keysIn(store), []);
  } finally {
    await proxy.close();
  }
});

test("facts, examination and trial are for administrators alone", async () => {
  const member = await person(database.db, "member");
  for (const viewer of [undefined, member])
    for (const door of [desk.storageFacts, desk.examination, desk.beginTrial])
      await assert.rejects(
        door(database.db, { viewer }),
        (error: unknown) =>
          error instanceof TintypeError &&
          error.code === (viewer === undefined ? "unauthenticated" : "forbidden"),
      );
});

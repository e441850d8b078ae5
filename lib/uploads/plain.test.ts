import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { media, quotas, uploads } from "#db/schema.ts";
import { settings } from "../env.ts";
import { TintypeError } from "../errors.ts";
import { lockDown } from "../imaging/index.ts";
import type { Viewer } from "../media.ts";
import type { Storage } from "../storage/port.ts";
import { StorageError } from "../storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { beginUploads, cancelUpload, renewUpload } from "../uploads.ts";
import { finalize } from "./finalize.ts";
import { beginPlain, openForms, type PlainForm, plainUpload } from "./plain.ts";
import { sweep } from "./sweep.ts";
import { declare, faulty, person, picture, sha256 } from "./testing.ts";

let database: TestDatabase;
let store: TestStore;
let db: Db;
let storage: Storage;

before(async () => {
  await lockDown();
  database = await testDatabase();
  store = await testStore();
  db = database.db;
  storage = store.storage;
});
after(async () => {
  await store?.close();
  await database?.close();
});

const room = <T>(_size: number, work: () => Promise<T>): Promise<T> => work();
const verify = (id: string) => finalize(db, storage, id, { bytes: room, pixels: room });
/** Bytes reserved and used. */
const space = async (viewer: Viewer) => {
  const [row] = await db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
  return [row?.reservedBytes, row?.usedBytes];
};
const limitTo = (viewer: Viewer, limitBytes: number) =>
  db.update(quotas).set({ limitBytes }).where(eq(quotas.ownerId, viewer.id));
const refusedAs = (code: string) => (error: unknown) => error instanceof TintypeError && error.code === code;

/** The form of an upload that waits for its picture. */
async function formOf(viewer: Viewer, id: string): Promise<PlainForm> {
  const found = await plainUpload(db, storage, { viewer, id });
  return found.is === "form" ? found.form : assert.fail(`it is ${found.standing.state}`);
}

/** Sends a form as a browser without JavaScript does, and stays where the store sends the browser on. */
async function send(
  form: Pick<PlainForm, "url" | "fields">,
  bytes: Uint8Array,
  changes: Record<string, string> = {},
): Promise<{ status: number; to: string }> {
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...form.fields, ...changes })) body.append(name, value);
  body.append("file", new Blob([Uint8Array.from(bytes)]), "x.jpg");
  const response = await fetch(form.url, { method: "POST", body, redirect: "manual" });
  await response.arrayBuffer();
  return { status: response.status, to: response.headers.get("location") ?? "" };
}

const standingOf = async (viewer: Viewer, id: string) => {
  const found = await plainUpload(db, storage, { viewer, id });
  return found.is === "form" ? "form" : found.standing.state;
};

describe("a form without JavaScript", () => {
  it("brings a picture whose size nobody knew through the same states, and its space is settled (I-6)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const id = await beginPlain(db, storage, { viewer, name: "../Harbour" });
    assert.deepEqual(await space(viewer), [settings().uploads.bytesMax, 0]);
    assert.equal((await openForms(db, { viewer })).length, 1);
    const { status, to } = await send(await formOf(viewer, id), bytes);
    assert.deepEqual([status, to.split("?")[0]], [303, `${settings().appUrl}/upload/plain/${id}`]);
    assert.equal(await standingOf(viewer, id), "verifying");
    assert.equal(await verify(id), "ready");
    assert.equal(await standingOf(viewer, id), "ready");
    assert.deepEqual(await space(viewer), [0, bytes.byteLength]);
    const [row] = await db.select().from(media).where(eq(media.ownerId, viewer.id));
    assert.deepEqual([row?.filename, row?.sha256, row?.bytes], ["Harbour", sha256(bytes), bytes.byteLength]);
  });

  it("sends the browser nowhere else, and nothing but one key (A-3, A-9)", async () => {
    const viewer = await person(db);
    const form = await formOf(viewer, await beginPlain(db, storage, { viewer, name: "" }));
    const bytes = await picture();
    const tampered: Record<string, string>[] = [
      { success_action_redirect: "https://evil.example/" },
      { key: "media/another.jpg" },
      { "Content-Type": "text/html" },
    ];
    for (const changes of tampered) assert.equal((await send(form, bytes, changes)).status, 403);
    assert.equal(await storage.exists(form.fields.key ?? ""), false);
  });

  it("that is too large or empty is refused by the bucket, and the form stays (A-1, A-2)", async () => {
    const viewer = await person(db);
    await limitTo(viewer, 1_000);
    const id = await beginPlain(db, storage, { viewer, name: "" });
    const form = await formOf(viewer, id);
    assert.equal(form.bytesMax, 1_000);
    assert.equal((await send(form, new Uint8Array(1_001))).status, 400);
    assert.equal((await send(form, new Uint8Array(0))).status, 400);
    assert.equal(await standingOf(viewer, id), "form");
  });

  it("takes what room is left, and none is given out where there is none", async () => {
    const viewer = await person(db);
    await limitTo(viewer, 5_000);
    await beginPlain(db, storage, { viewer, name: "" });
    await assert.rejects(beginPlain(db, storage, { viewer, name: "" }), refusedAs("quota_exceeded"));
    const [open] = await openForms(db, { viewer });
    await cancelUpload(db, { viewer, id: open?.id ?? "" });
    assert.deepEqual(await space(viewer), [0, 0]);
    await beginPlain(db, storage, { viewer, name: "" });
  });

  it("with something that is no picture, or one that is there already, is told so (A-24, R-26)", async () => {
    const viewer = await person(db);
    const bytes = await picture();
    const verdicts: unknown[] = [];
    for (const content of [bytes, bytes, Buffer.from("<!doctype html><script>alert(1)</script>")]) {
      const id = await beginPlain(db, storage, { viewer, name: "" });
      assert.equal((await send(await formOf(viewer, id), content)).status, 303);
      assert.equal(await standingOf(viewer, id), "verifying");
      await verify(id);
      const found = await plainUpload(db, storage, { viewer, id });
      assert.ok(found.is === "standing");
      verdicts.push([found.standing.rejectCode, found.standing.mediaId !== null]);
      if (found.standing.state === "rejected") assert.ok(found.standing.message);
    }
    assert.deepEqual(verdicts, [
      [null, true],
      ["duplicate", true],
      ["not_an_image", false],
    ]);
    assert.deepEqual(await space(viewer), [0, bytes.byteLength]);
  });

  it("sent twice keeps what was read first (A-13, I-4)", async () => {
    const viewer = await person(db);
    const [first, second] = [await picture(), await picture({ width: 200, height: 200 })];
    const id = await beginPlain(db, storage, { viewer, name: "" });
    const form = await formOf(viewer, id);
    await send(form, first);
    assert.equal(await standingOf(viewer, id), "verifying");
    await verify(id);
    assert.equal((await send(form, second)).status, 303);
    assert.equal(await standingOf(viewer, id), "ready");
    const [row] = await db.select().from(media).where(eq(media.ownerId, viewer.id));
    assert.equal(row?.sha256, sha256(first));
  });

  it("is a stranger's to nobody: their upload is not found (A-16)", async () => {
    const [viewer, other] = [await person(db), await person(db)];
    const id = await beginPlain(db, storage, { viewer, name: "" });
    await assert.rejects(plainUpload(db, storage, { viewer: other, id }), refusedAs("not_found"));
    await assert.rejects(
      beginPlain(db, storage, { viewer: await person(db, "viewer"), name: "" }),
      refusedAs("forbidden"),
    );
  });

  it("stays a form while the store does not answer, and ends when it has grown too old (R-16, R-33)", async () => {
    const viewer = await person(db);
    const id = await beginPlain(db, storage, { viewer, name: "" });
    const silent = faulty(storage, {
      head: () => Promise.reject(new StorageError("unavailable", "silence")),
    });
    const unknown = await plainUpload(db, silent, { viewer, id });
    assert.equal(unknown.is === "form" && unknown.looked, "unknown");
    await db
      .update(uploads)
      .set({ createdAt: new Date(Date.now() - settings().uploads.ageSecondsMax * 1000 - 1000) })
      .where(eq(uploads.id, id));
    assert.equal(await standingOf(viewer, id), "issued");
  });

  it("is renewed as a form, and one of a page with JavaScript is never shown as one", async () => {
    const viewer = await person(db);
    const id = await beginPlain(db, storage, { viewer, name: "" });
    const permit = await renewUpload(db, storage, { viewer, id });
    assert.equal(permit.transport, "post");
    const bytes = await picture();
    const [answer] = await beginUploads(db, storage, { viewer, uploads: [declare(bytes)] });
    assert.ok(answer?.status === "issued");
    assert.equal(await standingOf(viewer, answer.id), "issued");
  });

  it("whose sender never came back is adopted by the sweeper (F-4)", async () => {
    const viewer = await person(db);
    const id = await beginPlain(db, storage, { viewer, name: "" });
    await send(await formOf(viewer, id), await picture());
    await db
      .update(uploads)
      .set({ policyExpiresAt: new Date(0) })
      .where(eq(uploads.id, id));
    await sweep(db, storage);
    assert.equal(await verify(id), "ready");
  });
});

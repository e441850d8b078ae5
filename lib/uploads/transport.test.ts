import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { eq } from "drizzle-orm";
import { uploads } from "#db/schema.ts";
import { settings } from "../env.ts";
import { lockDown } from "../imaging/index.ts";
import type { Viewer } from "../media.ts";
import { purge } from "../purge.ts";
import type { Storage } from "../storage/port.ts";
import { openStorage } from "../storage/s3.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { beginUploads, completeUploads, renewUpload } from "../uploads.ts";
import { finalize } from "./finalize.ts";
import { declare, issued, person, picture, post, put } from "./testing.ts";
import { acceptsPost, singleTransport } from "./transport.ts";

let database: TestDatabase;
/** A store with POST Object, and one without. */
let whole: TestStore;
let formless: TestStore;
const closers: (() => Promise<unknown>)[] = [];

before(async () => {
  await lockDown();
  database = await testDatabase();
  whole = await testStore();
  formless = await testStore({ refusePost: true });
});
after(async () => {
  for (const close of closers) await close();
  await formless?.close();
  await whole?.close();
  await database?.close();
});

const room = <T>(_size: number, work: () => Promise<T>): Promise<T> => work();
const atOnce = { bytes: room, pixels: room };
const keysUnder = async (storage: Storage, prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const object of storage.list(prefix)) keys.push(object.key);
  return keys;
};

/** Something that answers every request alike, at the address that browsers would use. */
async function inBetween(status: number | undefined, body = "") {
  let asked = 0;
  const server: Server = createServer((request, response) => {
    asked += 1;
    if (status === undefined) request.socket.destroy();
    else {
      request.resume();
      response.writeHead(status).end(body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const storage = openStorage({ ...whole.bucket, publicEndpoint: endpoint });
  closers.push(async () => {
    storage.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { storage, asked: () => asked };
}

async function begin(store: TestStore, viewer: Viewer, bytes: Uint8Array) {
  const [answer] = await beginUploads(database.db, store.storage, { viewer, uploads: [declare(bytes)] });
  return answer;
}

describe("asking a store whether it takes forms", () => {
  it("hears yes from one that does, and leaves nothing behind", async () => {
    assert.equal(await acceptsPost(whole.storage), "post");
    assert.deepEqual(await keysUnder(whole.storage, "incoming/"), []);
  });
  it("hears no from one that answers 501", async () => {
    assert.equal(await acceptsPost(formless.storage), "put");
  });
  it("hears no in a 405", async () => {
    const { storage } = await inBetween(405, "<Error><Code>MethodNotAllowed</Code></Error>");
    assert.equal(await acceptsPost(storage), "put");
  });
  for (const [title, status] of [
    ["a 403", 403],
    ["a 503", 503],
    ["a 400 without a reason", 400],
    ["a redirect", 307],
    ["a connection that is cut", undefined],
  ] as const)
    it(`hears nothing in ${title} (R-33)`, async () => {
      const { storage } = await inBetween(status, "<html>no</html>");
      assert.equal(await acceptsPost(storage), "unknown");
    });
  it("removes what a store kept that does not count bytes", async () => {
    const deleted: string[] = [];
    const { storage } = await inBetween(201);
    const watched: Storage = new Proxy(storage, {
      get(target, name) {
        if (name === "delete") return async (key: string) => void deleted.push(key);
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    assert.equal(await acceptsPost(watched), "post");
    assert.equal(deleted.length, 1);
    assert.match(deleted[0] ?? "", /^incoming\/probe-/);
  });
  it("finds another way in when the address of the browsers leads nowhere from here", async () => {
    const hidden = openStorage({ ...formless.bucket, publicEndpoint: "http://127.0.0.1:1" });
    assert.equal(await acceptsPost(hidden, formless.bucket), "put");
    assert.equal(await acceptsPost(hidden), "unknown");
    hidden.close();
  });
});

describe("auto", () => {
  it("asks once, however many uploads begin at the same time, and remembers a no", async () => {
    const { storage, asked } = await inBetween(501);
    const answers = await Promise.all(Array.from({ length: 50 }, () => singleTransport(storage)));
    assert.deepEqual(new Set(answers), new Set(["put"]));
    assert.equal(await singleTransport(storage), "put");
    assert.equal(asked(), 1);
  });
  it("takes silence for neither: forms are used meanwhile, and the store is asked again (R-33)", async (t) => {
    let clock = 1_000_000;
    t.mock.method(performance, "now", () => clock);
    const { storage, asked } = await inBetween(503);
    assert.equal(await singleTransport(storage), "post");
    assert.equal(await singleTransport(storage), "post");
    assert.equal(asked(), 1);
    clock += 31_000;
    assert.equal(await singleTransport(storage), "post");
    assert.equal(asked(), 2);
  });
  it("is not asked where the setting says how", async () => {
    const { storage, asked } = await inBetween(501);
    const { uploads } = settings();
    for (const transport of ["post", "put"] as const) {
      uploads.transport = transport;
      assert.equal(await singleTransport(storage), transport);
    }
    uploads.transport = "auto";
    assert.equal(asked(), 0);
  });
});

describe("a store without forms", () => {
  it("takes a picture by PUT, all the way into the gallery (R-17)", async () => {
    const { db } = database;
    const viewer = await person(db);
    const bytes = await picture();
    const permit = issued(await begin(formless, viewer, bytes), "put");
    assert.equal((await put(permit, bytes)).status, 200);
    const [answer] = await completeUploads(db, formless.storage, { viewer, ids: [permit.id] });
    assert.equal(answer?.status === "known" && answer.state, "verifying");
    assert.equal(await finalize(db, formless.storage, permit.id, atOnce), "ready");
    await purge(db, formless.storage);
    assert.deepEqual(await keysUnder(formless.storage, "incoming/"), []);
  });
  it("stores nothing but the promised bytes, once: other length, type or content and a replay are refused (F-14)", async () => {
    const viewer = await person(database.db);
    const bytes = await picture();
    const permit = issued(await begin(formless, viewer, bytes), "put");
    const other = Uint8Array.from(bytes, (byte, n) => (n === 100 ? byte ^ 1 : byte));
    assert.equal((await put(permit, Buffer.concat([bytes, Buffer.from("x")]))).status, 403);
    assert.equal((await put(permit, bytes, { "content-type": "text/html" })).status, 403);
    assert.equal((await put(permit, other)).status, 400);
    assert.deepEqual(await keysUnder(formless.storage, "incoming/"), []);
    assert.equal((await put(permit, bytes)).status, 200);
    assert.equal((await put(permit, bytes)).status, 412);
  });
  it("is given a PUT when a form was promised before it was known that it takes none", async () => {
    const { db } = database;
    const viewer = await person(db);
    const bytes = await picture();
    const begun = issued(await begin(formless, viewer, bytes), "put");
    await db.update(uploads).set({ transport: "post" }).where(eq(uploads.id, begun.id));
    const form = await whole.storage.presignPost("incoming/x", {
      bytes: 1,
      contentType: "a/b",
      expiresIn: 60,
    });
    const address = form.url.replace(whole.bucket.endpoint ?? "", formless.bucket.endpoint ?? "");
    assert.equal((await post({ url: address, fields: form.fields }, bytes)).status, 501);
    const renewed = await renewUpload(db, formless.storage, { viewer, id: begun.id });
    assert.equal(renewed.transport, "put");
    const [row] = await db.select().from(uploads).where(eq(uploads.id, begun.id));
    assert.equal(row?.transport, "put");
  });
});

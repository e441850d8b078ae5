import assert from "node:assert/strict";
import { createServer, request as httpRequest, type Server } from "node:http";
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
import { acceptsPost, acceptsPut } from "./probe.ts";
import { declare, issued, person, picture, post, put } from "./testing.ts";
import { singleTransport, transportAnew } from "./transport.ts";

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

/** The store without forms, behind something that refuses certain headers as other stores do. */
async function refusing(headers: Record<string, number>) {
  const { hostname, port } = new URL(formless.bucket.endpoint ?? "");
  const server = createServer((request, response) => {
    const refused = Object.entries(headers).find(([name]) => request.headers[name] !== undefined);
    if (refused !== undefined) {
      request.resume();
      const code = refused[1] === 501 ? "NotImplemented" : "InvalidArgument";
      response.writeHead(refused[1]).end(`<Error><Code>${code}</Code></Error>`);
      return;
    }
    const { method, url, headers: sent } = request;
    const passed = httpRequest({ hostname, port, method, path: url, headers: sent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: own } = server.address() as AddressInfo;
  const storage = openStorage({ ...formless.bucket, publicEndpoint: `http://127.0.0.1:${own}` });
  closers.push(async () => {
    storage.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { storage };
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

describe("asking a store what a PUT may be bound to", () => {
  const everything = { ifAbsent: true, checksum: true };
  it("hears everything from one that knows conditions and checksums, and leaves nothing behind", async () => {
    assert.deepEqual(await acceptsPut(formless.storage), everything);
    assert.deepEqual(await keysUnder(formless.storage, "incoming/"), []);
  });
  for (const [title, refused, left] of [
    ["no checksums", { "x-amz-checksum-sha256": 400 }, { ifAbsent: true, checksum: false }],
    ["no conditions", { "if-none-match": 501 }, { ifAbsent: false, checksum: true }],
    ["neither", { "if-none-match": 501, "x-amz-checksum-sha256": 400 }, { ifAbsent: false, checksum: false }],
  ] as const)
    it(`uses what is left where a store knows ${title}, and uploads go through`, async () => {
      const { storage } = await refusing(refused);
      assert.deepEqual(await acceptsPut(storage), left);
      const viewer = await person(database.db);
      const bytes = await picture();
      const [answer] = await beginUploads(database.db, storage, { viewer, uploads: [declare(bytes)] });
      const permit = issued(answer, "put");
      assert.equal((await put(permit, bytes)).status, 200);
      assert.equal((await put(permit, Buffer.concat([bytes, bytes]))).status, 403);
    });
  it("hears nothing in a 403 or from silence, and binds it to everything meanwhile (R-33)", async () => {
    for (const status of [403, 503, undefined])
      assert.equal(await acceptsPut((await inBetween(status)).storage), "unknown");
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
    assert.equal(await transportAnew(storage, "post"), "post");
    assert.equal(asked(), 2, "whoever was refused a form has it asked at once");
    clock += 31_000;
    assert.equal(await singleTransport(storage), "post");
    assert.equal(asked(), 3);
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
    const before = await keysUnder(formless.storage, "incoming/");
    const permit = issued(await begin(formless, viewer, bytes), "put");
    assert.equal((await put(permit, bytes)).status, 200);
    const [answer] = await completeUploads(db, formless.storage, { viewer, ids: [permit.id] });
    assert.equal(answer?.status === "known" && answer.state, "verifying");
    assert.equal(await finalize(db, formless.storage, permit.id, atOnce), "ready");
    await purge(db, formless.storage);
    assert.deepEqual(await keysUnder(formless.storage, "incoming/"), before);
  });
  it("stores nothing but the promised bytes, once: other length, type or content and a replay are refused (F-14)", async () => {
    const viewer = await person(database.db);
    const bytes = await picture();
    const before = await keysUnder(formless.storage, "incoming/");
    const permit = issued(await begin(formless, viewer, bytes), "put");
    const other = Uint8Array.from(bytes, (byte, n) => (n === 100 ? byte ^ 1 : byte));
    assert.equal((await put(permit, Buffer.concat([bytes, Buffer.from("x")]))).status, 403);
    assert.equal((await put(permit, bytes, { "content-type": "text/html" })).status, 403);
    assert.equal((await put(permit, other)).status, 400);
    assert.deepEqual(await keysUnder(formless.storage, "incoming/"), before);
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

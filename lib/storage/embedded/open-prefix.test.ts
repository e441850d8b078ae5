import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it, test } from "node:test";
import type { Storage } from "../port.ts";
import { openStorage } from "../s3.ts";
import { openPrefixOf } from "./open-prefix.ts";
import { type RunningStore, startStore } from "./server.ts";

test("opens the folder static/ that STATIC_URL leads to in the store, and never any other", () => {
  const base = "http://localhost:9100";
  const opened = (url: string | undefined) => openPrefixOf(url, base, "tintype").map((one) => one.prefix);
  assert.deepEqual(opened(`${base}/tintype/static`), ["static/"]);
  assert.deepEqual(opened(`${base}/tintype/some/folder/static`), ["some/folder/static/"]);
  for (const url of [
    undefined,
    "https://cdn.example/tintype/static",
    `${base}/tintype`,
    `${base}/tintype/media`,
    `${base}/tintype/derived`,
    `${base}/tintype/xstatic`,
    `${base}/tintype/../static`,
    `${base}/tintype/%2e/static`,
    `${base}/other/static`,
    `${base}/tintypestatic`,
  ])
    assert.deepEqual(opened(url), [], url);
});

test("opens no folder that holds the pictures, whatever it is called", () => {
  const base = "http://localhost:9100";
  const opened = (folder: string, location: string) =>
    openPrefixOf(`${base}/tintype/${folder}`, base, "tintype", location).map((one) => one.prefix);
  assert.deepEqual(opened("static", "static/"), []);
  assert.deepEqual(opened("static", "static/gallery/"), []);
  assert.deepEqual(opened("static/static", "static/"), ["static/static/"]);
  assert.deepEqual(opened("gallery/static", "gallery/"), ["gallery/static/"]);
});

describe("a store with one folder open to everybody", () => {
  let folder: string;
  let store: RunningStore;
  let storage: Storage & { close(): void };
  const bucket = "tintype";
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tintype-open-"));
    const region = "ap-northeast-2";
    const credentials = { accessKeyId: "open", secretAccessKey: randomBytes(20).toString("hex") };
    store = await startStore({
      folder,
      host: "127.0.0.1",
      port: 0,
      credentials,
      region,
      open: [{ bucket, prefix: "static/" }],
    });
    storage = openStorage({
      bucket,
      region,
      endpoint: store.url,
      publicEndpoint: store.url,
      credentials,
      forcePathStyle: true,
      location: "",
    });
    await storage.provision({ origins: ["http://localhost:3000"] });
    const meta = {
      contentType: "text/css; charset=utf-8",
      cacheControl: "public, max-age=31536000, immutable",
    };
    for (const key of ["static/a.css", "static-secret/a.css", "media/a.jpg", "staticx"])
      await storage.put(key, Buffer.from(`what is in ${key}`), meta);
  });
  after(async () => {
    storage.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const ask = (target: string, init?: RequestInit) => fetch(`${store.url}/${target}`, init);

  it("reads an object of that folder without a signature, with its headers, whole and in part", async () => {
    const answer = await ask(`${bucket}/static/a.css`, { headers: { origin: "http://localhost:3000" } });
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), "what is in static/a.css");
    assert.equal(answer.headers.get("content-type"), "text/css; charset=utf-8");
    assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
    assert.equal(answer.headers.get("access-control-allow-origin"), "http://localhost:3000");
    const part = await ask(`${bucket}/static/a.css?v=1`, { headers: { range: "bytes=0-3" } });
    assert.deepEqual([part.status, await part.text()], [206, "what"]);
    assert.equal((await ask(`${bucket}/static/a.css`, { method: "HEAD" })).status, 200);
    const etag = answer.headers.get("etag") ?? "";
    const again = await ask(`${bucket}/static/a.css`, { headers: { "if-none-match": etag } });
    assert.equal(again.status, 304);
  });

  it("refuses everything else that nobody signed (A-48)", async () => {
    const refused: [string, RequestInit?][] = [
      [`${bucket}/media/a.jpg`],
      [`${bucket}/static-secret/a.css`],
      [`${bucket}/staticx`],
      [`${bucket}/static/../media/a.jpg`],
      [`${bucket}/static%2f..%2fmedia/a.jpg`],
      [`${bucket}/static/`],
      [`${bucket}/static`],
      [`${bucket}/`],
      [`${bucket}/?list-type=2&prefix=static/`],
      [""],
      [`other/static/a.css`],
      [`${bucket}/static/a.css`, { method: "PUT", body: "mine now" }],
      [`${bucket}/static/a.css`, { method: "DELETE" }],
      [`${bucket}/static/new.css`, { method: "PUT", body: "mine" }],
      [`${bucket}/static/a.css?uploads`, { method: "POST" }],
      [`${bucket}/static/a.css?response-content-type=text/html`],
      [`${bucket}/static/a.css?X-Amz-Signature=0`],
      [`${bucket}/static/a.css`, { headers: { authorization: "AWS4-HMAC-SHA256 nonsense" } }],
    ];
    for (const [target, init] of refused) {
      const { status } = await ask(target, init);
      assert.ok([400, 403].includes(status), `${init?.method ?? "GET"} ${target} answered ${status}`);
    }
    assert.equal(
      String((await storage.get("static/a.css", { bytesMax: 100 }))?.body),
      "what is in static/a.css",
    );
  });

  it("reads the object and nothing about it, whatever the query asks for", async () => {
    for (const name of ["acl", "tagging", "uploadId=1", "versions"]) {
      const answer = await ask(`${bucket}/static/a.css?${name}`);
      assert.equal(await answer.text(), "what is in static/a.css", name);
    }
  });

  it("is open to nobody unless the store is told to", async () => {
    const other = await mkdtemp(path.join(tmpdir(), "tintype-shut-"));
    const shut = await startStore({
      folder: other,
      host: "127.0.0.1",
      port: 0,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      region: "eu-central-1",
    });
    assert.equal((await fetch(`${shut.url}/${bucket}/static/a.css`)).status, 403);
    await shut.close();
    await rm(other, { recursive: true, force: true });
  });
});

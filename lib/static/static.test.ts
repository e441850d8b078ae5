import assert from "node:assert/strict";
import { mkdtemp, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, describe, it, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { buildId, refuseOtherBuild } from "./built.ts";
import { checkStatic } from "./check.ts";
import { contentTypeOf, type Encoding, forever } from "./describe.ts";
import { staticFiles } from "./files.ts";
import { type Planned, planPush, push } from "./push.ts";
import { planPrune, prune, writeRecord } from "./record.ts";
import { lay, layBuild, type OpenStore, openStore } from "./testing.ts";
import { staticUrlOf } from "./url.ts";

const program = `export const words = ${JSON.stringify("say it again ".repeat(500))};`;
const noise = Buffer.from(Array.from({ length: 4000 }, (_, n) => (n * 7919 * (n + 3)) % 251));

let store: OpenStore;
let folder: string;
const buildFolder = () => path.join(folder, "build");
const publicFolder = () => path.join(folder, "public");
const files = () => staticFiles({ build: buildFolder(), public: publicFolder() });
const plan = async (encoding: Encoding = "gzip"): Promise<Planned[]> =>
  planPush(store.storage, await files(), { encoding });
const states = (planned: Planned[]) => Object.fromEntries(planned.map(({ key, state }) => [key, state]));
const keysThere = async (prefix = "static/"): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.storage.list(prefix)) keys.push(key);
  return keys;
};

before(async () => {
  store = await openStore();
});
after(() => store.close());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tintype-static-"));
  await store.storage.deleteMany(await keysThere(""));
  await layBuild(buildFolder(), { id: "build-1", chunks: { "a.0hash.js": program, "b.0hash.css": "a{}" } });
  await lay(publicFolder(), { "icon.svg": "<svg/>", "fonts/마음 1.woff2": noise });
});

test("gives every file the type that its name stands for, text with its charset", () => {
  const types: Record<string, string> = {
    "a.js": "text/javascript; charset=utf-8",
    "a.css": "text/css; charset=utf-8",
    "a.svg": "image/svg+xml; charset=utf-8",
    "a.js.map": "application/json; charset=utf-8",
    "a.webmanifest": "application/manifest+json; charset=utf-8",
    "robots.txt": "text/plain; charset=utf-8",
    "digest-worker.3m49w6gp17-t-.ts": "text/plain; charset=utf-8",
    "a.woff2": "font/woff2",
    "a.PNG": "image/png",
    "a.wasm": "application/wasm",
    "what.is-this": "application/octet-stream",
    LICENSE: "application/octet-stream",
  };
  for (const [name, type] of Object.entries(types)) assert.equal(contentTypeOf(name), type, name);
});

describe("a push", () => {
  it("stores every file with its type, how long it lasts, and text packed where that helps", async () => {
    const { sent, failed } = await push(store.storage, await plan());
    assert.deepEqual([sent.length, failed], [5, []]);
    const script = await store.storage.describe("static/_next/static/chunks/a.0hash.js");
    assert.equal(script?.contentType, "text/javascript; charset=utf-8");
    assert.equal(script?.contentEncoding, "gzip");
    assert.equal(script?.cacheControl, forever);
    const packed = await store.storage.get("static/_next/static/chunks/a.0hash.js", { bytesMax: 10_000 });
    assert.equal(gunzipSync(packed?.body ?? "").toString(), program);
    const style = await store.storage.describe("static/_next/static/chunks/b.0hash.css");
    assert.equal(style?.contentEncoding, undefined, "four letters grow when packed");
    const font = await store.storage.describe("static/fonts/마음 1.woff2");
    assert.equal(font?.contentType, "font/woff2");
    assert.match(font?.cacheControl ?? "", /^public, max-age=300\b/);
    const read = await store.storage.get("static/fonts/마음 1.woff2", { bytesMax: 10_000 });
    assert.deepEqual(read?.body, noise);
  });

  it("gives a browser what it asks for, unpacked, without a signature", async () => {
    for (const encoding of ["gzip", "br", "none"] as const) {
      await push(store.storage, await plan(encoding));
      const answer = await fetch(`${store.staticUrl}/_next/static/chunks/a.0hash.js`);
      assert.equal(answer.headers.get("content-encoding"), encoding === "none" ? null : encoding);
      assert.equal(await answer.text(), program);
    }
  });

  it("sends nothing the second time, and later only what changed", async () => {
    await push(store.storage, await plan());
    assert.deepEqual(new Set(Object.values(states(await plan()))), new Set(["same"]));
    await lay(publicFolder(), { "icon.svg": "<svg>other</svg>", "new.txt": "new" });
    const second = await plan();
    const due = second.filter((file) => file.state !== "same");
    assert.deepEqual(states(due), { "static/icon.svg": "changed", "static/new.txt": "new" });
    const { sent } = await push(store.storage, second);
    assert.deepEqual(sent.map((one) => one.key).sort(), ["static/icon.svg", "static/new.txt"]);
  });

  it("counts an object that something else put there as one to be overwritten", async () => {
    await store.storage.put("static/icon.svg", Buffer.from("<svg/>"), { contentType: "image/svg+xml" });
    assert.equal(states(await plan())["static/icon.svg"], "changed");
  });

  it("sends a file again when it would be stored differently", async () => {
    await push(store.storage, await plan("gzip"));
    const other = states(await plan("br"));
    assert.equal(other["static/_next/static/chunks/a.0hash.js"], "changed");
    assert.equal(other["static/fonts/마음 1.woff2"], "same");
  });

  it("leaves public/ as it is when a file of the build did not arrive", async () => {
    const planned = await plan();
    await unlink(path.join(buildFolder(), "static", "chunks", "a.0hash.js"));
    const { failed } = await push(store.storage, planned);
    assert.deepEqual(
      failed.map((one) => one.key),
      ["static/_next/static/chunks/a.0hash.js"],
    );
    const there = await keysThere();
    assert.ok(there.includes("static/_next/static/chunks/b.0hash.css"));
    assert.ok(!there.includes("static/icon.svg"), there.join());
    assert.deepEqual((await push(store.storage, await plan())).failed.length, 0, "the next push goes on");
  });

  it("does not replace what appeared after somebody was asked", async () => {
    const planned = await plan();
    await store.storage.put("static/icon.svg", Buffer.from("theirs"), { contentType: "image/svg+xml" });
    const { failed } = await push(store.storage, planned);
    assert.deepEqual(
      failed.map((one) => one.key),
      ["static/icon.svg"],
    );
    assert.match(failed[0]?.reason ?? "", /someone else is pushing/);
    assert.equal(String((await store.storage.get("static/icon.svg", { bytesMax: 99 }))?.body), "theirs");
  });

  it("leaves out hidden files and editors' copies, and follows the rest into folders", async () => {
    await lay(publicFolder(), { ".DS_Store": "x", ".git/config": "x", "a.txt~": "x", "deep/er/b.txt": "b" });
    const keys = (await files()).map((file) => file.key);
    assert.ok(keys.includes("static/deep/er/b.txt"));
    assert.ok(!keys.some((key) => /DS_Store|\.git|~/.test(key)), keys.join());
  });

  it("refuses when there is no build, and when public/ takes the build's place", async () => {
    await assert.rejects(staticFiles({ build: folder, public: publicFolder() }), /run tintype build first/);
    await assert.rejects(buildId(folder), /run tintype build first/);
    await lay(publicFolder(), { "_next/static/x.js": "x" });
    await assert.rejects(files(), /name that folder otherwise/);
    await rm(publicFolder(), { recursive: true });
    assert.equal((await files()).length, 3, "without public/ there is the build alone");
  });
});

describe("pruning", () => {
  /** Pushes a build as the command does. */
  const release = async (id: string, chunks: Record<string, string>): Promise<void> => {
    await layBuild(buildFolder(), { id, chunks });
    const all = await files();
    await writeRecord(store.storage, { buildId: id, keys: all.map((file) => file.key) });
    assert.deepEqual((await push(store.storage, await plan())).failed, []);
  };
  const chunk = (name: string): string => `static/_next/static/chunks/${name}`;

  it("removes what only builds before the last two use, and nothing that no push put there", async () => {
    await release("one", { "only-one.js": "1", "shared.js": "s", "one-and-two.js": "12" });
    await store.storage.put("static/admin/css/base.css", Buffer.from("django"), { contentType: "text/css" });
    await release("two", { "only-two.js": "2", "shared.js": "s", "one-and-two.js": "12" });
    await release("three", { "only-three.js": "3", "shared.js": "s" });
    const goes = await planPrune(store.storage, { keepDays: 0 });
    assert.deepEqual(goes.keys, [chunk("only-one.js"), "static/_next/static/one/_buildManifest.js"]);
    assert.deepEqual(await prune(store.storage, goes), []);
    const there = await keysThere();
    for (const name of ["only-two.js", "only-three.js", "shared.js", "one-and-two.js"])
      assert.ok(there.includes(chunk(name)), name);
    assert.ok(there.includes("static/admin/css/base.css"));
    assert.ok(!there.includes(chunk("only-one.js")));
    assert.deepEqual(await planPrune(store.storage, { keepDays: 0 }), { keys: [], records: [] });
  });

  it("keeps everything that was pushed within the days that were named", async () => {
    for (const id of ["one", "two", "three"]) await release(id, { [`${id}.js`]: id });
    assert.deepEqual((await planPrune(store.storage, { keepDays: 7 })).keys, []);
  });

  it("forgets that a build was pushed twice, and not what it consists of", async () => {
    await release("one", { "one.js": "1" });
    await release("one", { "one.js": "1" });
    const goes = await planPrune(store.storage, { keepDays: 0 });
    assert.deepEqual([goes.keys, goes.records.length], [[], 1]);
    await prune(store.storage, goes);
    await release("two", { "two.js": "2" });
    await release("three", { "three.js": "3" });
    const later = await planPrune(store.storage, { keepDays: 0 });
    assert.ok(later.keys.includes(chunk("one.js")));
  });

  it("tells beforehand what a push would make superfluous", async () => {
    await release("one", { "one.js": "1" });
    await release("two", { "two.js": "2" });
    const current = { buildId: "three", keys: [chunk("three.js")] };
    const goes = await planPrune(store.storage, { keepDays: 0, current });
    assert.ok(goes.keys.includes(chunk("one.js")));
    assert.ok(!goes.keys.includes(chunk("two.js")));
  });

  it("takes no order from a record that leads out of static/", async () => {
    await store.storage.put("media/picture.jpg", Buffer.from("x"), { contentType: "image/jpeg" });
    await release("one", { "one.js": "1" });
    for (const [name, body] of [
      ["0-bad.json", JSON.stringify({ buildId: "zero", keys: ["media/picture.jpg"] })],
      ["1-half.json", "{"],
    ] as const)
      await store.storage.put(`static/.pushes/${name}`, Buffer.from(body), {
        contentType: "application/json",
      });
    await release("two", { "two.js": "2" });
    await release("three", { "three.js": "3" });
    await prune(store.storage, await planPrune(store.storage, { keepDays: 0 }));
    assert.ok(await store.storage.exists("media/picture.jpg"));
  });
});

describe("a build and STATIC_URL", () => {
  const environment = (more: Record<string, string>) => ({ TINTYPE_BUILD: buildFolder(), ...more });
  const site = "https://cdn.example/static";

  it("belong together: another address is refused with what to do", async () => {
    await refuseOtherBuild(environment({}));
    await assert.rejects(
      refuseOtherBuild(environment({ STATIC_URL: site })),
      /built without STATIC_URL, .* for STATIC_URL=https:\/\/cdn\.example\/static\. Build them again/,
    );
    await layBuild(buildFolder(), { id: "x", staticUrl: site, chunks: {} });
    await refuseOtherBuild(environment({ STATIC_URL: `${site}/` }));
    await assert.rejects(refuseOtherBuild(environment({})), /without STATIC_URL/);
  });

  it("refuse an address that is none before an hour is spent on it", () => {
    assert.equal(staticUrlOf({ STATIC_URL: "" }), "");
    for (const wrong of ["/static", "cdn.example", "ftp://cdn.example", `${site}?v=1`])
      assert.throws(() => staticUrlOf({ STATIC_URL: wrong }), /must be an http or https address/, wrong);
  });

  it("are checked as a browser would: there, missing, shut and somewhere else", async () => {
    const build = { folder: buildFolder(), id: "build-1" };
    assert.match((await checkStatic(store.staticUrl, build)) ?? "", /answers 404: push/);
    await push(store.storage, await plan());
    assert.equal(await checkStatic(store.staticUrl, build), undefined);
    const shut = store.staticUrl.replace(/static$/, "media");
    assert.match((await checkStatic(shut, build)) ?? "", /answers 403: .*tintype storage policy show/);
    await layBuild(buildFolder(), { id: "build-2", chunks: {} });
    await store.storage.put("static/_next/static/build-2/_buildManifest.js", Buffer.from("<html>"), {
      contentType: "text/html",
    });
    const other = await checkStatic(store.staticUrl, { folder: buildFolder(), id: "build-2" });
    assert.match(other ?? "", /something else than the file of this build/);
    const nowhere = await checkStatic("http://127.0.0.1:9", { folder: buildFolder(), id: "build-2" });
    assert.match(nowhere ?? "", /cannot be reached/);
  });
});

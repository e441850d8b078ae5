/** Lists read about as much as they answer with, however much is in the bucket. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { Catalogue } from "./catalogue.ts";
import { listPage } from "./listing.ts";
import type { Bucket } from "./schema.ts";

const folders = 100;
const inFolder = 200;

describe("a list of twenty thousand keys", () => {
  let folder: string;
  let catalogue: Catalogue;
  let bucket: Bucket;
  let read = 0;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tintype-list-"));
    catalogue = new Catalogue(folder);
    await catalogue.createBucket("many");
    bucket = catalogue.bucket("many") ?? assert.fail();
    await catalogue.change(() => {
      for (let i = 0; i < folders * inFolder; i++) {
        const key = `f${String(i % folders).padStart(3, "0")}/${String(i).padStart(6, "0")}`;
        const none = { parts: undefined, checksum: undefined, headers: {}, tags: "" };
        catalogue.putObject(bucket, { key, body: `b${i}`, bytes: 1, etag: "e", modified: 0, ...none });
      }
    });
    const page = catalogue.page.bind(catalogue);
    catalogue.page = (...args) => {
      const rows = page(...args);
      read += rows.length;
      return rows;
    };
  });
  after(async () => {
    await catalogue.close();
    await rm(folder, { recursive: true });
  });

  const list = (asked: { prefix?: string; delimiter?: string; from?: Buffer; limit?: number }) => {
    read = 0;
    const start = { prefix: "", delimiter: "", from: Buffer.alloc(0), limit: 1000 };
    return listPage({ catalogue }, bucket, { ...start, ...asked });
  };

  it("jumps over everything below a common prefix", () => {
    const page = list({ delimiter: "/" });
    assert.equal(page.prefixes.length, folders);
    assert.equal(page.next, undefined);
    assert.ok(read <= 3 * folders, `${read} rows were read`);
  });

  it("reads a page and one row more, from any place", () => {
    const first = list({ limit: 100 });
    assert.equal(first.objects.length, 100);
    assert.equal(read, 101);
    const later = list({ limit: 100, from: Buffer.from("f090/"), prefix: "f0" });
    assert.equal(later.objects[0]?.key, "f090/000090");
    assert.equal(read, 101);
    assert.equal(list({ prefix: "g" }).objects.length, 0);
    assert.equal(read, 0);
  });

  it("comes to every key exactly once, page by page, with a delimiter and without", () => {
    for (const delimiter of ["", "/"]) {
      const prefix = delimiter === "" ? "" : "f007/";
      const seen: string[] = [];
      for (let from: Buffer | undefined = Buffer.alloc(0); from !== undefined; ) {
        const page = list({ prefix, delimiter, from, limit: 77 });
        seen.push(...page.objects.map((object) => object.key));
        from = page.next;
      }
      assert.equal(new Set(seen).size, delimiter === "" ? folders * inFolder : inFolder);
      assert.deepEqual(seen, [...seen].sort());
      assert.equal(seen.length, new Set(seen).size);
    }
  });

  it("is a walk along the primary key", async () => {
    await catalogue.close();
    const database = new DatabaseSync(path.join(folder, "index.sqlite"));
    const plan = database
      .prepare("explain query plan select * from objects where bucket = ? and key >= ? order by key limit ?")
      .all(1, Buffer.alloc(0), 1);
    assert.deepEqual(
      plan.map((row) => row.detail),
      ["SEARCH objects USING PRIMARY KEY (bucket=? AND key>?)"],
    );
    database.close();
    catalogue = new Catalogue(folder);
  });
});

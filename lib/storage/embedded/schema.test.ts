/** An index that an older Tintype wrote. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { Catalogue } from "./catalogue.ts";

/** As the first version made it. */
const version1 = `
  create table buckets (
    id integer primary key, name text not null unique, created integer not null, cors text not null default '[]'
  ) strict;
  create table objects (
    bucket integer not null references buckets (id), key blob not null, body text not null unique,
    bytes integer not null, etag text not null, sha256 text, modified integer not null, headers text not null,
    primary key (bucket, key)
  ) strict, without rowid;
  create table uploads (
    id text primary key, bucket integer not null references buckets (id), key blob not null,
    headers text not null, created integer not null
  ) strict, without rowid;
  create index uploads_by_key on uploads (bucket, key, id);
  create table parts (
    upload text not null references uploads (id), number integer not null, body text not null unique,
    bytes integer not null, etag text not null, modified integer not null,
    primary key (upload, number)
  ) strict, without rowid;
  insert into buckets (id, name, created) values (1, 'old', 1000);
  insert into objects values (1, cast('a' as blob), 'body-a', 3, 'etag-a', 'c2hh', 2000, '{"content-type":"image/png"}');
  insert into objects values (1, cast('b' as blob), 'body-b', 4, 'etag-b-2', null, 3000, '{}');
  insert into uploads values ('up', 1, cast('c' as blob), '{"x-amz-meta-a":"b"}', 4000);
  insert into parts values ('up', 1, 'body-1', 5, 'etag-1', 5000);
  pragma user_version = 1;
`;

describe("an index of the first version", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tintype-index-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("keeps every object, upload and part, and works on as this version's", async () => {
    const old = new DatabaseSync(path.join(folder, "index.sqlite"));
    old.exec(version1);
    old.close();
    for (const round of ["upgraded", "opened again"]) {
      const catalogue = new Catalogue(folder);
      const bucket = catalogue.bucket("old") ?? assert.fail(round);
      assert.deepEqual(catalogue.object(bucket, "a"), {
        key: "a",
        body: "body-a",
        parts: undefined,
        bytes: 3,
        etag: "etag-a",
        checksum: { algorithm: "sha256", type: "FULL_OBJECT", value: "c2hh" },
        modified: 2000,
        headers: { "content-type": "image/png" },
        tags: "",
      });
      assert.equal(catalogue.object(bucket, "b")?.checksum, undefined);
      assert.equal(catalogue.upload(bucket, "c", "up")?.checksum, undefined);
      assert.deepEqual(
        catalogue.parts("up").map((part) => [part.number, part.body]),
        [[1, "body-1"]],
      );
      await catalogue.close();
    }
    const catalogue = new Catalogue(folder);
    const bucket = catalogue.bucket("old") ?? assert.fail();
    const upload = catalogue.upload(bucket, "c", "up") ?? assert.fail();
    const object = {
      key: "c",
      body: "up",
      parts: 1,
      bytes: 5,
      etag: "whole-1",
      checksum: undefined,
      modified: 6000,
      headers: upload.headers,
      tags: "",
    };
    await catalogue.change(() => catalogue.completeUpload(bucket, object, catalogue.parts("up")));
    assert.deepEqual(await catalogue.change(() => catalogue.removeObject(bucket, "c")), ["body-1"]);
    await catalogue.close();
  });

  it("is left alone when a newer Tintype wrote it", async () => {
    const newer = await mkdtemp(path.join(tmpdir(), "tintype-index-"));
    const database = new DatabaseSync(path.join(newer, "index.sqlite"));
    database.exec(`create table mark (${`a${randomBytes(2).toString("hex")}`}); pragma user_version = 99`);
    database.close();
    assert.throws(() => new Catalogue(newer), /version 99/);
    await rm(newer, { recursive: true });
  });
});

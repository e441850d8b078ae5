/** Backup, restore, rebuilding from the bucket and the comparison, on a store that is not ours. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, it } from "node:test";
import { connect, type Db } from "#db/client.ts";
import { albums, media } from "#db/schema.ts";
import { createAlbum } from "../albums.ts";
import type { BucketSettings } from "../env.ts";
import { lockDown } from "../imaging/index.ts";
import { verify, worker } from "../import/testing.ts";
import { apply } from "../reconcile/apply.ts";
import { quarantineRound } from "../reconcile/quarantine.ts";
import { readReport } from "../reconcile/report.ts";
import { reconcile } from "../reconcile/run.ts";
import { openStorage } from "../storage/s3.ts";
import { emptyDatabase, type TestDatabase, testDatabase } from "../testing.ts";
import { type RunningCeph, startCeph } from "../testing-ceph.ts";
import { declare, issued, person, picture, post } from "../uploads/testing.ts";
import { beginUploads, completeUpload } from "../uploads.ts";
import { backup } from "./backup.ts";
import { inBucket } from "./place.ts";
import { rebuild } from "./rebuild.ts";
import { newest, restore } from "./restore.ts";

let ceph: RunningCeph;
let bucket: BucketSettings;
let storage: ReturnType<typeof openStorage>;
let lost: TestDatabase;
let folder: string;

before(async () => {
  await lockDown();
  ceph = await startCeph();
  bucket = ceph.bucket(`keeping-${randomBytes(4).toString("hex")}`);
  storage = openStorage(bucket);
  await storage.provision({ origins: ["http://localhost:3000"] });
  lost = await testDatabase();
  folder = await mkdtemp(path.join(tmpdir(), "tintype-keeping-ceph-"));
});
after(async () => {
  storage?.close();
  await lost?.close();
  await ceph?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function compared(db: Db): Promise<{ file: string; found: string[] }> {
  const { file } = await reconcile(db, storage, {
    bucket,
    folder,
    // Ceph's clock is the machine's, to the second.
    ageSeconds: -60,
    hashPercent: 100,
    fresh: true,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const found: string[] = [];
  for await (const one of readReport(file)) found.push(`${one.class} ${one.key}`);
  return { file, found: found.sort() };
}

it("on Ceph, a lost database comes back from its backup and the bucket, and what is wrong in either is found and mended", async () => {
  const owner = await person(lost.db, "owner");
  const shown = async (): Promise<Buffer> => {
    const body = await picture();
    const [answer] = await beginUploads(lost.db, storage, { viewer: owner, uploads: [declare(body)] });
    const permit = issued(answer);
    assert.equal((await post(permit, body)).ok, true);
    await completeUpload(lost.db, storage, { viewer: owner, id: permit.id });
    assert.equal(await verify(lost.db, storage, permit.id), "ready");
    return body;
  };
  const bodies = [await shown()];
  await createAlbum(lost.db, { viewer: owner, title: "Trip" });
  await backup(lost.url, inBucket(storage), {});
  bodies.push(await shown());

  const empty = await emptyDatabase();
  const { db, sql } = connect(empty.url, { name: "test" });
  try {
    await restore(empty.url, inBucket(storage), (await newest(inBucket(storage)))?.name ?? "");
    assert.equal((await db.select().from(albums)).length, 1);
    const beside = await worker({ ...lost, url: empty.url, db, sql }, storage);
    const outcomes: string[] = [];
    await rebuild(db, storage, {
      ownerId: owner.id,
      wait: true,
      signal: new AbortController().signal,
      onEvent: ({ outcome }) => outcomes.push(outcome),
      onSilence: () => {},
    });
    await beside.stop();
    assert.deepEqual(outcomes.sort(), ["back", "known"]);
    const rows = await db.select().from(media);
    for (const body of bodies) {
      const kept = await Promise.all(rows.map(({ key }) => storage.get(key, { bytesMax: 1e6 })));
      assert.ok(
        kept.some((one) => one?.body.equals(body)),
        "byte for byte",
      );
    }

    const [row] = rows;
    assert.ok(row);
    await storage.delete(`${row.renditionFolder}/${row.jpegWidths[0]}.jpg`);
    const stray = `derived/${"z".repeat(32)}/640.jpg`;
    await storage.put(stray, Buffer.from("x"), { contentType: "image/jpeg" });
    const { file, found } = await compared(db);
    for (const one of [`missing_rendition ${row.renditionFolder}/`, `orphan_rendition ${stray}`])
      assert.ok(found.includes(one), `${one} in ${found.join(", ")}`);
    const acted: string[] = [];
    await apply({ db, storage, round: quarantineRound(), ageSeconds: -60, ownerId: owner.id }, file, {
      signal: new AbortController().signal,
      onActed: (finding, outcome) => acted.push(`${outcome} ${finding.class}`),
    });
    for (const one of ["done missing_rendition", "done orphan_rendition"])
      assert.ok(acted.includes(one), `${one} in ${acted.join(", ")}`);
    assert.equal(await storage.exists(stray), false);
    const again = await compared(db);
    assert.deepEqual(
      again.found.filter((one) => /orphan|mismatch|missing_original/.test(one)),
      [],
    );
  } finally {
    await sql.end({ timeout: 5 });
    await empty.close();
  }
});

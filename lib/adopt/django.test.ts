import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { eq } from "drizzle-orm";
import { z } from "zod";
import { media } from "#db/schema.ts";
import { openDelivery } from "../delivery/index.ts";
import { getMedia } from "../gallery.ts";
import { lockDown } from "../imaging/index.ts";
import { collected, worker } from "../import/testing.ts";
import type { ObjectHead, ObjectMeta } from "../storage/port.ts";
import { openStorage } from "../storage/s3.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { startCeph } from "../testing-ceph.ts";
import { person, picture, sha256 } from "../uploads/testing.ts";
import { type AdoptEvent, type AdoptOptions, adoptObjects } from "./run.ts";

type Saved = { name: string; body: Buffer; contentType?: string; direct?: true };

type Store = Pick<TestStore, "bucket" | "storage" | "close">;

async function cephStore(): Promise<Store> {
  const ceph = await startCeph();
  const bucket = ceph.bucket("written-by-django");
  const storage = openStorage(bucket);
  await storage.provision({ origins: ["http://localhost:3000"] });
  const close = async (): Promise<void> => {
    storage.close();
    await ceph.stop();
  };
  return { bucket, storage, close };
}

let folder: string;

before(async () => {
  await lockDown();
  folder = await mkdtemp(path.join(tmpdir(), "tintype-test-django-"));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const answer = z.object({ name: z.string() });

/** Has Django save each, and answers the names it gave them. */
async function saveWithDjango({ bucket }: Store, files: Saved[]): Promise<string[]> {
  assert.ok(bucket.credentials);
  const child = spawn("/usr/bin/python3", [path.join(import.meta.dirname, "testing", "django_media.py")], {
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: bucket.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bucket.credentials.secretAccessKey,
      AWS_S3_REGION_NAME: bucket.region,
      AWS_S3_ENDPOINT_URL: bucket.endpoint,
      AWS_STORAGE_BUCKET_NAME: bucket.bucket,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  for (const [n, { name, body, contentType, direct }] of files.entries()) {
    const file = path.join(folder, String(n));
    await writeFile(file, body);
    const line = { name, body: file, contentType: contentType ?? null, direct: direct === true };
    child.stdin.write(`${JSON.stringify(line)}\n`);
  }
  child.stdin.end();
  const [code] = await once(child, "close");
  assert.equal(code, 0, "Django could not save");
  return said
    .trim()
    .split("\n")
    .map((line) => answer.parse(JSON.parse(line)).name);
}

/** Everything a bucket tells of its objects below a prefix. */
async function described({ storage }: Store, prefix: string): Promise<(ObjectHead & ObjectMeta)[]> {
  const found: (ObjectHead & ObjectMeta)[] = [];
  for await (const { key } of storage.list(prefix)) {
    const facts = await storage.describe(key);
    assert.ok(facts);
    found.push(facts);
  }
  return found;
}

const stores: Record<string, () => Promise<Store>> = { "the embedded store": testStore, Ceph: cephStore };
for (const [name, open] of Object.entries(stores))
  describe(`a bucket of ${name} that Django wrote`, () => {
    let store: Store;
    let database: TestDatabase;
    before(async () => {
      database = await testDatabase();
      store = await open();
    });
    after(async () => {
      await store?.close();
      await database?.close();
    });

    it("is adopted without moving or changing a byte, and every picture is shown as it was", async () => {
      const { db } = database;
      const viewer = await person(db);
      const files: Saved[] = [
        { name: "IMG_0001.JPG", body: await picture(), contentType: "image/jpeg" },
        { name: "여름 휴가.jpg", body: await picture(), contentType: "image/jpeg" },
        // What the browser says and the name says is not what it is.
        { name: "scan.png", body: await picture(), contentType: "image/png" },
        { name: "no-ending", body: await picture() },
        { name: "report.pdf", body: Buffer.from("%PDF-1.7 and so on"), contentType: "application/pdf" },
        { name: "imports/50% off + more (1).jpg", body: await picture(), direct: true },
        { name: "imports/Café & Söhne/a=b;c.jpeg", body: await picture(), direct: true },
        {
          name: "imports/old.svg",
          body: Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"),
          direct: true,
        },
        // Above 8 MiB boto3 sends parts: an ETag that is no MD5.
        {
          name: "panorama.jpg",
          body: Buffer.concat([await picture({ width: 900, height: 300 }), Buffer.alloc(9 * 1024 * 1024)]),
          contentType: "image/jpeg",
        },
      ];
      const names = await saveWithDjango(store, files);
      assert.equal(names[1], "photos/2019/07/여름_휴가.jpg");
      const bodyAt = new Map(names.map((name, n) => [`media/${name}`, files[n]?.body ?? Buffer.alloc(0)]));
      const before = await described(store, "");
      assert.deepEqual(before.map((object) => object.key).sort(), [...bodyAt.keys()].sort());
      assert.match(before.find((object) => object.key.endsWith("panorama.jpg"))?.etag ?? "", /-2"$/);

      const adopt = async (changes: Partial<AdoptOptions>) => {
        const told = collected<AdoptEvent>((event) => event.key);
        await adoptObjects(db, store.storage, {
          ownerId: viewer.id,
          prefix: "media/",
          apply: true,
          again: false,
          look: false,
          keep: false,
          visibility: undefined,
          wait: true,
          signal: new AbortController().signal,
          onEvent: told.onEvent,
          onSilence: () => {},
          ...changes,
        });
        return told.byOutcome();
      };
      const others = ["media/imports/old.svg", "media/photos/2019/07/report.pdf"];
      const pictures = [...bodyAt.keys()].filter((key) => !others.includes(key)).sort();
      assert.deepEqual(await adopt({ apply: false }), { new: pictures, other_type: others });
      const beside = await worker(database, store.storage);
      assert.deepEqual(await adopt({}), { adopted: pictures, other_type: others });
      await beside.stop();
      assert.deepEqual(
        await described(store, "media/"),
        before,
        "bytes, ETag, type and time of every object",
      );
      assert.deepEqual(await adopt({}), { known: pictures, other_type: others });

      const delivery = openDelivery(
        { mode: "s3-presigned", windowSeconds: 3600, publicBase: undefined, cloudfront: undefined },
        store.bucket,
        () => store.bucket.credentials ?? assert.fail(),
      );
      const rows = await db.select({ id: media.id }).from(media).where(eq(media.ownerId, viewer.id));
      assert.equal(rows.length, pictures.length);
      for (const { id } of rows) {
        const shown = await getMedia(db, { viewer, id });
        assert.ok(shown?.originalKey);
        const body = bodyAt.get(shown.originalKey);
        assert.ok(body, shown.originalKey);
        const url = delivery.url(shown.originalKey, {
          download: shown.filename ?? "",
          contentType: shown.mime,
        });
        const response = await fetch(url);
        assert.equal(response.status, 200, shown.originalKey);
        assert.equal(response.headers.get("content-type"), "image/jpeg");
        assert.equal(sha256(Buffer.from(await response.arrayBuffer())), sha256(body));
        const rendition = await fetch(delivery.url(`${shown.renditionFolder}/${shown.jpegWidths[0]}.jpg`));
        assert.equal(rendition.status, 200);
        await rendition.arrayBuffer();
      }
    });
  });

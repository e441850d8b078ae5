import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { eq, isNull } from "drizzle-orm";
import { connect, type Db, type Sql } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import { reviveStale } from "#db/queries/uploads.ts";
import { albumMedia, albums, favourites, media, purges, users } from "#db/schema.ts";
import { createAlbum } from "../albums.ts";
import { lockDown } from "../imaging/index.ts";
import { verify, worker } from "../import/testing.ts";
import { trash } from "../library.ts";
import type { Viewer } from "../media.ts";
import { readReport } from "../reconcile/report.ts";
import { reconcile } from "../reconcile/run.ts";
import type { Storage } from "../storage/port.ts";
import { emptyDatabase, type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { declare, issued, person, picture, post } from "../uploads/testing.ts";
import { beginUploads, completeUpload } from "../uploads.ts";
import { backup } from "./backup.ts";
import { inBucket, inFolder, type Place } from "./place.ts";
import { type RebuildEvent, rebuild } from "./rebuild.ts";
import { newest, restore } from "./restore.ts";
import { migrations } from "./schema.ts";

let database: TestDatabase;
let store: TestStore;
let storage: Storage;
let folder: string;
let owner: Viewer;
let member: Viewer;

before(async () => {
  await lockDown();
  database = await testDatabase();
  store = await testStore();
  storage = store.storage;
  folder = await mkdtemp(path.join(tmpdir(), "tintype-backup-"));
  owner = await person(database.db, "owner");
  member = await person(database.db);
});
after(async () => {
  await store?.close();
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

type Shown = { id: string; key: string; body: Buffer };

async function shown(db: Db, viewer: Viewer, filename = "IMG_0001.jpg"): Promise<Shown> {
  const body = await picture();
  const [answer] = await beginUploads(db, storage, { viewer, uploads: [declare(body, { filename })] });
  const permit = issued(answer);
  await post(permit, body);
  const { id } = permit;
  await completeUpload(db, storage, { viewer, id });
  await verify(db, storage, id);
  const [row] = await db.select().from(media).where(eq(media.filename, filename));
  assert.ok(row, "the picture is shown");
  return { id: row.id, key: row.key, body };
}

/** Every row of every table that a backup holds, as text, in an order of its own. */
async function everything(sql: Sql): Promise<Record<string, string[]>> {
  const tables = [
    "users",
    "accounts",
    "media",
    "albums",
    "album_media",
    "favourites",
    "uploads",
    "quotas",
    "media_months",
    "media_days",
    "media_search",
  ];
  const found: Record<string, string[]> = {};
  for (const table of tables) {
    const rows = await sql.unsafe<{ row: string }[]>(
      `select to_jsonb(t)::text as row from "${table}" t order by 1`,
    );
    found[table] = rows.map(({ row }) => row);
  }
  return found;
}

async function opened<T>(url: string, work: (db: Db, sql: Sql) => Promise<T>): Promise<T> {
  const { db, sql } = connect(url, { name: "test" });
  try {
    return await work(db, sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const newestOf = async (place: Place): Promise<string> => {
  const found = await newest(place);
  assert.ok(found);
  return found.name;
};
async function drift(db: Db): Promise<string[]> {
  const { file } = await reconcile(db, storage, {
    bucket: store.bucket,
    folder: path.join(folder, "reconcile"),
    ageSeconds: -60,
    hashPercent: 100,
    fresh: true,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  const found: string[] = [];
  for await (const one of readReport(file)) found.push(`${one.class} ${one.key}`);
  return found.sort();
}

describe("a backup", () => {
  it("brings every row back into an empty database, and takes no passwords into its manifest", async () => {
    const { db, sql } = database;
    const one = await shown(db, member, 'Ännchen "quoted".jpg');
    const thrown = await shown(db, member, "thrown.jpg");
    await trash(db, { viewer: member, ids: [thrown.id] });
    const album = await createAlbum(db, { viewer: member, title: "여름\nand \\N more" });
    await sql`insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
      select ${album}, id, 1, 1, taken_at, '', visibility, true from media where id = ${one.id}`;
    await db.insert(favourites).values({ userId: owner.id, mediaId: one.id, takenAt: new Date(0) });
    await sql`insert into accounts (account_id, provider_id, user_id, password) values ('x', 'credential', ${owner.id}, 'a-secret-hash')`;
    const before = await everything(sql);
    for (const place of [inBucket(storage)]) {
      const made = await backup(database.url, place, {});
      const empty = await emptyDatabase();
      try {
        const restored = await restore(empty.url, place, await newestOf(place));
        assert.deepEqual([restored.media, restored.users], [2, 2]);
        await opened(empty.url, async (again, raw) => {
          assert.deepEqual(await everything(raw), before);
          // What triggers keep is kept again: nothing was left switched off.
          await again.update(media).set({ visibility: "public" }).where(eq(media.id, one.id));
          const [row] = await raw`select sum(count)::int as n from media_months where visibility = 'public'`;
          assert.equal(row?.n, 1);
          const [due] = await again.select().from(purges).where(eq(purges.mediaId, thrown.id));
          assert.ok((due?.notBefore.getTime() ?? 0) > Date.now() + 29 * 86_400_000);
        });
      } finally {
        await empty.close();
      }
      const manifest = await place.read(`${made.name}/gallery.ndjson.gz`);
      assert.ok(manifest);
      const pieces: Uint8Array[] = [];
      for await (const piece of manifest) pieces.push(piece);
      const lines = gunzipSync(Buffer.concat(pieces)).toString("utf8").trimEnd().split("\n");
      const read: { type: string; id?: string; title?: string; filename?: string }[] = lines.map((line) =>
        JSON.parse(line),
      );
      assert.equal(read.find((line) => line.type === "album")?.title, "여름\nand \\N more");
      assert.equal(read.find((line) => line.id === one.id)?.filename, 'Ännchen "quoted".jpg');
      assert.doesNotMatch(lines.join("\n"), /a-secret-hash|password/);
    }
  });

  it("lets uploads that were being verified go on, and names no keys of what may have been published since", async () => {
    const place = inBucket(storage);
    const [begun] = await database.sql`
      insert into uploads (owner_id, state, client_token, staging_key, final_key, rendition_folder, filename,
        declared_mime, bytes, sha256, policy_expires_at, lease_token, lease_until, attempts)
      values (${member.id}, 'verifying', gen_random_uuid(), 'incoming/x', 'media/x.jpg', 'derived/x', 'a.jpg', 'image/jpeg',
        10, ${Buffer.alloc(32)}, now(), gen_random_uuid(), now() + interval '1 minute', 2)
      returning id`;
    const empty = await emptyDatabase();
    try {
      await backup(database.url, place, {});
      await restore(empty.url, place, await newestOf(place));
      await opened(empty.url, async (again, raw) => {
        const revived = await reviveStale(again, 60, 10);
        assert.deepEqual(
          revived.map(({ id }) => id),
          [begun?.id],
        );
        const [row] =
          await raw`select attempts, final_key, rendition_folder, lease_token from uploads where id = ${begun?.id}`;
        assert.deepEqual(
          { ...row },
          { attempts: 0, final_key: null, rendition_folder: null, lease_token: null },
        );
      });
    } finally {
      await database.sql`delete from uploads where id = ${begun?.id}`;
      await empty.close();
    }
  });

  it("keeps the newest ones, is listed while half, and never takes half a backup for one", async () => {
    const place = inFolder(path.join(folder, "kept"));
    await assert.rejects(
      backup(
        database.url,
        {
          ...place,
          write: (name, body) =>
            name.includes("media") ? Promise.reject(new Error("full")) : place.write(name, body),
        },
        {},
      ),
      /full/,
    );
    assert.equal(await newest(place), undefined);
    assert.deepEqual(
      (await place.list()).map(({ whole }) => whole),
      [false],
    );
    for (let n = 0; n < 3; n++) {
      const { name } = await backup(database.url, place, { keep: 2 });
      // Its name says when it was made, to the second.
      const earlier = name.replace(/^\d{4}/, String(2020 + n));
      await cp(path.join(folder, "kept", name), path.join(folder, "kept", earlier), { recursive: true });
      await rm(path.join(folder, "kept", name), { recursive: true });
    }
    const { removed, name } = await backup(database.url, place, { keep: 2 });
    assert.deepEqual(removed.map((one) => one.slice(0, 4)).sort(), ["2021"]);
    assert.equal(await newestOf(place), name);
  });

  it("that is damaged, of a newer version, or not asked for changes nothing", async () => {
    const place = inFolder(path.join(folder, "damaged"));
    const { name } = await backup(database.url, place, {});
    await assert.rejects(restore(database.url, place, name), /holds a gallery already/);
    const at = (file: string): string => path.join(folder, "damaged", name, file);
    const empty = await emptyDatabase();
    try {
      const last = await readFile(at("backup.json"), "utf8");
      await writeFile(at("backup.json"), last.replace(/"when": \d+/, '"when": 1'));
      await assert.rejects(restore(empty.url, place, name), /newer Tintype/);
      await writeFile(at("backup.json"), last);
      const [table = ""] = (await readdir(at("tables"))).filter((file) => file.startsWith("media."));
      const bytes = await readFile(at(`tables/${table}`));
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9);
      await writeFile(at(`tables/${table}`), bytes);
      await assert.rejects(restore(empty.url, place, name), /damaged/);
      await rm(at(`tables/${table}`));
      await assert.rejects(restore(empty.url, place, name), /is missing/);
      const found = await opened(empty.url, (_, raw) => raw`select to_regclass('public.media') as made`);
      assert.equal(found[0]?.made, null);
    } finally {
      await empty.close();
    }
  });

  it("of an older version is put up with its tables, and brought to this version's", async () => {
    const older = await emptyDatabase();
    const newer = await testDatabase();
    const place = inFolder(path.join(folder, "older"));
    const through = (await migrations())[10];
    assert.ok(through);
    try {
      await migrate(older.url, { through: through.when });
      await opened(older.url, async (_, raw) => {
        await raw`insert into users (name, email, role) values ('Old', 'old@example.com', 'owner')`;
        await raw`insert into media (owner_id, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime, width,
            height, thumbhash, color, filename, taken_at, taken_source, visibility)
          select id, 'media/old.jpg', 'derived/old', '{1}', '{1}', sha256('x'), 1, 'image/jpeg', 4, 3, 'x', 0, 'old.jpg',
            '2001-02-03', 'camera', 'public' from users`;
        const made = await backup(older.url, place, {});
        assert.ok(made.rows > 0);
      });
      // One that this version has made and that nobody has used yet is empty as well.
      await restore(newer.url, place, await newestOf(place));
      const [row] = await newer.db.select().from(media);
      assert.equal(row?.filename, "old.jpg");
      const [day] = await newer.sql`select day::text, count from media_days where visibility = 'public'`;
      assert.deepEqual(
        [day?.day, day?.count],
        ["2001-02-03", 1],
        "later migrations have seen the older rows",
      );
    } finally {
      await older.close();
      await newer.close();
    }
  });
});

describe("with the database lost or of another age (F-26),", () => {
  it("every picture comes back from the bucket alone, byte for byte, with title, album and owner where the backup knew them", async () => {
    const lost = await testDatabase();
    const place = inBucket(storage);
    for await (const { key } of storage.list("")) await storage.delete(key);
    const [a, b] = [await person(lost.db, "owner"), await person(lost.db)];
    const known = [await shown(lost.db, a, "a.jpg"), await shown(lost.db, b, "b.jpg")];
    const [first, second] = known;
    assert.ok(first && second);
    await lost.db.update(media).set({ title: "Harbour", visibility: "public" }).where(eq(media.id, first.id));
    const album = await createAlbum(lost.db, { viewer: b, title: "Trip" });
    await lost.sql`insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
      select ${album}, id, 1, 1, taken_at, '', visibility, true from media where id = ${second.id}`;
    await backup(lost.url, place, {});
    const later = [await shown(lost.db, a, "later.jpg"), await shown(lost.db, b, "뒤.jpg")];
    await lost.close();

    const fresh = await emptyDatabase();
    try {
      await restore(fresh.url, place, await newestOf(place));
      await opened(fresh.url, async (db, sql) => {
        assert.deepEqual(
          (await drift(db)).filter((one) => one.startsWith("orphan_original")),
          later.map(({ key }) => `orphan_original ${key}`).sort(),
          "a database that is older than the bucket is told so",
        );
        const events: RebuildEvent[] = [];
        const beside = await worker({ ...database, url: fresh.url, db, sql }, storage);
        await rebuild(db, storage, {
          ownerId: a.id,
          wait: true,
          signal: new AbortController().signal,
          onEvent: (event) => events.push(event),
          onSilence: () => {},
        });
        await beside.stop();
        assert.deepEqual(
          events.map(({ key, outcome }) => `${outcome} ${key}`).sort(),
          [...known.map(({ key }) => `known ${key}`), ...later.map(({ key }) => `back ${key}`)].sort(),
        );
        const rows = await db.select().from(media);
        assert.equal(rows.length, 4);
        for (const { key, body } of [...known, ...later]) {
          assert.ok(rows.some((row) => row.key === key));
          assert.deepEqual((await storage.get(key, { bytesMax: 1e6 }))?.body, body);
        }
        const of = (filename: string) => rows.find((row) => row.filename === filename);
        assert.deepEqual(
          ["a.jpg", "b.jpg", "later.jpg", "뒤.jpg"].map((name) => [
            of(name)?.ownerId,
            of(name)?.title,
            of(name)?.visibility,
          ]),
          [
            [a.id, "Harbour", "public"],
            [b.id, "", "private"],
            [a.id, "", "private"],
            [b.id, "", "private"],
          ],
        );
        const [place] = await db
          .select()
          .from(albumMedia)
          .innerJoin(albums, eq(albums.id, albumMedia.albumId));
        assert.deepEqual([place?.albums.title, place?.album_media.mediaId], ["Trip", second.id]);
        assert.equal((await db.select().from(users)).length, 2);
        assert.deepEqual(
          (await drift(db)).filter((one) => /original|mismatch|quota/.test(one)),
          [],
          "then both agree",
        );
      });
    } finally {
      await fresh.close();
    }
  });

  it("a database that is younger than the bucket has its missing pictures told, and nothing is removed", async () => {
    const young = await testDatabase();
    try {
      for await (const { key } of storage.list("")) await storage.delete(key);
      const viewer = await person(young.db, "owner");
      const [kept, gone] = [
        await shown(young.db, viewer, "kept.jpg"),
        await shown(young.db, viewer, "gone.jpg"),
      ];
      await young.db.update(purges).set({ doneAt: new Date() }).where(isNull(purges.doneAt));
      for await (const { key } of storage.list("incoming/")) await storage.delete(key);
      await storage.delete(gone.key);
      assert.deepEqual(await drift(young.db), [`missing_original ${gone.key}`]);
      assert.ok(await storage.head(kept.key));
      assert.equal((await young.db.select().from(media)).length, 2);
    } finally {
      await young.close();
    }
  });
});

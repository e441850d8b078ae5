import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { eq } from "drizzle-orm";
import * as schema from "#db/schema.ts";
import { TintypeError } from "./errors.ts";
import { trash } from "./library.ts";
import type { Role, Viewer } from "./media.ts";
import { renditionFolder } from "./storage/keys.ts";
import { type TestDatabase, testDatabase } from "./testing.ts";
import { emptyTrash, listTrash, takeBack } from "./trash-list.ts";

let box: TestDatabase;
before(async () => {
  process.env.APP_URL = "https://pictures.example.org";
  process.env.TRASH_SECONDS = "86400";
  box = await testDatabase();
});
after(() => box.close());

async function person(role: Role): Promise<Viewer> {
  const email = `${randomUUID()}@example.org`;
  const [row] = await box.db.insert(schema.users).values({ name: role, email, role }).returning();
  assert.ok(row);
  return { id: row.id, name: role, email, role };
}

const digest = (): string => randomBytes(32).toString("hex");

async function add(owner: Viewer, n: number, sha256?: string): Promise<string[]> {
  const rows = await box.db
    .insert(schema.media)
    .values(
      Array.from({ length: n }, () => ({
        ownerId: owner.id,
        takenAt: new Date(),
        key: `media/${randomUUID()}.jpg`,
        renditionFolder: renditionFolder(),
        avifWidths: [320, 640],
        jpegWidths: [640],
        sha256: sha256 ?? digest(),
        bytes: 1000,
        mime: "image/jpeg" as const,
        width: 640,
        height: 480,
        thumbhash: Buffer.from("00", "hex"),
        color: 0x336699,
        filename: "IMG_0001.JPG",
        takenSource: "camera" as const,
      })),
    )
    .returning({ id: schema.media.id });
  return rows.map(({ id }) => id);
}

/** Adds media and throws them away; all of one call have the same moment. */
async function thrown(owner: Viewer, n: number, sha256?: string): Promise<string[]> {
  const ids = await add(owner, n, sha256);
  assert.equal((await trash(box.db, { viewer: owner, ids })).length, n);
  return ids;
}

async function walk(viewer: Viewer, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await listTrash(box.db, { viewer, cursor, limit });
    pages.push(page.rows.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== undefined);
  return pages;
}

test("the trash holds one's own media that are thrown away and not yet removed, an administrator's as well", async () => {
  const [ann, admin] = [await person("member"), await person("admin")];
  await add(ann, 2);
  const [mine, purged] = await thrown(ann, 2);
  await thrown(admin, 1);
  await box.sql`update media set purged_at = now() where id = ${purged ?? ""}`;
  assert.deepEqual(await walk(ann, 50), [[mine]]);
  assert.equal((await walk(admin, 50)).flat().length, 1);
});

test("every page of the trash together holds each medium once, the newest thrown away first", async () => {
  const ann = await person("member");
  const older = await thrown(ann, 7);
  const newer = await thrown(ann, 6);
  const pages = await walk(ann, 4);
  assert.deepEqual(
    pages.map((page) => page.length),
    [4, 4, 4, 1],
  );
  const seen = pages.flat();
  assert.deepEqual(new Set(seen.slice(0, 6)), new Set(newer));
  assert.deepEqual(new Set(seen.slice(6)), new Set(older));
  assert.deepEqual((await walk(ann, 13)).length, 1);
});

test("each says until when it is kept: the moment of its removal, not of today's setting (F-18)", async () => {
  const ann = await person("member");
  const [id] = await thrown(ann, 1);
  const read = async () => {
    const [row] = (await listTrash(box.db, { viewer: ann, limit: 1 })).rows;
    assert.ok(row);
    return row.goesAt.getTime() - row.deletedAt.getTime();
  };
  assert.equal(await read(), 86_400_000);
  await box.sql`update purges set not_before = not_before + interval '2 days' where media_id = ${id ?? ""}`;
  assert.equal(await read(), 3 * 86_400_000);
});

test("what is being removed already is not offered any more", async () => {
  const ann = await person("member");
  const [kept, leaving] = await thrown(ann, 2);
  await box.sql`update purges set not_before = now() where media_id = ${leaving ?? ""}`;
  assert.deepEqual(await walk(ann, 50), [[kept]]);
});

test("what is restored leaves the trash, and a last page that empties leads back to the first (F-20)", async () => {
  const ann = await person("member");
  await thrown(ann, 5);
  const first = await listTrash(box.db, { viewer: ann, limit: 3 });
  const last = await listTrash(box.db, { viewer: ann, cursor: first.next, limit: 3 });
  const ids = last.rows.map(({ id }) => id);
  assert.deepEqual(await takeBack(box.db, { viewer: ann, ids }), { back: 2, repeated: 0, gone: 0 });
  assert.deepEqual(await listTrash(box.db, { viewer: ann, cursor: first.next, limit: 3 }), {
    rows: first.rows,
    next: undefined,
  });
  const [open] =
    await box.sql`select count(*)::int as n from purges where done_at is null and media_id in ${box.sql(ids)}`;
  assert.equal(open?.n, 0);
  // A form sent twice.
  assert.deepEqual(await takeBack(box.db, { viewer: ann, ids }), { back: 2, repeated: 0, gone: 0 });
});

test("what could not be restored is told apart: uploaded again, chosen twice, gone, somebody else's", async () => {
  const [ann, admin] = [await person("member"), await person("admin")];
  const again = digest();
  const [repeated] = await thrown(ann, 1, again);
  await add(ann, 1, again);
  const twin = digest();
  const twins = [...(await thrown(ann, 1, twin)), ...(await thrown(ann, 1, twin))];
  const [fine, purged] = await thrown(ann, 2);
  await box.sql`update media set purged_at = now() where id = ${purged ?? ""}`;
  const ids = [repeated ?? "", ...twins, fine ?? "", purged ?? "", randomUUID()];
  // Not even an administrator takes back others' media here.
  assert.deepEqual(await takeBack(box.db, { viewer: admin, ids }), { back: 0, repeated: 0, gone: 6 });
  assert.deepEqual(await takeBack(box.db, { viewer: ann, ids }), { back: 2, repeated: 2, gone: 2 });
  assert.equal((await walk(ann, 50)).flat().length, 2);
});

test("a cursor of somebody else's making starts at the beginning (A-51)", async () => {
  const ann = await person("member");
  const [id] = await thrown(ann, 1);
  const wrong = ["", "x", "%00", "W10", Buffer.from("[1e99,1]").toString("base64url"), "A".repeat(5000)];
  for (const cursor of wrong)
    assert.equal((await listTrash(box.db, { viewer: ann, cursor, limit: 5 })).rows[0]?.id, id, cursor);
});

test("a stranger and those who may only look have no trash", async () => {
  const refused = (code: string) => (error: unknown) => error instanceof TintypeError && error.code === code;
  const looks = await person("viewer");
  await assert.rejects(listTrash(box.db, { viewer: undefined, limit: 1 }), refused("unauthenticated"));
  await assert.rejects(takeBack(box.db, { viewer: undefined, ids: [] }), refused("unauthenticated"));
  await assert.rejects(listTrash(box.db, { viewer: looks, limit: 1 }), refused("forbidden"));
  await assert.rejects(takeBack(box.db, { viewer: looks, ids: [] }), refused("forbidden"));
});

test("emptied early, one's own trash is gone for good at once: what is thrown away later and what is others' stays", async () => {
  const [owner, other] = [await person("member"), await person("member")];
  const [mine, theirs] = [await thrown(owner, 3), await thrown(other, 1)];
  await box.db.update(schema.quotas).set({ usedBytes: 4000 }).where(eq(schema.quotas.ownerId, owner.id));
  // By the clock of the database, as the page shows it.
  const [clock] = await box.sql<{ now: Date }[]>`select now()`;
  assert.ok(clock);
  const before = new Date(clock.now);
  const [one = ""] = mine;
  // One whose end nobody put down is removed as well.
  await box.db.delete(schema.purges).where(eq(schema.purges.mediaId, one));
  await box.sql`select pg_sleep(0.01)`;
  const late = await thrown(owner, 1);
  assert.equal(await emptyTrash(box.db, { viewer: owner, before }), 3);
  assert.equal(await emptyTrash(box.db, { viewer: owner, before }), 0);
  const left = await listTrash(box.db, { viewer: owner, limit: 10 });
  assert.deepEqual(
    left.rows.map(({ id }) => id),
    late,
  );
  assert.deepEqual(await takeBack(box.db, { viewer: owner, ids: mine }), { back: 0, repeated: 0, gone: 3 });
  assert.equal((await listTrash(box.db, { viewer: other, limit: 10 })).rows.length, theirs.length);
  const due =
    await box.sql`select count(*)::int as n from purges where media_id = any(${mine}) and done_at is null and not_before <= now()`;
  assert.equal(due[0]?.n, 3);
  const [quota] = await box.db.select().from(schema.quotas).where(eq(schema.quotas.ownerId, owner.id));
  assert.equal(quota?.usedBytes, 1000);
  await assert.rejects(emptyTrash(box.db, { viewer: undefined, before }), { code: "unauthenticated" });
});

test("a picture whose twin is being uploaded at that moment stays in the trash, and nothing fails", async () => {
  const ann = await person("member");
  const sha256 = digest();
  const [id = ""] = await thrown(ann, 1, sha256);
  const { promise: found, resolve: go } = Promise.withResolvers<void>();
  const uploading = box.sql.begin(async (sql) => {
    await sql`insert into media (owner_id, taken_at, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime, width,
        height, thumbhash, color, filename, taken_source)
      select owner_id, taken_at, 'media/twin.jpg', 'derived/twin', avif_widths, jpeg_widths, sha256, bytes, mime, width,
        height, thumbhash, color, filename, taken_source from media where id = ${id}`;
    await found;
  });
  const restoring = takeBack(box.db, { viewer: ann, ids: [id] });
  const waiting = () =>
    box.sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await waiting()).length === 0) await setImmediate();
  go();
  await uploading;
  assert.deepEqual(await restoring, { back: 0, repeated: 1, gone: 0 });
});

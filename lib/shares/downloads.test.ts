import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eq } from "drizzle-orm";
import * as schema from "#db/schema.ts";
import { changeMedia } from "../bulk/change.ts";
import { selectionShape } from "../bulk/shapes.ts";
import type { DownloadFile, DownloadSize } from "../downloads/shapes.ts";
import { TintypeError } from "../errors.ts";
import type { Viewer } from "../media.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { beginShareDownload, listShareDownload, shareAddresses, sumShare } from "./downloads.ts";
import { createShare } from "./manage.ts";
import { mustBeOpen, type OpenShare } from "./open.ts";
import { album, person, pictures } from "./testing.ts";

let box: TestDatabase;
before(async () => {
  box = await testDatabase();
  Object.assign(process.env, {
    DATABASE_URL: box.url,
    AUTH_SECRET: "a secret of the tests, 32 or more characters",
    LOG_LEVEL: "silent",
    S3_BUCKET: "pictures",
    S3_REGION: "us-east-1",
    S3_ENDPOINT: "http://127.0.0.1:9",
    S3_ACCESS_KEY_ID: "key",
    S3_SECRET_ACCESS_KEY: "secret",
  });
});
after(() => box.close());

async function filled(owner: Viewer, title: string, parentId: string | null, ids: string[]): Promise<string> {
  const id = await album(box.db, owner, title);
  await box.db.update(schema.albums).set({ parentId }).where(eq(schema.albums.id, id));
  await changeMedia(box.db, {
    viewer: owner,
    selection: selectionShape.parse({ ids }),
    change: { kind: "album", add: id },
  });
  return id;
}

/** Jeju (2) › Day: 1 (1), shared with everything in it. */
async function trip(download: "renditions" | "originals" = "originals") {
  const owner = await person(box.db);
  const ids = await pictures(box.db, owner, 3);
  const root = await filled(owner, "Jeju", null, ids.slice(0, 2));
  await filled(owner, "Day: 1", root, ids.slice(2));
  const { link } = await createShare(box.db, {
    viewer: owner,
    of: { album: root },
    settings: { label: "Mia", withAlbums: true, download },
  });
  const share = await mustBeOpen(box.db, link.split("/").at(-1) ?? "", { cookie: undefined });
  return { owner, ids, share };
}

async function all(share: OpenShare, size: DownloadSize): Promise<{ files: DownloadFile[]; ticket: string }> {
  const ticket = await beginShareDownload(box.db, share, size);
  const files: DownloadFile[] = [];
  let cursor: string | undefined;
  do {
    const page = await listShareDownload(box.db, share, { size, cursor, ticket });
    files.push(...page.files);
    cursor = page.next;
  } while (cursor !== undefined);
  return { files, ticket };
}

const refused =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof TintypeError && error.code === code;

test("the albums in a shared album are folders, each file has its address, and none of it has a file's name", async () => {
  const { share, ids } = await trip();
  const { files, ticket } = await all(share, "original");
  assert.deepEqual(
    files.map(({ folder, name }) => [...folder, name]),
    [["2026-05-03 00.00.00.jpg"], ["2026-05-03 01.00.00.jpg"], ["Day: 1", "2026-05-03 02.00.00.jpg"]],
  );
  assert.ok(files.every(({ id }) => !ids.some((own) => id.includes(own))));
  const wanted = files.map(({ id }) => id);
  const found = await shareAddresses(box.db, share, { size: "original", ids: wanted, ticket });
  assert.deepEqual(Object.keys(found).sort(), [...wanted].sort());
  assert.equal(new Set(Object.values(found).map((url) => new URL(url).pathname)).size, 3);
  const sum = await sumShare(box.db, share, "original");
  assert.deepEqual(
    [sum.count, sum.bytes, sum.exact],
    [3, files.reduce((bytes, file) => bytes + (file.bytes ?? 0), 0), true],
  );
});

test("a still and the clip that was taken with it come as two originals of one name, each with its checksum", async () => {
  const { share, ids, owner } = await trip();
  await box.db.insert(schema.halves).values({
    mediaId: ids[0] ?? "",
    ownerId: owner.id,
    contentId: "one",
    clipKey: "media/clip.mov",
    clipBytes: 7_000,
    clipSha256: "ab".repeat(32),
    clipMime: "video/quicktime",
    clipFilename: "SECRET.MOV",
  });
  const { files, ticket } = await all(share, "original");
  assert.deepEqual(
    files.slice(0, 3).map(({ name }) => name),
    ["2026-05-03 00.00.00.jpg", "2026-05-03 00.00.00.mov", "2026-05-03 01.00.00.jpg"],
  );
  const clip = files[1];
  assert.deepEqual([clip?.bytes, clip?.sha256], [7_000, "ab".repeat(32)]);
  const found = await shareAddresses(box.db, share, { size: "original", ids: [clip?.id ?? ""], ticket });
  assert.match(found[clip?.id ?? ""] ?? "", /media\/clip\.mov\?/);
  assert.equal((await sumShare(box.db, share, "original")).bytes, 1000 + 1001 + 1002 + 7000);
  // Prepared sizes are one file each.
  assert.equal((await all(share, "jpeg")).files.length, 3);
});

test("originals are in no download that does not offer them, and nothing is without a ticket of this share (R-46)", async () => {
  const { share } = await trip("renditions");
  const { files, ticket } = await all(share, "large");
  assert.ok(files.every(({ name, sha256 }) => name.endsWith(".avif") && sha256 === undefined));
  const ask = { size: "large" as const, ids: files.map(({ id }) => id) };
  const addresses = Object.values(await shareAddresses(box.db, share, { ...ask, ticket }));
  assert.ok(addresses.length === 3 && addresses.every((url) => url.includes("/derived/")));
  await assert.rejects(all(share, "original"), refused("forbidden"));
  await assert.rejects(
    shareAddresses(box.db, share, { ...ask, size: "original", ticket }),
    refused("forbidden"),
  );
  const other = await trip();
  for (const wrong of [undefined, "", ticket])
    await assert.rejects(
      listShareDownload(box.db, other.share, { size: "large", cursor: undefined, ticket: wrong }),
      refused("forbidden"),
    );
  // Names of one share lead nowhere in another, whatever stands behind them.
  const theirs = await beginShareDownload(box.db, other.share, "large");
  for (const ids of [ask.ids, ["x", "~", "a~b", "~.m", "%00"]])
    assert.deepEqual(await shareAddresses(box.db, other.share, { size: "large", ids, ticket: theirs }), {});
  for (const cursor of ["x", "0.x", "9.", "-1.", "0"])
    await assert.rejects(
      listShareDownload(box.db, other.share, { size: "large", cursor, ticket: theirs }),
      refused("not_found"),
    );
});

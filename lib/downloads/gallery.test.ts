import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eq } from "drizzle-orm";
import * as schema from "#db/schema.ts";
import { changeMedia } from "../bulk/change.ts";
import { selectionShape } from "../bulk/shapes.ts";
import { TintypeError } from "../errors.ts";
import type { Viewer } from "../media.ts";
import { album, person, pictures } from "../shares/testing.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { type DownloadOf, listDownload, sumDownload } from "./gallery.ts";
import type { DownloadFile, DownloadSize } from "./shapes.ts";

let box: TestDatabase;
before(async () => {
  box = await testDatabase();
});
after(() => box.close());

const selection = (given: Parameters<typeof selectionShape.parse>[0]): DownloadOf => ({
  selection: selectionShape.parse(given),
});

async function all(
  viewer: Viewer | undefined,
  of: DownloadOf,
  size: DownloadSize = "original",
): Promise<DownloadFile[]> {
  const files: DownloadFile[] = [];
  let cursor: string | undefined;
  do {
    const page = await listDownload(box.db, { viewer, size, of, cursor });
    files.push(...page.files);
    cursor = page.next;
  } while (cursor !== undefined);
  return files;
}

const into = (viewer: Viewer, albumId: string, ids: string[]) =>
  changeMedia(box.db, {
    viewer,
    selection: selectionShape.parse({ ids }),
    change: { kind: "album", add: albumId },
  });

test("an album is saved with the albums in it as folders, page by page, and its sum is exact", async () => {
  const owner = await person(box.db);
  const root = await album(box.db, owner, "Jeju");
  const inside = await album(box.db, owner, "Day: 1");
  const deep = await album(box.db, owner, "Evening");
  await box.db.update(schema.albums).set({ parentId: root }).where(eq(schema.albums.id, inside));
  await box.db.update(schema.albums).set({ parentId: inside }).where(eq(schema.albums.id, deep));
  await into(owner, root, await pictures(box.db, owner, 502));
  await into(owner, inside, await pictures(box.db, owner, 2));
  await into(owner, deep, await pictures(box.db, owner, 1));
  const of = { list: `album.${root}` };
  const files = await all(owner, of);
  assert.equal(files.length, 505);
  const folders = files.map(({ folder }) => folder.join("/"));
  assert.deepEqual([...new Set(folders)], ["", "Day: 1", "Day: 1/Evening"]);
  assert.equal(files[0]?.name, "SECRET_0.jpg");
  const sum = await sumDownload(box.db, { viewer: owner, size: "original", of });
  assert.deepEqual(
    [sum.count, sum.bytes, sum.exact, sum.more],
    [505, files.reduce((bytes, file) => bytes + (file.bytes ?? 0), 0), true, false],
  );
});

test("what others made comes without their files' names and originals", async () => {
  const [owner, other] = [await person(box.db), await person(box.db)];
  const [shown] = await pictures(box.db, other, 1, "public");
  const [hidden] = await pictures(box.db, other, 1);
  const [mine] = await pictures(box.db, owner, 1);
  assert.ok(shown && hidden && mine);
  const files = await all(owner, selection({ ids: [shown, hidden, mine] }));
  assert.deepEqual(
    files.map(({ id, name, sha256 }) => [id, name, sha256 !== undefined]).sort(),
    [
      [shown, "2026-05-03 00.00.00.avif", false],
      [mine, "SECRET_0.jpg", true],
    ].sort(),
  );
});

test("a selection that is described is saved in pages without one twice", async () => {
  const owner = await person(box.db);
  const ids = await pictures(box.db, owner, 620);
  const of = selection({ all: true, except: ids.slice(0, 5) });
  const files = await all(owner, of, "jpeg");
  assert.equal(new Set(files.map(({ id }) => id)).size, files.length);
  // What others show to everybody is in the timeline as well.
  assert.deepEqual(
    new Set(files.map(({ id }) => id).filter((id) => ids.includes(id))),
    new Set(ids.slice(5)),
  );
  const sum = await sumDownload(box.db, { viewer: owner, size: "jpeg", of });
  assert.deepEqual([sum.count, sum.exact], [files.length, false]);
});

test("a private album is nobody else's to save", async () => {
  const [owner, other] = [await person(box.db), await person(box.db)];
  const root = await album(box.db, owner, "Jeju");
  for (const viewer of [other, undefined])
    await assert.rejects(
      all(viewer, { list: `album.${root}` }),
      (error) => error instanceof TintypeError && error.code === "not_found",
    );
  await assert.rejects(
    all(undefined, selection({ all: true })),
    (error) => error instanceof TintypeError && error.code === "unauthenticated",
  );
});

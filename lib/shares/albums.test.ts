import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eq } from "drizzle-orm";
import * as schema from "#db/schema.ts";
import { changeMedia } from "../bulk/change.ts";
import { selectionShape } from "../bulk/shapes.ts";
import type { Viewer } from "../media.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { listSharedAlbums, withinShare } from "./albums.ts";
import { shareMedia, sharePage } from "./contents.ts";
import { changeShare, createShare } from "./manage.ts";
import { mustBeOpen, type OpenShare } from "./open.ts";
import { album, person, pictures } from "./testing.ts";
import { namesWithin } from "./token.ts";

let box: TestDatabase;
before(async () => {
  box = await testDatabase();
  process.env.DATABASE_URL = box.url;
  process.env.AUTH_SECRET = "a secret of the tests, 32 or more characters";
  process.env.LOG_LEVEL = "silent";
});
after(() => box.close());

async function nested(owner: Viewer, title: string, parentId: string | null, count: number): Promise<string> {
  const id = await album(box.db, owner, title);
  await box.db.update(schema.albums).set({ parentId }).where(eq(schema.albums.id, id));
  await changeMedia(box.db, {
    viewer: owner,
    selection: selectionShape.parse({ ids: await pictures(box.db, owner, count) }),
    change: { kind: "album", add: id },
  });
  return id;
}

/** Jeju (1) › Day one (2) › Evening (3), and a share of Jeju. */
async function trip(withAlbums: boolean) {
  const owner = await person(box.db);
  const root = await nested(owner, "Jeju", null, 1);
  const day = await nested(owner, "Day one", root, 2);
  const evening = await nested(owner, "Evening", day, 3);
  const made = await createShare(box.db, {
    viewer: owner,
    of: { album: root },
    settings: { label: "Mia", withAlbums },
  });
  const token = made.link.split("/").at(-1) ?? "";
  const open = (): Promise<OpenShare> => mustBeOpen(box.db, token, { cookie: undefined });
  return { owner, root, day, evening, id: made.id, open, name: namesWithin(made.id) };
}

const page = async (share: OpenShare): Promise<string[]> =>
  (await sharePage(box.db, share, { cursor: undefined, limit: 50 }))?.media.map(({ id }) => id) ?? [];

test("albums in a shared album are found from it, each with its own pictures and the way back", async () => {
  const { open, name, day, evening } = await trip(true);
  const share = await open();
  assert.equal((await page(share)).length, 1);
  const [card, ...others] = await listSharedAlbums(box.db, share);
  assert.deepEqual([card?.title, card?.count, card?.id, others.length], ["Day one", 2, name(day), 0]);
  const inside = await withinShare(box.db, share, name(evening));
  assert.deepEqual(
    inside?.steps.map((step) => [step.title, step.name]),
    [
      ["Day one", name(day)],
      ["Evening", name(evening)],
    ],
  );
  assert.ok(inside);
  const shown = await page(inside.share);
  assert.equal(shown.length, 3);
  assert.ok(await shareMedia(box.db, inside.share, shown[0] ?? ""));
  // From the share itself, pictures of the albums in it are not pictures of this album.
  assert.equal(await shareMedia(box.db, share, shown[0] ?? ""), undefined);
});

test("without them, and from the moment they are taken out of it, no album in it opens", async () => {
  const alone = await trip(false);
  assert.deepEqual(await listSharedAlbums(box.db, await alone.open()), []);
  assert.equal(await withinShare(box.db, await alone.open(), alone.name(alone.day)), undefined);
  const all = await trip(true);
  assert.ok(await withinShare(box.db, await all.open(), all.name(all.day)));
  await changeShare(box.db, { viewer: all.owner, id: all.id, settings: { withAlbums: false } });
  assert.equal(await withinShare(box.db, await all.open(), all.name(all.day)), undefined);
  await changeShare(box.db, { viewer: all.owner, id: all.id, settings: { withAlbums: true } });
  await box.db.update(schema.albums).set({ parentId: null }).where(eq(schema.albums.id, all.day));
  assert.equal(await withinShare(box.db, await all.open(), all.name(all.evening)), undefined);
});

test("no album beside or above the shared one opens, nor one of another person or share (A-51)", async () => {
  const { owner, root, day, name } = await trip(true);
  const beside = await nested(owner, "Private", null, 1);
  const stranger = await person(box.db);
  const theirs = await nested(stranger, "Theirs", day, 1);
  await box.db.update(schema.albums).set({ visibility: "public" }).where(eq(schema.albums.id, theirs));
  const made = await createShare(box.db, {
    viewer: owner,
    of: { album: day },
    settings: { label: "Tom", withAlbums: true },
  });
  const share = await mustBeOpen(box.db, made.link.split("/").at(-1) ?? "", { cookie: undefined });
  const own = namesWithin(made.id);
  for (const wrong of [own(root), own(day), own(beside), own(theirs), name(day), day, "", "x"])
    assert.equal(await withinShare(box.db, share, wrong), undefined, wrong);
  assert.deepEqual(
    (await listSharedAlbums(box.db, share)).map(({ title }) => title),
    ["Evening"],
  );
});

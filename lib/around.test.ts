import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, it } from "node:test";
import * as schema from "#db/schema.ts";
import { windowAround } from "./around.ts";
import { changeMedia } from "./bulk/change.ts";
import { selectionShape } from "./bulk/shapes.ts";
import { getMedia } from "./gallery.ts";
import { type MediaList, openList } from "./lists.ts";
import type { Viewer } from "./media.ts";
import { renditionFolder } from "./storage/keys.ts";
import { type TestDatabase, testDatabase } from "./testing.ts";

let database: TestDatabase;
let owner: Viewer;
let ids: string[] = [];
let albumId = "";

async function addUser(): Promise<Viewer> {
  const email = `${randomBytes(6).toString("hex")}@example.org`;
  const [row] = await database.db
    .insert(schema.users)
    .values({ name: "member", email, role: "member" })
    .returning({ id: schema.users.id });
  assert.ok(row);
  return { id: row.id, name: "member", email, role: "member" };
}

before(async () => {
  database = await testDatabase();
  owner = await addUser();
  const added = await database.db
    .insert(schema.media)
    .values(
      Array.from({ length: 24 }, (_, n) => ({
        ownerId: owner.id,
        // Every third is for its owner alone.
        visibility: n % 3 === 0 ? ("private" as const) : ("public" as const),
        takenAt: new Date(Date.UTC(2026, 0, 1 + ((n * 7) % 24))),
        title: `Heron ${n}`,
        key: `media/${randomUUID()}.jpg`,
        renditionFolder: renditionFolder(),
        avifWidths: [320],
        jpegWidths: [640],
        sha256: randomBytes(32).toString("hex"),
        bytes: 1000,
        mime: "image/jpeg" as const,
        width: 640,
        height: 480,
        thumbhash: Buffer.from("00", "hex"),
        color: 0,
        filename: "a.jpg",
        takenSource: "camera" as const,
      })),
    )
    .returning({ id: schema.media.id });
  ids = added.map(({ id }) => id);
  const [album] = await database.db
    .insert(schema.albums)
    .values({ ownerId: owner.id, title: "Herons", visibility: "public", sort: "added" })
    .returning({ id: schema.albums.id });
  assert.ok(album);
  albumId = album.id;
  const selection = selectionShape.parse({ ids });
  await changeMedia(database.db, { viewer: owner, selection, change: { kind: "album", add: albumId } });
  await changeMedia(database.db, { viewer: owner, selection, change: { kind: "favourite", on: true } });
});
after(() => database.close());

const opened = (name: string): MediaList => {
  const list = openList(name);
  assert.ok(list);
  return list;
};

async function wholeOf(list: MediaList, viewer: Viewer | undefined): Promise<string[]> {
  const page = await list.page(database.db, { viewer, cursor: undefined, limit: 60 });
  return page?.media.map(({ id }) => id) ?? [];
}

for (const name of ["timeline", "album", "favourites", "search.heron"])
  it(`in ${name} the pictures around each are those beside it on the list's page, for whoever looks`, async () => {
    const list = opened(name === "album" ? `album.${albumId}` : name);
    const stranger = await addUser();
    for (const viewer of [owner, stranger, undefined]) {
      const whole = await wholeOf(list, viewer);
      const isTheirs = name === "favourites" && viewer !== owner;
      assert.equal(whole.length, isTheirs ? 0 : viewer === owner ? 24 : 16);
      for (const n of [0, 1, 9, whole.length - 1].filter((n) => whole[n] !== undefined)) {
        const of = await getMedia(database.db, { viewer, id: whole[n] ?? "" });
        assert.ok(of);
        const found = await windowAround(database.db, list, { viewer, of, limit: 5 });
        assert.deepEqual(
          found.before.map(({ id }) => id),
          whole.slice(Math.max(0, n - 5), n),
        );
        assert.deepEqual(
          found.after.map(({ id }) => id),
          whole.slice(n + 1, n + 6),
        );
        assert.deepEqual([found.first, found.last], [n <= 5, n >= whole.length - 6]);
        for (const row of [...found.before, ...found.after])
          assert.equal(row.filename, viewer === owner ? "a.jpg" : null);
      }
    }
  });

it("leads nowhere from a picture that is not in the list", async () => {
  const viewer = await addUser();
  const of = await getMedia(database.db, { viewer: owner, id: ids[0] ?? "" });
  assert.ok(of);
  for (const name of ["favourites", "search.nothing-like-it"]) {
    const found = await windowAround(database.db, opened(name), { viewer, of, limit: 5 });
    assert.deepEqual([found.before, found.after], [[], []]);
  }
});

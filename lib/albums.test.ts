import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import * as schema from "#db/schema.ts";
import {
  albumDepthMax,
  arrange,
  changeAlbum,
  createAlbum,
  deleteAlbum,
  findAlbums,
  getAlbum,
  listAlbumsIn,
  listOwnAlbums,
  listParents,
  listPublicAlbums,
  moveAlbum,
} from "./albums.ts";
import { changeMedia, deletedAlbum, undo } from "./bulk/change.ts";
import { selectionShape } from "./bulk/shapes.ts";
import { openList } from "./lists.ts";
import { albumSorts, type Role, type Viewer, type Visibility } from "./media.ts";
import { renditionFolder } from "./storage/keys.ts";
import { type TestDatabase, testDatabase } from "./testing.ts";

let database: TestDatabase;
let ann: Viewer;
let ben: Viewer;
let admin: Viewer;
let looker: Viewer;
before(async () => {
  database = await testDatabase();
  [ann, ben, admin, looker] = [
    await addUser("member"),
    await addUser("member"),
    await addUser("admin"),
    await addUser("viewer"),
  ];
});
after(() => database.close());

async function addUser(role: Role): Promise<Viewer> {
  const email = `${randomBytes(6).toString("hex")}@example.org`;
  const [row] = await database.db
    .insert(schema.users)
    .values({ name: role, email, role })
    .returning({ id: schema.users.id });
  assert.ok(row);
  return { id: row.id, name: role, email, role };
}

async function addMedia(
  owner: Viewer,
  count: number,
  visibility: (n: number) => Visibility = () => "private",
): Promise<string[]> {
  const rows = Array.from(
    { length: count },
    (_, n): schema.NewMedia => ({
      ownerId: owner.id,
      visibility: visibility(n),
      // Some of one millisecond, and none in the order they are added.
      takenAt: new Date(Date.UTC(2020, 0, 1 + ((n * 7) % 5))),
      key: `media/${randomUUID()}.jpg`,
      renditionFolder: renditionFolder(),
      avifWidths: [320],
      jpegWidths: [640],
      sha256: randomBytes(32).toString("hex"),
      bytes: 1000,
      mime: "image/jpeg",
      width: 640,
      height: 480,
      thumbhash: Buffer.from("00", "hex"),
      color: 0x336699,
      filename: `IMG_${n}.JPG`,
      title: n % 3 === 0 ? `Title ${n % 4}` : "",
      takenSource: "camera",
    }),
  );
  const added = await database.db.insert(schema.media).values(rows).returning({ id: schema.media.id });
  return added.map(({ id }) => id);
}

const put = (viewer: Viewer, album: string, ids: string[]) =>
  changeMedia(database.db, {
    viewer,
    selection: selectionShape.parse({ ids }),
    change: { kind: "album", add: album },
  });

/** Walks the whole list by pages of `limit`, then steps through it picture by picture both ways. */
async function walk(name: string, viewer: Viewer | undefined, limit = 3): Promise<string[] | undefined> {
  const list = openList(name);
  assert.ok(list);
  const rows = [];
  let cursor: string | undefined;
  do {
    const page = await list.page(database.db, { viewer, cursor, limit });
    if (page === undefined) return undefined;
    assert.ok(page.media.length <= limit);
    rows.push(...page.media);
    cursor = page.next;
  } while (cursor !== undefined);
  for (const [n, row] of rows.entries()) {
    const { previous, next } = await list.neighbours(database.db, { viewer, of: row });
    assert.deepEqual([previous?.id, next?.id], [rows[n - 1]?.id, rows[n + 1]?.id]);
  }
  return rows.map(({ id }) => id);
}

const conflict = (reason: string) => ({ code: "conflict", details: { reason } });

describe("albums in albums", () => {
  it("lie in one another, at most eight deep, and never in themselves", async () => {
    const ids: string[] = [];
    for (let depth = 0; depth < albumDepthMax; depth++)
      ids.push(
        await createAlbum(database.db, { viewer: ann, title: `Level ${depth}`, parentId: ids.at(-1) }),
      );
    const [top = "", second = ""] = ids;
    const bottom = ids.at(-1) ?? "";
    await assert.rejects(
      createAlbum(database.db, { viewer: ann, title: "No", parentId: bottom }),
      conflict("depth"),
    );
    for (const parentId of [top, second, bottom])
      await assert.rejects(moveAlbum(database.db, { viewer: ann, id: top, parentId }), conflict("circle"));
    const other = await createAlbum(database.db, { viewer: ann, title: "Other" });
    const fits = async (id: string): Promise<string[]> => {
      const album = await getAlbum(database.db, { viewer: ann, id });
      assert.ok(album);
      return (await listParents(database.db, { viewer: ann, album })).map((choice) => choice.id).sort();
    };
    // Offered is neither itself nor what is in it.
    assert.deepEqual(await fits(top), [other]);
    assert.deepEqual(await fits(bottom), [...ids.slice(0, -1), other].sort());
    await assert.rejects(
      moveAlbum(database.db, { viewer: ann, id: top, parentId: other }),
      conflict("depth"),
    );
    await moveAlbum(database.db, { viewer: ann, id: second, parentId: other });
    const album = await getAlbum(database.db, { viewer: ann, id: bottom });
    assert.deepEqual(
      album?.path.map(({ title }) => title),
      ["Other", "Level 1", "Level 2", "Level 3", "Level 4", "Level 5", "Level 6"],
    );
  });

  it("two moves at once cannot close a circle", async () => {
    for (let n = 0; n < 5; n++) {
      const [a, b] = [
        await createAlbum(database.db, { viewer: ann, title: "A" }),
        await createAlbum(database.db, { viewer: ann, title: "B" }),
      ];
      const moves = await Promise.allSettled([
        moveAlbum(database.db, { viewer: ann, id: a, parentId: b }),
        moveAlbum(database.db, { viewer: ann, id: b, parentId: a }),
      ]);
      assert.deepEqual(moves.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    }
  });

  it("move up when the one they lie in is deleted, and its pictures stay", async () => {
    const top = await createAlbum(database.db, { viewer: ann, title: "Top" });
    const middle = await createAlbum(database.db, { viewer: ann, title: "Middle", parentId: top });
    const low = await createAlbum(database.db, { viewer: ann, title: "Low", parentId: middle });
    const ids = await addMedia(ann, 2);
    await put(ann, middle, ids);
    await deleteAlbum(database.db, { viewer: ann, id: middle });
    assert.equal(await getAlbum(database.db, { viewer: ann, id: middle }), undefined);
    assert.equal((await getAlbum(database.db, { viewer: ann, id: low }))?.parentId, top);
    const timeline = await openList("timeline")?.some(database.db, { viewer: ann, ids });
    assert.equal(timeline?.length, 2);
  });

  it("come back into it when its deletion is taken back, with its pictures in their order, its cover and its links", async () => {
    const top = await createAlbum(database.db, { viewer: ann, title: "Top" });
    const middle = await createAlbum(database.db, {
      viewer: ann,
      title: "Middle",
      description: "Words",
      visibility: "unlisted",
      parentId: top,
    });
    const low = await createAlbum(database.db, { viewer: ann, title: "Low", parentId: middle });
    const away = await createAlbum(database.db, { viewer: ann, title: "Away", parentId: middle });
    const ids = await addMedia(ann, 4);
    await put(ann, middle, ids);
    const [, second = "", , last = ""] = (await walk(`album.${middle}`, ann)) ?? [];
    await arrange(database.db, { viewer: ann, albumId: middle, ids: [last], target: second, after: false });
    await changeAlbum(database.db, { viewer: ann, id: middle, coverId: second });
    const order = await walk(`album.${middle}`, ann);
    const before = await getAlbum(database.db, { viewer: ann, id: middle });
    const [share] = await database.sql`
      insert into shares (owner_id, kind, token_hash, salt, label, album_id)
      values (${ann.id}, 'album', sha256(${middle}::text::bytea), '\\x00', 'Somebody', ${middle}) returning id`;

    const changeId = await deleteAlbum(database.db, { viewer: ann, id: middle });
    await moveAlbum(database.db, { viewer: ann, id: away, parentId: null });
    assert.equal(await deletedAlbum(database.db, { viewer: ben, changeId }), undefined);
    assert.equal((await deletedAlbum(database.db, { viewer: ann, changeId }))?.title, "Middle");
    await assert.rejects(undo(database.db, { viewer: ben, changeId }), { code: "not_undoable" });
    assert.deepEqual(await undo(database.db, { viewer: ann, changeId }), { restored: 4, left: 0 });

    const again = await getAlbum(database.db, { viewer: ann, id: middle });
    const told = (album: typeof again) =>
      album && [
        album.title,
        album.description,
        album.visibility,
        album.parentId,
        album.sort,
        album.coverId,
        album.count,
      ];
    assert.deepEqual(told(again), told(before));
    assert.deepEqual(await walk(`album.${middle}`, ann), order);
    assert.equal((await getAlbum(database.db, { viewer: ann, id: low }))?.parentId, middle);
    // What somebody has moved since stays where they put it.
    assert.equal((await getAlbum(database.db, { viewer: ann, id: away }))?.parentId, null);
    const [linked] = await database.sql`select album_id from shares where id = ${share?.id}`;
    assert.equal(linked?.album_id, middle);
    assert.equal(await deletedAlbum(database.db, { viewer: ann, changeId }), undefined);
    await assert.rejects(undo(database.db, { viewer: ann, changeId }), { code: "not_undoable" });
  });

  it("are outermost when what they lay in is gone as well, whichever comes back first", async () => {
    const top = await createAlbum(database.db, { viewer: ann, title: "Top" });
    const low = await createAlbum(database.db, { viewer: ann, title: "Low", parentId: top });
    const lowGone = await deleteAlbum(database.db, { viewer: ann, id: low });
    const topGone = await deleteAlbum(database.db, { viewer: ann, id: top });
    await undo(database.db, { viewer: ann, changeId: lowGone });
    assert.equal((await getAlbum(database.db, { viewer: ann, id: low }))?.parentId, null);
    await undo(database.db, { viewer: ann, changeId: topGone });
    assert.equal((await getAlbum(database.db, { viewer: ann, id: top }))?.parentId, null);
  });
});

describe("who may", () => {
  it("open a private album is its owner and administrators; for others there is none", async () => {
    const id = await createAlbum(database.db, { viewer: ann, title: "Mine" });
    for (const viewer of [ann, admin])
      assert.equal((await getAlbum(database.db, { viewer, id }))?.mayEdit, true);
    for (const viewer of [ben, looker, undefined]) {
      assert.equal(await getAlbum(database.db, { viewer, id }), undefined);
      assert.equal(await walk(`album.${id}`, viewer), undefined);
      assert.equal((await openList(`album.${id}`)?.some(database.db, { viewer, ids: [id] }))?.length, 0);
    }
    for (const bad of ["", "x", `${id}\0`, "0".repeat(10_000)])
      assert.equal(await getAlbum(database.db, { viewer: ann, id: bad }), undefined);
  });

  it("change an album is nobody but its owner and administrators", async () => {
    const open = await createAlbum(database.db, { viewer: ann, title: "Open", visibility: "public" });
    const closed = await createAlbum(database.db, { viewer: ann, title: "Closed" });
    for (const [id, code] of [
      [open, "forbidden"],
      [closed, "not_found"],
    ] as const) {
      await assert.rejects(changeAlbum(database.db, { viewer: ben, id, title: "x" }), { code });
      await assert.rejects(moveAlbum(database.db, { viewer: ben, id, parentId: null }), { code });
      await assert.rejects(deleteAlbum(database.db, { viewer: ben, id }), { code });
      await assert.rejects(
        arrange(database.db, { viewer: ben, albumId: id, ids: [id], target: open, after: true }),
        { code },
      );
      await assert.rejects(createAlbum(database.db, { viewer: ben, title: "In", parentId: id }), { code });
    }
    await assert.rejects(createAlbum(database.db, { viewer: looker, title: "x" }), { code: "forbidden" });
    await assert.rejects(createAlbum(database.db, { viewer: undefined, title: "x" }), {
      code: "unauthenticated",
    });
    await changeAlbum(database.db, { viewer: admin, id: closed, title: "Renamed" });
    assert.equal((await getAlbum(database.db, { viewer: ann, id: closed }))?.title, "Renamed");
  });

  it("sees what in an album follows each picture's own visibility, and the link opens the unlisted ones", async () => {
    const id = await createAlbum(database.db, { viewer: ann, title: "Mixed", visibility: "unlisted" });
    const each = ["private", "unlisted", "public"] as const;
    const ids = await addMedia(ann, 9, (n) => each[n % 3] ?? "private");
    const bens = await addMedia(ben, 1);
    await put(ann, id, ids);
    await put(admin, id, bens);
    const count = async (viewer: Viewer | undefined) => [
      (await walk(`album.${id}`, viewer))?.length,
      (await getAlbum(database.db, { viewer, id }))?.count,
    ];
    assert.deepEqual(await count(admin), [10, 10]);
    // Ben's private picture is Ben's and administrators' to see, whoever's the album.
    assert.deepEqual(await count(ann), [9, 10]);
    assert.deepEqual(await count(ben), [7, 6]);
    assert.deepEqual(await count(undefined), [6, 6]);
    await changeAlbum(database.db, { viewer: ann, id, visibility: "private" });
    assert.equal((await walk(`album.${id}`, undefined))?.length, undefined);
    assert.equal((await walk(`album.${id}`, ann))?.length, 9);
  });
});

describe("lists of albums", () => {
  it("page through one's own by title, and through what others have made public", async () => {
    const owner = await addUser("member");
    const [media = ""] = await addMedia(owner, 1, () => "public");
    for (let n = 0; n < 5; n++) {
      const id = await createAlbum(database.db, {
        viewer: owner,
        title: `Trip ${n}`,
        visibility: n % 2 === 0 ? "public" : "private",
      });
      if (n === 0) await put(owner, id, [media]);
      // What is in a public album is found there, not beside it.
      if (n === 2)
        await createAlbum(database.db, { viewer: owner, title: "Inner", visibility: "public", parentId: id });
    }
    const all = async (list: typeof listOwnAlbums, viewer: Viewer | undefined) => {
      const found = [];
      let cursor: string | undefined;
      do {
        const page = await list(database.db, { viewer, cursor, limit: 2 });
        found.push(...page.albums);
        cursor = page.next;
      } while (cursor !== undefined);
      return found;
    };
    const own = await all(listOwnAlbums, owner);
    assert.deepEqual(
      own.map(({ title }) => title),
      ["Trip 0", "Trip 1", "Trip 2", "Trip 3", "Trip 4"],
    );
    assert.deepEqual([own[0]?.cover?.id, own[1]?.cover, own[0]?.count], [media, undefined, 1]);
    const open = (await all(listPublicAlbums, undefined)).map(({ title }) => title);
    assert.deepEqual(
      open.filter((title) => /Trip|Inner/.test(title)),
      ["Trip 0", "Trip 2", "Trip 4"],
    );
    assert.deepEqual(await all(listOwnAlbums, undefined), []);
    const second = own[2];
    assert.ok(second);
    const inside = await listAlbumsIn(database.db, { viewer: undefined, limit: 5, album: second });
    assert.deepEqual(
      inside.albums.map(({ title }) => title),
      ["Inner"],
    );
    assert.deepEqual(
      (await findAlbums(database.db, { viewer: owner, text: "ínn", limit: 5 })).map(({ title, within }) => [
        title,
        within,
      ]),
      [["Inner", "Trip 2"]],
    );
    assert.deepEqual(await findAlbums(database.db, { viewer: looker, text: "", limit: 5 }), []);
  });

  it("show the chosen cover while it is in the album, else the newest picture", async () => {
    const id = await createAlbum(database.db, { viewer: ann, title: "Covered" });
    const ids = await addMedia(ann, 4);
    await put(ann, id, ids);
    const coverOf = async () =>
      (await listOwnAlbums(database.db, { viewer: ann, limit: 50 })).albums.find((album) => album.id === id)
        ?.cover?.id;
    const newest = await coverOf();
    const [other = ""] = ids.filter((media) => media !== newest);
    await changeAlbum(database.db, { viewer: ann, id, coverId: other });
    assert.equal(await coverOf(), other);
    const [stranger = ""] = await addMedia(ann, 1);
    await assert.rejects(changeAlbum(database.db, { viewer: ann, id, coverId: stranger }), {
      code: "not_found",
    });
    const removed = await changeMedia(database.db, {
      viewer: ann,
      selection: selectionShape.parse({ ids: [other] }),
      change: { kind: "album", remove: id },
    });
    assert.equal(await coverOf(), newest);
    await undo(database.db, { viewer: ann, changeId: removed.id ?? "" });
    assert.equal(await coverOf(), other);
  });
});

describe("the order of an album", () => {
  it("is the same page by page and step by step, in each of its orders", async () => {
    const id = await createAlbum(database.db, { viewer: ann, title: "Ordered" });
    const ids = await addMedia(ann, 11);
    await put(ann, id, ids.slice(0, 6));
    await put(ann, id, ids.slice(6));
    const orders = new Map<string, string[] | undefined>();
    for (const sort of albumSorts) {
      await changeAlbum(database.db, { viewer: ann, id, sort });
      const found = await walk(`album.${id}`, ann);
      assert.deepEqual([...(found ?? [])].sort(), [...ids].sort(), sort);
      orders.set(sort, found);
    }
    assert.deepEqual(orders.get("newest"), orders.get("oldest")?.toReversed());
    // By hand begins as the order before it.
    assert.deepEqual(orders.get("manual"), orders.get("title"));
    assert.deepEqual(new Set(orders.get("added")?.slice(0, 5)), new Set(ids.slice(6)));
  });

  it("by hand follows any number of moves of any number of pictures, and undo puts them back", async () => {
    const id = await createAlbum(database.db, { viewer: ann, title: "By hand" });
    const ids = await addMedia(ann, 14);
    await put(ann, id, ids);
    const shown = async (): Promise<string[]> => {
      const page = await openList(`album.${id}`)?.page(database.db, {
        viewer: ann,
        cursor: undefined,
        limit: 50,
      });
      return page?.media.map((row) => row.id) ?? [];
    };
    let model = await shown();
    for (let n = 0; n < 60; n++) {
      const moved = new Set(model.filter(() => Math.random() < 0.2));
      const target = model[Math.floor(Math.random() * model.length)] ?? "";
      const after = Math.random() < 0.5;
      const rest = model.filter((media) => !moved.has(media));
      const at = rest.indexOf(target) + (after ? 1 : 0);
      const expected = moved.has(target)
        ? model
        : [...rest.slice(0, at), ...model.filter((media) => moved.has(media)), ...rest.slice(at)];
      const change = await arrange(database.db, { viewer: ann, albumId: id, ids: [...moved], target, after });
      assert.equal(change !== undefined, moved.size > 0 && !moved.has(target));
      assert.deepEqual(await shown(), expected);
      if (change !== undefined && n % 4 === 0) {
        assert.equal((await undo(database.db, { viewer: ann, changeId: change })).left, 0);
        assert.deepEqual(await shown(), model);
      } else model = expected;
    }
    const [longest] = await database.sql`
      select max(length(position::text))::int as chars from album_media where album_id = ${id}`;
    assert.ok(longest?.chars < 60, `${longest?.chars} characters`);
  });

  it("goes on as it began for a page that is open while somebody changes it, and knows no strange cursors", async () => {
    const id = await createAlbum(database.db, { viewer: ann, title: "Changing" });
    await put(ann, id, await addMedia(ann, 6));
    const list = openList(`album.${id}`);
    const first = await list?.page(database.db, { viewer: ann, cursor: undefined, limit: 3 });
    await changeAlbum(database.db, { viewer: ann, id, sort: "title" });
    const second = await list?.page(database.db, { viewer: ann, cursor: first?.next, limit: 3 });
    assert.equal(new Set([...(first?.media ?? []), ...(second?.media ?? [])].map((row) => row.id)).size, 6);
    const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    for (const bad of [
      "x",
      "",
      cursor(["oldest", "1e400", randomUUID()]),
      cursor(["manual", "NaN", randomUUID()]),
      cursor(["oldest", "99999999999999999", randomUUID()]),
      cursor(["title", "a\0", randomUUID()]),
      cursor(["added", "1", "x"]),
    ])
      assert.equal(await list?.page(database.db, { viewer: ann, cursor: bad, limit: 3 }), undefined);
  });
});

it("favourites are listed the last one marked first, for whoever marked them, as long as they may see them", async () => {
  const ids = await addMedia(ann, 5, () => "unlisted");
  for (const id of ids)
    await changeMedia(database.db, {
      viewer: looker,
      selection: selectionShape.parse({ ids: [id] }),
      change: { kind: "favourite", on: true },
    });
  assert.deepEqual(await walk("favourites", looker, 2), ids.toReversed());
  assert.deepEqual(await walk("favourites", ann), []);
  assert.equal(await walk("favourites", undefined), undefined);
  await database.sql`update media set visibility = 'private' where id = ${ids[0] ?? ""}`;
  assert.equal((await walk("favourites", looker))?.length, 4);
});

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, it } from "node:test";
import * as schema from "#db/schema.ts";
import { changeMedia } from "./bulk/change.ts";
import { changeShape, selectionShape, tagShape } from "./bulk/shapes.ts";
import type { Role, Viewer } from "./media.ts";
import { renditionFolder } from "./storage/keys.ts";
import { deleteTag, findTags, listTags, renameTag, tagsOf } from "./tags.ts";
import { type TestDatabase, testDatabase } from "./testing.ts";

let database: TestDatabase;
let ann: Viewer;
let ben: Viewer;
before(async () => {
  database = await testDatabase();
  [ann, ben] = [await addUser("member"), await addUser("member")];
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

async function addMedia(owner: Viewer): Promise<string> {
  const [row] = await database.db
    .insert(schema.media)
    .values({
      ownerId: owner.id,
      takenAt: new Date(),
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
      color: 0,
      filename: "a.jpg",
      takenSource: "camera",
    })
    .returning({ id: schema.media.id });
  assert.ok(row);
  return row.id;
}

const tag = (viewer: Viewer, ids: string[], add: string[], remove: string[] = []) =>
  changeMedia(database.db, {
    viewer,
    selection: selectionShape.parse({ ids }),
    change: changeShape.parse({ kind: "tags", add, remove }),
  });
const names = async (viewer: Viewer | undefined) =>
  (await listTags(database.db, { viewer, limit: 50 })).tags.map(({ name, count }) => `${name} ${count}`);

it("tags are one's own words, the same whatever their case and accents, and counted without the trash", async () => {
  const [one, two, bens] = [await addMedia(ann), await addMedia(ann), await addMedia(ben)];
  await tag(ann, [one, two, bens], ["Café", " 바다  여행 "]);
  await tag(ann, [one], ["cafe"]);
  await tag(ben, [bens], ["CAFÉ"]);
  assert.deepEqual(await names(ann), ["Café 2", "바다 여행 2"]);
  assert.deepEqual(await names(ben), ["CAFÉ 1"]);
  assert.deepEqual(await names(undefined), []);
  assert.deepEqual(
    (await tagsOf(database.db, { viewer: ann, mediaId: one })).map(({ name }) => name),
    ["Café", "바다 여행"],
  );
  await database.sql`update media set deleted_at = now() where id = ${two}`;
  assert.deepEqual(await names(ann), ["Café 1", "바다 여행 1"]);
  // A syllable half typed finds the whole.
  for (const text of ["바ㄷ", "CAF", "afé"])
    assert.equal((await findTags(database.db, { viewer: ann, text, limit: 5 })).length, 1);
  assert.deepEqual(await findTags(database.db, { viewer: ann, text: "%", limit: 5 }), []);
  await database.sql`update media set deleted_at = null where id = ${two}`;
});

it("the tags of a picture are shown to its owner and to administrators, and to nobody who finds none by searching (A-34)", async () => {
  const mediaId = await addMedia(ann);
  await tag(ann, [mediaId], ["Aunt's illness"]);
  await database.sql`update media set visibility = 'public' where id = ${mediaId}`;
  const shownTo = async (viewer: Viewer | undefined) =>
    (await tagsOf(database.db, { viewer, mediaId })).map(({ name }) => name);
  for (const viewer of [ann, await addUser("admin"), await addUser("owner")])
    assert.deepEqual(await shownTo(viewer), ["Aunt's illness"], viewer.role);
  for (const viewer of [undefined, ben, await addUser("viewer")]) assert.deepEqual(await shownTo(viewer), []);
});

it("a tag renamed to another one becomes it, with what both had; one renamed in case alone stays itself", async () => {
  const owner = await addUser("member");
  const [one, two, three] = [await addMedia(owner), await addMedia(owner), await addMedia(owner)];
  await tag(owner, [one, two], ["Sea"]);
  await tag(owner, [two, three], ["Ocean"]);
  const idOf = async (name: string): Promise<string> => {
    const found = (await listTags(database.db, { viewer: owner, limit: 50 })).tags.find(
      (tag) => tag.name === name,
    );
    assert.ok(found);
    return found.id;
  };
  const rename = async (from: string, name: string) =>
    renameTag(database.db, { viewer: owner, id: await idOf(from), name });
  assert.equal(await rename("Sea", "SEA"), "renamed");
  assert.equal(await rename("SEA", "Lake"), "renamed");
  const lake = await idOf("Lake");
  for (const code of ["not_found"]) {
    await assert.rejects(renameTag(database.db, { viewer: ben, id: lake, name: "x" }), { code });
    await assert.rejects(deleteTag(database.db, { viewer: ben, id: lake }), { code });
  }
  assert.equal(await rename("Lake", "ocean"), "merged");
  assert.deepEqual(await names(owner), ["Ocean 3"]);
  await deleteTag(database.db, { viewer: owner, id: await idOf("Ocean") });
  assert.deepEqual(await names(owner), []);
  const [kept] = await database.sql`select count(*)::int as count from media where owner_id = ${owner.id}`;
  assert.equal(kept?.count, 3);
});

it("tags are listed page by page, by name", async () => {
  const owner = await addUser("member");
  await tag(owner, [await addMedia(owner)], ["b", "é", "a", "가", "d"]);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listTags(database.db, { viewer: owner, cursor, limit: 2 });
    seen.push(...page.tags.map(({ name }) => name));
    cursor = page.next;
  } while (cursor !== undefined);
  assert.deepEqual(seen, ["a", "b", "d", "é", "가"]);
});

it("a tag is one line of at most sixty letters", () => {
  assert.equal(tagShape.parse("  a \n b\t"), "a b");
  for (const bad of ["", "  ", "a".repeat(61), "\0"]) assert.equal(tagShape.safeParse(bad).success, false);
});

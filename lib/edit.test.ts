import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, it } from "node:test";
import * as schema from "#db/schema.ts";
import { changeOne, editMedia, undoEdit } from "./edit.ts";
import { getMedia } from "./gallery.ts";
import type { Role, Viewer } from "./media.ts";
import { renditionFolder } from "./storage/keys.ts";
import { tagsOf } from "./tags.ts";
import { type TestDatabase, testDatabase } from "./testing.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
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

async function addMedia(ownerId: string): Promise<string> {
  const [row] = await database.db
    .insert(schema.media)
    .values({
      ownerId,
      visibility: "public",
      takenAt: new Date("2026-05-03T12:00:00Z"),
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
      takenOffset: 540,
    })
    .returning({ id: schema.media.id });
  assert.ok(row);
  return row.id;
}

const look = async (viewer: Viewer, id: string) => {
  const media = await getMedia(database.db, { viewer, id });
  assert.ok(media);
  const tags = (await tagsOf(database.db, { viewer, mediaId: id })).map(({ name }) => name).sort();
  return { title: media.title, alt: media.alt, takenAt: media.takenAt.toISOString(), tags };
};

it("writes texts, date and tags at one go, and takes all of it back", async () => {
  const viewer = await addUser("member");
  const id = await addMedia(viewer.id);
  await editMedia(database.db, { viewer, id, edit: { tags: ["Sea", "Café"] } });
  const before = await look(viewer, id);
  assert.deepEqual(before.tags, ["Café", "Sea"]);
  const changes = await editMedia(database.db, {
    viewer,
    id,
    edit: {
      title: "Harbour",
      alt: "Boats",
      tags: ["cafe", "Evening"],
      taken: { date: "2025-01-02", time: "08:30:00" },
    },
  });
  assert.equal(changes?.length, 3);
  assert.deepEqual(await look(viewer, id), {
    title: "Harbour",
    alt: "Boats",
    // Half past eight where the camera was, whatever it was elsewhere.
    takenAt: "2025-01-02T08:30:00.000Z",
    tags: ["Café", "Evening"],
  });
  await undoEdit(database.db, { viewer, changes: changes ?? [] });
  assert.deepEqual(await look(viewer, id), before);
});

it("changes nothing of what belongs to somebody else, and of nothing what is not there", async () => {
  const owner = await addUser("member");
  const other = await addUser("member");
  const id = await addMedia(owner.id);
  assert.equal(
    await editMedia(database.db, { viewer: other, id, edit: { title: "Mine", tags: ["x"] } }),
    undefined,
  );
  assert.equal(
    await changeOne(database.db, { viewer: other, id, change: { kind: "rating", rating: 5 } }),
    undefined,
  );
  assert.equal(
    await changeOne(database.db, {
      viewer: other,
      id: randomUUID(),
      change: { kind: "favourite", on: true },
    }),
    undefined,
  );
  assert.deepEqual(await look(owner, id), {
    title: "",
    alt: "",
    takenAt: "2026-05-03T12:00:00.000Z",
    tags: [],
  });
  await assert.rejects(editMedia(database.db, { viewer: undefined, id, edit: { title: "x" } }), {
    code: "unauthenticated",
  });
});

it("leaves tags alone that were added or taken away elsewhere since somebody began to edit", async () => {
  const viewer = await addUser("member");
  const id = await addMedia(viewer.id);
  await editMedia(database.db, { viewer, id, edit: { tags: ["Sea", "Rain"] } });
  await editMedia(database.db, { viewer, id, edit: { tags: ["Sea", "Elsewhere"] } });
  await editMedia(database.db, {
    viewer,
    id,
    edit: { tags: ["Sea", "Rain", "New"], tagsBefore: ["Sea", "Rain"] },
  });
  assert.deepEqual((await look(viewer, id)).tags, ["Elsewhere", "New", "Sea"]);
});

it("refuses to write over what somebody was not shown, and writes nothing of the rest", async () => {
  const viewer = await addUser("member");
  const id = await addMedia(viewer.id);
  await editMedia(database.db, { viewer, id, edit: { title: "Elsewhere" } });
  const shown = { title: "", alt: "", taken: "2026-05-03T12:00:00" };
  await assert.rejects(
    editMedia(database.db, { viewer, id, edit: { title: "Here", alt: "Boats", tags: ["x"], shown } }),
    { code: "conflict" },
  );
  const now = await look(viewer, id);
  assert.deepEqual([now.title, now.alt, now.tags], ["Elsewhere", "", []]);
  // The same words twice are no quarrel, and what was shown may be written over.
  await editMedia(database.db, { viewer, id, edit: { title: "Elsewhere", alt: "Boats", shown } });
  await editMedia(database.db, { viewer, id, edit: { title: "Here", shown: { title: "Elsewhere" } } });
  await editMedia(database.db, {
    viewer,
    id,
    edit: { taken: { date: "2025-01-02", time: "08:30:00" }, shown },
  });
  await assert.rejects(
    editMedia(database.db, { viewer, id, edit: { taken: { date: "2024-01-02", time: "08:30:00" }, shown } }),
    { code: "conflict" },
  );
  const last = await look(viewer, id);
  assert.deepEqual([last.title, last.alt, last.takenAt], ["Here", "Boats", "2025-01-02T08:30:00.000Z"]);
});

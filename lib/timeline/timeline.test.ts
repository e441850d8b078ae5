import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import * as schema from "#db/schema.ts";
import { listMedia } from "../gallery.ts";
import type { Viewer, Visibility } from "../media.ts";
import { renditionFolder } from "../storage/keys.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { changedMonths, listFrom, listMonths, monthOfRow, rankOf } from "./timeline.ts";

let database: TestDatabase;
let one: Viewer;
let other: Viewer;

async function person(): Promise<Viewer> {
  const email = `${randomBytes(6).toString("hex")}@example.org`;
  const [row] = await database.db
    .insert(schema.users)
    .values({ name: "Someone", email, role: "member" })
    .returning({ id: schema.users.id });
  assert.ok(row);
  return { id: row.id, name: "Someone", email, role: "member" };
}

const row = (owner: Viewer, visibility: Visibility, takenAt: Date, width: number): schema.NewMedia => ({
  ownerId: owner.id,
  visibility,
  takenAt,
  key: `media/${randomUUID()}.jpg`,
  renditionFolder: renditionFolder(),
  avifWidths: [320],
  jpegWidths: [640],
  sha256: randomBytes(32).toString("hex"),
  bytes: 1000,
  mime: "image/jpeg",
  width,
  height: 400,
  thumbhash: Buffer.from("00", "hex"),
  color: 0,
  filename: "IMG_0001.JPG",
  takenSource: "camera",
});

before(async () => {
  database = await testDatabase();
  [one, other] = [await person(), await person()];
  const rows: schema.NewMedia[] = [];
  // Three months, one with a day of many pictures, some of one millisecond, some at the very ends of a month.
  for (let n = 0; n < 60; n++) {
    const owner = n % 3 === 0 ? other : one;
    const visibility = (["public", "private", "unlisted", "public"] as const)[n % 4] ?? "private";
    const time =
      n < 10
        ? Date.UTC(2019, 5, 30, 23, 59, 59, 999)
        : n < 40
          ? Date.UTC(2019, 6, 4, n % 7)
          : n < 55
            ? Date.UTC(2019, 6, 1 + (n % 5))
            : Date.UTC(2019, 7, 1);
    rows.push(row(owner, visibility, new Date(time), n % 9 === 0 ? 8000 : 600));
  }
  await database.db.insert(schema.media).values(rows);
});
after(() => database.close());

const viewers = (): [string, Viewer | undefined][] => [
  ["nobody", undefined],
  ["one of them", one],
  ["the other", other],
];

describe("the timeline", () => {
  it("tells of each month how many and how wide the pictures are that this viewer's list holds", async () => {
    for (const [who, viewer] of viewers()) {
      const page = await listMedia(database.db, { viewer, limit: 100 });
      assert.ok(page);
      const wanted = new Map<number, { count: number; ratioSum: number }>();
      for (const media of page.media) {
        const month = wanted.get(monthOfRow(media)) ?? { count: 0, ratioSum: 0 };
        month.count++;
        month.ratioSum += Math.min(4, media.width / media.height);
        wanted.set(monthOfRow(media), month);
      }
      const found = await listMonths(database.db, { viewer });
      assert.deepEqual(
        found.map(({ changedAt: _, ...month }) => month),
        [...wanted].map(([month, { count, ratioSum }]) => ({ month, count, ratioSum })),
        who,
      );
      assert.deepEqual(
        found.map(({ month }) => month),
        [24235, 24234, 24233],
      );
    }
  });

  it("answers any run of it by month and rank, exactly as the pages of the list have it", async () => {
    for (const [who, viewer] of viewers()) {
      const page = await listMedia(database.db, { viewer, limit: 100 });
      const ids = page?.media.map(({ id }) => id) ?? [];
      let before = 0;
      for (const { month, count } of await listMonths(database.db, { viewer })) {
        for (let rank = 0; rank < count; rank++) {
          const rows = await listFrom(database.db, { viewer, at: { month, rank }, limit: 7 });
          assert.deepEqual(
            rows.map(({ id }) => id),
            ids.slice(before + rank, before + rank + 7),
            `${who}, ${month}, ${rank}`,
          );
        }
        before += count;
      }
      assert.equal(before, ids.length);
    }
  });

  it("tells of each picture in it the month and rank by which it is found again, and of no other", async () => {
    for (const [who, viewer] of viewers()) {
      const page = await listMedia(database.db, { viewer, limit: 100 });
      assert.ok(page);
      let [month, rank] = [0, 0];
      for (const of of page.media) {
        rank = monthOfRow(of) === month ? rank + 1 : 0;
        month = monthOfRow(of);
        assert.deepEqual(await rankOf(database.db, { viewer, of }), { month, rank }, who);
      }
      const [of] = page.media;
      assert.ok(of);
      const hidden = { ...of, own: false, visibility: "unlisted" as const };
      assert.equal(await rankOf(database.db, { viewer, of: hidden }), undefined);
    }
  });

  it("begins with the next older picture where a month has none or fewer", async () => {
    const [first] = await listFrom(database.db, { viewer: one, at: { month: 24300, rank: 0 }, limit: 1 });
    const [same] = await listFrom(database.db, { viewer: one, at: { month: 24235, rank: 0 }, limit: 1 });
    assert.equal(first?.id, same?.id);
    assert.deepEqual(
      await listFrom(database.db, { viewer: one, at: { month: 24000, rank: 5 }, limit: 1 }),
      [],
    );
  });

  it("names the months that changed after a moment, to those alone who may see what changed", async () => {
    const [clock] = await database.sql<{ now: Date }[]>`select now() - interval '1 ms' as now`;
    assert.ok(clock);
    const moment = new Date(clock.now);
    assert.deepEqual(await changedMonths(database.db, { viewer: one, after: moment }), []);
    await database.db.insert(schema.media).values(row(other, "private", new Date("2018-03-04"), 500));
    await database.sql`update media set title = 'New' where owner_id = ${one.id} and taken_at >= '2019-08-01'`;
    assert.deepEqual(await changedMonths(database.db, { viewer: undefined, after: moment }), [24235]);
    assert.deepEqual(await changedMonths(database.db, { viewer: other, after: moment }), [24218, 24235]);
  });
});

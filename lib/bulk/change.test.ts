import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, it } from "node:test";
import * as schema from "#db/schema.ts";
import { type Role, type Viewer, type Visibility, visibilities } from "../media.ts";
import { renditionFolder } from "../storage/keys.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { changeMedia, countMedia, forgetOldChanges, undo } from "./change.ts";
import { type ChangeInput, changeShape, type SelectionInput, selectionShape } from "./shapes.ts";

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

const newMedia = (ownerId: string, visibility: Visibility, takenAt: Date): schema.NewMedia => ({
  ownerId,
  visibility,
  takenAt,
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
  filename: "IMG_0001.JPG",
  takenSource: "camera",
});

async function add(...rows: schema.NewMedia[]): Promise<string[]> {
  const added = await database.db.insert(schema.media).values(rows).returning({ id: schema.media.id });
  return added.map(({ id }) => id);
}

async function addAlbum(ownerId: string, visibility: Visibility = "private"): Promise<string> {
  const [row] = await database.db
    .insert(schema.albums)
    .values({ ownerId, title: "Album", visibility })
    .returning({ id: schema.albums.id });
  assert.ok(row);
  return row.id;
}

const change = (viewer: Viewer | undefined, selection: SelectionInput, wanted: ChangeInput) =>
  changeMedia(database.db, {
    viewer,
    selection: selectionShape.parse(selection),
    change: changeShape.parse(wanted),
  });

const pick = <T>(all: readonly T[]): T => {
  const one = all[Math.floor(Math.random() * all.length)];
  assert.ok(one !== undefined);
  return one;
};
const some = <T>(all: readonly T[], share = 0.2): T[] => all.filter(() => Math.random() < share);

/** Everything that a change may touch, as rows that can be compared. */
async function world() {
  const { sql } = database;
  return {
    media: [
      ...(await sql`
      select id, owner_id, visibility, round(extract(epoch from taken_at) * 1000)::float8 as at, taken_source, taken_offset, title, description, alt, rating,
        deleted_at is not null as trashed,
        exists (select from purges p where p.media_id = m.id and p.done_at is null) as due
      from media m order by id`),
    ],
    tags: [
      ...(await sql`
      select mt.media_id, t.owner_id, t.folded, mt.taken_at, mt.live from media_tags mt join tags t on t.id = mt.tag_id
      order by 1, 3`),
    ],
    counts: [...(await sql`select owner_id, folded, count from tags where count <> 0 order by 1, 2`)],
    albums: [
      ...(await sql`select id, count, public_count, unlisted_count, cover_id from albums order by id`),
    ],
    inAlbums: [
      ...(await sql`
      select album_id, media_id, position, number, taken_at, title, visibility, live from album_media order by 1, 2`),
    ],
    favourites: [...(await sql`select user_id, media_id from favourites order by 1, 2`)],
    months: [
      ...(await sql`select owner_id, visibility, month, count from media_months where count <> 0 order by 1, 2, 3`),
    ],
  };
}
type World = Awaited<ReturnType<typeof world>>;
type Row = World["media"][number];

/** Which media a selection means to this viewer, found the slow way. */
function meant(
  now: World,
  viewer: Viewer,
  selection: SelectionInput,
  wants: "own" | "change" | "see",
): Set<string> {
  const administers = viewer.role === "admin";
  const mine = (row: Row): boolean => row.owner_id === viewer.id;
  const within = (row: Row): boolean => {
    if (row.trashed || selection.except?.includes(row.id)) return false;
    if (wants === "own") return mine(row);
    if (wants === "change") return administers || mine(row);
    return administers || mine(row) || row.visibility !== "private";
  };
  const [kind, albumId] = (selection.list ?? "timeline").split(".");
  const inList = (row: Row): boolean => {
    if (kind === "timeline") return mine(row) || row.visibility === "public";
    if (kind === "favourites")
      return now.favourites.some((f) => f.user_id === viewer.id && f.media_id === row.id);
    return now.inAlbums.some((a) => a.album_id === albumId && a.media_id === row.id);
  };
  const iso = (row: Row): string => new Date(row.at).toISOString();
  const described = (row: Row): boolean =>
    selection.all === true ||
    selection.days?.includes(iso(row).slice(0, 10)) === true ||
    selection.months?.includes(iso(row).slice(0, 7)) === true ||
    (selection.ranges ?? []).some(([one, other]) => {
      const place = (id: string): string => {
        const found = now.media.find((row) => row.id === id);
        return found ? `${iso(found)} ${found.id}` : "";
      };
      const [low = "", high = ""] = [place(one), place(other)].sort();
      const at = `${iso(row)} ${row.id}`;
      return low <= at && at <= high;
    });
  return new Set(
    now.media
      .filter((row) => within(row) && (selection.ids?.includes(row.id) || (inList(row) && described(row))))
      .map((row) => row.id),
  );
}

it("any change of any selection does what one medium at a time would have, and undo restores all of it", async () => {
  const member = await addUser("member");
  const admin = await addUser("admin");
  const start = Date.parse("2024-01-01T12:00:00Z");
  const ids = await add(
    ...Array.from({ length: 60 }, (_, n) =>
      newMedia(
        pick([member, admin]).id,
        pick(visibilities),
        new Date(start + Math.floor(n / 2) * 36 * 3_600_000),
      ),
    ),
  );
  const albums = [await addAlbum(member.id), await addAlbum(admin.id, "public")];
  const days = ["2024-01-01", "2024-01-04", "2024-02-01"];
  const names = ["Sea", "sea", "Café", "山"];
  const fold = (name: string): string =>
    name
      .normalize("NFKD")
      .replace(/[\u0300-\u036f]/g, "")
      .toLowerCase();

  for (let n = 0; n < 120; n++) {
    const viewer = pick([member, admin]);
    const now = await world();
    const list = pick([
      "timeline",
      "timeline",
      "favourites",
      `album.${viewer === member ? albums[0] : pick(albums)}`,
    ]);
    const selection: SelectionInput = {
      list,
      ids: some(ids),
      except: some(ids, 0.1),
      ...pick([
        {},
        { all: true },
        { days: some(days, 0.5) },
        { months: ["2024-02"] },
        list === "timeline" ? { ranges: [[pick(ids), pick(ids)] as [string, string]] } : {},
      ]),
    };
    const album = viewer === member ? albums[0] : pick(albums);
    const wanted: ChangeInput = pick<ChangeInput>([
      { kind: "date", shiftSeconds: pick([3600, -86_400 * 40]) },
      { kind: "date", zoneMinutes: pick([0, 540, -480]) },
      { kind: "visibility", visibility: pick(visibilities) },
      { kind: "texts", title: pick(["", "Sea"]), alt: "x" },
      { kind: "rating", rating: pick([0, 3, 5]) },
      { kind: "trash" },
      { kind: "tags", add: some(names, 0.5), remove: some(names, 0.3) },
      { kind: "album", add: album ?? "" },
      { kind: "album", remove: album ?? "" },
      { kind: "favourite", on: pick([true, false]) },
    ]);
    const wants =
      wanted.kind === "favourite" || wanted.kind === "album"
        ? "see"
        : wanted.kind === "rating"
          ? "own"
          : "change";
    const chosen = meant(now, viewer, selection, wants);
    const answer = await change(viewer, selection, wanted);
    const then = await world();
    const say = JSON.stringify({ role: viewer.role, selection, wanted });
    assert.equal(answer.changed + answer.same, chosen.size, say);

    const expected = structuredClone(now.media).map((row) => {
      if (!chosen.has(row.id)) return row;
      switch (wanted.kind) {
        case "date": {
          if ("shiftSeconds" in wanted) row.at += wanted.shiftSeconds * 1000;
          else if ("zoneMinutes" in wanted) row.taken_offset = wanted.zoneMinutes;
          row.taken_source = "person";
          return row;
        }
        case "visibility":
          return { ...row, visibility: wanted.visibility };
        case "texts":
          return { ...row, title: wanted.title, alt: wanted.alt };
        case "rating":
          return { ...row, rating: wanted.rating };
        case "trash":
          return { ...row, trashed: true, due: true };
        default:
          return row;
      }
    });
    assert.deepEqual(then.media, expected, say);
    const tagged = (world: World) => new Set(world.tags.map((row) => `${row.media_id} ${row.folded}`));
    const wantedTags = tagged(now);
    if (wanted.kind === "tags")
      for (const id of chosen) {
        for (const name of wanted.remove ?? []) wantedTags.delete(`${id} ${fold(name)}`);
        for (const name of wanted.add ?? []) wantedTags.add(`${id} ${fold(name)}`);
      }
    assert.deepEqual(tagged(then), new Set([...wantedTags].sort()), say);
    const entries = (rows: { place: string; media_id: string }[]) =>
      new Set(rows.map((row) => `${row.place} ${row.media_id}`).sort());
    const places = (world: World) =>
      entries(world.inAlbums.map((row) => ({ place: row.album_id, media_id: row.media_id })));
    const wantedPlaces = places(now);
    if (wanted.kind === "album")
      for (const id of chosen)
        if ("add" in wanted) wantedPlaces.add(`${wanted.add} ${id}`);
        else wantedPlaces.delete(`${wanted.remove} ${id}`);
    assert.deepEqual(places(then), new Set([...wantedPlaces].sort()), say);
    const loved = (world: World) =>
      entries(world.favourites.map((row) => ({ place: row.user_id, media_id: row.media_id })));
    const wantedLoved = loved(now);
    if (wanted.kind === "favourite")
      for (const id of chosen)
        if (wanted.on) wantedLoved.add(`${viewer.id} ${id}`);
        else wantedLoved.delete(`${viewer.id} ${id}`);
    assert.deepEqual(loved(then), new Set([...wantedLoved].sort()), say);

    // Half of it is taken back; the rest makes the next one's world.
    if (answer.id !== undefined && n % 3 !== 0) {
      const undone = await undo(database.db, { viewer, changeId: answer.id });
      assert.deepEqual([undone.restored, undone.left], [answer.changed, 0], say);
      assert.deepEqual(await world(), now, say);
    }
  }
});

it("a member changes nothing of others', administrators change what they are given, viewers only their favourites", async () => {
  const [owner, other, admin, viewer] = [
    await addUser("member"),
    await addUser("member"),
    await addUser("admin"),
    await addUser("viewer"),
  ];
  const [id = ""] = await add(newMedia(owner.id, "public", new Date()));
  const wanted: ChangeInput = { kind: "visibility", visibility: "unlisted" };
  assert.deepEqual(await change(other, { ids: [id] }, wanted), { changed: 0, same: 0 });
  assert.deepEqual(await change(other, { all: true }, { kind: "trash" }), { changed: 0, same: 0 });
  await assert.rejects(change(viewer, { ids: [id] }, wanted), { code: "forbidden" });
  await assert.rejects(change(undefined, { ids: [id] }, wanted), { code: "unauthenticated" });
  await assert.rejects(change(undefined, { ids: [id] }, { kind: "favourite", on: true }), {
    code: "unauthenticated",
  });
  assert.equal((await change(viewer, { ids: [id] }, { kind: "favourite", on: true })).changed, 1);
  assert.equal((await change(admin, { ids: [id] }, wanted)).changed, 1);
  // Stars are the owner's alone.
  assert.equal((await change(admin, { ids: [id] }, { kind: "rating", rating: 5 })).changed, 0);
});

it("nobody chooses through an album, or changes one, that is not for them", async () => {
  const [owner, other] = [await addUser("member"), await addUser("member")];
  const [closed, open] = [await addAlbum(owner.id), await addAlbum(owner.id, "public")];
  const [id = ""] = await add(newMedia(other.id, "private", new Date()));
  await assert.rejects(change(other, { list: `album.${closed}`, all: true }, { kind: "trash" }), {
    code: "not_found",
  });
  await assert.rejects(change(other, { ids: [id] }, { kind: "album", add: closed }), { code: "not_found" });
  await assert.rejects(change(other, { ids: [id] }, { kind: "album", add: open }), { code: "forbidden" });
  await assert.rejects(change(other, { list: "album.'; drop", all: true }, { kind: "trash" }), {
    code: "not_found",
  });
  await assert.rejects(change(other, { list: "share.x", all: true }, { kind: "trash" }), {
    code: "bad_request",
  });
});

it("undo leaves what somebody has changed again since, and works once, for the one who made the change", async () => {
  const [owner, admin] = [await addUser("member"), await addUser("admin")];
  const ids = await add(
    ...[1, 2, 3].map(() => newMedia(owner.id, "private", new Date("2020-05-05T10:00:00Z"))),
  );
  const titled = await change(owner, { ids }, { kind: "texts", title: "Sea" });
  await change(admin, { ids: ids.slice(0, 1) }, { kind: "texts", title: "Lake" });
  const changeId = titled.id ?? "";
  await assert.rejects(undo(database.db, { viewer: admin, changeId }), { code: "not_undoable" });
  assert.deepEqual(await undo(database.db, { viewer: owner, changeId }), { restored: 2, left: 1 });
  await assert.rejects(undo(database.db, { viewer: owner, changeId }), { code: "not_undoable" });
  const titles = await database.sql`select title from media where id = any(${ids}) order by title`;
  assert.deepEqual(
    [...titles].map(({ title }) => title),
    ["", "", "Lake"],
  );

  const tagged = await change(owner, { ids }, { kind: "tags", add: ["Sea"] });
  const [first = ""] = ids;
  await change(admin, { ids: [first] }, { kind: "tags", remove: ["Sea"] });
  await change(admin, { ids: [first] }, { kind: "tags", add: ["sea"] });
  assert.deepEqual(await undo(database.db, { viewer: owner, changeId: tagged.id ?? "" }), {
    restored: 2,
    left: 1,
  });
});

it("a day set keeps each picture's time as its camera showed it, a zone set keeps the clock", async () => {
  const owner = await addUser("member");
  const [id = ""] = await add({
    ...newMedia(owner.id, "private", new Date("2020-05-05T23:30:15Z")),
    takenOffset: 120,
  });
  const taken = async () => {
    const [row] = await database.sql`select taken_at, taken_offset, taken_source from media where id = ${id}`;
    return [new Date(row?.taken_at).toISOString(), row?.taken_offset, row?.taken_source];
  };
  await change(owner, { ids: [id] }, { kind: "date", date: "2019-02-28" });
  assert.deepEqual(await taken(), ["2019-02-28T23:30:15.000Z", 120, "person"]);
  await change(owner, { ids: [id] }, { kind: "date", date: "2019-02-28", time: "08:00:00" });
  assert.deepEqual(await taken(), ["2019-02-28T08:00:00.000Z", 120, "person"]);
  await change(owner, { ids: [id] }, { kind: "date", zoneMinutes: -480 });
  assert.deepEqual(await taken(), ["2019-02-28T08:00:00.000Z", -480, "person"]);
});

it("a date before photography or in the future is refused, and a shift to there when it is so for all", async () => {
  const owner = await addUser("member");
  const at = (takenAt: string) => newMedia(owner.id, "private", new Date(takenAt));
  const ids = await add(at("2020-05-05T10:00:00Z"), at("1990-05-05T10:00:00Z"));
  for (const date of ["0001-01-01", "1825-12-31", "9999-12-31"])
    await assert.rejects(change(owner, { ids }, { kind: "date", date }), { code: "impossible_date" });
  for (const shiftSeconds of [-200 * 366 * 86_400, 60 * 366 * 86_400])
    await assert.rejects(change(owner, { ids }, { kind: "date", shiftSeconds }), { code: "impossible_date" });
  const { changed, same } = await change(owner, { ids }, { kind: "date", shiftSeconds: 20 * 366 * 86_400 });
  assert.deepEqual([changed, same], [1, 1]);
});

it("a picture uploaded again since stays in the trash when its deletion is taken back", async () => {
  const owner = await addUser("member");
  const row = newMedia(owner.id, "private", new Date());
  const [id = ""] = await add(row);
  const { id: changeId = "" } = await change(owner, { ids: [id] }, { kind: "trash" });
  await add({ ...newMedia(owner.id, "private", new Date()), sha256: row.sha256 });
  assert.deepEqual(await undo(database.db, { viewer: owner, changeId }), { restored: 0, left: 1 });
});

it("a change can be taken back for a day, then it is forgotten", async () => {
  const owner = await addUser("member");
  const [id = ""] = await add(newMedia(owner.id, "private", new Date()));
  const { id: changeId = "" } = await change(owner, { ids: [id] }, { kind: "tags", add: ["Once"] });
  await change(owner, { ids: [id] }, { kind: "tags", remove: ["once"] });
  await database.sql`update changes set created_at = created_at - interval '25 hours' where user_id = ${owner.id}`;
  await database.sql`update tags set created_at = created_at - interval '25 hours' where owner_id = ${owner.id}`;
  await assert.rejects(undo(database.db, { viewer: owner, changeId }), { code: "not_undoable" });
  while ((await forgetOldChanges(database.db)) > 0);
  const [left] = await database.sql`
    select (select count(*)::int from changes where user_id = ${owner.id}) as changes,
      (select count(*)::int from change_rows where change_id = ${changeId}::uuid) as rows,
      (select count(*)::int from tags where owner_id = ${owner.id}) as tags`;
  assert.deepEqual({ ...left }, { changes: 0, rows: 0, tags: 0 });
});

it("all that a search finds is changed by its words alone, of what one may change, less what was taken out", async () => {
  const owner = await addUser("member");
  const other = await addUser("member");
  const word = `w${randomBytes(6).toString("hex")}`;
  const titled = (by: Viewer, title: string, visibility: Visibility = "private") => ({
    ...newMedia(by.id, visibility, new Date("2019-05-05T10:00:00Z")),
    title,
  });
  const [one = "", two = "", , theirs = ""] = await add(
    titled(owner, `${word} one`),
    titled(owner, `${word} two`),
    titled(owner, "something else"),
    titled(other, `${word} three`, "public"),
  );
  const selection: SelectionInput = { list: `search.${word}`, all: true };
  const count = (more: Partial<SelectionInput> = {}) =>
    countMedia(database.db, {
      viewer: owner,
      selection: selectionShape.parse({ ...selection, ...more }),
    });
  assert.deepEqual(await count(), { count: 3 });
  assert.deepEqual(await count({ except: [one] }), { count: 2 });
  const answer = await change(owner, { ...selection, except: [one] }, { kind: "rating", rating: 4 });
  assert.deepEqual({ changed: answer.changed, same: answer.same }, { changed: 1, same: 0 });
  assert.equal((await change(owner, selection, { kind: "favourite", on: true })).changed, 3);
  const rated =
    await database.sql`select id from media where rating = 4 and id in (${one}, ${two}, ${theirs})`;
  assert.deepEqual(
    rated.map(({ id }) => id),
    [two],
  );
  await assert.rejects(change(owner, { list: "search.", all: true }, { kind: "trash" }), {
    code: "bad_request",
  });
  await assert.rejects(change(owner, { ...selection, months: ["2019-05"] }, { kind: "trash" }), {
    code: "bad_request",
  });
});

it("a day and a month are those on the pictures' labels, wherever they were taken: what is counted is what is changed", async () => {
  const owner = await addUser("member");
  const taken = (at: string, takenOffset: number | null) => ({
    ...newMedia(owner.id, "private", new Date(at)),
    takenOffset,
  });
  await add(
    taken("2026-05-31T23:59:59Z", 540),
    taken("2026-06-01T00:00:00Z", 540),
    taken("2026-06-01T23:59:59Z", -480),
    taken("2026-06-01T23:00:00Z", null),
    taken("2026-06-02T05:00:00Z", -480),
  );
  for (const [selection, wanted] of [
    [{ days: ["2026-06-01"] }, 3],
    [{ months: ["2026-06"] }, 4],
    [{ days: ["2026-05-31"], months: ["2026-06"] }, 5],
  ] as const) {
    const parsed = selectionShape.parse(selection);
    const { count } = await countMedia(database.db, { viewer: owner, selection: parsed });
    const { changed, same } = await change(owner, parsed, { kind: "rating", rating: 3 });
    assert.deepEqual([count, changed + same], [wanted, wanted]);
  }
});

it("ranges of the timeline are counted from the totals of days, with single pictures beside them", async () => {
  const owner = await addUser("member");
  const other = await addUser("member");
  const at = (hours: number): Date => new Date(Date.parse("2003-03-01T00:00:00Z") + hours * 3_600_000);
  const ids = await add(...Array.from({ length: 40 }, (_, n) => newMedia(owner.id, "private", at(n * 7))));
  await add(...Array.from({ length: 30 }, (_, n) => newMedia(other.id, "public", at(n * 9 + 1))));
  await add(newMedia(other.id, "private", at(20)));
  const seen = await database.sql`
    select id from media where (owner_id = ${owner.id} or visibility = 'public') and taken_at >= ${at(0).toISOString()}
      and taken_at < ${at(1000).toISOString()} order by taken_at, id`;
  const rank = (id: string): number => seen.findIndex((row) => row.id === id);
  for (const [from, to] of [
    [3, 30],
    [30, 3],
    [5, 6],
    [7, 7],
    [0, 39],
  ] as const) {
    const ends: [string, string] = [ids[from] ?? "", ids[to] ?? ""];
    const outside = ids.filter((_, n) => n > Math.max(from, to)).slice(0, 2);
    const { count } = await countMedia(database.db, {
      viewer: owner,
      selection: selectionShape.parse({ ranges: [ends], ids: [...outside, ids[from]] }),
    });
    assert.equal(count, Math.abs(rank(ends[0]) - rank(ends[1])) + 1 + outside.length, `${from} to ${to}`);
  }
});

it("a text is kept without what no database and no page can hold: NULs, halves of letters, control characters", async () => {
  const owner = await addUser("member");
  const [id = ""] = await add(newMedia(owner.id, "private", new Date("2019-05-05T10:00:00Z")));
  const { changed } = await change(
    owner,
    { ids: [id] },
    { kind: "texts", title: "a\0\u0007b\ud800", description: "one\n\ttwo\0", alt: "\0" },
  );
  assert.equal(changed, 1);
  const [row] = await database.sql`select title, description, alt from media where id = ${id}`;
  assert.deepEqual({ ...row }, { title: "ab\ufffd", description: "one\n\ttwo", alt: "" });
});

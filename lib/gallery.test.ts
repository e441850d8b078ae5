import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { drizzle } from "drizzle-orm/postgres-js";
import * as schema from "#db/schema.ts";
import { windowAround } from "./around.ts";
import { getMedia, listAround, listMedia, listMediaById, neighbours } from "./gallery.ts";
import { timelineList } from "./lists.ts";
import { type Role, roles, type Viewer, type Visibility, visibilities } from "./media.ts";
import { renditionFolder } from "./storage/keys.ts";
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

const row = (
  ownerId: string,
  visibility: Visibility,
  takenAt = new Date("2026-05-03T12:00:00Z"),
): schema.NewMedia => ({
  ownerId,
  visibility,
  takenAt,
  key: `media/${randomUUID()}.jpg`,
  renditionFolder: renditionFolder(),
  avifWidths: [320, 640],
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
  latitude: 37.5,
  longitude: 127,
});

async function add(...rows: schema.NewMedia[]): Promise<string[]> {
  const added = await database.db.insert(schema.media).values(rows).returning({ id: schema.media.id });
  return added.map(({ id }) => id);
}

const one = async (row: schema.NewMedia): Promise<string> => {
  const [id] = await add(row);
  assert.ok(id);
  return id;
};

/** Every page from the first to the last, as ids. */
async function walk(viewer: Viewer | undefined, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await listMedia(database.db, { viewer, cursor, limit });
    assert.ok(page);
    pages.push(page.media.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== undefined);
  return pages;
}

describe("who sees what", () => {
  const people = new Map<Role | "anonymous", Viewer | undefined>([["anonymous", undefined]]);
  const ids = new Map<string, string>();
  let author: Viewer;

  before(async () => {
    author = await addUser("member");
    for (const role of roles) people.set(role, await addUser(role));
    for (const visibility of visibilities) ids.set(visibility, await one(row(author.id, visibility)));
    ids.set("deleted", await one({ ...row(author.id, "public"), deletedAt: new Date() }));
    ids.set(
      "purged",
      await one({ ...row(author.id, "public"), deletedAt: new Date(), purgedAt: new Date() }),
    );
  });
  const idOf = (name: string): string => ids.get(name) ?? assert.fail(name);

  for (const who of ["anonymous", ...roles] as const) {
    const administers = who === "owner" || who === "admin";
    it(`${who}: someone else's list shows what is public, nothing else`, async () => {
      const shown = (await walk(people.get(who), 50)).flat();
      for (const [name, id] of ids) assert.equal(shown.includes(id), name === "public", name);
    });
    it(`${who}: opens someone else's public and unlisted by its address${administers ? ", and private" : ", private never"}`, async () => {
      for (const [name, id] of ids) {
        const found = await getMedia(database.db, { viewer: people.get(who), id });
        const expected = name === "public" || name === "unlisted" || (name === "private" && administers);
        assert.equal(found !== undefined, expected, name);
      }
    });
    it(`${who}: learns neither coordinates nor file name of someone else's picture (R-46)`, async () => {
      const found = await getMedia(database.db, { viewer: people.get(who), id: idOf("public") });
      assert.ok(found);
      assert.deepEqual(
        [found.latitude, found.longitude, found.altitude, found.filename],
        [null, null, null, undefined],
      );
      assert.equal(found.originalKey !== undefined, administers);
      assert.equal(found.mayEdit, administers);
      assert.equal(found.ownerName !== undefined, who !== "anonymous");
    });
    it(`${who}: fresh addresses are given for listed media only (R-63)`, async () => {
      const found = await listMediaById(database.db, { viewer: people.get(who), ids: [...ids.values()] });
      assert.deepEqual(
        found.map(({ id }) => id),
        [idOf("public")],
      );
    });
  }

  it("the owner of a picture sees it whatever its visibility, with its coordinates, until it is deleted", async () => {
    const shown = (await walk(author, 50)).flat();
    for (const visibility of visibilities) {
      assert.ok(shown.includes(idOf(visibility)), visibility);
      const found = await getMedia(database.db, { viewer: author, id: idOf(visibility) });
      assert.deepEqual(
        [found?.latitude, found?.filename, found?.mayEdit, found?.own],
        [37.5, "IMG_0001.JPG", true, true],
      );
    }
    assert.equal(await getMedia(database.db, { viewer: author, id: idOf("deleted") }), undefined);
    assert.ok(!shown.includes(idOf("deleted")));
  });

  it("an address that is no id finds nothing and breaks nothing (A-51)", async () => {
    for (const id of ["", "1", "%00", "\0", "x".repeat(10_000), `${randomUUID()}'--`, randomUUID()])
      assert.equal(await getMedia(database.db, { viewer: undefined, id }), undefined);
    assert.deepEqual(await listMediaById(database.db, { viewer: undefined, ids: ["\0", "x"] }), []);
  });

  it("a cursor that is not ours is refused, not an error (A-51)", async () => {
    const sneaky = ["", "%", "x".repeat(10_000), "bm9wZQ", "WzEsMiwzXQ", "\0"].concat(
      [["o", 1e300, randomUUID()], ["o", 1, "' or 1=1"], ["z", 1, randomUUID()], null].map((value) =>
        Buffer.from(JSON.stringify(value)).toString("base64url"),
      ),
    );
    for (const cursor of sneaky)
      assert.equal(await listMedia(database.db, { viewer: undefined, cursor, limit: 5 }), undefined, cursor);
  });

  it("around a public picture others see no private or unlisted one, and no file name of somebody else", async () => {
    const owner = await addUser("member");
    const guest = await addUser("member");
    const at = (second: number): Date => new Date(Date.UTC(1950, 0, 1, 0, 0, second));
    const [older, hidden, middle, unlisted, newer] = await add(
      row(owner.id, "public", at(0)),
      row(owner.id, "private", at(1)),
      row(owner.id, "public", at(2)),
      row(owner.id, "unlisted", at(3)),
      row(owner.id, "public", at(4)),
    );
    for (const viewer of [undefined, guest, owner]) {
      const of = await getMedia(database.db, { viewer, id: middle ?? "" });
      assert.ok(of);
      const found = await windowAround(database.db, timelineList, { viewer, of, limit: 2 });
      const near = [...found.before.slice(-1), ...found.after.slice(0, 1)];
      assert.deepEqual(
        near.map(({ id }) => id),
        viewer === owner ? [unlisted, hidden] : [newer, older],
      );
      for (const row of near) assert.equal(row.filename, viewer === owner ? "IMG_0001.JPG" : null);
    }
  });

  it("an unlisted picture opened by its link leads nowhere else", async () => {
    const of = await getMedia(database.db, { viewer: undefined, id: idOf("unlisted") });
    assert.ok(of);
    assert.deepEqual(await neighbours(database.db, { viewer: undefined, of }), {});
  });
});

describe("paging", () => {
  let author: Viewer;
  let expected: string[];

  before(async () => {
    author = await addUser("member");
    const other = await addUser("member");
    const same = new Date("2020-01-01T00:00:00.123Z");
    const rows = [
      ...Array.from({ length: 100 }, () => row(author.id, "private", same)),
      ...Array.from({ length: 100 }, () => row(author.id, "public", same)),
      ...Array.from({ length: 60 }, () => row(other.id, "public", same)),
      ...Array.from({ length: 40 }, (_, n) => row(author.id, "unlisted", new Date(same.getTime() + n - 20))),
    ];
    await add(...rows);
    const all = await database.sql<{ id: string }[]>`
      select id from media where deleted_at is null and (owner_id = ${author.id} or visibility = 'public')
      order by taken_at desc, id desc`;
    expected = all.map(({ id }) => id);
  });

  it("visits every picture exactly once, also 260 of the same millisecond", async () => {
    for (const limit of [1, 7, 60]) assert.deepEqual((await walk(author, limit)).flat(), expected);
  });

  it("newer pages retrace the older ones, and the first page is always full", async () => {
    const pages = await walk(author, 24);
    let page = await listMedia(database.db, { viewer: author, limit: 24 });
    for (let n = 1; n < pages.length; n++)
      page = await listMedia(database.db, { viewer: author, cursor: page?.next, limit: 24 });
    assert.equal(page?.next, undefined);
    for (let n = pages.length - 2; n >= 0; n--) {
      page = await listMedia(database.db, { viewer: author, cursor: page?.previous, limit: 24 });
      assert.deepEqual(
        page?.media.map(({ id }) => id),
        pages[n],
      );
      assert.ok(page?.next);
    }
  });

  it("previous and next of each picture are the ones beside it in the list", async () => {
    for (const n of [0, 1, 20, 150, expected.length - 1]) {
      const of = await getMedia(database.db, { viewer: author, id: expected[n] ?? "" });
      assert.ok(of);
      const beside = await neighbours(database.db, { viewer: author, of });
      assert.deepEqual([beside.previous?.id, beside.next?.id], [expected[n - 1], expected[n + 1]]);
    }
  });

  it("the pictures around each are the next ones on both sides in the list, and the ends say so", async () => {
    for (const list of [timelineList, { ...timelineList, around: undefined }])
      for (const n of [0, 1, 20, 150, expected.length - 1]) {
        const of = await getMedia(database.db, { viewer: author, id: expected[n] ?? "" });
        assert.ok(of);
        const limit = list.around === undefined ? 2 : 5;
        const found = await windowAround(database.db, list, { viewer: author, of, limit });
        const ids = (rows: { id: string }[]): string[] => rows.map(({ id }) => id);
        assert.deepEqual(ids(found.before), expected.slice(Math.max(0, n - limit), n));
        assert.deepEqual(ids(found.after), expected.slice(n + 1, n + 1 + limit));
        assert.deepEqual([found.first, found.last], [n <= limit, n + limit >= expected.length - 1]);
        const after = await windowAround(database.db, list, { viewer: author, of, limit, side: "after" });
        assert.deepEqual([ids(after.before), ids(after.after)], [[], expected.slice(n + 1, n + 1 + limit)]);
      }
  });
});

type Plan = { "Node Type": string; Plans?: Plan[]; [key: string]: unknown };
const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

describe("cost in a library of 100,000", () => {
  it("reads a bounded number of pages at any depth, never the table or a sort of it", async () => {
    const author = await addUser("member");
    const other = await addUser("member");
    await database.sql.begin(async (sql) => {
      // What triggers keep of a hundred thousand rows is not what is measured here, and takes longer than a statement may.
      await sql`set local session_replication_role = replica`;
      await sql`
        insert into media (owner_id, visibility, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime,
          width, height, thumbhash, color, filename, taken_at, taken_source)
        select (array[${author.id}, ${other.id}]::uuid[])[1 + n % 2], (array['public', 'private']::visibility[])[1 + (n / 2) % 2],
          'media/many-' || n, 'derived/many-' || n, '{320}', '{}', sha256(n::text::bytea), 1, 'image/jpeg', 3, 2, '', 0, 'a.jpg',
          timestamptz '2000-01-01' + n * interval '1 hour', 'camera'
        from generate_series(1, 100000) n`;
    });
    await database.sql`analyze media`;
    const asked: { query: string; params: (string | number)[] }[] = [];
    const logQuery = (query: string, params: unknown[]): void => {
      asked.push({
        query,
        params: params.filter((one) => typeof one === "string" || typeof one === "number"),
      });
    };
    const db = drizzle(database.sql, { schema, logger: { logQuery } });

    for (const viewer of [undefined, author])
      for (const year of ["2000-01-02", "2005-06-01", "2011-05-01"]) {
        const at = new Date(`${year}T00:00:00Z`);
        const cursor = Buffer.from(JSON.stringify(["o", at.getTime(), randomUUID()])).toString("base64url");
        await listMedia(db, { viewer, cursor, limit: 60 });
        const of = { id: randomUUID(), takenAt: at, visibility: "public", own: false } as const;
        await neighbours(db, { viewer, of });
        await listAround(db, { viewer, of, limit: 25 });
      }
    assert.equal(asked.length, 18);
    for (const { query, params } of asked) {
      const [answer] = await database.sql.unsafe<{ "QUERY PLAN": [{ Plan: Plan }] }[]>(
        `explain (analyze, buffers, format json) ${query}`,
        params,
      );
      assert.ok(answer);
      const plan = answer["QUERY PLAN"][0].Plan;
      const found = nodes(plan);
      assert.ok(!found.some((node) => node["Node Type"] === "Seq Scan"), JSON.stringify(plan));
      const touched = Number(plan["Shared Hit Blocks"]) + Number(plan["Shared Read Blocks"]);
      assert.ok(touched < 800, `${touched} pages for ${query}`);
      for (const node of found) assert.ok(Number(node["Actual Rows"]) <= 125, JSON.stringify(node));
    }
  });
});

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { mediaRows } from "#db/queries/admin.ts";
import { media, type NewMedia, uploads, users } from "#db/schema.ts";
import { type AdminMedia, countMax, listAdminMedia, listOwners, listUploads } from "#lib/admin.ts";
import { changeMedia, readChanges } from "#lib/admin-change.ts";
import {
  type MediaQuery,
  mediaAddress,
  mediaOrders,
  mediaSorts,
  parseMediaQuery,
  parseUploadQuery,
} from "#lib/admin-filter.ts";
import type { Role, Viewer } from "#lib/media.ts";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";

let test: TestDatabase;
let owner: Viewer;
let member: Viewer;

before(async () => {
  test = await testDatabase();
  owner = await person("owner", "Olga");
  member = await person("member", "Minjun");
});
after(() => test.close());

async function person(role: Role, name: string): Promise<Viewer> {
  const email = `${randomUUID()}@example.test`;
  const [row] = await test.db.insert(users).values({ name, email, role }).returning({ id: users.id });
  assert.ok(row);
  return { id: row.id, name, email, role };
}

const medium = (over: Partial<NewMedia> = {}): NewMedia => ({
  ownerId: owner.id,
  key: `media/${randomUUID()}`,
  renditionFolder: `derived/${randomUUID()}`,
  avifWidths: [320],
  jpegWidths: [640],
  sha256: randomBytes(32).toString("hex"),
  bytes: 1_000,
  mime: "image/jpeg",
  width: 400,
  height: 300,
  thumbhash: Buffer.alloc(21),
  color: 0x808080,
  filename: "IMG_0001.jpg",
  takenAt: new Date("2024-05-01T12:00:00Z"),
  takenSource: "camera",
  ...over,
});

/** Replaces everything there is. */
async function given(...rows: Partial<NewMedia>[]): Promise<void> {
  await test.sql`delete from media`;
  for (let start = 0; start < rows.length; start += 500)
    await test.db.insert(media).values(rows.slice(start, start + 500).map(medium));
}

/** The same with one statement, for what only numbers can show. */
async function givenMany(count: number): Promise<void> {
  await test.sql`delete from media`;
  await test.sql`
    insert into media (owner_id, key, rendition_folder, avif_widths, jpeg_widths, sha256, bytes, mime, width, height,
      thumbhash, color, filename, taken_at, taken_source)
    select ${owner.id}, 'media/' || n, 'derived/' || n, '{320}', '{640}', sha256(int4send(n)), 1000 + n, 'image/jpeg',
      400, 300, '', 0, 'IMG_' || n || '.jpg', now(), 'camera'
    from generate_series(1, ${count}::int) n`;
}

const list = (params: Record<string, string> = {}, limit = 100) => {
  const { sort, cursor, ...filter } = parseMediaQuery(params);
  return listAdminMedia(test.db, { viewer: owner, filter, sort, cursor, limit });
};
const titles = async (params: Record<string, string>): Promise<string[]> =>
  (await list(params)).rows.map((row) => row.title);

const keyOf = {
  added: (row: AdminMedia) => row.createdAt.getTime(),
  taken: (row: AdminMedia) => row.takenAt.getTime(),
  size: (row: AdminMedia) => row.bytes,
  title: (row: AdminMedia) => row.sortTitle,
};
const sorted = (rows: AdminMedia[], sort: MediaQuery["sort"]): string[] => {
  const key = keyOf[sort.replace("-", "") as keyof typeof keyOf];
  const ascending = rows.toSorted((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x !== y) return x < y ? -1 : 1;
    return a.id < b.id ? -1 : 1;
  });
  return (sort.startsWith("-") ? ascending.reverse() : ascending).map((row) => row.id);
};

describe("paging through all media", () => {
  before(async () => {
    // Few distinct values: every page boundary falls inside a run of equal ones.
    const rows = Array.from({ length: 53 }, (_, n) => ({
      title: ["", "Äpfel", "apfel", "서울", "Zoo"][n % 5],
      filename: `IMG_${n % 3}.jpg`,
      bytes: 1_000 + (n % 4),
      takenAt: new Date(Date.UTC(2020, n % 2, 1, 0, 0, 0, 1)),
      createdAt: new Date(Date.UTC(2021, n % 3, 1, 0, 0, 0, 999)),
    }));
    await given(...rows);
  });

  for (const sort of mediaSorts)
    it(`visits everything once in the order ${sort}, forwards and back again`, async () => {
      const whole = await list({ sort });
      const expected = sorted(whole.rows, sort);
      const forwards: string[] = [];
      let page = await list({ sort }, 7);
      const pages = [page];
      assert.equal(page.previous, undefined);
      for (; page.next !== undefined; pages.push(page)) page = await list({ sort, cursor: page.next }, 7);
      for (const { rows } of pages) forwards.push(...rows.map((row) => row.id));
      assert.deepEqual(forwards, expected);

      const backwards = [page.rows.map((row) => row.id)];
      while (page.previous !== undefined) {
        page = await list({ sort, cursor: page.previous }, 7);
        assert.ok(page.next);
        backwards.unshift(page.rows.map((row) => row.id));
      }
      assert.deepEqual(backwards.flat(), expected);
    });

  it("shows the first page whole when what lay before it was deleted", async () => {
    const first = await list({}, 7);
    const second = await list({ cursor: first.next ?? "" }, 7);
    const gone = first.rows.slice(0, 5).map((row) => row.id);
    await test.sql`update media set deleted_at = now() where id in ${test.sql(gone)}`;
    const page = await list({ cursor: second.previous ?? "" }, 7);
    assert.equal(page.rows.length, 7);
    assert.equal(page.previous, undefined);
    await test.sql`update media set deleted_at = null`;
  });
});

describe("filters", () => {
  before(() =>
    given(
      {
        title: "sea",
        filename: "DSC_0001.JPG",
        takenAt: new Date("2024-02-29T23:59:59.999Z"),
        visibility: "public",
      },
      {
        title: "café",
        filename: "100%_sure.png",
        mime: "image/png",
        takenAt: new Date("2024-03-01T00:00:00Z"),
      },
      {
        title: "제주도 바다",
        filename: "b.gif",
        mime: "image/gif",
        createdAt: new Date("2020-01-01T10:00:00Z"),
      },
      { title: "theirs", filename: "c.jpg", ownerId: member.id, visibility: "unlisted" },
      { title: "trashed", filename: "d.jpg", deletedAt: new Date() },
      { title: "purged", filename: "e.jpg", deletedAt: new Date(), purgedAt: new Date() },
    ),
  );

  const cases: [string, Record<string, string>, string[]][] = [
    [
      "by default shows what is in the gallery, whoever owns it",
      {},
      ["café", "sea", "theirs", "제주도 바다"],
    ],
    ["the trash shows what is deleted and not yet purged", { state: "trash" }, ["trashed"]],
    [
      "either state shows both, and nothing that was purged",
      { state: "any" },
      ["café", "sea", "theirs", "trashed", "제주도 바다"],
    ],
    ["a type shows only that type", { type: "image/gif" }, ["제주도 바다"]],
    ["a visibility shows only that visibility", { visibility: "unlisted" }, ["theirs"]],
    ["a day includes its last millisecond", { from: "2024-02-29", to: "2024-02-29" }, ["sea"]],
    ["the first day is included", { from: "2024-03-01", to: "2024-03-01" }, ["café"]],
    ["dates can be those of adding", { date: "added", to: "2020-12-31" }, ["제주도 바다"]],
    ["a range that ends before it begins holds nothing", { from: "2024-03-01", to: "2024-02-01" }, []],
    ["conditions add up", { type: "image/png", visibility: "public" }, []],
    ["text is found in a title", { text: "ea" }, ["sea"]],
    ["text is found in a file name, in any case", { text: "dsc_00" }, ["sea"]],
    ["accents do not matter", { text: "CAFE" }, ["café"]],
    ["accents typed do not matter either", { text: "séà" }, ["sea"]],
    ["Korean is found", { text: "제주" }, ["제주도 바다"]],
    ["Korean is found while it is being typed", { text: "제주도 바" }, ["제주도 바다"]],
    ["decomposed Korean is found", { text: "바다".normalize("NFD") }, ["제주도 바다"]],
    ["a percent sign is a percent sign", { text: "0%" }, ["café"]],
    ["a wide percent sign is one as well", { text: "％" }, ["café"]],
    ["an underscore is an underscore", { text: "c_0" }, ["sea"]],
    ["a backslash is a backslash", { text: "\\" }, []],
    ["a quote is a quote", { text: "' or 1=1 --" }, []],
  ];
  for (const [outcome, params, expected] of cases)
    it(outcome, async () => assert.deepEqual((await titles(params)).sort(), expected));

  it("an owner shows only what is theirs", async () => {
    assert.deepEqual(await titles({ owner: member.id }), ["theirs"]);
    assert.deepEqual(await titles({ owner: randomUUID() }), []);
  });
});

describe("totals", () => {
  it("is exact from the table of months, past the limit of counting", async () => {
    await givenMany(countMax + 25);
    const page = await list({}, 5);
    assert.deepEqual(page.total, { count: countMax + 25, exact: true });
    assert.deepEqual((await list({ visibility: "private" }, 5)).total, { count: countMax + 25, exact: true });
    // The next page says the same.
    assert.deepEqual((await list({ cursor: page.next ?? "" }, 5)).total, {
      count: countMax + 25,
      exact: true,
    });
  });

  it("stops counting at the limit where no table knows, and says so", async () => {
    assert.deepEqual((await list({ text: "img" }, 5)).total, { count: countMax, exact: false });
    assert.deepEqual((await list({ type: "image/jpeg" }, 5)).total, { count: countMax, exact: false });
    await test.sql`delete from media where id in (select id from media limit 25)`;
    assert.deepEqual((await list({ text: "img" }, 5)).total, { count: countMax, exact: true });
  });

  it("is the truth below the limit, however it is found", async () => {
    await given(
      ...Array.from({ length: 30 }, (_, n) => ({
        mime: n % 3 === 0 ? ("image/png" as const) : ("image/jpeg" as const),
        visibility: n % 2 === 0 ? ("public" as const) : ("private" as const),
        ownerId: n % 5 === 0 ? member.id : owner.id,
        deletedAt: n % 10 === 9 ? new Date() : null,
      })),
    );
    const questions: Record<string, string>[] = [
      {},
      { state: "trash" },
      { state: "any" },
      { visibility: "public" },
      { owner: member.id },
      { owner: member.id, visibility: "public" },
      { type: "image/png" },
      { text: "img" },
      { text: "nowhere" },
    ];
    for (const params of questions) {
      const whole = (await list(params)).rows.length;
      assert.deepEqual((await list(params, 2)).total, { count: whole, exact: true }, JSON.stringify(params));
    }
  });
});

describe("an address nobody wrote by hand (A-51, A-52)", () => {
  const hostile = [
    "added;drop table media",
    "password",
    "__proto__",
    "\0",
    "'",
    "x".repeat(10_000),
    "-",
    "%00",
  ];

  for (const name of ["sort", "state", "owner", "type", "visibility", "date", "from", "to", "cursor"])
    it(`counts an impossible ${name} as not given`, async () => {
      const usual = mediaAddress(parseMediaQuery({}));
      for (const value of hostile) {
        assert.equal(mediaAddress(parseMediaQuery({ [name]: value })), usual);
        assert.deepEqual((await list({ [name]: value })).rows.length, (await list()).rows.length);
      }
    });

  it("survives any words to look for", async () => {
    for (const text of [...hostile, "\ud800", "\\", "%%%", "\u0301", "ﷺ".repeat(100)]) await list({ text });
  });

  it("takes the first of a value given twice", () => {
    assert.equal(parseMediaQuery({ state: ["trash", "any"] }).state, "trash");
  });

  it("takes dates at the edges of what Postgres can hold", async () => {
    for (const day of ["0000-01-01", "0001-01-01", "9998-12-31", "9999-12-31", "2023-02-29"])
      for (const date of ["taken", "added"]) await list({ date, from: day, to: day });
  });

  it("starts at the beginning with a cursor that is broken, forged or of another order", async () => {
    await given(...Array.from({ length: 9 }, (_, n) => ({ bytes: 1_000 + n })));
    const first = (await list({}, 3)).rows.map((row) => row.id);
    const forge = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const id = randomUUID();
    for (const cursor of [
      (await list({ sort: "size" }, 3)).next ?? "",
      forge(["-added", "after", 1e300, id]),
      forge(["-added", "after", "now()", id]),
      forge(["-added", "after", 8.64e15, id]),
      forge(["-added", "after", 0, "1; drop table media"]),
      forge(["-added", "sideways", 0, id]),
      forge({ sort: "-added" }),
      forge(null),
    ])
      assert.deepEqual(
        (await list({ cursor }, 3)).rows.map((row) => row.id),
        first,
        cursor,
      );
    const nul = await list({ sort: "title", cursor: forge(["title", "after", "a\0", id]) }, 3);
    assert.equal(nul.previous, undefined);
    const far = await list({ cursor: forge(["-added", "after", -62_135_596_800_000, id]) }, 3);
    assert.deepEqual(far.rows, []);
  });

  it("writes an address that reads as the same question", () => {
    const query = parseMediaQuery({
      state: "any",
      owner: owner.id,
      type: "image/gif",
      date: "added",
      from: "2020-01-01",
      text: "a&b=ü",
      sort: "title",
    });
    const params = Object.fromEntries(new URL(mediaAddress(query), "http://x").searchParams);
    assert.deepEqual(parseMediaQuery(params), query);
  });
});

describe("who may ask", () => {
  const { sort, cursor: _, ...filter } = parseMediaQuery({});
  const doors: Record<string, (viewer: Viewer | undefined) => Promise<unknown>> = {
    "the media": (viewer) => listAdminMedia(test.db, { viewer, filter, sort, limit: 5 }),
    "the uploads": (viewer) => listUploads(test.db, { viewer, filter: {}, limit: 5 }),
    "the owners": (viewer) => listOwners(test.db, { viewer }),
    "a change": (viewer) =>
      changeMedia(test.db, { viewer, changes: [{ intent: "public", ids: [randomUUID()] }] }),
  };
  for (const [name, door] of Object.entries(doors))
    it(`${name}: owners and admins; members and viewers are forbidden, anybody else must sign in`, async () => {
      for (const role of ["member", "viewer"] as const)
        await assert.rejects(door({ ...member, role }), { code: "forbidden" });
      await assert.rejects(door(undefined), { code: "unauthenticated" });
      for (const role of ["owner", "admin"] as const) await door({ ...owner, role });
    });
});

describe("how the lists are read (D1, D2)", () => {
  const plan = async (query: { toSQL(): { sql: string; params: unknown[] } }): Promise<string> => {
    const { sql, params } = query.toSQL();
    const lines = await test.sql.unsafe(`explain ${sql}`, params as string[]);
    return lines.map((line) => line["QUERY PLAN"]).join("\n");
  };

  it("walks an index in every order, from the first row on and from any other, and sorts nothing", async () => {
    await givenMany(3_000);
    await test.sql.unsafe("vacuum analyze media");
    const values = { added: new Date(), taken: new Date("2024-05-01"), size: 2_000, title: "img_7.jpg" };
    for (const order of mediaOrders)
      for (const descending of [true, false])
        for (const past of [undefined, { value: values[order], id: randomUUID() }]) {
          const text = await plan(
            mediaRows(test.db, { conditions: { state: "ready" }, order, descending, past, limit: 50 }),
          );
          assert.match(text, /Index Scan.* using media_/);
          assert.doesNotMatch(text, /Seq Scan on media\b|Sort/, text);
        }
  });

  it("finds rare text by its index", async () => {
    const conditions = { state: "any", text: "IMG_2718" } as const;
    assert.match(
      await plan(
        mediaRows(test.db, { conditions, order: "added", descending: true, past: undefined, limit: 50 }),
      ),
      /media_text/,
    );
  });
});

describe("the ledger of uploads", () => {
  before(async () => {
    await test.sql`delete from uploads`;
    const states = ["ready", "rejected", "issued"] as const;
    await test.db.insert(uploads).values(
      Array.from({ length: 31 }, (_, n) => {
        const state = states[n % 3];
        return {
          ownerId: n % 4 === 0 ? member.id : owner.id,
          state,
          clientToken: randomUUID(),
          stagingKey: `incoming/${randomUUID()}`,
          filename: `IMG_${n}.jpg`,
          declaredMime: "image/jpeg",
          bytes: 1_000 + n,
          sha256: randomBytes(32).toString("hex"),
          policyExpiresAt: new Date(),
          rejectCode: state === "rejected" ? ("heic_unsupported" as const) : null,
          createdAt: new Date(Date.UTC(2024, 0, 1 + (n % 5))),
        };
      }),
    );
  });
  const ledger = (params: Record<string, string> = {}, limit = 100) => {
    const { cursor, ...filter } = parseUploadQuery(params);
    return listUploads(test.db, { viewer: owner, filter, cursor, limit });
  };

  it("shows every upload once, newest first, forwards and back again", async () => {
    const whole = (await ledger()).rows.map((row) => row.id);
    assert.equal(whole.length, 31);
    let page = await ledger({}, 6);
    const pages = [page];
    for (; page.next !== undefined; pages.push(page)) page = await ledger({ cursor: page.next }, 6);
    assert.deepEqual(
      pages.flatMap(({ rows }) => rows.map((row) => row.id)),
      whole,
    );
    const times = pages.flatMap(({ rows }) => rows.map((row) => row.createdAt.getTime()));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b - a),
    );
    const back = [page];
    while (page.previous !== undefined) {
      page = await ledger({ cursor: page.previous }, 6);
      back.unshift(page);
    }
    assert.deepEqual(
      back.flatMap(({ rows }) => rows.map((row) => row.id)),
      whole,
    );
  });

  it("says in a sentence why an upload was refused, and nothing of any other", async () => {
    const { rows, total } = await ledger({ state: "rejected" });
    assert.equal(rows.length, 10);
    assert.deepEqual(total, { count: 10, exact: true });
    for (const row of rows) assert.match(row.message ?? "", /HEIC/);
    for (const row of (await ledger({ state: "ready" })).rows) assert.equal(row.message, null);
  });

  it("can be narrowed to one owner", async () => {
    const { rows } = await ledger({ owner: member.id });
    assert.equal(rows.length, 8);
    assert.ok(rows.every((row) => row.ownerName === "Minjun"));
  });

  it("ignores impossible states and broken cursors", async () => {
    const questions: Record<string, string>[] = [
      { state: "gone" },
      { owner: "me" },
      { cursor: "%%%" },
      { cursor: "x".repeat(9_999) },
    ];
    for (const params of questions) assert.equal((await ledger(params)).rows.length, 31);
  });
});

describe("changing a selection", () => {
  const form = (intent: string, ids: string[], undo?: string): FormData => {
    const data = new FormData();
    data.set("intent", intent);
    for (const id of ids) data.append("ids", id);
    if (undo !== undefined) data.set("undo", undo);
    return data;
  };
  const press = async (data: FormData) =>
    changeMedia(test.db, { viewer: owner, changes: readChanges(data) ?? [] });
  const visibilities = async () =>
    Object.fromEntries(
      (await list({ state: "any", sort: "title" })).rows.map((row) => [row.title, row.visibility]),
    );

  it("gives each picture its own visibility back when a change is taken back", async () => {
    await given(
      { title: "a", visibility: "private" },
      { title: "b", visibility: "unlisted" },
      { title: "c", visibility: "public" },
    );
    const before = await visibilities();
    const ids = (await list()).rows.map((row) => row.id);
    const { undo } = await press(form("public", ids));
    assert.deepEqual(new Set(Object.values(await visibilities())), new Set(["public"]));
    await press(form("undo", [], JSON.stringify(undo)));
    assert.deepEqual(await visibilities(), before);
  });

  it("takes pictures out of the trash again", async () => {
    await given({ title: "a" }, { title: "b" });
    const ids = (await list()).rows.map((row) => row.id);
    const { undo, ids: gone } = await press(form("trash", ids));
    assert.deepEqual(new Set(gone), new Set(ids));
    assert.deepEqual(await titles({}), []);
    await press(form("undo", [], JSON.stringify(undo)));
    assert.equal((await list()).rows.length, 2);
  });

  it("asks for a selection when there is none", () =>
    assert.equal(readChanges(form("trash", [])), undefined));

  it("refuses what no button of ours sends", () => {
    const id = randomUUID();
    for (const data of [
      form("drop", [id]),
      form("trash", ["1"]),
      form(
        "trash",
        Array.from({ length: 51 }, () => randomUUID()),
      ),
      form("undo", []),
      form("undo", [], "{"),
      form("undo", [], "[]"),
      form("undo", [], JSON.stringify([{ intent: "public", ids: [id], ownerId: id }])),
      form("undo", [], JSON.stringify(Array.from({ length: 4 }, () => ({ intent: "public", ids: [id] })))),
    ])
      assert.throws(() => readChanges(data), { code: "bad_request" });
  });
});

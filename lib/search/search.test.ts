import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { keySearch } from "#db/queries/search.ts";
import { type Role, roles, type Viewer, type Visibility } from "#lib/media.ts";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";
import { fillSearchIndex } from "./fill.ts";
import { parseQuery } from "./query.ts";
import { countMatches, searchMedia, searchNeighbours, whatToDrop } from "./search.ts";
import { suggestionsFor } from "./suggest.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.close());

async function person(role: Role = "member"): Promise<Viewer> {
  assert.ok(roles.includes(role));
  const name = `P${randomBytes(4).toString("hex")}`;
  const [user] = await database.sql<{ id: string }[]>`
    insert into users (name, email, role) values (${name}, ${`${name}@example.org`}, ${role}) returning id`;
  assert.ok(user);
  return { id: user.id, name, email: `${name}@example.org`, role };
}

type Picture = {
  owner: Viewer;
  title?: string;
  description?: string;
  alt?: string;
  filename?: string;
  camera?: string;
  lens?: string;
  visibility?: Visibility;
  taken?: string;
  offset?: number;
  size?: [number, number];
  color?: number;
  mime?: string;
  motion?: string;
  rating?: number;
  place?: [number, number];
};

async function picture(made: Picture): Promise<string> {
  const [width, height] = made.size ?? [4000, 3000];
  const [row] = await database.sql<{ id: string }[]>`
    insert into media ${database.sql({
      owner_id: made.owner.id,
      visibility: made.visibility ?? "private",
      key: `media/${randomUUID()}`,
      rendition_folder: `derived/${randomUUID()}`,
      avif_widths: [320],
      jpeg_widths: [640],
      sha256: createHash("sha256").update(randomBytes(16)).digest(),
      bytes: 1000,
      mime: made.mime ?? "image/jpeg",
      motion: made.motion ?? null,
      width,
      height,
      thumbhash: Buffer.from([1]),
      color: made.color ?? 0x808080,
      filename: made.filename ?? "DSC0.jpg",
      title: made.title ?? "",
      description: made.description ?? "",
      alt: made.alt ?? "",
      taken_at: made.taken ?? "2020-05-05T10:00:00.000Z",
      taken_offset: made.offset ?? null,
      taken_source: "camera",
      camera: made.camera ?? null,
      lens: made.lens ?? null,
      rating: made.rating ?? 0,
      latitude: made.place?.[0] ?? null,
      longitude: made.place?.[1] ?? null,
    })} returning id`;
  assert.ok(row);
  return row.id;
}

async function album(owner: Viewer, title: string, visibility: Visibility, ids: string[]): Promise<string> {
  const [row] = await database.sql<{ id: string }[]>`
    insert into albums (owner_id, title, visibility) values (${owner.id}, ${title}, ${visibility}) returning id`;
  assert.ok(row);
  await database.sql`
    insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
    select ${row.id}, id, row_number() over (), row_number() over (), taken_at, title, visibility, true
    from media where id = any(${ids})`;
  return row.id;
}

async function tag(owner: Viewer, name: string, ids: string[]): Promise<void> {
  const [row] = await database.sql<{ id: string }[]>`
    insert into tags (owner_id, name, folded) values (${owner.id}, ${name}, search_fold(${name})) returning id`;
  assert.ok(row);
  await database.sql`
    insert into media_tags (tag_id, media_id, taken_at, live)
    select ${row.id}, id, taken_at, true from media where id = any(${ids})`;
}

const clausesOf = (text: string) => {
  const { clauses, problems } = parseQuery(text);
  assert.deepEqual(problems, [], text);
  return clauses;
};

/** Ids in the order of the results. */
async function find(viewer: Viewer | undefined, text: string): Promise<string[]> {
  const page = await searchMedia(database.db, { viewer, clauses: clausesOf(text), limit: 50 });
  assert.ok(page);
  return page.media.map(({ id }) => id);
}

describe("what words find", () => {
  let me: Viewer;
  before(async () => {
    me = await person();
  });
  it("looks into title, description, alternative text, camera, lens and one's own file names", async () => {
    const word = "zanzibar";
    const ids = [
      await picture({ owner: me, title: `At ${word}`, taken: "2020-01-06T00:00:00Z" }),
      await picture({ owner: me, description: `we saw ${word}.`, taken: "2020-01-05T00:00:00Z" }),
      await picture({ owner: me, alt: `A beach (${word})`, taken: "2020-01-04T00:00:00Z" }),
      await picture({ owner: me, camera: `${word} X1`, taken: "2020-01-03T00:00:00Z" }),
      await picture({ owner: me, lens: `50mm ${word}`, taken: "2020-01-02T00:00:00Z" }),
      await picture({ owner: me, filename: `IMG_${word}.jpg`, taken: "2020-01-01T00:00:00Z" }),
    ];
    assert.deepEqual(await find(me, word), ids);
    assert.deepEqual(await find(me, "ZANZIB"), ids);
    assert.deepEqual(await find(me, "anziba"), ids);
    assert.deepEqual(await find(me, `${word} -beach`), ids.toSpliced(2, 1));
    assert.deepEqual(await find(me, `"at ${word}"`), [ids[0]]);
    assert.deepEqual(await find(me, `"saw ${word}" -"${word} saw"`), [ids[1]]);
    assert.deepEqual(await find(me, "zanzibat"), []);
  });
  it("takes accents, width, case and punctuation as nothing", async () => {
    const cafe = await picture({ owner: me, title: "Déjeuner au Café, n° 7" });
    const file = await picture({ owner: me, filename: "PXL-20190703_1234.jpg" });
    assert.deepEqual(await find(me, "CAFE dejeuner"), [cafe]);
    assert.deepEqual(await find(me, "ｃａｆé"), [cafe]);
    assert.deepEqual(await find(me, "PXL_20190703"), [file]);
    assert.deepEqual(await find(me, "1234.jpg"), [file]);
    assert.deepEqual(await find(me, "100%"), []);
  });
  it("finds Korean by a syllable, by a syllable half typed, and in the middle of a word", async () => {
    const sea = await picture({ owner: me, title: "푸른바다에서" });
    for (const text of ["바다", "바", "푸", "푸르", "푸ㄹ", "다에서", '"바다에서"'])
      assert.deepEqual(await find(me, text), [sea], text);
    for (const text of ["바닷", "서바", "다바"]) assert.deepEqual(await find(me, text), [], text);
  });
  it("finds Japanese and Chinese by a single letter, Cyrillic, Greek, Thai and Arabic by words", async () => {
    const kyoto = await picture({ owner: me, title: "京都の海辺" });
    const others = new Map<string, string>();
    for (const word of ["Привет", "θάλασσα", "ทะเล", "البحر"])
      others.set(word, await picture({ owner: me, title: word }));
    for (const text of ["海", "海辺", "京都", "の"]) assert.deepEqual(await find(me, text), [kyoto], text);
    for (const [word, id] of others) assert.deepEqual(await find(me, word.slice(0, 4)), [id], word);
    assert.deepEqual(await find(me, "привет"), [others.get("Привет")]);
  });
  it("finds one and two Latin letters where words begin", async () => {
    const me = await person();
    const id = await picture({ owner: me, title: "Qx 9 wq" });
    assert.deepEqual(await find(me, "q"), [id]);
    assert.deepEqual(await find(me, "wq"), [id]);
    assert.deepEqual(await find(me, "x"), []);
    assert.deepEqual(await find(me, '"qx 9"'), [id]);
  });
  it("finds what is tagged or in an album by a word of its name", async () => {
    const own = await person();
    const [one, two, three] = [
      await picture({ owner: own, taken: "2020-03-03T00:00:00Z" }),
      await picture({ owner: own, title: "Grandma", taken: "2020-03-02T00:00:00Z" }),
      await picture({ owner: own, title: "Family with grandma", taken: "2020-03-01T00:00:00Z" }),
    ];
    await tag(own, "Família", [one, two]);
    await album(own, "Summer in Busan", "private", [one, three]);
    assert.deepEqual(await find(own, "famil"), [one, two, three]);
    assert.deepEqual(await find(own, "familia"), [one, two]);
    assert.deepEqual(await find(own, "grandma family"), [three]);
    assert.deepEqual(await find(own, "grandma famil"), [two, three]);
    assert.deepEqual(await find(own, "-famil"), []);
    assert.deepEqual(await find(own, "busan"), [one, three]);
    assert.deepEqual(await find(own, "famil busan"), [one, three]);
    assert.deepEqual(await find(own, "tag:familia"), [one, two]);
    assert.deepEqual(await find(own, "tag:famil"), []);
    assert.deepEqual(await find(own, 'album:"summer in" -tag:família'), [three]);
    assert.deepEqual(await find(own, "grandma album:busan"), [three]);
    await database.sql`update tags set name = 'Kin', folded = 'kin' where owner_id = ${own.id}`;
    assert.deepEqual(await find(own, "kin"), [one, two]);
  });
});

describe("what filters find", () => {
  let me: Viewer;
  let wide: string;
  let tall: string;
  let square: string;
  before(async () => {
    me = await person();
    wide = await picture({
      owner: me,
      taken: "2019-06-30T18:00:00Z",
      offset: -540,
      size: [6000, 4000],
      color: 0x336699,
      camera: "FUJIFILM X-T4",
      rating: 5,
      alt: "x",
      place: [37.56, 126.98],
    });
    tall = await picture({
      owner: me,
      taken: "2018-07-01T12:00:00Z",
      size: [3000, 4000],
      color: 0x3a6a9a,
      mime: "image/png",
      lens: "XF23mm",
      rating: 2,
      visibility: "unlisted",
      place: [37.4, 127.1],
    });
    square = await picture({
      owner: me,
      taken: "2017-12-31T23:30:00Z",
      size: [800, 800],
      color: 0xc03020,
      mime: "image/gif",
      motion: "gif",
      visibility: "public",
    });
    await database.sql`insert into favourites (user_id, media_id, taken_at) select ${me.id}, id, taken_at from media where id = ${tall}`;
  });
  it("answers every filter, and its contrary", async () => {
    const all = [wide, tall, square];
    for (const [text, found] of [
      ["is:mine", all],
      // In the evening of 30 June where it was taken.
      ["2019-06-30", [wide]],
      ["2019-07", []],
      ["2018..2019", [wide, tall]],
      ["..2018", [tall, square]],
      ["is:mine -2018", [wide, square]],
      ["type:png", [tall]],
      ["type:gif,png", [tall, square]],
      ["is:mine -type:gif", [wide, tall]],
      ["is:mine orientation:landscape", [wide]],
      ["is:mine orientation:portrait,square", [tall, square]],
      ["is:mine color:#34679a", [wide, tall]],
      ["is:mine -color:blue", [square]],
      ["size:24mp", [wide]],
      ["is:mine size:>=12mp", [wide, tall]],
      ["is:mine size:<1", [square]],
      ["is:mine width:>=3000", [wide, tall]],
      ["is:mine height:800px", [square]],
      ["rating:>=4", [wide]],
      ["rating:1..5", [wide, tall]],
      ["is:mine -rating:>=1", [square]],
      ["is:favourite", [tall]],
      ["is:mine -is:favourite", [wide, square]],
      ["is:unlisted", [tall]],
      ["is:private", [wide]],
      ["is:mine is:animated", [square]],
      ["is:mine has:alt", [wide]],
      ["is:mine no:alt", [tall, square]],
      ["has:place", [wide, tall]],
      ["no:place", [square]],
      ["near:37.56,126.97", [wide]],
      ["near:37.56,126.97,30km", [wide, tall]],
      ["camera:x-t4", [wide]],
      ["is:mine -camera:fujifilm", [tall, square]],
      ["lens:xf23", [tall]],
      ["is:mine on:07-01", [tall]],
      ["owner:me", all],
      ["tag:none", []],
      ["camera:none", []],
      ["is:private is:public", []],
    ] as const)
      assert.deepEqual(await find(me, text), found, text);
  });
  it("finds an album by one syllable or one sign that a word of its title begins with", async () => {
    const own = await person();
    const [here, there] = [await picture({ owner: own }), await picture({ owner: own })];
    await album(own, "Holidays 2026 제주 🏖 sea", "private", [here]);
    await album(own, "Winter", "private", [there]);
    for (const text of ["제", "제주", "album:제", "album:🏖", "🏖", "album:se", "holi"])
      assert.deepEqual(await find(own, text), [here], text);
    assert.deepEqual(await find(own, "album:ea"), []);
  });
  it("finds and counts a picture once: in a public album of one's own with private ones, and in two albums of one name", async () => {
    const own = await person();
    const open = await picture({ owner: own, visibility: "public" });
    const shut = await picture({ owner: own });
    await album(own, "Jeju harbour", "public", [open, shut]);
    await album(own, "Jeju market", "private", [open]);
    await database.sql`update albums set count = 2, public_count = 1 where owner_id = ${own.id} and visibility = 'public'`;
    for (const [text, found] of [
      ["album:harbour", [open, shut]],
      ["album:jeju", [open, shut]],
    ] as const) {
      assert.deepEqual((await find(own, text)).toSorted(), [...found].sort(), text);
      assert.equal(await countMatches(database.db, { viewer: own, clauses: clausesOf(text) }), 2, text);
    }
  });
  it("finds people by their names: oneself, and whoever has made pictures public, for who is signed in", async () => {
    const [own, open, closed, admin] = [
      await person(),
      await person(),
      await person(),
      await person("admin"),
    ];
    const mine = await picture({ owner: own });
    const shown = await picture({ owner: open, visibility: "public" });
    await picture({ owner: open });
    await picture({ owner: closed });
    const offered = async (viewer: Viewer | undefined, name: string) =>
      (await suggestionsFor(database.db, { viewer, text: `owner:${name}` })).map(({ text }) => text.trim());
    for (const [viewer, who, found] of [
      [own, own, [mine]],
      [own, open, [shown]],
      [own, closed, []],
      [undefined, open, []],
      [admin, open, [shown]],
    ] as const) {
      assert.deepEqual(await find(viewer, `owner:${who.name.toLowerCase()}`), found);
      const isOffered = viewer === admin || found.length > 0;
      assert.deepEqual(await offered(viewer, who.name), isOffered ? [`owner:${who.name}`] : []);
    }
    assert.equal((await offered(admin, closed.name)).length, 1);
  });
  it("pages to the end in both directions without a gap or a repetition", async () => {
    const own = await person();
    const ids: string[] = [];
    for (let n = 0; n < 17; n++)
      ids.push(
        await picture({
          owner: own,
          title: "pageable",
          taken: new Date(Date.UTC(2021, n % 5, 1)).toISOString(),
        }),
      );
    // With no keys at all, with those of the newest few, and with all.
    for (const text of ["pageable", "pageable page", "is:mine", "page owner:me -type:gif"]) {
      if (text === "pageable page")
        await database.sql`
        update media_search set keyed = true where owner_id = ${own.id} and taken_at > '2021-02-15'`;
      if (text === "is:mine") while (await keySearch(database.db, 5));
      const clauses = clausesOf(text);
      const all = await find(own, text);
      assert.deepEqual([...all].sort(), [...ids].sort());
      const seen: string[] = [];
      let cursor: string | undefined;
      let back: string | undefined;
      do {
        const page = await searchMedia(database.db, { viewer: own, clauses, cursor, limit: 4 });
        assert.ok(page);
        seen.push(...page.media.map(({ id }) => id));
        cursor = page.next;
        back = page.previous ?? back;
      } while (cursor !== undefined);
      assert.deepEqual(seen, all, text);
      const before = await searchMedia(database.db, { viewer: own, clauses, cursor: back, limit: 4 });
      assert.deepEqual(
        before?.media.map(({ id }) => id),
        all.slice(12, 16),
      );
      for (const [n, id] of all.entries()) {
        const [row] = await database.sql<{ at: string }[]>`select taken_at as at from media where id = ${id}`;
        assert.ok(row);
        const beside = await searchNeighbours(database.db, {
          viewer: own,
          clauses,
          of: { id, takenAt: new Date(row.at) },
        });
        assert.deepEqual([beside.previous?.id, beside.next?.id], [all[n - 1], all[n + 1]]);
      }
      assert.equal(await countMatches(database.db, { viewer: own, clauses }), 17);
    }
  });
  it("steps from no picture that is not among the results, and takes no foreign cursor", async () => {
    const of = { id: tall, takenAt: new Date("2018-07-01T12:00:00Z") };
    assert.deepEqual(
      await searchNeighbours(database.db, { viewer: me, clauses: clausesOf("type:gif"), of }),
      {},
    );
    const odd = await searchMedia(database.db, { viewer: me, clauses: [], cursor: "??", limit: 5 });
    assert.equal(odd, undefined);
  });
  it("tells what leaving out a condition would bring", async () => {
    const advice = await whatToDrop(database.db, {
      viewer: me,
      clauses: clausesOf("is:mine type:png rating:5"),
    });
    assert.deepEqual(
      advice.map(({ without, count }) => [without[0]?.kind, count]),
      [
        ["type", 1],
        ["rating", 1],
      ],
    );
    const alone = await whatToDrop(database.db, { viewer: me, clauses: clausesOf("type:png rating:5 2012") });
    assert.deepEqual(
      alone.map(({ rest, count }) => [rest.map(({ kind }) => kind), count]),
      [
        [["type"], 1],
        [["rating"], 1],
      ],
    );
  });
});

describe("a search between a change and the keys of it", () => {
  it("tells what is, not what the index still says", async () => {
    const own = await person();
    const ids = [await picture({ owner: own, title: "Beforehand" }), await picture({ owner: own })];
    await fillSearchIndex(database.db, new AbortController().signal);
    assert.deepEqual(await find(own, "beforehand"), [ids[0]]);
    await database.sql`update media set title = 'Afterwards' where id = any(${ids})`;
    assert.deepEqual(await find(own, "beforehand"), []);
    assert.deepEqual((await find(own, "afterwards")).sort(), ids.sort());
    await fillSearchIndex(database.db, new AbortController().signal);
    assert.deepEqual(await find(own, "beforehand"), []);
    assert.deepEqual((await find(own, "afterwards")).sort(), ids.sort());
    const [due] = await database.sql`
      select 1 from media_search where not keyed and media_id = any(${ids})`;
    assert.equal(due, undefined);
  });
});

describe("a library that is older than the search", () => {
  it("is filled in while the gallery runs, and ends there", async () => {
    const me = await person();
    await database.sql`alter table media disable trigger media_search_inserted`;
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push(await picture({ owner: me, title: "Antediluvian" }));
    await database.sql`alter table media enable trigger media_search_inserted`;
    assert.deepEqual(await find(me, "antediluvian"), []);
    await database.sql`insert into search_backfill values ('00000000-0000-0000-0000-000000000000')`;
    await fillSearchIndex(database.db, new AbortController().signal);
    assert.deepEqual((await find(me, "antediluvian")).sort(), ids.sort());
    assert.equal((await database.sql`select 1 from search_backfill`).length, 0);
  });
});

describe("what a search does not tell (R-46)", () => {
  let owner: Viewer;
  let stranger: Viewer;
  let admin: Viewer;
  let shown: string;
  let hidden: string;
  before(async () => {
    owner = await person();
    stranger = await person();
    admin = await person("admin");
    shown = await picture({
      owner,
      title: "Oracular",
      visibility: "public",
      filename: "xylophone-secret.jpg",
      rating: 4,
      place: [48.2, 16.4],
      camera: "Public Camera",
      taken: "2016-02-02T00:00:00Z",
    });
    hidden = await picture({
      owner,
      title: "Oracular",
      filename: "xylophone-hidden.jpg",
      camera: "Hidden Camera",
      taken: "2016-02-01T00:00:00Z",
    });
    await tag(owner, "marimba", [shown, hidden]);
    await album(owner, "Glockenspiel", "private", [shown]);
    await album(owner, "Vibraphone", "unlisted", [shown]);
    await album(owner, "Carillon", "public", [shown, hidden]);
    await database.sql`insert into favourites (user_id, media_id, taken_at) select ${owner.id}, id, taken_at from media where id = ${shown}`;
  });
  it("finds for its owner what it hides from all others", async () => {
    for (const text of [
      "xylophone",
      "xy",
      "marimba",
      "tag:marimba",
      "glockenspiel",
      "album:glockenspiel",
      "album:vibraphone",
      "rating:4",
      "has:place",
      "near:48.2,16.4",
      "is:favourite",
      "is:private",
      "camera:hidden",
      "hidden",
      "owner:me oracular",
    ]) {
      assert.notDeepEqual(await find(owner, text), [], text);
      for (const other of [stranger, admin, undefined]) {
        assert.deepEqual(await find(other, text), [], `${text} for ${other?.role}`);
        assert.equal(await countMatches(database.db, { viewer: other, clauses: clausesOf(text) }), 0);
      }
    }
  });
  it("is no oracle by exclusion either", async () => {
    for (const text of [
      "oracular -xylophone",
      "oracular -marimba",
      "oracular -tag:marimba",
      "oracular -album:glockenspiel",
      "oracular -glockenspiel",
      "oracular -is:favourite",
    ])
      for (const other of [stranger, undefined]) assert.deepEqual(await find(other, text), [shown], text);
    for (const text of [
      "oracular -has:place",
      "oracular no:place",
      "oracular -rating:4",
      "oracular -near:48.2,16.4",
    ])
      assert.deepEqual(await find(stranger, text), [], text);
  });
  it("shows everybody what is public, by public words, cameras and albums", async () => {
    for (const other of [stranger, admin, undefined])
      for (const text of [
        "oracular",
        "camera:public",
        "carillon",
        "album:carillon",
        "oracular album:carillon",
      ])
        assert.deepEqual(await find(other, text), [shown], text);
    assert.deepEqual(await find(owner, "carillon"), [shown, hidden]);
  });
  it("names nobody to a visitor, and finds people by their address for administrators alone", async () => {
    assert.deepEqual(await find(undefined, `owner:${owner.name}`), []);
    for (const [viewer, found] of [
      [admin, [shown]],
      [stranger, []],
    ] as const)
      assert.deepEqual(await find(viewer, `owner:${owner.email}`), found);
  });
  it("follows a picture when it is published, hidden, renamed, trashed and restored", async () => {
    const id = await picture({ owner, title: "Hornbill" });
    assert.deepEqual(await find(stranger, "hornbill"), []);
    await database.sql`update media set visibility = 'public' where id = ${id}`;
    assert.deepEqual(await find(stranger, "hornbill"), [id]);
    await database.sql`update media set title = 'Toucan' where id = ${id}`;
    assert.deepEqual([await find(stranger, "hornbill"), await find(stranger, "toucan")], [[], [id]]);
    await database.sql`update media set taken_at = '1999-01-01' where id = ${id}`;
    assert.deepEqual(await find(stranger, "toucan 1999"), [id]);
    await database.sql`update media set deleted_at = now() where id = ${id}`;
    assert.deepEqual(await find(owner, "toucan"), []);
    await database.sql`update media set deleted_at = null where id = ${id}`;
    assert.deepEqual(await find(stranger, "toucan"), [id]);
    await database.sql`update media set visibility = 'private' where id = ${id}`;
    assert.deepEqual([await find(stranger, "toucan"), await find(owner, "toucan")], [[], [id]]);
  });
});

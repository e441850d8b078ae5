import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { editMedia, undoEdit } from "#lib/edit.ts";
import { getMedia } from "#lib/gallery.ts";
import type { Role, Viewer } from "#lib/media.ts";
import { parseQuery } from "#lib/search/query.ts";
import { countMatches, searchMedia } from "#lib/search/search.ts";
import { beginnings, suggestionsFor } from "#lib/search/suggest.ts";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";
import { fillPlaces } from "./fill.ts";
import { placeAt } from "./geocoder.ts";
import { placeColumns } from "./place.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.close());

const seoul = { latitude: 37.5663, longitude: 126.9779 };

async function person(role: Role = "member"): Promise<Viewer> {
  const name = `P${randomBytes(4).toString("hex")}`;
  const [user] = await database.sql<{ id: string }[]>`
    insert into users (name, email, role) values (${name}, ${`${name}@example.org`}, ${role}) returning id`;
  assert.ok(user);
  return { id: user.id, name, email: `${name}@example.org`, role };
}

async function picture(owner: Viewer, where: Record<string, string | number | null> = {}): Promise<string> {
  const [row] = await database.sql<{ id: string }[]>`
    insert into media ${database.sql({
      owner_id: owner.id,
      visibility: "public",
      key: `media/${randomUUID()}`,
      rendition_folder: `derived/${randomUUID()}`,
      avif_widths: [320],
      jpeg_widths: [640],
      sha256: createHash("sha256").update(randomBytes(16)).digest(),
      bytes: 1000,
      mime: "image/jpeg",
      width: 4000,
      height: 3000,
      thumbhash: Buffer.from([1]),
      filename: "DSC0.jpg",
      color: 0,
      taken_at: "2020-05-05T10:00:00.000Z",
      taken_source: "camera",
      ...where,
    })} returning id`;
  assert.ok(row);
  return row.id;
}

async function find(viewer: Viewer | undefined, text: string): Promise<string[]> {
  const { clauses, problems } = parseQuery(text);
  assert.deepEqual(problems, []);
  const page = await searchMedia(database.db, { viewer, clauses, limit: 50 });
  return (page?.media ?? []).map(({ id }) => id);
}

describe("the names of a spot", () => {
  it("are its town, district, region and country, in English and as far as known in Korean", async () => {
    assert.deepEqual(await placeAt(seoul.latitude, seoul.longitude), {
      place: "Seoul, South Korea",
      also: "서울, 대한민국",
    });
    const paris = await placeAt(48.8584, 2.2945);
    assert.match(paris?.place ?? "", /Paris, Île-de-France, France$/);
    assert.match(paris?.also ?? "", /프랑스$/);
  });
  it("are the country's alone far from every town, and none at sea", async () => {
    assert.equal(await placeAt(0, -30), undefined);
    assert.equal(await placeAt(90, 0), undefined);
    assert.equal((await placeAt(-17.7, 179.99))?.place, "Fiji");
  });
  it("leave what somebody wrote into the file as it is", async () => {
    assert.deepEqual(await placeColumns({ place: "Grandma's garden", ...seoul }), {
      place: "Grandma's garden",
      placeSource: "file",
    });
    assert.deepEqual(await placeColumns({}), {});
  });
});

describe("a place in words is its owner's alone, as coordinates are (R-46)", () => {
  it("is found, suggested and shown to the owner, in both languages, and to nobody else", async () => {
    const [owner, other, admin] = [await person(), await person(), await person("admin")];
    const id = await picture(owner, {
      ...seoul,
      place: "Zanzibarville, Nowhereland",
      place_also: "잔지바르빌, 어디에도",
      place_source: "map",
    });
    const asked = [
      "zanzibarville",
      "place:zanzi",
      'place:"Nowhereland"',
      "place:잔지바르빌",
      "어디에도",
      "has:place zanzibarville",
    ];
    for (const text of asked) assert.deepEqual(await find(owner, text), [id], text);
    for (const viewer of [other, admin, undefined])
      for (const text of asked) {
        assert.deepEqual(await find(viewer, text), [], text);
        assert.equal(await countMatches(database.db, { viewer, clauses: parseQuery(text).clauses }), 0);
      }
    // Nor by what leaving it out would leave.
    assert.deepEqual(await find(other, "-place:zanzi owner:me"), []);
    const offered = async (viewer: Viewer | undefined, text: string) =>
      (await suggestionsFor(database.db, { viewer, text })).map(({ label }) => label);
    assert.ok((await offered(owner, "zanz")).includes("place:Zanzibarville"));
    assert.ok((await offered(owner, "place:잔지")).includes("place:잔지바르빌"));
    assert.deepEqual(
      (await beginnings(database.db, owner)).places.map(({ count }) => count),
      [1, 1, 1, 1],
    );
    for (const viewer of [other, admin, undefined]) {
      assert.deepEqual(await offered(viewer, "zanz"), []);
      assert.deepEqual(await offered(viewer, "place:"), []);
      const shown = await getMedia(database.db, { viewer, id });
      assert.deepEqual([shown?.place, shown?.placeAlso], ["", ""]);
    }
    assert.equal((await getMedia(database.db, { viewer: owner, id }))?.place, "Zanzibarville, Nowhereland");
    await database.sql`update media set deleted_at = now() where id = ${id}`;
    assert.deepEqual(await offered(owner, "zanz"), []);
  });
  it("is changed by its owner and by nobody else, and taken back with all that was known", async () => {
    const [owner, admin] = [await person(), await person("admin")];
    const id = await picture(owner, {
      place: "Seoul, South Korea",
      place_also: "서울, 대한민국",
      place_source: "map",
    });
    assert.deepEqual(
      await editMedia(database.db, { viewer: owner, id, edit: { place: " Seoul ,South Korea" } }),
      [],
    );
    const changes = await editMedia(database.db, { viewer: owner, id, edit: { place: "Home" } });
    assert.deepEqual(await find(owner, "place:home"), [id]);
    assert.deepEqual(await find(owner, "서울"), []);
    await editMedia(database.db, { viewer: admin, id, edit: { place: "Elsewhere" } });
    assert.equal((await getMedia(database.db, { viewer: owner, id }))?.place, "Home");
    await undoEdit(database.db, { viewer: owner, changes: changes ?? [] });
    assert.deepEqual(await find(owner, "서울"), [id]);
    const [row] = await database.sql`select place, place_also, place_source from media where id = ${id}`;
    assert.deepEqual(
      { ...row },
      { place: "Seoul, South Korea", place_also: "서울, 대한민국", place_source: "map" },
    );
  });
});

describe("a library that is older than the names of places", () => {
  it("gets them a batch at a time, but for what somebody named", async () => {
    const owner = await person();
    const named = await picture(owner, { ...seoul, place: "Home", place_source: "person" });
    const emptied = await picture(owner, { ...seoul, place_source: "person" });
    const [plain, atSea] = [
      await picture(owner, seoul),
      await picture(owner, { latitude: 0, longitude: -30 }),
    ];
    const nowhere = await picture(owner);
    await database.sql`insert into place_backfill values ('00000000-0000-0000-0000-000000000000')`;
    await fillPlaces(database.db, new AbortController().signal);
    const places = await database.sql<{ id: string; place: string; source: string | null }[]>`
      select id, place, place_source as source from media where owner_id = ${owner.id}`;
    const of = (id: string) => places.find((row) => row.id === id);
    assert.deepEqual([of(named)?.place, of(emptied)?.place], ["Home", ""]);
    assert.deepEqual([of(plain)?.place, of(plain)?.source], ["Seoul, South Korea", "map"]);
    assert.deepEqual([of(atSea)?.place, of(atSea)?.source], ["", "map"]);
    assert.deepEqual([of(nowhere)?.place, of(nowhere)?.source], ["", null]);
    assert.deepEqual(await find(owner, "place:서울"), [plain]);
    assert.equal((await database.sql`select 1 from place_backfill`).length, 0);
  });
});

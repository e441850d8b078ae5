/** The judge of the fault schedules has to see every loss: each of these is one, done to books that are in order. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "#lib/testing.ts";
import { avif, type Books, jpeg, medium, openBooks, original, Shelf, tell, upload } from "./books.ts";
import { judgeBooks, s3Of } from "./checker.ts";
import type { GivenUp } from "./given-up.ts";
import { Person } from "./person.ts";

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  copy[10] = (copy[10] ?? 0) ^ 1;
  return copy;
};

type Tried = Books & { givenUp: GivenUp };
const sabotage: [what: string, deed: (books: Tried) => Promise<unknown>, seen: RegExp][] = [
  ["an original is deleted", ({ shelf, shown }) => shelf.remove(shown.key), /^I-1: .* has no original/],
  [
    "one byte of it is another",
    ({ shelf, shown }) => shelf.put(shown.key, flipped(shown.bytes)),
    /^I-1: .* other bytes/,
  ],
  [
    "it is cut off",
    ({ shelf, shown }) => shelf.put(shown.key, shown.bytes.subarray(1)),
    /^I-1: .* other bytes/,
  ],
  [
    "it has another type",
    ({ shelf, shown }) => shelf.put(shown.key, shown.bytes, "text/html"),
    /^I-1: .* is text\/html/,
  ],
  ["a clip is deleted", ({ shelf, clipKey }) => shelf.remove(clipKey), /^I-1: .* has no original/],
  ["a byte of a clip is another", ({ shelf, clipKey }) => shelf.put(clipKey, randomBytes(500)), /^I-1: /],
  [
    "a rendition is deleted",
    ({ shelf, shown }) => shelf.remove(`${shown.folder}/64.avif`),
    /^I-1: .* no rendition/,
  ],
  [
    "a rendition is cut off",
    ({ shelf, shown }) =>
      shelf.put(`${shown.folder}/64.avif`, avif.subarray(0, avif.length - 9), "image/avif"),
    /^I-1: .* no rendition/,
  ],
  ["a medium says it has none", ({ sql }) => sql`update media set avif_widths = '{}'`, /^I-1: .* at all/],
  ["a staging object is left", ({ shelf }) => shelf.put(`incoming/${randomUUID()}`, jpeg), /^I-3: /],
  [
    "an object of media/ has no row",
    ({ shelf }) => shelf.put("media/unknown.jpg", jpeg),
    /^I-2: no row knows/,
  ],
  [
    "renditions have no row",
    ({ shelf }) => shelf.put("derived/unknown/64.avif", avif),
    /^I-2: no row knows the folder/,
  ],
  ["a purged original is there again", ({ shelf, gone }) => shelf.put(gone.key, gone.bytes), /^I-2: /],
  [
    "what was never verified is shown",
    ({ sql, shown }) =>
      sql`update uploads set state = 'issued', media_id = null where media_id = ${shown.id}`,
    /^I-4: .* came from no upload/,
  ],
  [
    "what nobody sent is shown",
    async (books) => {
      await medium(books);
      books.person.stories.pop();
    },
    /^I-4: .* never sent whole/,
  ],
  [
    "a picture that was cut off is let in",
    async (books) => {
      await medium(books);
      Object.assign(books.person.stories.at(-1) ?? {}, { flaw: "truncated" });
    },
    /^R-22: /,
  ],
  ...(["issued", "verifying"] as const).map((state): (typeof sabotage)[number] => [
    `an upload stays ${state}`,
    (books) => upload(books, jpeg, state),
    /^R-30: /,
  ]),
  [
    "a ready upload has no medium",
    (books) => upload(books, jpeg, "ready", randomUUID()),
    /^I-1: .* ready and has no medium/,
  ],
  [
    "a row is lost with its object",
    async ({ sql, shelf, shown }) => {
      await sql`delete from media where id = ${shown.id}`;
      await shelf.remove(shown.key);
    },
    /^Lost: medium/,
  ],
  [
    "what was acknowledged went to the trash by itself",
    ({ sql, shown }) => sql`update media set deleted_at = now(), purged_at = now() where id = ${shown.id}`,
    /^Lost: acknowledged, never thrown away/,
  ],
  [
    "an upload that was stored, and not told to be ready, is lost",
    async ({ person }) => {
      const story = tell(person, original(), randomUUID());
      person.wishes.delete(story.mediaId ?? "");
      delete story.mediaId;
    },
    /^Lost: acknowledged and not there/,
  ],
  [
    "a good picture is refused",
    async ({ person }) => Object.assign(person.stories[0] ?? {}, { rejected: "corrupt" }),
    /^Lost: a good picture was refused/,
  ],
  [
    "what was told to be private is public",
    ({ sql, shown }) => sql`update media set visibility = 'public' where id = ${shown.id}`,
    /^R-4: .* is public/,
  ],
  [
    "the trash is not emptied",
    ({ sql, gone }) => sql`update media set purged_at = null where id = ${gone.id}`,
    /^I-5: .* still in the trash/,
  ],
  [
    "a removal is not done",
    ({ sql }) => sql`insert into purges (key, reason, not_before) values ('media/x', 'test', now())`,
    /^I-5: the removal of/,
  ],
  ["a quota has drifted", ({ sql }) => sql`update quotas set used_bytes = used_bytes + 1`, /^I-6: /],
  ["a reservation is left", ({ sql }) => sql`update quotas set reserved_bytes = 7`, /^I-6: /],
  [
    "the totals of a month are wrong",
    ({ sql }) => sql`update media_months set count = count + 1`,
    /^R-4: .*totals/,
  ],
  ["a search has lost a medium", ({ sql }) => sql`delete from media_search`, /^R-4: a search does not find/],
  ...(["gallery", "trash"] as const).map((place): (typeof sabotage)[number] => [
    `of several told to be in the ${place} one is not`,
    async ({ person, shown, gone }) => {
      const [ids, said] = [[shown.id, gone.id], "a test"];
      person.tallies.push({ ids, shown: place === "gallery" ? 2 : 0, away: place === "trash" ? 2 : 0, said });
    },
    place === "gallery" ? /^F-20: .* 2 were told .* and 1 are/ : /^F-18: .* 2 were told .* and 1 are/,
  ]),
  [
    "what a guest sent is shown though nobody took it",
    async ({ person }) => Object.assign(person.stories[0] ?? {}, { guest: true }),
    /^R-4: .* though nobody took it/,
  ],
  [
    "what was cancelled became something",
    async ({ sql, person, shown }) => {
      const [row] = await sql<{ id: string }[]>`select id from uploads where media_id = ${shown.id}`;
      Object.assign(person.stories[0] ?? {}, { cancelled: row?.id });
    },
    /^R-23: .* told to be cancelled, and is ready/,
  ],
  ...(["there", "gone"] as const).map((said): (typeof sabotage)[number] => [
    `an album that was told to be ${said} is not`,
    async ({ sql, person, owner, shown }) => {
      const title = "An album";
      const [row] = await sql<
        { id: string }[]
      >`insert into albums (owner_id, title) values (${owner}, ${title}) returning id`;
      const id = said === "there" ? randomUUID() : (row?.id ?? "");
      person.made.push({
        ...{ what: "album", id, token: undefined, isThere: said === "there", members: [shown.id] },
      });
    },
    /^R-4: album .* was told to be (there|gone), and is not/,
  ]),
  [
    "an album has lost a picture",
    async ({ sql, person, owner, shown }) => {
      const [row] = await sql<
        { id: string }[]
      >`insert into albums (owner_id, title) values (${owner}, 'x') returning id`;
      const made = { what: "album" as const, id: row?.id ?? "", token: undefined, isThere: true };
      person.made.push({ ...made, members: [shown.id] });
    },
    /^R-4: medium .* was told to be in album/,
  ],
  [
    "what was given up is not tried again",
    async ({ sql, givenUp, shown }) => {
      const [row] = await sql<{ id: string }[]>`
        update uploads set state = 'rejected', reject_code = 'internal', media_id = null where media_id = ${shown.id}
        returning id`;
      givenUp.ids.add(row?.id ?? "");
      givenUp.again.push({ ids: [row?.id ?? ""], taken: 1 });
    },
    /^R-33: 1 uploads were told to be verified once more/,
  ],
  ["parts are left over", ({ shelf }) => shelf.beginParts("incoming/parts"), /^F-32: /],
];

describe("the judge of the fault schedules", () => {
  let database: TestDatabase;
  let store: TestStore;
  let shelf: Shelf;
  let kept: Omit<Books, "sql">;
  before(async () => {
    database = await testDatabase();
    store = await testStore();
    const { endpoint, region, credentials } = store.bucket;
    assert.ok(endpoint && credentials);
    shelf = new Shelf(s3Of({ direct: { endpoint, region, keys: credentials } }), store.bucket.bucket);
    kept = await openBooks(database.sql, shelf);
    shelf.keep();
  });
  after(async () => {
    shelf?.s3.destroy();
    await store?.close();
    await database?.close();
  });

  /** What the judge says after a deed that is then as if it had never been done. */
  async function saidAfter(deed: (books: Tried) => Promise<unknown>): Promise<string[]> {
    const person = new Person(kept.person.account, kept.person.client);
    person.stories.push(...kept.person.stories.map((one) => ({ ...one })));
    for (const [id, wish] of kept.person.wishes) person.wishes.set(id, { ...wish });
    const givenUp: GivenUp = { ids: new Set(), again: [] };
    const undone = new Error("undone");
    let wrong: string[] = [];
    await database.sql
      .begin(async (sql) => {
        await deed({ ...kept, person, sql, givenUp });
        wrong = (await judgeBooks(sql, shelf.s3, shelf.bucket, [person], givenUp)).wrong;
        throw undone;
      })
      .catch((error: unknown) => {
        if (error !== undone) throw error;
      });
    await shelf.putBack();
    return wrong;
  }

  it("finds nothing wrong with books that are in order", async () => {
    assert.deepEqual(await saidAfter(async () => {}), []);
  });

  for (const [what, deed, seen] of sabotage)
    it(`sees that ${what}`, async () => {
      const wrong = await saidAfter(deed);
      assert.ok(
        wrong.some((sentence) => seen.test(sentence)),
        `${seen} is in none of: ${wrong.join(" | ")}`,
      );
    });

  it("sees nothing of all that any more when it is undone", async () => {
    assert.deepEqual(await saidAfter(async () => {}), []);
  });
});

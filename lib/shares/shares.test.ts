import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eq, sql } from "drizzle-orm";
import * as schema from "#db/schema.ts";
import { changeMedia } from "../bulk/change.ts";
import { selectionShape } from "../bulk/shapes.ts";
import { database } from "../database.ts";
import type { ErrorCode } from "../errors.ts";
import { TintypeError } from "../errors.ts";
import type { Viewer } from "../media.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { behind, shareAround, shareMedia, sharePage } from "./contents.ts";
import {
  changeShare,
  createShare,
  getShare,
  listShares,
  listVisits,
  removeShare,
  renewShareLink,
  revokeShare,
} from "./manage.ts";
import { enter, lookAt, mustBeOpen, noteVisit } from "./open.ts";
import { album, person, pictures } from "./testing.ts";
import { hashOf, idBehind, namesWithin, newSalt, tokenOf } from "./token.ts";
import { browserFamily, isProgram, readVisit, shortened, writeVisit } from "./visitor.ts";

let box: TestDatabase;
before(async () => {
  box = await testDatabase();
  process.env.DATABASE_URL = box.url;
  process.env.AUTH_SECRET = "a secret of the tests, 32 or more characters";
  process.env.LOG_LEVEL = "silent";
});
after(async () => {
  await database().sql.end();
  await box.close();
});

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
let strangers = 0;
const visitor = (cookie?: string) => ({
  cookie,
  client: `198.51.100.${++strangers % 250}`,
  address: "198.51.100.77",
  userAgent: firefox,
});
const tokenIn = (link: string): string => link.split("/").at(-1) ?? "";
const refused =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    error instanceof TintypeError && error.code === code;

async function selection(
  settings: Partial<Parameters<typeof createShare>[1]["settings"]> = {},
  count = 3,
): Promise<{ owner: Viewer; ids: string[]; id: string; token: string }> {
  const owner = await person(box.db);
  const ids = await pictures(box.db, owner, count);
  const made = await createShare(box.db, {
    viewer: owner,
    of: { selection: { ids: ids.toReversed() } },
    settings: { label: "Grandmother", ...settings },
  });
  return { owner, ids, id: made.id, token: tokenIn(made.link) };
}

describe("the link", () => {
  test("holds 192 bits that are nowhere in the database, and can be copied again", async () => {
    const { owner, id, token } = await selection();
    assert.match(token, /^[\w-]{32}$/);
    const rows = await box.sql`select row_to_json(s)::text as text from shares s`;
    assert.ok(rows.every(({ text }) => !String(text).includes(token)));
    assert.equal(tokenIn((await getShare(box.db, { viewer: owner, id })).link ?? ""), token);
    assert.notEqual(tokenOf(newSalt()), tokenOf(newSalt()));
  });

  test("of another secret still opens, and says that it cannot be copied any more", async () => {
    const { owner, id } = await selection();
    const old = "A".repeat(32);
    await box.db
      .update(schema.shares)
      .set({ tokenHash: hashOf(old) })
      .where(eq(schema.shares.id, id));
    assert.equal((await lookAt(box.db, old, { cookie: undefined })).state, "open");
    assert.equal((await getShare(box.db, { viewer: owner, id })).link, undefined);
    await renewShareLink(box.db, { viewer: owner, id });
    assert.equal((await lookAt(box.db, old, { cookie: undefined })).state, "unknown");
    assert.ok((await getShare(box.db, { viewer: owner, id })).link);
  });

  test("that never was, a malformed one and one that was removed are the same answer", async () => {
    const { owner, id, token } = await selection();
    await removeShare(box.db, { viewer: owner, id });
    for (const bad of [token, "", "%", "a".repeat(5000), "../../x"])
      assert.deepEqual(await lookAt(box.db, bad, { cookie: undefined }), { state: "unknown" });
  });

  test("is revoked at once, also for who is inside", async () => {
    const { owner, id, token } = await selection({ password: "open sesame" });
    const { cookie } = await enter(box.db, token, { visitor: visitor(), password: "open sesame" });
    await mustBeOpen(box.db, token, { cookie });
    await revokeShare(box.db, { viewer: owner, id });
    assert.equal((await lookAt(box.db, token, { cookie })).state, "revoked");
    await assert.rejects(mustBeOpen(box.db, token, { cookie }), refused("gone"));
    assert.equal((await getShare(box.db, { viewer: owner, id })).state, "revoked");
  });

  test("ends by the clock of the database", async () => {
    const { id, token } = await selection({ expiresAt: new Date(Date.now() + 3_600_000) });
    assert.equal((await lookAt(box.db, token, { cookie: undefined })).state, "open");
    await box.db.update(schema.shares).set({ expiresAt: sql`now()` }).where(eq(schema.shares.id, id));
    assert.equal((await lookAt(box.db, token, { cookie: undefined })).state, "expired");
  });

  test("ends with the account of its maker", async () => {
    const { owner, token } = await selection();
    await box.db.update(schema.users).set({ disabledAt: new Date() }).where(eq(schema.users.id, owner.id));
    assert.equal((await lookAt(box.db, token, { cookie: undefined })).state, "gone");
  });

  test("ends with its album", async () => {
    const owner = await person(box.db);
    const albumId = await album(box.db, owner, "Jeju");
    const { link } = await createShare(box.db, {
      viewer: owner,
      of: { album: albumId },
      settings: { label: "Club" },
    });
    assert.equal((await lookAt(box.db, tokenIn(link), { cookie: undefined })).state, "open");
    await box.db.delete(schema.albums).where(eq(schema.albums.id, albumId));
    assert.equal((await lookAt(box.db, tokenIn(link), { cookie: undefined })).state, "gone");
  });
});

describe("the door", () => {
  test("asks for the password, which is kept as an account's is, and lets in for a day", async () => {
    const { id, token } = await selection({ password: "open sesame" });
    const [row] = await box.sql`select password_hash from shares where id = ${id}`;
    assert.match(String(row?.password_hash), /^[0-9a-f]{32}:[0-9a-f]{128}$/);
    const before = await lookAt(box.db, token, { cookie: undefined });
    assert.ok(before.state === "door" && before.needsPassword);
    await assert.rejects(
      enter(box.db, token, { visitor: visitor(), password: "wrong" }),
      refused("unauthenticated"),
    );
    const { cookie } = await enter(box.db, token, { visitor: visitor(), password: "open sesame" });
    assert.equal((await lookAt(box.db, token, { cookie })).state, "open");
  });

  test("with another password asks everybody again", async () => {
    const { owner, id, token } = await selection({ password: "open sesame" });
    const { cookie } = await enter(box.db, token, { visitor: visitor(), password: "open sesame" });
    await changeShare(box.db, { viewer: owner, id, settings: { password: "another word" } });
    assert.equal((await lookAt(box.db, token, { cookie })).state, "door");
    await changeShare(box.db, { viewer: owner, id, settings: { password: null } });
    assert.equal((await lookAt(box.db, token, { cookie: undefined })).state, "open");
  });

  test("takes no more than ten guesses from one network in a quarter of an hour", async () => {
    const { token } = await selection({ password: "open sesame" });
    const same = visitor();
    for (let n = 0; n < 10; n++)
      await assert.rejects(
        enter(box.db, token, { visitor: same, password: `${n}` }),
        refused("unauthenticated"),
      );
    await assert.rejects(
      enter(box.db, token, { visitor: same, password: "open sesame" }),
      refused("rate_limited"),
    );
    await enter(box.db, token, { visitor: visitor(), password: "open sesame" });
  });

  test("lets in as many visits as were given, however many knock at once", async () => {
    const { owner, id, token } = await selection({ visitsMax: 3 });
    const knocks = await Promise.allSettled(
      Array.from({ length: 12 }, () => enter(box.db, token, { visitor: visitor(), password: "" })),
    );
    const inside = knocks.flatMap((one) => (one.status === "fulfilled" ? [one.value.cookie] : []));
    assert.equal(inside.length, 3);
    assert.equal((await lookAt(box.db, token, { cookie: inside[0] })).state, "open");
    assert.equal((await lookAt(box.db, token, { cookie: undefined })).state, "used");
    const seen = await getShare(box.db, { viewer: owner, id });
    assert.deepEqual([seen.visits, seen.state], [3, "used"]);
    await changeShare(box.db, { viewer: owner, id, settings: { visitsMax: null } });
    assert.equal((await lookAt(box.db, token, { cookie: undefined })).state, "open");
  });

  test("of a share without one counts a browser once a day, and programs not at all", async () => {
    const { owner, id, token } = await selection();
    const first = await mustBeOpen(box.db, token, { cookie: undefined });
    const cookie = await noteVisit(box.db, first, visitor());
    const again = await mustBeOpen(box.db, token, { cookie });
    assert.equal(await noteVisit(box.db, again, visitor(cookie)), undefined);
    const whatsApp = { ...visitor(), userAgent: "WhatsApp/2.23.20.0" };
    assert.equal(await noteVisit(box.db, first, whatsApp), undefined);
    const { visits } = await listVisits(box.db, { viewer: owner, id, limit: 10 });
    assert.deepEqual(
      visits.map(({ network, browser }) => [network, browser]),
      [["198.51.100.0/24", "Firefox, Linux"]],
    );
  });
});

describe("a visitor", () => {
  test("is kept as a network and a family of browsers", () => {
    assert.equal(shortened("203.0.113.9"), "203.0.113.0/24");
    assert.equal(shortened("::ffff:203.0.113.9"), "203.0.113.0/24");
    assert.equal(shortened("2001:db8:1:2:3:4:5:6"), "2001:db8:1::/48");
    assert.equal(shortened("2001:db8::1"), "2001:db8:0::/48");
    assert.equal(shortened("not one"), "");
    assert.equal(browserFamily(firefox), "Firefox, Linux");
    assert.equal(
      browserFamily(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1",
      ),
      "Safari, iOS",
    );
    assert.equal(browserFamily(""), "");
    assert.ok(isProgram("facebookexternalhit/1.1") && !isProgram(firefox));
  });

  test("cannot make a visit up, lengthen it, or take it to another share", () => {
    const door = { shareId: "a", passwordHash: null };
    const visit = { id: "0192d2b0-0000-7000-8000-000000000000", until: Math.floor(Date.now() / 1000) + 10 };
    const cookie = writeVisit(door, visit);
    assert.deepEqual(readVisit(door, cookie), visit);
    assert.equal(readVisit({ ...door, shareId: "b" }, cookie), undefined);
    assert.equal(readVisit(door, cookie.replace(String(visit.until), String(visit.until + 9))), undefined);
    assert.equal(readVisit(door, cookie, Date.now() + 11_000), undefined);
    for (const bad of [undefined, "", "x", "1.2.3"]) assert.equal(readVisit(door, bad), undefined);
  });
});

describe("what is in it", () => {
  test("a choice stays frozen in its order; what is thrown away is gone, what is added elsewhere stays out", async () => {
    const { owner, ids, token } = await selection({}, 5);
    await pictures(box.db, owner, 2);
    const [gone] = ids;
    assert.ok(gone);
    const share = await mustBeOpen(box.db, token, { cookie: undefined });
    const walk = async (): Promise<string[]> => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await sharePage(box.db, share, { cursor, limit: 2 });
        assert.ok(page);
        seen.push(...page.media.map((row) => idBehind(share.id, row.id) ?? ""));
        cursor = page.next;
      } while (cursor !== undefined);
      return seen;
    };
    assert.deepEqual(await walk(), ids.toReversed());
    await box.db.update(schema.media).set({ deletedAt: new Date() }).where(eq(schema.media.id, gone));
    assert.deepEqual(await walk(), ids.slice(1).toReversed());
    assert.equal(await sharePage(box.db, share, { cursor: "x".repeat(60), limit: 2 }), undefined);
  });

  test("days and months are chosen by what they are called", async () => {
    const owner = await person(box.db);
    const ids = await pictures(box.db, owner, 4);
    const { link, count } = await createShare(box.db, {
      viewer: owner,
      of: { selection: { days: ["2026-05-03"], except: ids.slice(0, 1) } },
      settings: { label: "That day" },
    });
    assert.equal(count, 3);
    const share = await mustBeOpen(box.db, tokenIn(link), { cookie: undefined });
    const page = await sharePage(box.db, share, { cursor: undefined, limit: 10 });
    assert.deepEqual(
      page?.media.map((row) => idBehind(share.id, row.id)),
      ids.slice(1).toReversed(),
    );
  });

  test("an album is followed, and what others do not show its owner stays out", async () => {
    const [owner, other] = [await person(box.db), await person(box.db)];
    const albumId = await album(box.db, owner, "Jeju");
    const { link } = await createShare(box.db, {
      viewer: owner,
      of: { album: albumId },
      settings: { label: "Club" },
    });
    const share = await mustBeOpen(box.db, tokenIn(link), { cookie: undefined });
    const seen = async (): Promise<number> =>
      (await sharePage(box.db, share, { cursor: undefined, limit: 100 }))?.media.length ?? -1;
    assert.equal(await seen(), 0);
    const mine = await pictures(box.db, owner, 3);
    const theirs = [...(await pictures(box.db, other, 1, "public")), ...(await pictures(box.db, other, 1))];
    await changeMedia(box.db, {
      viewer: owner,
      selection: selectionShape.parse({ ids: mine }),
      change: { kind: "album", add: albumId },
    });
    await box.sql`insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
      select ${albumId}, id, 100, 100 + row_number() over (), taken_at, title, visibility, true from media
      where id = any(${theirs})`;
    assert.equal(await seen(), 4);
  });

  test("a picture says nothing of its file, its place, its owner or its address in the gallery", async () => {
    const { owner, ids, token } = await selection();
    const share = await mustBeOpen(box.db, token, { cookie: undefined });
    const page = await sharePage(box.db, share, { cursor: undefined, limit: 10 });
    const name = page?.media[1]?.id ?? "";
    const found = await shareMedia(box.db, share, name);
    const around = await shareAround(box.db, share, { name, limit: 1 });
    assert.deepEqual(
      [around?.before, around?.after].map((side) => side?.map(({ id }) => id)),
      [[page?.media[0]?.id], [page?.media[2]?.id]],
    );
    const text = JSON.stringify([page, found, around]);
    for (const secret of [
      ...ids,
      "SECRET",
      "37.5039",
      "127.048",
      "Secret Village",
      "비밀 마을",
      owner.email,
      owner.name,
      owner.id,
      "media/",
    ])
      assert.ok(!text.includes(secret), secret);
    assert.equal(await shareMedia(box.db, share, ids[0] ?? ""), undefined);
  });

  test("a name opens its own share alone, and other people's pictures are in none", async () => {
    const { token, ids } = await selection();
    const other = await selection();
    const share = await mustBeOpen(box.db, token, { cookie: undefined });
    assert.deepEqual(await behind(box.db, share, [namesWithin(other.id)(ids[0] ?? "")]), []);
    assert.deepEqual(await behind(box.db, share, [namesWithin(share.id)(other.ids[0] ?? "")]), []);
    assert.equal((await behind(box.db, share, [namesWithin(share.id)(ids[0] ?? "")])).length, 1);
    await assert.rejects(
      createShare(box.db, { viewer: other.owner, of: { selection: { ids } }, settings: { label: "Mine" } }),
      refused("not_found"),
    );
  });
});

describe("who manages it", () => {
  test("is its maker alone", async () => {
    const { owner, id } = await selection();
    const stranger = await person(box.db, "admin");
    for (const act of [
      () => getShare(box.db, { viewer: stranger, id }),
      () => revokeShare(box.db, { viewer: stranger, id }),
      () => removeShare(box.db, { viewer: stranger, id }),
      () => renewShareLink(box.db, { viewer: stranger, id }),
      () => listVisits(box.db, { viewer: stranger, id, limit: 1 }),
      () => changeShare(box.db, { viewer: stranger, id, settings: { label: "x" } }),
    ])
      await assert.rejects(act, refused("not_found"));
    const looker = await person(box.db, "viewer");
    await assert.rejects(listShares(box.db, { viewer: looker, limit: 5 }), refused("forbidden"));
    await assert.rejects(listShares(box.db, { viewer: undefined, limit: 5 }), refused("unauthenticated"));
    const { shares } = await listShares(box.db, { viewer: owner, limit: 5 });
    assert.deepEqual(
      shares.map((share) => share.id),
      [id],
    );
    assert.ok(!JSON.stringify(shares).includes("Hash"));
  });

  test("pages through the shares, newest first", async () => {
    const owner = await person(box.db);
    const ids = await pictures(box.db, owner, 1);
    const made: string[] = [];
    for (const label of ["a", "b", "c"])
      made.unshift(
        (await createShare(box.db, { viewer: owner, of: { selection: { ids } }, settings: { label } })).id,
      );
    const first = await listShares(box.db, { viewer: owner, limit: 2 });
    const second = await listShares(box.db, { viewer: owner, limit: 2, cursor: first.next });
    const found = [...first.shares, ...second.shares].map(({ id }) => id);
    assert.deepEqual(new Set(found), new Set(made));
    assert.deepEqual([found.length, second.next], [3, undefined]);
  });

  test("is told which field is wrong", async () => {
    const owner = await person(box.db);
    const ids = await pictures(box.db, owner, 1);
    for (const [settings, field] of [
      [{ label: " " }, "label"],
      [{ label: "x", password: "short" }, "password"],
      [{ label: "x", visitsMax: 0 }, "visitsMax"],
    ] as const)
      await assert.rejects(
        createShare(box.db, { viewer: owner, of: { selection: { ids } }, settings }),
        (error) => {
          assert.ok(error instanceof TintypeError);
          assert.deepEqual(error.details.fields, [field]);
          return true;
        },
      );
  });
});

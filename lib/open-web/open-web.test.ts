import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { findPublic, listPublicBetween } from "#db/queries/open-web.ts";
import * as schema from "#db/schema.ts";
import { renditionFolder } from "../storage/keys.ts";
import { type TestDatabase, testDatabase } from "../testing.ts";

// Parsed at the first use: these are what the process is started with.
process.env.APP_URL = "https://photos.example.com";
process.env.GALLERY_LICENSE_URL = "https://creativecommons.org/licenses/by/4.0/";
process.env.GALLERY_CREDIT = "Photo: <The Harbour> & Co";
process.env.S3_BUCKET = "pictures";
process.env.S3_REGION = "eu-central-1";
process.env.S3_ACCESS_KEY_ID = "key";
process.env.S3_SECRET_ACCESS_KEY = "secret";
const { keepable } = await import("./answer.ts");
const { embedChoice, embedPage } = await import("./embed.ts");
const { albumFeed, galleryFeed, jsonFeed, rss } = await import("./feeds.ts");
const { oembed } = await import("./oembed.ts");
const { publicPicture } = await import("./picture.ts");
const { digitsFor, rangeOf, robots, sitemap, sitemapIndex } = await import("./sitemap.ts");
const { structuredData } = await import("./structured.ts");

let database: TestDatabase;
let ownerId: string;
const ids = { open: "", unlisted: "", private: "", deleted: "", old: "" };
let album = "";
let hiddenAlbum = "";

const nasty = `Harbour <script>alert("1")</script> & 'more' ]]> \u0008`;

before(async () => {
  database = await testDatabase();
  const [user] = await database.db
    .insert(schema.users)
    .values({ name: "Olga Secret", email: "olga@example.org", role: "owner" })
    .returning({ id: schema.users.id });
  assert.ok(user);
  ownerId = user.id;
  ids.open = await add({ visibility: "public", title: nasty, description: "Line one\nLine two" });
  ids.old = await add({ visibility: "public", takenAt: new Date("1999-12-31T12:00:00Z") });
  ids.unlisted = await add({ visibility: "unlisted" });
  ids.private = await add({ visibility: "private" });
  ids.deleted = await add({ visibility: "public", deletedAt: new Date() });
  album = await addAlbum("public", "Boats", [ids.open, ids.unlisted, ids.private]);
  hiddenAlbum = await addAlbum("unlisted", "Hidden", [ids.open]);
});
after(() => database.close());

async function add(more: Partial<schema.NewMedia>): Promise<string> {
  const [row] = await database.db
    .insert(schema.media)
    .values({
      ownerId,
      takenAt: new Date("2026-05-03T12:00:00Z"),
      key: `media/${randomUUID()}.jpg`,
      renditionFolder: renditionFolder(),
      avifWidths: [320, 640, 1280],
      jpegWidths: [320, 1280],
      sha256: randomBytes(32).toString("hex"),
      bytes: 1000,
      mime: "image/jpeg",
      width: 4000,
      height: 3000,
      thumbhash: Buffer.from("00", "hex"),
      color: 0x336699,
      filename: "SECRET_NAME.JPG",
      takenSource: "camera",
      latitude: 37.5,
      longitude: 127,
      ...more,
    })
    .returning({ id: schema.media.id });
  assert.ok(row);
  return row.id;
}

async function addAlbum(visibility: "public" | "unlisted", title: string, media: string[]): Promise<string> {
  const [row] = await database.db
    .insert(schema.albums)
    .values({ ownerId, title, visibility })
    .returning({ id: schema.albums.id });
  assert.ok(row);
  for (const [n, id] of media.entries())
    await database.sql`insert into album_media (album_id, media_id, position, number, taken_at, title, visibility, live)
      select ${row.id}, id, ${n + 1}, ${n + 1}, taken_at, title, visibility, deleted_at is null from media where id = ${id}
      on conflict do nothing`;
  return row.id;
}

const parse = (text: string) => {
  assert.equal(XMLValidator.validate(text), true, text.slice(0, 300));
  return new XMLParser({ ignoreAttributes: false }).parse(text);
};
/** What nobody outside may read anywhere. */
function keepsSecrets(text: string): void {
  for (const secret of [
    "Olga",
    "SECRET_NAME",
    "37.5",
    "127,",
    ids.unlisted,
    ids.private,
    ids.deleted,
    "X-Amz-",
  ])
    assert.ok(!text.includes(secret), secret);
}

test("the feeds tell what is public, newest added first, by addresses that stay, and nothing else", async () => {
  const feed = await galleryFeed(database.db);
  const xml = rss(feed);
  const { channel } = parse(xml).rss;
  assert.deepEqual(
    channel.item.map((item: { link: string }) => item.link),
    [ids.old, ids.open].map((id) => `https://photos.example.com/m/${id}`),
  );
  assert.equal(
    channel.item[1]["media:content"]["@_url"],
    `https://photos.example.com/m/${ids.open}/picture.jpg`,
  );
  assert.equal(channel.item[1]["media:content"]["@_height"], "960");
  assert.match(channel.copyright, /creativecommons/);
  const json = JSON.parse(jsonFeed(feed));
  assert.equal(json.version, "https://jsonfeed.org/version/1.1");
  assert.equal(json.items[1].title, nasty);
  assert.doesNotMatch(json.items[1].content_html, /<script/);
  assert.equal(json.items[0].title, "Picture from December 31, 1999");
  for (const text of [xml, jsonFeed(feed)]) keepsSecrets(text);
});

test("a public album has a feed of its public pictures, any other album none", async () => {
  const feed = await albumFeed(database.db, album);
  assert.ok(feed);
  assert.deepEqual(
    feed.rows.map(({ id }) => id),
    [ids.open],
  );
  assert.equal(await albumFeed(database.db, hiddenAlbum), undefined);
  assert.equal(await albumFeed(database.db, "not-an-id"), undefined);
});

test("who has a feed already is told so, by tag or by date", async () => {
  const about = { type: "text/plain", modified: new Date("2026-05-03T12:00:00.700Z"), keepSeconds: 300 };
  const ask = (headers: Record<string, string>) =>
    keepable(new Request("https://photos.example.com/feed.xml", { headers }), "text", about);
  const etag = ask({}).headers.get("etag") ?? "";
  assert.equal(ask({ "if-none-match": `"other", W/${etag}` }).status, 304);
  assert.equal(ask({ "if-none-match": '"other"' }).status, 200);
  assert.equal(ask({ "if-modified-since": "Sun, 03 May 2026 12:00:00 GMT" }).status, 304);
  assert.equal(ask({ "if-modified-since": "Sun, 03 May 2026 11:59:59 GMT" }).status, 200);
  assert.equal(
    ask({ "if-none-match": '"other"', "if-modified-since": "Mon, 03 May 2027 12:00:00 GMT" }).status,
    200,
  );
});

test("oEmbed shows a public picture no larger than asked, and answers the rest as the specification says", async () => {
  const ask = async (query: Record<string, string>) => oembed(database.db, new URLSearchParams(query));
  const url = `https://photos.example.com/m/${ids.open}`;
  const large = await ask({ url });
  assert.ok(large.status === 200);
  const photo = JSON.parse(large.text);
  assert.deepEqual([photo.type, photo.version, photo.width, photo.height], ["photo", "1.0", 1280, 960]);
  const small = await ask({ url, maxwidth: "500", maxheight: "100", format: "xml" });
  assert.ok(small.status === 200);
  const fitted = parse(small.text).oembed;
  assert.deepEqual([fitted.width, fitted.height], [133, 100]);
  assert.match(fitted.url, /picture\.jpg\?w=320$/);
  const frame = await ask({ url: `https://photos.example.com/albums/${album}`, maxwidth: "300" });
  assert.ok(frame.status === 200);
  assert.match(
    JSON.parse(frame.text).html,
    /<iframe src="https:\/\/photos\.example\.com\/embed\/[^"]+" width="300"/,
  );
  for (const text of [large.text, small.text, frame.text]) keepsSecrets(text);

  const status = async (query: Record<string, string>) => (await ask(query)).status;
  for (const id of [ids.private, ids.unlisted, ids.deleted, randomUUID()])
    assert.equal(await status({ url: `https://photos.example.com/m/${id}` }), 404);
  assert.equal(await status({ url: `https://photos.example.com/albums/${hiddenAlbum}` }), 404);
  assert.equal(await status({ url: `https://elsewhere.example.com/m/${ids.open}` }), 404);
  assert.equal(await status({ url: "not an address" }), 404);
  assert.equal(await status({ url, format: "yaml" }), 501);
  assert.equal(await status({ url, maxwidth: "-1" }), 400);
  assert.equal(await status({}), 400);
});

test("sitemaps name every public picture once, in ranges of ids that leave none out at any size", async () => {
  const index = parse(await sitemapIndex(database.db)).sitemapindex.sitemap;
  assert.deepEqual(
    index.map(({ loc }: { loc: string }) => loc),
    ["https://photos.example.com/sitemap/all.xml", "https://photos.example.com/sitemap/albums.xml"],
  );
  const all = (await sitemap(database.db, "all")) ?? "";
  assert.deepEqual(
    parse(all)
      .urlset.url.map(({ loc }: { loc: string }) => loc.slice(-36))
      .sort(),
    [ids.open, ids.old].sort(),
  );
  keepsSecrets(all);
  assert.match((await sitemap(database.db, "albums")) ?? "", new RegExp(album));
  assert.doesNotMatch((await sitemap(database.db, "albums")) ?? "", new RegExp(hiddenAlbum));
  assert.equal(await sitemap(database.db, "../x"), undefined);

  assert.deepEqual([0, 10_000, 10_001, 160_001, 1_000_000, 10_000_000].map(digitsFor), [0, 0, 1, 2, 2, 3]);
  for (const digits of [1, 2, 3]) {
    const names = Array.from({ length: 16 ** digits }, (_, n) => n.toString(16).padStart(digits, "0"));
    let end: string | undefined = "00000000-0000-0000-0000-000000000000";
    for (const name of names) {
      const { from, to } = rangeOf(name);
      assert.equal(from, end);
      end = to;
    }
    assert.equal(end, undefined);
    const found = await Promise.all(
      (digits === 1 ? names : []).map((name) =>
        listPublicBetween(database.db, { ...rangeOf(name), limit: 10 }),
      ),
    );
    if (digits === 1) assert.equal(found.flat().length, 2);
  }
});

test("robots are kept out of what is private and shown the sitemap; shares are not named", () => {
  assert.match(robots(), /^User-agent: \*\n/);
  assert.match(robots(), /Disallow: \/admin\n/);
  assert.match(robots(), /Sitemap: https:\/\/photos\.example\.com\/sitemap\.xml\n$/);
  assert.doesNotMatch(robots(), /\/s\/|\/guest/);
});

test("search engines are told licence and credit, and neither the owner nor the place; no title ends the script", async () => {
  const [row] = await findPublic(database.db, ids.open);
  assert.ok(row);
  const text = structuredData(row) ?? "";
  assert.doesNotMatch(text, /</);
  const data = JSON.parse(text);
  assert.equal(data["@type"], "ImageObject");
  assert.equal(data.contentUrl, `https://photos.example.com/m/${ids.open}/picture.jpg`);
  assert.equal(data.license, "https://creativecommons.org/licenses/by/4.0/");
  assert.equal(data.creditText, "Photo: <The Harbour> & Co");
  keepsSecrets(text);
});

test("the address that stays leads to the signed one of a public picture alone", async () => {
  assert.match((await publicPicture(database.db, ids.open, 320)) ?? "", /\/320\.jpg\?.*X-Amz-Signature=/);
  assert.match((await publicPicture(database.db, ids.open, 5)) ?? "", /\/1280\.jpg\?/);
  for (const id of [ids.private, ids.unlisted, ids.deleted])
    assert.equal(await publicPicture(database.db, id, Number.NaN), undefined);
});

test("a frame on another site shows what a stranger may see, without script, and only public albums", async () => {
  const show = async (albumId: string | undefined, query = "") =>
    embedPage(database.db, { albumId, query: new URLSearchParams(query) });
  const whole = (await show(undefined, "theme=dark")) ?? "";
  assert.match(whole, /color-scheme:dark/);
  assert.ok(whole.includes(ids.open) && whole.includes(ids.old));
  for (const secret of ["Olga", "SECRET_NAME", ids.unlisted, ids.private, ids.deleted])
    assert.ok(!whole.includes(secret), secret);
  assert.doesNotMatch(whole, /<script/);
  assert.match((await show(album)) ?? "", /<h1>Boats<\/h1>/);
  assert.equal(await show(hiddenAlbum), undefined);
  assert.equal(await show(randomUUID()), undefined);
  assert.equal(await show(undefined, "after=nonsense"), undefined);
  assert.match((await show(undefined, "theme=%3Cscript%3E")) ?? "", /color-scheme:light dark/);

  const { albums, snippet } = await embedChoice(database.db, { album, theme: "dark", height: "300" });
  assert.deepEqual(
    albums.map(({ title }) => title),
    ["Boats"],
  );
  assert.equal(
    snippet,
    `<iframe src="https://photos.example.com/embed/${album}?theme=dark" width="100%" height="300" title="Boats" loading="lazy" style="border:0"></iframe>`,
  );
});

/** Who may do what, at every door: each route and each server action, by every kind of reader. */
import type { APIRequestContext, APIResponse } from "playwright/test";
import { type Action, actions, built, handlers, hiding, type Reader, readers } from "./matrix.ts";
import { photograph } from "./pictures.ts";
import { expect, leaveNothingPublic, signedIn, test, upload } from "./test.ts";
import { account, main, owner, withSql } from "./world.ts";

const origin = `http://localhost:${main().port}`;
const secretTitle = "Lake nobody may know of";
const secretName = "secret-name.jpg";
const secrets = new RegExp(`${secretTitle}|${secretName}|/derived/|/media/[0-9a-f]{2}`);
const nobodys = "3f0a1f90-0000-4000-8000-000000000000";
/** All but the member, whom everything belongs to, and those who administer. */
const thieves = ["anonymous", "viewer", "other"] as const satisfies Reader[];

/** What belongs to the member, all of it private. */
type Theirs = Record<"user" | "media" | "album" | "tag" | "share" | "token" | "inbox" | "upload", string>;

let theirs: Theirs;
let as: Record<Reader, APIRequestContext>;

test.beforeAll(async ({ browser, playwright }) => {
  test.setTimeout(180_000);
  const member = await account("member");
  const page = await signedIn(browser, member);
  await upload(page, [await photograph(9_301, { name: secretName, gps: true })]);
  const [row] = await withSql(
    (sql) => sql`update media set title = ${secretTitle} where owner_id =
      (select id from users where email = ${member.email}) returning id, owner_id`,
  );
  const media = String(row?.id);
  const post = async (path: string, data: unknown): Promise<APIResponse> => {
    const headers = { origin, "content-type": "application/json" };
    const answer = await page.request.post(path, { data: JSON.stringify(data), headers });
    expect(answer.status(), path).toBeLessThan(300);
    return answer;
  };
  const album = String((await (await post("/api/albums", { title: secretTitle })).json()).id);
  const selection = { ids: [media] };
  await post("/api/changes", { selection, change: { kind: "album", add: album } });
  await post("/api/changes", { selection, change: { kind: "tags", add: ["hidden"] } });
  const link = async (query: string, name: string): Promise<{ id: string; token: string }> => {
    await page.goto(`/shares/new?${query}`);
    await page.getByLabel("For whom").fill(name);
    await page.getByRole("button", { name: "Make the link" }).click();
    await expect(page).toHaveURL(/\/shares\/[0-9a-f-]{36}$/);
    const address = await page.getByLabel("Link", { exact: true }).inputValue();
    return {
      id: new URL(page.url()).pathname.split("/").at(-1) ?? "",
      token: address.split("/").at(-1) ?? "",
    };
  };
  const share = await link(`ids=${media}`, "Grandmother");
  const [tag] = await withSql((sql) => sql`select tag_id from media_tags where media_id = ${media}`);
  const [sent] = await withSql((sql) => sql`select id from uploads where media_id = ${media}`);
  theirs = {
    user: String(row?.owner_id),
    media,
    album,
    tag: String(tag?.tag_id),
    share: share.id,
    token: share.token,
    inbox: (await link(`inbox=${album}`, "Guests")).id,
    upload: String(sent?.id),
  };
  const enter = async (who: Parameters<typeof signedIn>[1]) => (await signedIn(browser, who)).request;
  as = {
    anonymous: await playwright.request.newContext({ baseURL: origin }),
    viewer: await enter(await account("viewer")),
    other: await enter(await account("member")),
    member: page.request,
    admin: await enter(await account("admin")),
    owner: await enter(owner),
  };
});
test.afterAll(leaveNothingPublic);
test.beforeEach(() => test.setTimeout(180_000));

/** Everything of the member's that others could change, as one text. */
async function state(): Promise<string> {
  const [row] = await withSql(
    (sql) => sql`select concat_ws(' ',
      (select md5(string_agg(t::text, ',' order by t.id)) from media t where owner_id = ${theirs.user}),
      (select md5(string_agg(t::text, ',' order by t.id)) from albums t where owner_id = ${theirs.user}),
      (select md5(string_agg(t::text, ',' order by t.media_id)) from album_media t where album_id = ${theirs.album}),
      (select md5(string_agg(t::text, ',' order by t.id)) from tags t where owner_id = ${theirs.user}),
      (select md5(string_agg(t::text, ',' order by t.tag_id)) from media_tags t where media_id = ${theirs.media}),
      (select md5(string_agg(t::text, ',' order by t.id)) from shares t where owner_id = ${theirs.user}),
      (select md5(string_agg(t::text, ',' order by t.id)) from uploads t where owner_id = ${theirs.user}),
      (select md5(string_agg(concat_ws(' ', t.id, t.name, t.email, t.role, t.disabled_at), ',')) from users t where id = ${theirs.user}),
      (select count(*) from sessions where user_id = ${theirs.user}),
      (select md5(string_agg(t::text, ',')) from quotas t where owner_id = ${theirs.user}),
      (select count(*) from favourites where media_id = ${theirs.media}),
      (select count(*) from purges), (select count(*) from invites)) as state`,
  );
  return String(row?.state);
}

/** What is read, as `pattern`, `address`, and the statuses of all readers in their order. */
const everybody = "200 200 200 200 200 200";
const signed = "307 200 200 200 200 200";
const administering = "307 403 403 403 200 200";
const private_ = "404 404 404 200 200 200";
const never = "404 404 404 404 404 404";
const reads = (): Record<string, [path: string, statuses: string]> => ({
  "/": ["/", everybody],
  "/account": ["/account", signed],
  "/admin": ["/admin", "307 403 403 403 307 307"],
  "/admin/media": ["/admin/media", administering],
  "/admin/storage": ["/admin/storage", administering],
  "/admin/uploads": ["/admin/uploads", administering],
  "/admin/users": ["/admin/users", administering],
  "/albums": ["/albums", everybody],
  "/albums/[id]": [`/albums/${theirs.album}`, private_],
  "/api/albums": ["/api/albums?text=Lake", everybody],
  "/api/health/live": ["/api/health/live", everybody],
  "/api/health/ready": ["/api/health/ready", everybody],
  "/api/tags": ["/api/tags?text=hid", everybody],
  "/api/uploads": ["/api/uploads", "401 403 200 200 200 200"],
  "/api/uploads/[id]": [`/api/uploads/${theirs.upload}`, "401 403 404 200 404 404"],
  "/embed": ["/embed", everybody],
  "/embed/[album]": [`/embed/${theirs.album}`, never],
  "/embed/code": [`/embed/code?album=${theirs.album}`, everybody],
  "/favourites": ["/favourites", signed],
  "/feed.json": ["/feed.json", everybody],
  "/feed.xml": ["/feed.xml", everybody],
  "/feed/[name]": [`/feed/${theirs.album}.xml`, never],
  "/guest/[token]": [`/guest/${theirs.token}`, never],
  "/guest/[token]/uploads": [`/guest/${theirs.token}/uploads`, never],
  "/guest/[token]/uploads/[id]": [`/guest/${theirs.token}/uploads/${theirs.upload}`, never],
  "/invite/[token]": [`/invite/${theirs.token}`, everybody],
  "/m/[id]": [`/m/${theirs.media}`, private_],
  "/m/[id]/around": [`/m/${theirs.media}/around?list=album.${theirs.album}`, private_],
  "/m/[id]/details": [`/m/${theirs.media}/details`, private_],
  // There is one of a HEIC alone.
  "/m/[id]/full.jpg": [`/m/${theirs.media}/full.jpg`, never],
  "/m/[id]/original": [`/m/${theirs.media}/original`, private_],
  "/m/[id]/picture.jpg": [`/m/${theirs.media}/picture.jpg`, never],
  // It tells where in the timeline, and others' pictures stand in nobody's but their own.
  "/m/[id]/place": [`/m/${theirs.media}/place`, "404 404 404 200 404 404"],
  "/manifest.webmanifest": ["/manifest.webmanifest", everybody],
  "/more": [`/more?ids=${theirs.media}`, everybody],
  "/oembed": [`/oembed?url=${encodeURIComponent(`${origin}/m/${theirs.media}`)}`, never],
  "/offline": ["/offline", everybody],
  "/preferences": ["/preferences", everybody],
  "/preferences/mine": ["/preferences/mine", "303 303 303 303 303 303"],
  "/robots.txt": ["/robots.txt", everybody],
  "/s/[token]": [`/s/${theirs.token}`, everybody],
  "/s/[token]/a/[album]": [`/s/${theirs.token}/a/${theirs.album}`, never],
  "/s/[token]/m/[name]": [`/s/${theirs.token}/m/${theirs.media}`, never],
  "/s/[token]/m/[name]/download": [`/s/${theirs.token}/m/${theirs.media}/download?size=original`, never],
  "/s/[token]/m/[name]/around": [`/s/${theirs.token}/m/${theirs.media}/around`, never],
  "/s/[token]/m/[name]/details": [`/s/${theirs.token}/m/${theirs.media}/details`, never],
  "/s/[token]/m/[name]/original": [`/s/${theirs.token}/m/${theirs.media}/original`, never],
  "/s/[token]/more": [`/s/${theirs.token}/more?ids=${theirs.media}`, everybody],
  "/search": ["/search?q=Lake", everybody],
  "/search/suggest": ["/search/suggest?q=Lake", everybody],
  "/setup": ["/setup", everybody],
  "/shares": ["/shares", signed],
  "/shares/[id]": [`/shares/${theirs.share}`, "307 404 404 200 404 404"],
  "/shares/[id]/inbox": [`/shares/${theirs.inbox}/inbox`, "307 404 404 200 404 404"],
  "/shares/new": [`/shares/new?ids=${theirs.media}`, signed],
  "/sign-in": ["/sign-in", "200 307 307 307 307 307"],
  "/sitemap.xml": ["/sitemap.xml", everybody],
  "/sitemap/[name]": ["/sitemap/all.xml", everybody],
  "/tags": ["/tags", signed],
  "/timeline": ["/timeline", everybody],
  "/timeline/[month]": ["/timeline/2026-05?from=0&count=100&px=200", everybody],
  "/trash": ["/trash", signed],
  "/upload": ["/upload", signed],
  "/upload/plain": ["/upload/plain", signed],
  "/upload/plain/[id]": [`/upload/plain/${theirs.upload}`, "307 404 404 200 404 404"],
  "/upload/share-target": ["/upload/share-target", everybody],
});
/** Streams without an end; lib/live/live.test.ts tries who is told what. */
const endless = new Set(["/api/live"]);

/** What is changed: `METHOD pattern`, address and body. None of it may touch what is the member's. */
const changes = (): Record<string, [path: string, body: unknown]> => {
  const selection = { ids: [theirs.media] };
  const guest = `/guest/${theirs.token}/uploads`;
  return {
    "POST /api/albums": ["/api/albums", { title: "In theirs", parentId: theirs.album }],
    "POST /api/albums/[id]/arrange": [
      `/api/albums/${theirs.album}/arrange`,
      { ids: [theirs.media], target: nobodys, after: true },
    ],
    "POST /api/changes": ["/api/changes", { selection, change: { kind: "trash" } }],
    "POST /api/changes/[id]/undo": [`/api/changes/${nobodys}/undo`, {}],
    "POST /api/changes/count": ["/api/changes/count", { selection }],
    "POST /api/downloads": [
      "/api/downloads",
      { question: "addresses", of: { selection }, size: "original", ids: [theirs.media] },
    ],
    "POST /api/storage/examine": ["/api/storage/examine", {}],
    "POST /api/storage/trial": ["/api/storage/trial", {}],
    "POST /api/storage/trial/[id]": [`/api/storage/trial/${nobodys}`, {}],
    "POST /api/uploads": ["/api/uploads", { uploads: [] }],
    "POST /api/uploads/[id]/complete": [`/api/uploads/${theirs.upload}/complete`, {}],
    "POST /api/uploads/[id]/parts": [`/api/uploads/${theirs.upload}/parts`, {}],
    "POST /api/uploads/[id]/renew": [`/api/uploads/${theirs.upload}/renew`, {}],
    "POST /api/uploads/complete": ["/api/uploads/complete", { ids: [theirs.upload] }],
    "POST /api/uploads/status": ["/api/uploads/status", { ids: [theirs.upload] }],
    "DELETE /api/uploads/[id]": [`/api/uploads/${theirs.upload}`, undefined],
    "POST /guest/[token]/uploads": [guest, { uploads: [] }],
    "POST /guest/[token]/uploads/[id]/parts": [`${guest}/${theirs.upload}/parts`, {}],
    "POST /guest/[token]/uploads/[id]/renew": [`${guest}/${theirs.upload}/renew`, {}],
    "DELETE /guest/[token]/uploads/[id]": [`${guest}/${theirs.upload}`, undefined],
    "POST /guest/[token]/uploads/complete": [`${guest}/complete`, { ids: [theirs.upload] }],
    "POST /guest/[token]/uploads/status": [`${guest}/status`, { ids: [theirs.upload] }],
    "POST /preferences/save": ["/preferences/save", undefined],
    "POST /s/[token]/downloads": [
      `/s/${theirs.token}/downloads`,
      { question: "addresses", size: "original", ids: [theirs.media] },
    ],
  };
};

/** Fills what a form of this file could hold with what is the member's. */
function forged(file: string): Record<string, string> {
  const { media, album, tag, share, user, upload } = theirs;
  const id =
    [
      ["albums/", album],
      ["shares/", share],
      ["tags/", tag],
      ["users/", user],
      ["plain/", upload],
    ].find(([part = ""]) => file.includes(part))?.[1] ?? media;
  return {
    id,
    ids: media,
    media,
    album,
    cover: media,
    parent: album,
    tag,
    ...{
      on: "1",
      rating: "5",
      visibility: "public",
      title: "Taken over",
      name: "Taken over",
      description: "x",
    },
    ...{
      alt: "x",
      before: "{}",
      intent: "trash",
      act: "approve",
      access: "disable",
      role: "owner",
      quota: "1",
    },
    ...{
      email: "thief@example.com",
      into: "",
      tags: "stolen",
      sort: "title",
      label: "Thief",
      download: "originals",
    },
    chosen: JSON.stringify({ selection: { ids: [media] } }),
  };
}

/** Calls a server action as the page's own script would, with a form in the place of its last argument. */
function act(as: APIRequestContext, action: Action, from = origin): Promise<APIResponse> {
  const pages: Record<string, string> = {
    "/m/[id]": `/m/${theirs.media}`,
    "/albums/[id]": `/albums/${theirs.album}`,
    "/shares/[id]": `/shares/${theirs.share}`,
    "/shares/[id]/inbox": `/shares/${theirs.inbox}/inbox`,
    "/upload/plain/[id]": `/upload/plain/${theirs.upload}`,
  };
  const multipart = new FormData();
  for (const [name, value] of Object.entries(forged(action.file))) multipart.append(`_1_${name}`, value);
  // The first byte of an action's id tells how many arguments it takes. They come last: React reads them as they come.
  const taken = action.id.startsWith("00")
    ? "[]"
    : action.id.startsWith("40")
      ? '["$K1"]'
      : '[{"answer":0},"$K1"]';
  multipart.append("0", taken);
  return as.post(pages[action.page] ?? action.page.replaceAll(/\[\w+\]/g, "x"), {
    headers: { origin: from, "next-action": action.id, accept: "text/x-component" },
    multipart,
    maxRedirects: 0,
  });
}
/** Where one comes in: they have to take what strangers send, and count it. */
const doors = ["signIn", "acceptInvite", "enterShare", "enterGuest"];
/** They end or change whoever calls them, whatever is sent. */
const ownAffairs = ["signOut", "endOtherSessions", "changePassword", "saveName"];
/** All others: `forged` has what each of them takes, of what is another's. */
const aboutOthers = [
  ...["endSession", "emptyNow", "restoreChosen", "undoChanges", "takeBack", "moveToTrash", "removeThem"],
  ...["changeAlbum", "changeFavourite", "changeRating", "changeTexts", "changeVisibility", "changeTag"],
  ...["bringAlbumBack", "chooseCover", "makeAlbum", "orderAlbum", "publishMedia", "removeAlbum", "saveAlbum"],
  ...["actOnShare", "decide", "makeShare", "removeShare", "saveShare", "begin", "discard"],
  ...[
    "changeSelection",
    "retryGivenUp",
    "tryUploadsAgain",
    "changeUser",
    "invite",
    "revokeInvite",
    "setAccess",
  ],
];
const attackable = (): Action[] => actions().filter(({ name }) => aboutOthers.includes(name));

test("every route has a row here, so that none can be added without a thought for who may use it", () => {
  const known = [...Object.keys(reads()).map((pattern) => `GET ${pattern}`), ...Object.keys(changes())];
  const there = handlers().map(({ method, pattern }) => `${method} ${pattern}`);
  expect([...known, ...[...endless].map((pattern) => `GET ${pattern}`)].sort()).toEqual(there.sort());
  // And so that none is made in a way that is not seen above: another extension, an export by another name.
  expect([...new Set(handlers().map(({ pattern }) => pattern))].sort()).toEqual([...new Set(built())].sort());
  expect(hiding()).toEqual([]);
});

test("every server action is named here, for the same reason", () => {
  const named = [...doors, ...ownAffairs, ...aboutOthers];
  expect(
    actions()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(named.sort());
});

test("what is private is answered to its owner and to administrators alone, and no one else learns a word of it", async () => {
  for (const [pattern, [path, statuses]] of Object.entries(reads())) {
    const answers = await Promise.all(readers.map((reader) => as[reader].get(path, { maxRedirects: 0 })));
    expect(answers.map((answer) => answer.status()).join(" "), pattern).toBe(statuses);
    // A share is for whoever has its link; names of files are for nobody there.
    for (const [n, reader] of readers.entries())
      if (thieves.some((thief) => thief === reader) && !pattern.startsWith("/s/"))
        expect((await answers[n]?.text())?.match(secrets)?.[0], `${pattern} ${reader}`).toBeUndefined();
  }
  expect(await (await as.anonymous.get(`/s/${theirs.token}`)).text()).not.toMatch(
    new RegExp(`${secretName}|${theirs.media}|${theirs.user}`),
  );
});

test("no route lets anybody change what is another's (R-80, A-16, A-17)", async () => {
  const before = await state();
  for (const [route, [path, body]] of Object.entries(changes()))
    for (const thief of thieves) {
      const answer = await as[thief].fetch(path, {
        method: route.split(" ")[0] ?? "",
        headers: { origin, "content-type": "application/json" },
        maxRedirects: 0,
        ...(body === undefined ? {} : { data: JSON.stringify(body) }),
      });
      expect(answer.status(), `${route} ${thief}`).toBeLessThan(500);
      expect((await answer.text()).match(secrets)?.[0], `${route} ${thief}`).toBeUndefined();
      expect(await state(), `${route} ${thief}`).toBe(before);
    }
});

test("no server action lets anybody change what is another's", async () => {
  const before = await state();
  for (const action of attackable())
    for (const thief of thieves) {
      const answer = await act(as[thief], action);
      expect(answer.status(), `${action.name} ${thief}`).toBeLessThan(500);
      expect((await answer.text()).match(secrets)?.[0], `${action.name} ${thief}`).toBeUndefined();
      expect(await state(), `${action.name} ${thief}`).toBe(before);
    }
});

test("nothing changes when a page of another site sends it with the owner's own cookies (A-38, A-39)", async () => {
  const before = await state();
  for (const from of ["https://evil.example", "null", `${origin}.evil.example`]) {
    for (const [route, [path, body]] of Object.entries(changes())) {
      const answer = await as.member.fetch(path, {
        method: route.split(" ")[0] ?? "",
        headers: { origin: from, "content-type": "application/json" },
        ...(body === undefined ? {} : { data: JSON.stringify(body) }),
      });
      expect([answer.status(), (await answer.json()).code], route).toEqual([403, "cross_site"]);
    }
    for (const action of actions())
      expect((await act(as.member, action, from)).status(), action.name).toBe(403);
  }
  expect(await state()).toBe(before);
  // And with their own page they can: it is not for want of a well-formed request that the others were refused.
  const rating = actions().find(({ name }) => name === "changeRating");
  expect(rating).toBeDefined();
  const answer = rating && (await act(as.member, rating));
  expect(await answer?.text()).toContain('"done":true');
  expect(await state()).not.toBe(before);
});

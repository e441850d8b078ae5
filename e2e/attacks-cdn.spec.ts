/** What a stolen address of a CDN opens, judged as its edge judges: by the signature and the policy in it, and by nothing else. */
import { generateKeyPairSync, verify } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { type APIRequestContext, expect, request, test } from "playwright/test";
import { secondPorts } from "./ports.ts";
import { startSecond } from "./second.ts";
import { seed } from "./seeded.ts";
import { type Account, account, type Place, sessionCookie, withSql } from "./world.ts";

const place: Place = { data: path.join(tmpdir(), `tintype-e2e-cdn-${process.pid}`), ...secondPorts };
const site = `http://localhost:${place.port}`;
const cdn = "https://cdn.example.com";
const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const dates = { from: "2024-01-01", to: "2024-06-20" };

let stop: (() => Promise<void>) | undefined;
test.beforeAll(async () => {
  test.setTimeout(120_000);
  stop = await startSecond(place, {
    MEDIA_URL_MODE: "cloudfront",
    MEDIA_PUBLIC_BASE_URL: cdn,
    CLOUDFRONT_KEY_PAIR_ID: "K2JCJMDEHXQW5F",
    CLOUDFRONT_PRIVATE_KEY: privateKey.replaceAll("\n", "\\n"),
  });
});
test.afterAll(() => stop?.());

async function visitor(who: Account): Promise<APIRequestContext> {
  const { name, value } = await sessionCookie(who);
  return request.newContext({ baseURL: site, extraHTTPHeaders: { cookie: `${name}=${value}` } });
}

const base64 = (text: string): Buffer =>
  Buffer.from(text.replaceAll("-", "+").replaceAll("_", "=").replaceAll("~", "/"), "base64");

/** Whether the edge would answer this address. */
function opens(address: string): boolean {
  const url = new URL(address);
  const [policy, signature] = ["Policy", "Signature"].map((name) => base64(url.searchParams.get(name) ?? ""));
  if (policy === undefined || signature === undefined || signature.length === 0) return false;
  if (!verify("sha256", policy, publicKey, signature)) return false;
  const [{ Resource, Condition }] = JSON.parse(policy.toString("utf8")).Statement;
  if (Condition.DateLessThan["AWS:EpochTime"] * 1000 < Date.now()) return false;
  for (const own of ["Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"]) url.searchParams.delete(own);
  const wanted = Resource.replace(/[.+^${}()|[\]\\?]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${wanted}$`).test(url.href.replace(/\?$/, ""));
}

const addressesIn = (html: string): string[] => [
  ...new Set(
    [...html.matchAll(/https:\/\/cdn\.example\.com\/[^\s"'<>\\,]+/g)].map(([one]) =>
      one.replaceAll("&amp;", "&"),
    ),
  ),
];

test("A-54: the address of one picture opens no other, no original and nothing later, whatever is changed in it", async () => {
  const [mine, theirs] = [await account("member", place), await account("member", place)];
  await withSql(async (sql) => {
    for (const who of [mine, theirs]) await seed(sql, who, 3, dates);
  }, place);
  const folders = async (who: Account): Promise<string[]> =>
    withSql(
      (sql) =>
        sql`select rendition_folder as folder from media m join users u on u.id = m.owner_id where u.email = ${who.email}`,
      place,
    ).then((rows) => rows.map(({ folder }) => String(folder)));
  const as = await visitor(mine);
  const shown = addressesIn(await (await as.get("/")).text()).filter((one) => one.includes("/derived/"));
  const [own, other] = [await folders(mine), await folders(theirs)];
  expect(shown.length).toBeGreaterThan(0);
  for (const one of shown) {
    expect(opens(one), one).toBe(true);
    const folder = new URL(one).pathname.split("/").slice(1, 3).join("/");
    expect(own).toContain(folder);
    for (const another of [...own, ...other].filter((each) => each !== folder)) {
      expect(opens(one.replace(folder, another))).toBe(false);
      expect(opens(one.replace(folder, `${folder}/../${another.slice(8)}`))).toBe(false);
    }
    expect(opens(one.replace(/derived\/[^?]+/, "media/original.jpg"))).toBe(false);
    expect(opens(one.replace("cdn.example.com", "cdn.example.com.evil.example"))).toBe(false);
    expect(opens(one.replace(/Policy=[^&]+/, `Policy=${shownPolicy("*")}`))).toBe(false);
  }
  await as.dispose();
});

const shownPolicy = (resource: string): string =>
  Buffer.from(
    JSON.stringify({
      Statement: [{ Resource: resource, Condition: { DateLessThan: { "AWS:EpochTime": 4e9 } } }],
    }),
  ).toString("base64url");

test("A-50: a key of other programs is an address of its own object or of none, whatever is in it", async () => {
  const mine = await account("member", place);
  await withSql((sql) => seed(sql, mine, 1, dates), place);
  const as = await visitor(mine);
  for (const [key, there] of [
    ["media/사진/%2e%2e%2f/50% off?x=1&Policy=y#z \"'<>.jpg", true],
    ["media/@evil.example//x;y=1/..%5c..jpg", true],
    // A browser climbs before it asks, and whoever asks for something else was given no signature for it.
    ["media/../../admin/x.jpg", false],
    ["media/a/../b.jpg", false],
  ] as const) {
    const [row] = await withSql(
      (sql) => sql`update media set key = ${key}, keep_original = true
        where owner_id = (select id from users where email = ${mine.email}) returning id`,
      place,
    );
    const { url } = await (await as.get(`/m/${row?.id}/original`)).json();
    const read = new URL(url);
    expect([read.origin, read.hash, read.username], key).toEqual([cdn, "", ""]);
    expect(opens(url), key).toBe(there);
    if (there) expect(decodeURIComponent(read.pathname), key).toBe(`/${key}`);
    for (const page of ["/", `/m/${row?.id}`])
      for (const one of addressesIn(await (await as.get(page)).text()))
        expect(one.startsWith(`${cdn}/derived/`) || one.startsWith(`${cdn}/media/`), one).toBe(true);
  }
  await as.dispose();
});

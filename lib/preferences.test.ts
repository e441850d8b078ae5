import assert from "node:assert/strict";
import { test } from "node:test";
import { users } from "#db/schema.ts";
import { manifest } from "./manifest.ts";
import { escaped } from "./markup.ts";
import { offlinePage } from "./offline.ts";
import {
  isNewHere,
  keepPreferences,
  languageCookieOf,
  preferenceCookies,
  readPreferences,
  speaksOther,
  themeFor,
} from "./preferences.ts";
import { testDatabase } from "./testing.ts";
import { themeOf } from "./theme.ts";

const form = (body: string, headers: Record<string, string> = { "content-length": String(body.length) }) =>
  new Request("http://localhost/preferences/save", { method: "POST", body, headers });

test("a chosen language and theme are kept for a year, what is left to the system is forgotten", async () => {
  const chosen = await readPreferences(form("language=ko&theme=dark"));
  assert.deepEqual(preferenceCookies(chosen, true), [
    "tintype-language=ko; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure",
    "tintype-theme=dark; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure",
  ]);
  const left = await readPreferences(form("language=&theme=system"));
  for (const cookie of preferenceCookies(left, false))
    assert.match(cookie, /=; Path=\/; Max-Age=0; [^;]+; SameSite=Lax$/);
});

test("a chosen language follows its person to browsers where none was chosen, and is left to each browser again", async () => {
  const box = await testDatabase();
  const { db } = box;
  const email = "ann@example.org";
  const [row] = await db.insert(users).values({ name: "Ann", email }).returning({ id: users.id });
  const viewer = { id: row?.id ?? "", name: "Ann", email, role: "member" } as const;
  assert.equal(await speaksOther(db, { email, locale: "en-GB" }), false);
  await keepPreferences(db, { viewer, chosen: { language: "ko", theme: "dark" } });
  await keepPreferences(db, { viewer: undefined, chosen: { language: "en", theme: "light" } });
  assert.equal(await speaksOther(db, { email: " Ann@example.org", locale: "en-GB" }), true);
  assert.equal(await speaksOther(db, { email, locale: "ko-KR" }), false);
  const korean = { ...viewer, language: "ko" };
  assert.equal(isNewHere(korean, { chosen: undefined, locale: "en-GB" }), true);
  assert.equal(isNewHere(korean, { chosen: "en", locale: "en-GB" }), false);
  assert.equal(isNewHere(korean, { chosen: undefined, locale: "ko" }), false);
  assert.equal(isNewHere(viewer, { chosen: undefined, locale: "en-GB" }), false);
  assert.match(languageCookieOf("ko", true), /^tintype-language=ko;.*Secure$/);
  assert.match(languageCookieOf("ko; Domain=evil", true), /^tintype-language=;/);
  const kept = async () => (await db.select({ theme: users.theme }).from(users))[0]?.theme;
  assert.equal(await kept(), "dark");
  await keepPreferences(db, { viewer, chosen: { language: "", theme: "system" } });
  assert.equal(await speaksOther(db, { email, locale: "en-GB" }), false);
  assert.equal(await kept(), null);
  await keepPreferences(db, { viewer, chosen: { language: "ko", theme: "dark" } });
  const onlyLanguage = await readPreferences(
    form("language=en&languageBefore=&theme=light&themeBefore=light"),
  );
  await keepPreferences(db, { viewer, chosen: onlyLanguage });
  assert.equal(await kept(), "dark", "a theme that nobody touched is left to the account as it is");
  assert.equal(preferenceCookies(onlyLanguage, false).length, 1);
  const untouched = await readPreferences(form("language=&languageBefore=&theme=dark&themeBefore=dark"));
  assert.deepEqual(preferenceCookies(untouched, false), []);
  await keepPreferences(db, { viewer, chosen: untouched });
  assert.equal(await kept(), "dark");
  const dark = { ...viewer, theme: "dark" };
  assert.deepEqual(
    [
      themeFor(dark, undefined),
      themeFor(dark, "light"),
      themeFor(viewer, undefined),
      themeFor(undefined, "x"),
    ],
    ["dark", "light", "system", "system"],
  );
  await box.close();
});

test("a form that offers anything else is refused, and so is one without an end", async () => {
  for (const body of ["", "language=xx&theme=dark", "language=ko&theme=%0d%0aSet-Cookie:x", "theme=dark"])
    await assert.rejects(readPreferences(form(body)), { code: "bad_request" }, body);
  for (const bytes of [undefined, "1001", "many"])
    await assert.rejects(
      readPreferences(form("language=ko&theme=dark", bytes === undefined ? {} : { "content-length": bytes })),
      { code: "too_large" },
    );
  assert.equal(themeOf("dark; x"), "system");
});

test("what is written by hand cannot be broken out of, and holds nothing XML cannot", () => {
  assert.equal(
    escaped(`<b a="1" c='2'>&\u0000\u0008\ud800 한 🙂</b>`),
    "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp; 한 🙂&lt;/b&gt;",
  );
});

test("the page for times without network loads nothing, and the manifest asks for what the service worker takes", () => {
  assert.doesNotMatch(offlinePage("dark"), /src=|url\(|<script|<link/);
  assert.match(offlinePage("dark"), /color-scheme:dark/);
  assert.match(JSON.stringify(manifest()), /"action":"\/upload\/share-target".*"name":"pictures"/);
});

/** Attacks on what people know and hold: passwords, links and sessions. */
import type { APIRequestContext } from "playwright/test";
import {
  account,
  expect,
  idOf,
  isSignedIn,
  ledTo,
  perform,
  person,
  session,
  signInAs,
  stranger,
  test,
} from "./attacks.ts";
import { owner, withSql } from "./world.ts";

test.beforeEach(() => test.setTimeout(120_000));
// Everybody comes from one address here: what was counted against it would keep the next file's people out.
test.afterEach(() => withSql((sql) => sql`delete from rate_limits`));

/** As if so many had been tried already. */
const tried = (key: string, points: number) =>
  withSql((sql) => sql`update rate_limits set points = ${points} where key like ${key}`);
const counted = (key: string): Promise<number> =>
  withSql(async (sql) =>
    Number((await sql`select coalesce(sum(points), 0) as n from rate_limits where key like ${key}`)[0]?.n),
  );

/** Addresses that a client would like to come from. */
let claims = 0;
const forged = (): Record<string, string> => {
  const address = `203.0.113.${++claims % 250}`;
  return {
    "x-forwarded-for": address,
    forwarded: `for=${address}`,
    "x-real-ip": address,
    "x-client-ip": address,
    "cf-connecting-ip": address,
    "true-client-ip": address,
    "x-tintype-client": address,
  };
};
const tooMany = /Too many|minute/;

test("a password is guessed ten times at an account, also when each guess claims another address", async () => {
  const who = await account("member");
  const as = await stranger();
  for (let n = 0; n < 10; n++) {
    const answer = await signInAs(as, { ...who, password: `wrong password ${n}` }, forged());
    expect(await answer.text()).not.toMatch(tooMany);
  }
  // Not even the right one now.
  const answer = await signInAs(as, who, forged());
  expect(answer.status()).toBe(200);
  expect(await answer.text()).toMatch(tooMany);
  expect(await isSignedIn(as)).toBe(false);
  expect(
    await withSql(
      (sql) => sql`select 1 from sessions s join users u on u.id = s.user_id where u.email = ${who.email}`,
    ),
  ).toHaveLength(0);
  await as.dispose();
});

test("an address is guessed from fifty times, whoever the accounts are, and then signs nobody in", async ({
  other,
}) => {
  const as = await stranger();
  await signInAs(as, { email: "nobody0@example.com", password: "wrong password" }, forged());
  await tried("sign-in:%", 49);
  await withSql((sql) => sql`delete from rate_limits where key like 'sign-in:%:%'`);
  expect(
    await (await signInAs(as, { email: "nobody1@example.com", password: "wrong password" }, forged())).text(),
  ).not.toMatch(tooMany);
  expect(
    await (await signInAs(as, { email: "nobody2@example.com", password: "wrong password" }, forged())).text(),
  ).toMatch(tooMany);
  expect(await (await signInAs(as, other, forged())).text()).toMatch(tooMany);
  expect(await isSignedIn(as)).toBe(false);
  await as.dispose();
});

test("an account is guessed at a hundred times an hour from everywhere together; where it is signed in it still gets in", async () => {
  const who = await person("member");
  const as = await stranger();
  await signInAs(as, { ...who, password: "wrong password" });
  await tried("sign-in-account:%", 100);
  // This network is the account's own.
  expect(ledTo(await signInAs(as, who))).toBe("/");
  await withSql((sql) => sql`delete from sessions where user_id = ${who.id}`);
  await tried("sign-in-account:%", 100);
  expect(await (await signInAs(as, who)).text()).toMatch(tooMany);
  await Promise.all([as.dispose(), who.as.dispose()]);
});

test("signing in says the same of a wrong password, of nobody and of somebody shut out", async ({
  admin,
}) => {
  const [who, out] = [await account("member"), await account("member")];
  await perform(
    admin,
    "setAccess",
    { id: await idOf(out.email), access: "disable" },
    { page: "/admin/users" },
  );
  const as = await stranger();
  const said = async (email: string, password: string): Promise<string> => {
    const answer = await signInAs(as, { email, password });
    const text = (await answer.text()).replaceAll(email, "…");
    return `${answer.status()} ${/"notice":\{[^}]*\}/.exec(text)?.[0] ?? text}`;
  };
  const wrong = await said(who.email, "wrong password");
  expect(await said("nobody@example.com", "wrong password")).toBe(wrong);
  expect(await said(out.email, out.password)).toBe(wrong);
  expect(await said(out.email, "wrong password")).toBe(wrong);
  await as.dispose();
});

/** The link of a share or of an inbox with this password, made by its owner. */
async function link(
  as: APIRequestContext,
  kind: "share" | "inbox",
  ownerId: string,
  password: string,
): Promise<{ id: string; token: string }> {
  const [album] = await withSql(
    (sql) => sql`insert into albums (owner_id, title) values (${ownerId}, 'Guessed at') returning id`,
  );
  const answer = await perform(
    as,
    "makeShare",
    { label: "x", [kind === "inbox" ? "inbox" : "album"]: String(album?.id), password, ends: "never" },
    { page: "/shares/new" },
  );
  const id = /\/shares\/([0-9a-f-]{36})/.exec(ledTo(answer) ?? "")?.[1] ?? "";
  const page = await (await as.get(`/shares/${id}`)).text();
  const token = new RegExp(`/${kind === "inbox" ? "guest" : "s"}/([\\w-]{32})`).exec(page)?.[1] ?? "";
  expect(token).not.toBe("");
  return { id, token };
}

test("the password of a share and of a guest link is guessed ten times from an address, and 200 times from all", async ({
  member,
}) => {
  for (const [kind, action, path] of [
    ["share", "enterShare", "/s/"],
    ["inbox", "enterGuest", "/guest/"],
  ] as const) {
    const { id, token } = await link(member.as, kind, member.id, "a good password");
    const as = await stranger();
    const enter = (password: string) =>
      perform(as, action, { token, password, name: "x" }, { page: `${path}${token}`, headers: forged() });
    for (let n = 0; n < 10; n++) expect(await (await enter(`wrong ${n}`)).text(), kind).not.toMatch(tooMany);
    expect(await (await enter("a good password")).text(), kind).toMatch(tooMany);
    expect((await as.get(`${path}${token}`)).status(), kind).toBe(401);
    await withSql((sql) => sql`delete from rate_limits where key like ${`share:${id}:%`}`);
    await tried(`share:${id}`, 200);
    expect(await (await enter("a good password")).text(), kind).toMatch(tooMany);
    await withSql((sql) => sql`delete from rate_limits where key like ${`share:${id}%`}`);
    expect(ledTo(await enter("a good password")), kind).toBe(`${path}${token}`);
    await as.dispose();
  }
});

test("a link for guests without a password is gone through 300 times an hour from one address, then not", async ({
  member,
}) => {
  const { id, token } = await link(member.as, "inbox", member.id, "");
  const enter = async () => {
    const as = await stranger();
    const answer = await perform(
      as,
      "enterGuest",
      { token, password: "", name: "x" },
      { page: `/guest/${token}`, headers: forged() },
    );
    await as.dispose();
    return ledTo(answer);
  };
  expect(await enter()).toBe(`/guest/${token}`);
  await tried(`share-enter:${id}:%`, 300);
  expect(await enter()).toBeUndefined();
  expect(await withSql((sql) => sql`select 1 from guests where share_id = ${id}`)).toHaveLength(1);
});

test("links that make accounts are tried twenty times from an address; a used, made-up or other one makes nobody", async () => {
  const as = await stranger();
  const before = await withSql((sql) => sql`select count(*)::int as n from users`);
  const accept = (token: string) =>
    perform(
      as,
      "acceptInvite",
      { token, name: "Thief", email: "thief@example.com", password: "a long enough password", role: "owner" },
      { page: "/setup", headers: forged() },
    );
  for (const token of ["", "x", "x".repeat(43), "%00", "../x"])
    expect((await accept(token)).status()).toBe(200);
  await tried("invite:%", 20);
  expect(await (await accept("x".repeat(43))).text()).toMatch(tooMany);
  expect(await counted("invite:203.%")).toBe(0);
  expect(await withSql((sql) => sql`select count(*)::int as n from users`)).toEqual(before);
  await as.dispose();
});

test("a session set before signing in is not kept, a made-up one is nobody's, and a copied one ends with its own", async () => {
  const who = await account("member");
  const attacker = await person("member");
  const [planted] = (await attacker.as.storageState()).cookies.filter(({ name }) => /session/.test(name));
  // The victim's browser holds the attacker's session when it signs in.
  const victim = await stranger();
  const cookie = `${planted?.name}=${planted?.value}`;
  const answer = await signInAs(victim, who, { cookie });
  expect(ledTo(answer)).toBe("/");
  const given = /session_token=([^;]+)/.exec(answer.headers()["set-cookie"] ?? "")?.[1];
  expect(given).toBeDefined();
  expect(given).not.toBe(planted?.value);
  // And it is over: nobody waits in it for what the victim will do.
  expect(await isSignedIn(attacker.as)).toBe(false);
  for (const made of [
    "x",
    "x.y",
    `${"a".repeat(32)}.${"A".repeat(43)}=`,
    `${given?.split(".")[0]}.${"A".repeat(43)}=`,
    decodeURIComponent(given ?? "").split(".")[0] ?? "",
  ]) {
    const nobody = await stranger();
    const asked = await nobody.get("/account", {
      headers: { cookie: `${planted?.name}=${made}` },
      maxRedirects: 0,
    });
    expect(asked.status(), made).toBe(307);
    await nobody.dispose();
  }
  await Promise.all([victim.dispose(), attacker.as.dispose()]);
});

test("signing out, another password, another role and being shut out end what they promise to end, at the next request", async ({
  admin,
}) => {
  const who = await account("admin");
  const id = await idOf(who.email);
  const [first, second] = [await session(who), await session(who)];
  // Out of one browser, the copied cookie included.
  const copy = (await first.storageState()).cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  await perform(first, "signOut", {}, { page: "/" });
  const copied = await stranger();
  expect((await copied.get("/account", { headers: { cookie: copy }, maxRedirects: 0 })).status()).toBe(307);
  expect(await isSignedIn(second)).toBe(true);
  // Another role holds at once.
  expect((await second.get("/admin/users", { maxRedirects: 0 })).status()).toBe(200);
  await perform(admin, "changeUser", { id, role: "viewer", quota: "0" }, { page: "/admin/users" });
  expect((await second.get("/admin/users", { maxRedirects: 0 })).status()).toBe(403);
  // Another password ends all others.
  const third = await session(who);
  const changed = await perform(third, "changePassword", {
    current: who.password,
    next: "another long password",
  });
  expect(changed.status()).toBe(200);
  expect([await isSignedIn(second), await isSignedIn(third)]).toEqual([false, true]);
  await perform(admin, "setAccess", { id, access: "disable" }, { page: "/admin/users" });
  expect(await isSignedIn(third)).toBe(false);
  expect(await withSql((sql) => sql`select 1 from sessions where user_id = ${id}`)).toHaveLength(0);
  expect(await isSignedIn(admin)).toBe(true);
  await Promise.all([first, second, third, copied].map((one) => one.dispose()));
});

test("nobody raises themselves, and an administrator makes no owner, whatever the form says", async ({
  member,
}) => {
  const boss = await person("admin");
  for (const name of ["invite", "changeUser", "setAccess"])
    for (const [as, id] of [
      [member.as, member.id],
      [boss.as, boss.id],
    ] as const) {
      const fields = { id, role: "owner", email: "new-owner@example.com", quota: "0", access: "enable" };
      const answer = await perform(as, name, fields, { page: "/admin/users" });
      expect(answer.status(), name).toBeLessThan(500);
    }
  expect(
    await withSql((sql) => sql`select role from users where id in (${member.id}, ${boss.id}) order by role`),
  ).toEqual([{ role: "admin" }, { role: "member" }]);
  const owners = await withSql((sql) => sql`select email from users where role = 'owner'`);
  expect(owners.map((row) => row.email)).toEqual([owner.email]);
  expect(
    await withSql((sql) => sql`select 1 from invites where role = 'owner' and created_by is not null`),
  ).toHaveLength(0);
  await boss.as.dispose();
});

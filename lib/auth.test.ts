import assert from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";
import { addUser, disable, enable, setPassword, setRole } from "./accounts.ts";
import {
  changePassword,
  clientOf,
  endOtherSessions,
  endSession,
  listSessions,
  readCookies,
  signIn,
  signOut,
  viewerFrom,
} from "./auth.ts";
import { database } from "./database.ts";
import { type ErrorCode, TintypeError } from "./errors.ts";
import type { Role } from "./media.ts";

const password = "correct horse battery";
let box: TestDatabase;
before(async () => {
  box = await testDatabase();
  // The settings are parsed at the first call of a door, which is after this.
  process.env.DATABASE_URL = box.url;
  process.env.AUTH_SECRET = "a secret of the tests, 32 or more characters";
  process.env.LOG_LEVEL = "silent";
});
after(async () => {
  await database().sql.end();
  await box.close();
});

let made = 0;
/** A person of their own for each test, and an address of their own to come from. */
async function person(role: Role = "member") {
  made++;
  const email = `person${made}@example.org`;
  const user = await addUser(box.db, { name: `Person ${made}`, email, role, password });
  return { id: user.id, email, from: new Headers({ "x-tintype-client": `10.0.0.${made}` }) };
}

const withCookies = (cookies: Headers, from = new Headers()): Headers => {
  const headers = new Headers(from);
  const kept = readCookies(cookies).filter(({ options }) => options.maxAge !== 0);
  headers.set("cookie", kept.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join("; "));
  return headers;
};
const enter = async (who: { email: string; from: Headers }, word = password): Promise<Headers> =>
  withCookies(await signIn(who.from, { email: who.email, password: word }), who.from);
const fails = (code: ErrorCode, details?: object) => (error: unknown) => {
  assert.ok(error instanceof TintypeError, String(error));
  assert.equal(error.code, code);
  if (details !== undefined) assert.deepEqual(error.details, details);
  return true;
};

test("whoever signs in is known by the cookie alone, and forgotten after signing out", async () => {
  const who = await person();
  const headers = await enter(who);
  const viewer = await viewerFrom(headers);
  assert.deepEqual(viewer, { id: who.id, name: "Person 1", email: who.email, role: "member" });
  const cleared = await signOut(headers);
  assert.ok(readCookies(cleared).every(({ value, options }) => value === "" && options.maxAge === 0));
  assert.equal(await viewerFrom(headers), undefined);
});

test("the session cookie is out of reach of scripts and of other sites' forms", async () => {
  const who = await person();
  const cookies = readCookies(await signIn(who.from, { email: who.email, password }));
  assert.deepEqual(
    cookies.map(({ name, options: { httpOnly, sameSite, path } }) => ({ name, httpOnly, sameSite, path })),
    [{ name: "tintype.session_token", httpOnly: true, sameSite: "lax", path: "/" }],
  );
});

test("a request without a genuine cookie never reaches the database", async () => {
  const who = await person();
  const genuine = (await enter(who)).get("cookie") ?? "";
  const forged = [
    "",
    "tintype.session_token=",
    "tintype.session_token=%E0%A4%A",
    `tintype.session_token=${"a".repeat(32)}.${encodeURIComponent(`${"A".repeat(43)}=`)}`,
    genuine.replace(/=(.)/, (_all, first: string) => `=${first === "x" ? "y" : "x"}`),
    `other.${genuine}`,
  ];
  await box.sql.begin(async (tx) => {
    // Whoever asks for a session now waits for this transaction, which waits for the answers below.
    await tx`lock table sessions in access exclusive mode`;
    for (const cookie of forged) assert.equal(await viewerFrom(new Headers({ cookie })), undefined, cookie);
  });
  assert.notEqual(await viewerFrom(new Headers({ cookie: `a=b; ${genuine}; c=d` })), undefined);
});

test("every sign-in gets a token of its own, and the one the browser came with is ended", async () => {
  const who = await person();
  const first = await enter(who);
  const again = await signIn(first, { email: who.email, password });
  const second = withCookies(again);
  assert.notEqual(second.get("cookie"), first.get("cookie"));
  assert.equal(await viewerFrom(first), undefined);
  assert.equal((await viewerFrom(second))?.id, who.id);
});

test("a wrong password, an unknown address and a disabled account are refused alike", async () => {
  const who = await person();
  const gone = await person();
  await disable(box.db, { viewer: "operator", id: gone.id });
  for (const credentials of [
    { email: who.email, password: "wrong password" },
    { email: "nobody@example.org", password },
    { email: gone.email, password },
    { email: "not an address", password },
    { email: who.email, password: "" },
    { email: who.email, password: "x".repeat(100_000) },
  ])
    await assert.rejects(
      signIn(who.from, credentials),
      (error) =>
        fails("unauthenticated", {})(error) && error instanceof Error && error.message === "unauthenticated",
    );
  assert.equal((await box.sql`select 1 from sessions where user_id = ${gone.id}`).length, 0);
});

test("an unknown address costs a password hash, as a known one does", async () => {
  const who = await person();
  let hashes = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === "SCRYPTREQUEST") hashes++;
    },
  }).enable();
  const spent = async (email: string): Promise<number> => {
    hashes = 0;
    await assert.rejects(signIn(who.from, { email, password: "wrong password" }), fails("unauthenticated"));
    return hashes;
  };
  try {
    assert.equal(await spent(who.email), 1);
    assert.equal(await spent("nobody@example.org"), 1);
    await box.sql`update users set disabled_at = now() where id = ${who.id}`;
    assert.equal(await spent(who.email), 1);
  } finally {
    hook.disable();
  }
});

test("ten failures for one address from one place stop even the right password there, and nowhere else", async () => {
  const who = await person();
  for (let n = 0; n < 10; n++)
    await assert.rejects(
      signIn(who.from, { email: who.email.toUpperCase(), password: "wrong password" }),
      fails("unauthenticated"),
    );
  await assert.rejects(signIn(who.from, { email: who.email, password }), fails("rate_limited"));
  const elsewhere = new Headers({ "x-tintype-client": "192.0.2.77" });
  assert.ok(await signIn(elsewhere, { email: who.email, password }));
});

test("a hundred failures for one account, each from another network, stop strangers and nobody where they are signed in", async () => {
  const who = await person();
  await enter(who);
  const from = (n: number) => new Headers({ "x-tintype-client": `2001:db8:0:${n.toString(16)}::1` });
  await box.sql`delete from rate_limits`;
  const guess = (n: number) => signIn(from(n), { email: who.email, password: "wrong password" });
  await assert.rejects(guess(0), fails("unauthenticated"));
  await box.sql`update rate_limits set points = 99 where key like 'sign-in-account:%'`;
  await assert.rejects(guess(1), fails("unauthenticated"));
  await assert.rejects(guess(2), fails("rate_limited"));
  await assert.rejects(signIn(from(3), { email: who.email, password }), fails("rate_limited"));
  const other = await person();
  assert.ok(await signIn(from(4), { email: other.email, password }));
  assert.ok(await signIn(who.from, { email: who.email, password }));
});

test("signing in rightly, however often, is not limited", async () => {
  const who = await person();
  for (let n = 0; n < 12; n++) assert.ok(await signIn(who.from, { email: who.email, password }));
});

test("someone disabled is signed out everywhere at once, and may come back when enabled", async () => {
  const who = await person();
  const devices = [await enter(who), await enter(who)];
  await disable(box.db, { viewer: "operator", id: who.id });
  for (const device of devices) assert.equal(await viewerFrom(device), undefined);
  await enable(box.db, { viewer: "operator", id: who.id });
  for (const device of devices) assert.equal(await viewerFrom(device), undefined);
  assert.equal((await viewerFrom(await enter(who)))?.id, who.id);
});

test("a disabled account is nobody even while a session of it is left", async () => {
  const who = await person();
  const headers = await enter(who);
  await box.sql`update users set disabled_at = now() where id = ${who.id}`;
  assert.equal(await viewerFrom(headers), undefined);
});

test("a changed role holds for the next request of a running session", async () => {
  const who = await person();
  const headers = await enter(who);
  await setRole(box.db, { viewer: "operator", id: who.id, role: "admin" });
  assert.equal((await viewerFrom(headers))?.role, "admin");
});

test("a session ends thirty days after its last use, by the clock of the database", async () => {
  const who = await person();
  const headers = await enter(who);
  const days = async () => {
    const [row] = await box.sql`
      select round(extract(epoch from expires_at - now()) / 86400)::int as n from sessions where user_id = ${who.id}`;
    return row?.n;
  };
  assert.equal(await days(), 30);
  await box.sql`update sessions set expires_at = now() + interval '3 days' where user_id = ${who.id}`;
  assert.notEqual(await viewerFrom(headers), undefined);
  assert.equal(await days(), 30);
  await box.sql`update sessions set expires_at = now() - interval '1 second' where user_id = ${who.id}`;
  assert.equal(await viewerFrom(headers), undefined);
});

test("a changed password ends all other sessions and renews this one", async () => {
  const who = await person();
  const [here, there] = [await enter(who), await enter(who)];
  const renewed = withCookies(await changePassword(here, { current: password, next: "a new password" }));
  assert.equal(await viewerFrom(there), undefined);
  assert.equal(await viewerFrom(here), undefined);
  assert.equal((await viewerFrom(renewed))?.id, who.id);
  await assert.rejects(signIn(who.from, { email: who.email, password }), fails("unauthenticated"));
  assert.ok(await signIn(who.from, { email: who.email, password: "a new password" }));
});

test("a password is not changed without the current one, to a short one or to the address", async () => {
  const who = await person();
  const headers = await enter(who);
  const change = (current: string, next: string) => changePassword(headers, { current, next });
  const refused = (field: string, reason: string) => fails("bad_request", { field, reason });
  await assert.rejects(change("wrong password", "a new password"), refused("current", "wrong"));
  await assert.rejects(change(password, "too short"), refused("next", "short"));
  await assert.rejects(change(password, "x".repeat(201)), refused("next", "long"));
  await assert.rejects(change(password, who.email.toUpperCase()), refused("next", "email"));
  await assert.rejects(
    changePassword(new Headers(), { current: password, next: "a new password" }),
    (error) => fails("unauthenticated")(error),
  );
  assert.equal((await viewerFrom(headers))?.id, who.id);
  assert.ok(await signIn(who.from, { email: who.email, password }));
});

test("guessing the current password through a stolen session is limited", async () => {
  const who = await person();
  const headers = await enter(who);
  for (let n = 0; n < 10; n++)
    await assert.rejects(
      changePassword(headers, { current: `guess ${n}`, next: "a new password" }),
      (error) => fails("bad_request")(error),
    );
  await assert.rejects(
    changePassword(headers, { current: password, next: "a new password" }),
    fails("rate_limited"),
  );
});

test("a password set by the operator ends every session", async () => {
  const who = await person();
  const headers = await enter(who);
  await setPassword(box.db, { id: who.id, password: "set by operator" });
  assert.equal(await viewerFrom(headers), undefined);
  assert.ok(await signIn(who.from, { email: who.email, password: "set by operator" }));
});

test("people see and end their own sessions and nobody else's", async () => {
  const who = await person();
  const stranger = await person();
  const strange = await enter(stranger);
  const [here, there, third] = [await enter(who), await enter(who), await enter(who)];
  const listed = await listSessions(here);
  assert.deepEqual(
    listed.map(({ current, address }) => ({ current, address })),
    [true, false, false].map((current) => ({ current, address: who.from.get("x-tintype-client") })),
  );
  const [theirs] = await listSessions(strange);
  for (const id of [theirs?.id ?? "", "nonsense", "%00", "00000000-0000-4000-8000-000000000000"])
    await assert.rejects(endSession(here, id), fails("not_found"));
  const thereId = (await listSessions(there)).find((session) => session.current)?.id ?? "";
  await endSession(here, thereId);
  assert.equal(await viewerFrom(there), undefined);
  assert.equal(await endOtherSessions(here), 1);
  assert.equal(await viewerFrom(third), undefined);
  assert.notEqual(await viewerFrom(here), undefined);
  assert.notEqual(await viewerFrom(strange), undefined);
});

test("limits count an IPv6 customer as one, however the address is written", () => {
  const of = (address: string): string => clientOf(new Headers({ "x-tintype-client": address }));
  assert.equal(of("203.0.113.9"), "203.0.113.9");
  assert.equal(of("::ffff:203.0.113.9"), "203.0.113.9");
  assert.equal(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assert.equal(of("2001:0db8:0001:0002::1"), "2001:db8:1:2::/64");
  assert.equal(of("2001:db8::1"), "2001:db8:0:0::/64");
  assert.equal(of("::1"), "0:0:0:0::/64");
  assert.equal(of("not an address"), "unknown");
  assert.equal(clientOf(new Headers()), "unknown");
});

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type TestDatabase, testDatabase } from "#lib/testing.ts";
import * as accounts from "./accounts.ts";
import { type ErrorCode, TintypeError } from "./errors.ts";
import type { Role, Viewer } from "./media.ts";

const password = "correct horse battery";
const nobody = "00000000-0000-4000-8000-000000000000";
let box: TestDatabase;
before(async () => {
  // The settings are parsed at the first call of a door, which is after this.
  process.env.APP_URL = "https://pictures.example.org";
  process.env.QUOTA_BYTES = "5000000000";
  process.env.LOG_LEVEL = "silent";
  box = await testDatabase();
});
after(() => box.close());
beforeEach(async () => {
  await box.sql`truncate users, invites, quotas, sessions, accounts cascade`;
});

const fails = (code: ErrorCode, details?: object) => (error: unknown) => {
  assert.ok(error instanceof TintypeError, String(error));
  assert.equal(error.code, code);
  if (details !== undefined) assert.deepEqual(error.details, details);
  return true;
};
const setupToken = async (): Promise<string> => {
  const link = new URL((await accounts.setupLink(box.db)) ?? "");
  assert.equal(`${link.origin}${link.pathname}`, "https://pictures.example.org/setup");
  return link.searchParams.get("token") ?? "";
};
const tokenOf = (link: string): string => link.slice("https://pictures.example.org/invite/".length);
const newcomer = (n: number | string) => ({ name: `Person ${n}`, email: `person${n}@example.org`, password });
const person = async (role: Role, n: number | string = role): Promise<Viewer> => {
  const { id, name, email } = await accounts.addUser(box.db, { ...newcomer(n), role });
  return { id, name, email, role };
};
const settled = async (tries: Promise<unknown>[]) => {
  const results = await Promise.allSettled(tries);
  for (const result of results) if (result.status === "rejected") fails("gone")(result.reason);
  return results.filter((result) => result.status === "fulfilled").length;
};

test("a set-up link raced ten times makes exactly one owner", async () => {
  const token = await setupToken();
  const made = await settled(
    Array.from({ length: 10 }, (_, n) => accounts.acceptInvite(box.db, token, newcomer(n))),
  );
  assert.equal(made, 1);
  const users =
    await box.sql`select u.role, q.limit_bytes::float8 as limit_bytes, count(a.id)::int as passwords
    from users u join quotas q on q.owner_id = u.id join accounts a on a.user_id = u.id group by 1, 2`;
  assert.deepEqual([...users], [{ role: "owner", limit_bytes: 5e9, passwords: 1 }]);
  assert.equal(await accounts.setupLink(box.db), undefined);
  assert.deepEqual(await accounts.readInvite(box.db, token), { state: "used" });
});

test("two set-up links used at the same moment make one owner", async () => {
  const older = await setupToken();
  const kept = await box.sql`select id, token_hash, role, expires_at from invites`;
  const tokens = [older, await setupToken()];
  // As when two starts each made a link before either saw the other's.
  await box.sql`insert into invites ${box.sql(kept)}`;
  const made = await settled(tokens.map((token, n) => accounts.acceptInvite(box.db, token, newcomer(n))));
  assert.equal(made, 1);
  assert.equal((await box.sql`select 1 from users`).length, 1);
});

test("a newer set-up link makes the older one useless", async () => {
  const older = await setupToken();
  const newer = await setupToken();
  assert.deepEqual(await accounts.readInvite(box.db, older), { state: "unknown" });
  assert.deepEqual(await accounts.readInvite(box.db, newer), {
    state: "open",
    role: "owner",
    email: undefined,
  });
});

test("an expired or altered link makes no account", async () => {
  const token = await setupToken();
  const altered = [`${token}x`, token.slice(0, -1), token.toUpperCase(), "", "%00", "\0", "x".repeat(10_000)];
  for (const wrong of altered)
    await assert.rejects(
      accounts.acceptInvite(box.db, wrong, newcomer(1)),
      fails("gone", { reason: "unknown" }),
    );
  const [row] =
    await box.sql`select round(extract(epoch from expires_at - now()) / 3600)::int as hours from invites`;
  assert.equal(row?.hours, 24);
  await box.sql`update invites set expires_at = now() - interval '1 second'`;
  await assert.rejects(
    accounts.acceptInvite(box.db, token, newcomer(1)),
    fails("gone", { reason: "expired" }),
  );
  assert.equal((await box.sql`select 1 from users`).length, 0);
});

test("the database holds no token that could be used", async () => {
  const token = await setupToken();
  const link = await accounts.invite(box.db, { viewer: "operator", role: "member" });
  const rows = JSON.stringify(await box.sql`select *, encode(token_hash, 'escape') as readable from invites`);
  assert.ok(!rows.includes(token) && !rows.includes(tokenOf(link)));
});

test("what a newcomer typed wrong is named field by field, and the link still works", async () => {
  const token = await setupToken();
  const accept = (change: object) => accounts.acceptInvite(box.db, token, { ...newcomer(1), ...change });
  await assert.rejects(
    accept({ name: " \u202e ", email: "nowhere", password: "short" }),
    fails("bad_request", { name: "invalid", email: "invalid", password: "short" }),
  );
  await assert.rejects(
    accept({ password: "PERSON1@example.org" }),
    fails("bad_request", { password: "email" }),
  );
  await assert.rejects(accept({ password: "x".repeat(201) }), fails("bad_request", { password: "long" }));
  const owner = await accept({ name: " Ann\u202e ", email: " Ann@Example.ORG " });
  assert.deepEqual({ name: owner.name, email: owner.email }, { name: "Ann", email: "ann@example.org" });
});

test("an invitation makes the role it offers, for the address it names, once", async () => {
  const owner = await person("owner");
  const link = await accounts.invite(box.db, { viewer: owner, role: "viewer", email: "Eve@example.org" });
  const token = tokenOf(link);
  const made = await accounts.acceptInvite(box.db, token, newcomer("else"));
  assert.deepEqual({ role: made.role, email: made.email }, { role: "viewer", email: "eve@example.org" });
  await assert.rejects(
    accounts.acceptInvite(box.db, token, newcomer("else")),
    fails("gone", { reason: "used" }),
  );
  await assert.rejects(
    accounts.invite(box.db, { viewer: owner, role: "member", email: "EVE@example.org" }),
    fails("conflict", { email: "taken" }),
  );
});

test("an invitation raced ten times makes exactly one account", async () => {
  const token = tokenOf(await accounts.invite(box.db, { viewer: "operator", role: "member" }));
  const made = await settled(
    Array.from({ length: 10 }, (_, n) => accounts.acceptInvite(box.db, token, newcomer(n))),
  );
  assert.equal(made, 1);
  assert.equal((await box.sql`select 1 from users`).length, 1);
});

test("an address that is taken leaves the invitation open", async () => {
  const owner = await person("owner");
  const token = tokenOf(await accounts.invite(box.db, { viewer: owner, role: "member" }));
  await assert.rejects(
    accounts.acceptInvite(box.db, token, { ...newcomer(1), email: owner.email }),
    fails("conflict", { email: "taken" }),
  );
  assert.equal((await accounts.readInvite(box.db, token)).state, "open");
});

test("a revoked invitation does not work, and only those who may give its role revoke it", async () => {
  const [owner, admin] = [await person("owner"), await person("admin")];
  const link = await accounts.invite(box.db, { viewer: owner, role: "admin" });
  const [open] = await accounts.listInvites(box.db, { viewer: admin });
  assert.deepEqual({ role: open?.role, by: open?.by }, { role: "admin", by: owner.name });
  const id = open?.id ?? "";
  await assert.rejects(accounts.revokeInvite(box.db, { viewer: admin, id }), fails("not_found"));
  await accounts.revokeInvite(box.db, { viewer: owner, id });
  assert.deepEqual(await accounts.readInvite(box.db, tokenOf(link)), { state: "unknown" });
});

/** Who may give which role, by invitation or by changing one. */
const gives: Record<Role, Role[]> = {
  owner: ["admin", "member", "viewer"],
  admin: ["member", "viewer"],
  member: [],
  viewer: [],
};

test("invitations end with the standing of whoever made them", async () => {
  const owner = await person("owner");
  const made = async (viewer: Viewer) => tokenOf(await accounts.invite(box.db, { viewer, role: "member" }));
  const [demoted, disabled] = [await person("admin", 1), await person("admin", 2)];
  const used = await made(demoted);
  await accounts.acceptInvite(box.db, used, newcomer("used"));
  const over = [await made(demoted), await made(disabled)];
  const standing = await made(owner);
  await accounts.setRole(box.db, { viewer: owner, id: demoted.id, role: "member" });
  await accounts.disable(box.db, { viewer: owner, id: disabled.id });
  for (const token of over) {
    assert.deepEqual(await accounts.readInvite(box.db, token), { state: "unknown" });
    await assert.rejects(
      accounts.acceptInvite(box.db, token, newcomer("late")),
      fails("gone", { reason: "unknown" }),
    );
  }
  const open = await box.sql`select created_by from invites where used_at is null`;
  assert.deepEqual([...open], [{ created_by: owner.id }]);
  assert.deepEqual(await accounts.readInvite(box.db, used), { state: "used" });
  await accounts.enable(box.db, { viewer: owner, id: disabled.id });
  assert.deepEqual(await accounts.readInvite(box.db, over[1] ?? ""), { state: "unknown" });
  assert.equal((await accounts.acceptInvite(box.db, standing, newcomer("in"))).role, "member");
});

test("an invitation that slipped in as its maker fell makes no account and is not listed", async () => {
  const owner = await person("owner");
  const admin = await person("admin");
  const token = async (role: Role) => tokenOf(await accounts.invite(box.db, { viewer: admin, role }));
  const links = [await token("member"), await token("viewer")];
  const fallen = [
    box.sql`update users set disabled_at = now() where id = ${admin.id}`,
    box.sql`update users set disabled_at = null, role = 'member' where id = ${admin.id}`,
  ];
  for (const fall of fallen) {
    await fall;
    for (const link of links) {
      assert.deepEqual(await accounts.readInvite(box.db, link), { state: "unknown" });
      await assert.rejects(
        accounts.acceptInvite(box.db, link, newcomer("late")),
        fails("gone", { reason: "unknown" }),
      );
    }
    assert.deepEqual(await accounts.listInvites(box.db, { viewer: owner }), []);
  }
  await box.sql`update users set role = 'admin' where id = ${admin.id}`;
  await accounts.acceptInvite(box.db, links[0] ?? "", newcomer("in"));
});

test("an invitation used while its maker is being disabled is over, and the two do not lock each other out", async () => {
  const owner = await person("owner");
  const admin = await person("admin");
  const token = tokenOf(await accounts.invite(box.db, { viewer: admin, role: "member" }));
  const waiting = async () =>
    box.sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  const claimed = await box.db.transaction(async (tx) => {
    await tx.execute(`select 1 from users where id = '${admin.id}' for update`);
    const late = settled([accounts.acceptInvite(box.db, token, newcomer("late"))]);
    while ((await waiting()).length === 0) await setImmediate();
    await accounts.disable(tx, { viewer: owner, id: admin.id });
    return { late };
  });
  assert.equal(await claimed.late, 0);
  assert.equal((await box.sql`select 1 from users`).length, 2);
});

test("each role invites exactly the roles below it", async () => {
  for (const role of ["owner", "admin", "member", "viewer"] as const) {
    const viewer = await person(role);
    for (const offered of ["owner", "admin", "member", "viewer"] as const) {
      const invited = accounts.invite(box.db, { viewer, role: offered });
      if (gives[role].includes(offered)) await invited;
      else await assert.rejects(invited, fails("forbidden"), `${role} invites ${offered}`);
    }
  }
});

test("each role changes exactly those below it: role, access and space", async () => {
  const all = ["owner", "admin", "member", "viewer"] as const;
  const actors = new Map<Role, Viewer>();
  for (const role of all) actors.set(role, await person(role));
  const targets = new Map<Role, string>([["owner", actors.get("owner")?.id ?? ""]]);
  for (const role of all.slice(1))
    targets.set(role, (await person(role, `target ${role}`.replace(" ", "."))).id);
  for (const [role, viewer] of actors)
    for (const [of, id] of targets) {
      const may = gives[role].includes(of);
      const about = `${role} changes ${of}`;
      const changes = [
        () => accounts.setRole(box.db, { viewer, id, role: of === "owner" ? "member" : of }),
        () => accounts.disable(box.db, { viewer, id }),
        () => accounts.enable(box.db, { viewer, id }),
      ];
      for (const change of changes)
        if (may) await change();
        else await assert.rejects(change(), fails("forbidden"), about);
      const quota = accounts.setQuota(box.db, { viewer, id, limitBytes: 7 });
      if (may || (role === "owner" && of === "owner")) await quota;
      else await assert.rejects(quota, fails("forbidden"), `${about}'s space`);
    }
});

test("nobody changes themselves, and an administrator makes no administrators", async () => {
  const admin = await person("admin");
  const member = await person("member");
  await assert.rejects(
    accounts.setRole(box.db, { viewer: admin, id: admin.id, role: "member" }),
    fails("forbidden"),
  );
  await assert.rejects(accounts.disable(box.db, { viewer: admin, id: admin.id }), fails("forbidden"));
  await assert.rejects(
    accounts.setRole(box.db, { viewer: admin, id: member.id, role: "admin" }),
    fails("forbidden"),
  );
  await assert.rejects(
    accounts.setRole(box.db, { viewer: admin, id: member.id, role: "owner" }),
    fails("forbidden"),
  );
});

test("not even the operator disables or demotes the owner, or makes a second one", async () => {
  const { id } = await person("owner");
  const viewer = "operator";
  await assert.rejects(accounts.disable(box.db, { viewer, id }), fails("forbidden"));
  await assert.rejects(accounts.setRole(box.db, { viewer, id, role: "admin" }), fails("forbidden"));
  await assert.rejects(
    accounts.addUser(box.db, { ...newcomer(2), role: "owner" }),
    fails("conflict", { role: "taken" }),
  );
});

test("people who do not exist are not found, whatever their id looks like (A-51)", async () => {
  for (const id of [nobody, "", "%00", "\0", "1; drop table users", "x".repeat(10_000)])
    await assert.rejects(accounts.disable(box.db, { viewer: "operator", id }), fails("not_found"));
});

test("space is a whole number of bytes that is not negative (A-41)", async () => {
  const { id } = await person("member");
  for (const limitBytes of [-1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])
    await assert.rejects(
      accounts.setQuota(box.db, { viewer: "operator", id, limitBytes }),
      fails("bad_request"),
    );
  await accounts.setQuota(box.db, { viewer: "operator", id, limitBytes: 0 });
});

test("the list of people shows what each keeps, finds by part of a name, and goes on where it stopped", async () => {
  const owner = await person("owner", "0");
  const member = await person("member", "50");
  await box.sql`update users set name = 'Fifty 50% off' where id = ${member.id}`;
  await box.sql`update quotas set used_bytes = 1234 where owner_id = ${member.id}`;
  await box.sql`insert into media_months (owner_id, visibility, month, count, ratio_sum)
    values (${member.id}, 'private', '2026-01-01', 3, 4), (${member.id}, 'public', '2026-01-01', 2, 3)`;
  const found = await accounts.listUsers(box.db, { viewer: owner, text: "50%" });
  assert.deepEqual(
    found.users.map(({ email, media, usedBytes, limitBytes }) => ({ email, media, usedBytes, limitBytes })),
    [{ email: member.email, media: 5, usedBytes: 1234, limitBytes: 5e9 }],
  );
  assert.deepEqual((await accounts.listUsers(box.db, { viewer: owner, text: "5%0" })).users, []);
  await box.sql`insert into users (name, email) select 'N', 'n' || lpad(n::text, 3, '0') || '@example.org'
    from generate_series(1, 150) n`;
  const first = await accounts.listUsers(box.db, { viewer: owner });
  const second = await accounts.listUsers(box.db, { viewer: owner, after: first.next });
  assert.deepEqual(
    [first.users.length, second.users.length, second.next, first.total],
    [100, 52, undefined, 152],
  );
  await assert.rejects(accounts.listUsers(box.db, { viewer: member }), fails("forbidden"));
});

/** What the logs and the answers tell when people, links, the database and the store fail: nothing that opens anything. */
import { readdirSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type APIRequestContext, expect, request, test } from "playwright/test";
import type { PostPermit } from "#lib/media.ts";
import { declare, picture } from "#lib/uploads/testing.ts";
import { fateOf, ledTo, perform, send } from "./attacks.ts";
import { secondPorts } from "./ports.ts";
import { startSecond } from "./second.ts";
import { type Account, account, type Place, tintype, withSql } from "./world.ts";

const place: Place = { data: path.join(tmpdir(), `tintype-e2e-log-${process.pid}`), ...secondPorts };
const site = `http://localhost:${place.port}`;
const headers = { origin: site, "content-type": "application/json" };

let stop: (() => Promise<void>) | undefined;
let who: Account;
let as: APIRequestContext;
/** Everything that was answered. */
const answered: string[] = [];
/** What must be in no log and in no answer, and what must be in no log. */
const never = new Map<string, string>();
const notLogged = new Map<string, string>();

test.beforeAll(async () => {
  test.setTimeout(120_000);
  // The most that can be asked of the logs.
  stop = await startSecond(place, { LOG_LEVEL: "trace" });
  who = await account("member", place);
  as = await request.newContext({ baseURL: site });
  const { environment } = JSON.parse(readFileSync(path.join(place.data, "run.json"), "utf8"));
  for (const name of ["AUTH_SECRET", "S3_SECRET_ACCESS_KEY"]) never.set(name, environment[name]);
  never.set("the database's password", new URL(environment.DATABASE_URL).password);
  for (const [name, secret] of never) expect(secret.length, name).toBeGreaterThan(10);
});
test.afterAll(async () => {
  await as?.dispose();
  await stop?.();
});

const hear = async (answer: { status(): number; text(): Promise<string> }): Promise<number> => {
  answered.push(await answer.text());
  return answer.status();
};
const logs = (): string =>
  readdirSync(path.join(place.data, "log"))
    .map((name) => readFileSync(path.join(place.data, "log", name), "utf8"))
    .join("\n");

test("A-55, R-68: passwords, sessions, signatures and links are in no log at its most talkative, nor in an answer, when all goes wrong", async () => {
  test.setTimeout(180_000);
  const knock = (password: string): Promise<number> =>
    perform(as, "signIn", { email: who.email, password, next: "/" }, { site }).then(hear);
  notLogged.set("a wrong password", "Falsches-Geheimnis-1").set("the password", who.password);
  await knock("Falsches-Geheimnis-1");
  await knock(who.password);
  const cookie = (await as.storageState()).cookies.find(({ name }) => name.includes("session"))?.value ?? "";
  const token = decodeURIComponent(cookie).split(".")[0] ?? "";
  expect(token.length).toBeGreaterThan(15);
  notLogged.set("the session's token", token).set("the session's cookie", cookie);

  // A picture, its signatures, and those signatures bent.
  const bytes = await picture();
  const begun = await as.post("/api/uploads", {
    data: JSON.stringify({ uploads: [declare(bytes)] }),
    headers,
  });
  const permit: PostPermit = (await begun.json()).uploads[0];
  notLogged.set("a form's policy", permit.fields.Policy ?? permit.fields.policy ?? "");
  notLogged.set("a form's signature", permit.fields["X-Amz-Signature"] ?? "");
  await send({ ...permit, fields: { ...permit.fields, "X-Amz-Date": "20200101T000000Z" } }, bytes);
  expect((await send(permit, bytes)).status).toBe(201);
  await as.post(`/api/uploads/${permit.id}/complete`, { data: "{}", headers }).then(hear);
  expect(await fateOf(as, permit.id, site)).toBe("ready");
  const [row] = await withSql(
    (sql) => sql`select media_id as id from uploads where id = ${permit.id}`,
    place,
  );
  const media = String(row?.id);
  const { url } = await (await as.get(`/m/${media}/original`)).json();
  const signature = new URL(url).searchParams.get("X-Amz-Signature") ?? "";
  notLogged.set("an address's signature", signature);
  expect((await as.get(url)).status()).toBe(200);
  await as.get(url.replace("X-Amz-Expires=", "X-Amz-Expires=1")).then(hear);
  await as.get(url.replace(signature, signature.replaceAll(/[0-9]/g, "0"))).then(hear);

  // Links that are keys: of a share with a password, of an invitation, and ones that never were.
  const shared = await perform(
    as,
    "makeShare",
    { chosen: JSON.stringify({ ids: [media] }), label: "x", password: "Teil-Geheimnis-1", ends: "never" },
    { site, page: "/shares/new" },
  );
  const manage = /\/shares\/[0-9a-f-]{36}/.exec(ledTo(shared) ?? "")?.[0] ?? "";
  const share = /\/s\/([\w-]{32})/.exec(await (await as.get(manage)).text())?.[1] ?? "";
  const invited =
    /\/invite\/([\w-]+)/.exec(await tintype(["user", "add", "guest@example.com"], undefined, place))?.[1] ??
    "";
  notLogged.set("a share's password", "Teil-Geheimnis-1").set("a share's wrong password", "Teil-Geheimnis-2");
  notLogged
    .set("a share's link", share)
    .set("an invitation's link", invited)
    .set("a link to set up", "Einrichtungs-Geheimnis-1");
  for (const secret of notLogged.values()) expect(secret.length).toBeGreaterThan(10);
  for (const password of ["Teil-Geheimnis-2", "Teil-Geheimnis-1"])
    await perform(as, "enterShare", { token: share, password }, { site, page: `/s/${share}` }).then(hear);
  const doors = [
    `/s/${share}`,
    `//s/${share}`,
    `/s/${share}/m/${media}/original`,
    `/guest/${share}`,
    `/guest/${share}/uploads`,
    `/invite/${invited}`,
    "/setup?token=Einrichtungs-Geheimnis-1",
    `/s/${share}?x=${token}`,
  ];
  const visitAll = async (): Promise<number[]> => {
    const statuses: number[] = [];
    for (const door of [
      ...doors,
      "/",
      "/account",
      `/m/${media}`,
      "/search?q=Geheimes",
      "/api/uploads",
      "/api/live",
    ])
      if (door !== "/api/live")
        statuses.push(await hear(await as.get(`${site}${door}`, { maxRedirects: 0 })));
    statuses.push(await knock("Falsches-Geheimnis-1"), await knock(who.password));
    const accept = {
      token: invited,
      name: "x",
      email: "guest@example.com",
      password: "Einladungs-Geheimnis-1",
    };
    statuses.push(
      await hear(await perform(as, "acceptInvite", accept, { site, page: `/invite/${invited}` })),
    );
    statuses.push(
      await hear(
        await perform(
          as,
          "enterShare",
          { token: share, password: "Teil-Geheimnis-1" },
          { site, page: `/s/${share}` },
        ),
      ),
    );
    statuses.push(
      await hear(
        await as.post("/api/uploads", { data: JSON.stringify({ uploads: [declare(bytes)] }), headers }),
      ),
    );
    statuses.push(await hear(await as.get(`/m/${media}/original`)));
    return statuses;
  };
  notLogged.set("a newcomer's password", "Einladungs-Geheimnis-1");

  // The database: its tables are not there, and then it hangs up.
  const tables = ["sessions", "shares", "invites", "media", "rate_limits"];
  for (const table of tables) {
    await withSql((sql) => sql.unsafe(`alter table ${table} rename to ${table}_gone`), place);
    try {
      expect(
        (await visitAll()).some((status) => status >= 500),
        table,
      ).toBe(true);
    } finally {
      await withSql((sql) => sql.unsafe(`alter table ${table}_gone rename to ${table}`), place);
    }
  }
  await withSql(
    (sql) =>
      sql`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`,
    place,
  );
  await visitAll();

  // The store: the bytes of its objects are not there.
  const folder = path.join(place.data, "store");
  renameSync(path.join(folder, "bodies"), path.join(folder, "gone"));
  try {
    const upload = await as.post("/api/uploads", {
      data: JSON.stringify({ uploads: [declare(await picture())] }),
      headers,
    });
    const [lost]: PostPermit[] = (await upload.json()).uploads;
    expect(lost).toBeDefined();
    if (lost !== undefined) await send(lost, bytes).catch(() => {});
    await as.get(url).then(hear, () => {});
  } finally {
    renameSync(path.join(folder, "gone"), path.join(folder, "bodies"));
  }
  expect(await fateOfFresh()).toBe("ready");

  const text = logs();
  expect(text.length).toBeGreaterThan(10_000);
  expect(text).toContain("query failed");
  for (const [name, secret] of [...never, ...notLogged]) expect(text.includes(secret), name).toBe(false);
  // The token of a session, say, stands in an answer's cookie by right; these stand nowhere.
  for (const answer of answered) {
    for (const [name, secret] of never) expect(answer.includes(secret), name).toBe(false);
    expect(answer).not.toMatch(
      /Failed query|select "|postgres:\/\/|node_modules|DrizzleQueryError|PostgresError/,
    );
  }
});

/** After all of it, everything works again. */
async function fateOfFresh(): Promise<string> {
  const bytes = await picture();
  const begun = await as.post("/api/uploads", {
    data: JSON.stringify({ uploads: [declare(bytes)] }),
    headers,
  });
  const permit: PostPermit = (await begun.json()).uploads[0];
  expect((await send(permit, bytes)).status).toBe(201);
  await as.post("/api/uploads/complete", { data: JSON.stringify({ ids: [permit.id] }), headers });
  return fateOf(as, permit.id, site);
}

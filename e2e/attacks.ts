/** What the attack tests are made of: people without a browser, forms sent by hand, and requests that no browser would send. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import {
  type APIRequest,
  type APIRequestContext,
  type APIResponse,
  test as base,
  expect,
  request,
} from "playwright/test";
import { parseSettings, required } from "#lib/env.ts";
import type { BeginAnswer, CompleteAnswer, PostPermit } from "#lib/media.ts";
import { postForm } from "#lib/storage/form-post.ts";
import { openStorage } from "#lib/storage/s3.ts";
import type { BeginFile } from "#lib/uploads/asked.ts";
import { declare } from "#lib/uploads/testing.ts";
import { actions } from "./matrix.ts";
import { port } from "./ports.ts";
import { type Account, main, owner, withSql } from "./world.ts";

export { expect };

export const origin = `http://localhost:${port}`;
export const json = { origin, "content-type": "application/json" };

/** Somebody without a session. */
export const stranger = (from: APIRequest = request): Promise<APIRequestContext> =>
  from.newContext({ baseURL: origin });

/** Calls a server action as its page's script would. Names of forms are those of the fields. */
export function perform(
  as: APIRequestContext,
  name: string,
  fields: Record<string, string>,
  more: { headers?: Record<string, string>; page?: string; site?: string } = {},
): Promise<APIResponse> {
  const action = actions().find((one) => one.name === name);
  if (action === undefined) throw new Error(`The build has no action ${name}.`);
  const multipart = new FormData();
  for (const [field, value] of Object.entries(fields)) multipart.append(`_1_${field}`, value);
  // The first byte of an action's id tells how many arguments it takes; the form is the last of them.
  multipart.append(
    "0",
    action.id.startsWith("00") ? "[]" : action.id.startsWith("40") ? '["$K1"]' : '[{"answer":0},"$K1"]',
  );
  return as.post(more.page ?? action.page.replaceAll(/\[\w+\]/g, "x"), {
    headers: {
      origin: more.site ?? origin,
      "next-action": action.id,
      accept: "text/x-component",
      ...more.headers,
    },
    multipart,
    maxRedirects: 0,
  });
}

export const signInAs = (
  as: APIRequestContext,
  who: Pick<Account, "email" | "password">,
  headers: Record<string, string> = {},
): Promise<APIResponse> =>
  perform(as, "signIn", { email: who.email, password: who.password, next: "/" }, { headers });

/** Where an action sends its page on success. */
export const ledTo = (answer: APIResponse): string | undefined =>
  answer.headers()["x-action-redirect"]?.split(";")[0] ?? answer.headers().location;

export const isSignedIn = async (as: APIRequestContext): Promise<boolean> =>
  (await as.get("/account", { maxRedirects: 0 })).status() === 200;

/** Somebody with a session of their own. */
export async function session(
  who: Pick<Account, "email" | "password">,
  from: APIRequest = request,
): Promise<APIRequestContext> {
  const as = await stranger(from);
  expect(ledTo(await signInAs(as, who))).toBe("/");
  return as;
}

export const idOf = async (email: string): Promise<string> =>
  withSql(async (sql) => String((await sql`select id from users where email = ${email}`)[0]?.id));

type Person = Account & { id: string; as: APIRequestContext };

let made = 0;

/** A new account, with the owner's password: a command for each of so many would take longer than the attacks. */
export async function account(role: "member" | "viewer" | "admin"): Promise<Account> {
  const name = `attacked${process.pid}x${made++}`;
  const email = `${name}@example.com`;
  await withSql(
    (
      sql,
    ) => sql`with made as (insert into users (name, email, role) values (${name}, ${email}, ${role}) returning id)
      insert into accounts (user_id, account_id, provider_id, password)
      select made.id, made.id::text, 'credential', a.password from made, accounts a
        join users o on o.id = a.user_id where o.email = ${owner.email}`,
  );
  return { email, name, password: owner.password };
}

export async function person(
  role: "member" | "viewer" | "admin",
  from: APIRequest = request,
): Promise<Person> {
  const who = await account(role);
  return { ...who, id: await idOf(who.email), as: await session(who, from) };
}

/** Two members and the owner, for all attack tests of a run: none of them is changed by an attack that fails. */
export const test = base.extend<
  Record<never, never>,
  { member: Person; other: Person; admin: APIRequestContext }
>({
  member: [
    async ({ playwright }, use) => {
      const who = await person("member", playwright.request);
      await use(who);
      await who.as.dispose();
    },
    { scope: "worker" },
  ],
  other: [
    async ({ playwright }, use) => {
      const who = await person("member", playwright.request);
      await use(who);
      await who.as.dispose();
    },
    { scope: "worker" },
  ],
  admin: [
    async ({ playwright }, use) => {
      const as = await session(owner, playwright.request);
      await use(as);
      await as.dispose();
    },
    { scope: "worker" },
  ],
});

/** Asks for permits. */
export async function begin(as: APIRequestContext, files: BeginFile[]): Promise<BeginAnswer[]> {
  const answer = await as.post("/api/uploads", { data: JSON.stringify({ uploads: files }), headers: json });
  expect(answer.status()).toBe(200);
  return (await answer.json()).uploads;
}

/** The form for these bytes. */
export async function permitFor(
  as: APIRequestContext,
  bytes: Uint8Array,
  changes: Partial<BeginFile> = {},
): Promise<PostPermit> {
  const [answer] = await begin(as, [declare(bytes, changes)]);
  if (answer?.status !== "issued" || answer.transport !== "post") throw new Error("No form was issued.");
  return answer;
}

export const send = (permit: PostPermit, file: Uint8Array): ReturnType<typeof postForm> =>
  postForm({ url: permit.url, fields: permit.fields, file, origin });

export async function complete(
  as: APIRequestContext,
  ids: string[],
  path: "complete" | "status" = "complete",
  site = origin,
): Promise<CompleteAnswer[]> {
  const answer = await as.post(`/api/uploads/${path}`, {
    data: JSON.stringify(path === "status" ? { ids, wait: 5 } : { ids }),
    headers: { ...json, origin: site },
  });
  expect(answer.status()).toBe(200);
  return (await answer.json()).uploads;
}

/** How an upload ended: "ready", or the code it was rejected with. */
export async function fateOf(as: APIRequestContext, id: string, site = origin): Promise<string> {
  for (;;) {
    const [told] = await complete(as, [id], "status", site);
    if (told?.status !== "known") return told?.code ?? "unknown";
    if (told.state !== "verifying") return told.rejectCode ?? told.state;
  }
}

/** Sends, completes, and waits for the end. */
export async function deliver(
  as: APIRequestContext,
  bytes: Uint8Array,
  changes: Partial<BeginFile> = {},
): Promise<{ id: string; fate: string }> {
  const permit = await permitFor(as, bytes, changes);
  expect((await send(permit, bytes)).status).toBe(201);
  await complete(as, [permit.id]);
  return { id: permit.id, fate: await fateOf(as, permit.id) };
}

/** Sends bytes as they stand and returns everything that comes back before the other side ends the connection. */
export function raw(text: string | Buffer, at = port): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(at, "localhost", () => socket.write(text));
    socket.on("data", (piece) => pieces.push(piece));
    socket.on("error", (error) =>
      pieces.length > 0 ? resolve(Buffer.concat(pieces).toString()) : reject(error),
    );
    socket.on("close", () => resolve(Buffer.concat(pieces).toString()));
  });
}

/** A request whose line and headers are exactly these; asks the server to close afterwards. */
export const rawRequest = (line: string, headers: string[] = [], at = port): Promise<string> =>
  raw(
    `${line} HTTP/1.1\r\n${[`Host: localhost:${at}`, "Connection: close", ...headers].join("\r\n")}\r\n\r\n`,
    at,
  );

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

/** The bucket of the running product, looked at with its keys. */
export async function withStorage<T>(
  look: (storage: ReturnType<typeof openStorage>) => Promise<T>,
): Promise<T> {
  const { environment } = JSON.parse(readFileSync(path.join(main().data, "run.json"), "utf8"));
  const storage = openStorage(required(parseSettings(environment).bucket, "S3_BUCKET"));
  try {
    return await look(storage);
  } finally {
    storage.close();
  }
}

/** Every key in the bucket. */
export const keysThere = (): Promise<string[]> =>
  withStorage(async (storage) => {
    const keys: string[] = [];
    for await (const { key } of storage.list("")) keys.push(key);
    return keys;
  });

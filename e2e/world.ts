/** What the browser tests know of the running product: where it is, who is in it, and how to look behind the pages. */
import { execFile } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { hashPassword } from "better-auth/crypto";
import postgres from "postgres";
import { port, storePort } from "./ports.ts";

export const setupLinkFile = (data: string): string =>
  path.join(path.dirname(data), `${path.basename(data)}.link`);

const dataFolder = (): string => {
  const folder = process.env.E2E_DATA;
  if (folder === undefined) throw new Error("E2E_DATA is not set: run the tests with `npm run e2e`.");
  return folder;
};

export const setupLink = (): string => readFileSync(setupLinkFile(dataFolder()), "utf8").trim();

/** A running instance: the folder it keeps everything in, and where its pages and its store are. */
export type Place = { data: string; port: number; storePort: number };
export const main = (): Place => ({ data: dataFolder(), port, storePort });

export const environmentOf = ({ data, port, storePort }: Place): NodeJS.ProcessEnv => ({
  ...process.env,
  TINTYPE_DATA: data,
  PORT: String(port),
  APP_URL: `http://localhost:${port}`,
  TINTYPE_STORE_PORT: String(storePort),
});

/** The `tintype` command, on a running instance. */
export async function tintype(args: string[], input?: string, place = main()): Promise<string> {
  const child = promisify(execFile)(
    process.execPath,
    [path.join(import.meta.dirname, "..", "bin", "tintype.mjs"), ...args],
    { env: environmentOf(place) },
  );
  child.child.stdin?.end(input ?? "");
  return (await child).stdout;
}

/** `place` is where it is; the first instance where nothing is said. */
export type Account = { email: string; password: string; name: string; place?: Place };
export const owner: Account = {
  email: "owner@example.com",
  password: "a calm and long password",
  name: "Olga Owner",
};

let made = 0;
const password = "the password of every newcomer";
let hash: Promise<string> | undefined;

/** A new account of this role, as the set-up link, an invitation and the command line leave one behind. */
export async function account(role: "admin" | "member" | "viewer", place = main()): Promise<Account> {
  const name = `${role}${process.pid}x${made++}`;
  const fresh: Account = { email: `${name}@example.com`, password, name, place };
  hash ??= hashPassword(password);
  const secret = await hash;
  await withSql(async (sql) => {
    await sql`with person as (
      insert into users (name, email, role) values (${name}, ${fresh.email}, ${role}) returning id)
      insert into accounts (user_id, account_id, provider_id, password)
      select id, id, 'credential', ${secret} from person`;
  }, place);
  return fresh;
}

/** The cookie of a session that begins now, as a browser that signed in keeps it. */
export async function sessionCookie({
  email,
  place = main(),
}: Account): Promise<{ name: string; value: string; url: string }> {
  const { authSecret } = JSON.parse(readFileSync(path.join(place.data, "secrets.json"), "utf8"));
  const token = randomBytes(16).toString("hex");
  await withSql(async (sql) => {
    await sql`insert into sessions (token, user_id, expires_at)
      select ${token}, id, now() + interval '30 days' from users where email = ${email}`;
  }, place);
  const signature = createHmac("sha256", authSecret).update(token).digest("base64");
  return {
    name: "tintype.session_token",
    value: encodeURIComponent(`${token}.${signature}`),
    url: `http://localhost:${place.port}`,
  };
}

/** Looks behind the pages; the address is in the file the running instance keeps. */
export async function withSql<T>(look: (sql: postgres.Sql) => Promise<T>, place = main()): Promise<T> {
  const run = JSON.parse(readFileSync(path.join(place.data, "run.json"), "utf8"));
  const url = JSON.stringify(run).match(/postgres(?:ql)?:\/\/[^"]+/)?.[0];
  if (url === undefined) throw new Error("run.json names no database");
  const sql = postgres(url, { max: 1 });
  try {
    return await look(sql);
  } finally {
    await sql.end();
  }
}

/** What the browser tests know of the running product: where it is, who is in it, and how to look behind the pages. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
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

export type Account = { email: string; password: string; name: string };
export const owner: Account = {
  email: "owner@example.com",
  password: "a calm and long password",
  name: "Olga Owner",
};

let made = 0;

/** A new account of this role, made as an administrator would on the command line. */
export async function account(role: "admin" | "member" | "viewer", place = main()): Promise<Account> {
  const name = `${role}${process.pid}x${made++}`;
  const fresh: Account = { email: `${name}@example.com`, password: `the password of ${name}`, name };
  await tintype(
    ["user", "add", fresh.email, "--name", name, "--role", role, "--password-stdin"],
    fresh.password,
    place,
  );
  return fresh;
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

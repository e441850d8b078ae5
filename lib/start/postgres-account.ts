/** Postgres refuses to run as root: whose process it becomes then, and whether that account gets to its files. */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { Refusal } from "./refusal.ts";

const run = promisify(execFile);
const accountName = "postgres";

export type Account = { uid: number; gid: number };

/** The account to run Postgres as; undefined when this process is not root and can simply run it itself. */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await lookUp()) ?? (await create());
}

async function lookUp(): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", accountName]), run("id", ["-g", accountName])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function create(): Promise<Account> {
  const how = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", accountName];
  try {
    await run("useradd", how);
  } catch (cause) {
    throw new Refusal(
      `Postgres does not run as root, and the user "${accountName}" could not be made. Start Tintype as an ordinary user, or run: useradd ${how.join(" ")}`,
      { cause },
    );
  }
  const account = await lookUp();
  if (account === undefined)
    throw new Refusal(`Postgres does not run as root, and there is no user "${accountName}".`);
  return account;
}

/** The outermost folder on the way to `target` that the account may not enter; undefined when it gets there. */
export async function closedFolder(target: string, account: Account): Promise<string | undefined> {
  const parts = path.resolve(target).split(path.sep);
  for (let length = 1; length <= parts.length; length++) {
    const folder = parts.slice(0, length).join(path.sep) || path.sep;
    const facts = await stat(folder);
    const bit = facts.uid === account.uid ? 0o100 : facts.gid === account.gid ? 0o010 : 0o001;
    if ((facts.mode & bit) === 0) return folder;
  }
  return undefined;
}

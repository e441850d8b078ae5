/** Brings the database to this version's schema: ours and the job queue's, under one advisory lock. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import { runMigrations } from "graphile-worker";
import postgres from "postgres";

/** Any number that only Tintype uses: two starts at once must not both migrate. */
const lockNumber = 7_461_697_970;

const ownFolder = fileURLToPath(new URL("./migrations", import.meta.url));

/**
 * Safe to run at every start and from several processes at once. Throws when the server cannot hold Korean text.
 * `through` stops after the migration of that time, for a backup that was made by an older version.
 */
export async function migrate(url: string, options: { through?: number } = {}): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${lockNumber})`;
    if (options.through === undefined) await applyMigrations(drizzle(sql), { migrationsFolder: ownFolder });
    else
      await upTo(options.through, (migrationsFolder) => applyMigrations(drizzle(sql), { migrationsFolder }));
    await runMigrations({ connectionString: url });
  } finally {
    await sql.end();
  }
}

/** The migrator takes a whole folder: an older version's is made for it, and gone again afterwards. */
async function upTo(through: number, apply: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "tintype-migrations-"));
  try {
    const journal: { entries: { when: number; tag: string }[] } = JSON.parse(
      await readFile(path.join(ownFolder, "meta", "_journal.json"), "utf8"),
    );
    const entries = journal.entries.filter(({ when }) => when <= through);
    await mkdir(path.join(folder, "meta"));
    await writeFile(path.join(folder, "meta", "_journal.json"), JSON.stringify({ ...journal, entries }));
    for (const { tag } of entries)
      await copyFile(path.join(ownFolder, `${tag}.sql`), path.join(folder, `${tag}.sql`));
    await apply(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Brings the database to this version's schema: ours and the job queue's, under one advisory lock. */
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import { runMigrations } from "graphile-worker";
import postgres from "postgres";

/** Any number that only Tintype uses: two starts at once must not both migrate. */
const lockNumber = 7_461_697_970;

/** Safe to run at every start and from several processes at once. Throws when the server cannot hold Korean text. */
export async function migrate(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${lockNumber})`;
    await applyMigrations(drizzle(sql), {
      migrationsFolder: fileURLToPath(new URL("./migrations", import.meta.url)),
    });
    await runMigrations({ connectionString: url });
  } finally {
    await sql.end();
  }
}

/** Brings the database to this version's schema: ours and the job queue's, under one advisory lock. */
import { fileURLToPath } from "node:url";
import { type MigrationMeta, readMigrationFiles } from "drizzle-orm/migrator";
import { runMigrations } from "graphile-worker";
import postgres from "postgres";

/** Any number that only Tintype uses: two starts at once must not both migrate. */
const lockNumber = 7_461_697_970;
/**
 * So long a migration waits for a table, and everybody who asks for it after that with it. Less than the second after which
 * Postgres looks for deadlocks: of two that wait for each other it is the migration that gives way, and tries again.
 */
const tableWait = "800ms";
const triesMax = 120;
const pauseMs = 500;

const isOf = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof postgres.PostgresError && codes.includes(error.code);

/** lock_not_available and deadlock_detected: nothing was done, and it may be done again. */
const transient = ["55P03", "40P01"] as const;

async function apply(sql: postgres.Sql, migration: MigrationMeta): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sql.begin(async (tx) => {
        await tx`select set_config('lock_timeout', ${tableWait}, true)`;
        // First what every writer takes first; after its totals, each upload would stand in the way of the other.
        const [found] = await tx`select from pg_class where oid = to_regclass('public.media')`;
        if (found !== undefined) await tx`lock table public.media in share row exclusive mode`;
        for (const statement of migration.sql) await tx.unsafe(statement);
        await tx`
          insert into drizzle.__drizzle_migrations (hash, created_at)
          values (${migration.hash}, ${migration.folderMillis})`;
      });
    } catch (error) {
      if (attempt >= triesMax || !isOf(error, transient)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/**
 * Drizzle's own migrator puts all that is missing into one transaction: a column added at its beginning would keep
 * everybody from reading pictures until the last index is made.
 */
async function applyMigrations(sql: postgres.Sql, through: number): Promise<void> {
  const migrationsFolder = fileURLToPath(new URL("./migrations", import.meta.url));
  await sql`create schema if not exists drizzle`;
  await sql`
    create table if not exists drizzle.__drizzle_migrations (
      id serial primary key, hash text not null, created_at bigint)`;
  const [last] = await sql<{ at: string | null }[]>`
    select max(created_at)::text as at from drizzle.__drizzle_migrations`;
  for (const migration of readMigrationFiles({ migrationsFolder }))
    if (migration.folderMillis > Number(last?.at ?? 0) && migration.folderMillis <= through)
      await apply(sql, migration);
}

/**
 * Safe to run at every start and from several processes at once. Throws when the server cannot hold Korean text.
 * `through` stops after the migration of that time, for a backup that was made by an older version.
 */
export async function migrate(url: string, { through = Number.POSITIVE_INFINITY } = {}): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${lockNumber})`;
    await applyMigrations(sql, through);
    await runMigrations({ connectionString: url });
  } finally {
    await sql.end();
  }
}

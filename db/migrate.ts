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
const migrationsFolder = fileURLToPath(new URL("./migrations", import.meta.url));
/** Where a database says which migrations it has seen. */
const journal = [
  "create schema if not exists drizzle",
  `create table if not exists drizzle.__drizzle_migrations (
     id serial primary key, hash text not null, created_at bigint)`,
];

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
  for (const statement of journal) await sql.unsafe(statement);
  const last = (await lastMigration(sql)) ?? 0;
  for (const migration of readMigrationFiles({ migrationsFolder }))
    if (migration.folderMillis > last && migration.folderMillis <= through) await apply(sql, migration);
}

type Within = Pick<postgres.Sql, "unsafe">;

/** Until the end of a transaction no start migrates: it waits, and goes on with what that transaction has left. */
export async function keepMigrationsOut(tx: Within): Promise<void> {
  await tx.unsafe(`select pg_advisory_xact_lock(${lockNumber})`);
}

/** When the last migration of a database was made, as its journal has it; `undefined` where there was none yet. */
export async function lastMigration(tx: Within): Promise<number | undefined> {
  const [table] = await tx.unsafe<{ there: boolean }[]>(
    "select to_regclass('drizzle.__drizzle_migrations') is not null as there",
  );
  if (table?.there !== true) return undefined;
  const [last] = await tx.unsafe<{ at: string | null }[]>(
    "select max(created_at)::text as at from drizzle.__drizzle_migrations",
  );
  return typeof last?.at === "string" ? Number(last.at) : undefined;
}

/** Our tables as they were after the migration of that time, where there are none: part of another's transaction. */
export async function tablesWithin(tx: Within, through: number): Promise<void> {
  for (const statement of journal) await tx.unsafe(statement);
  for (const migration of readMigrationFiles({ migrationsFolder })) {
    if (migration.folderMillis > through) break;
    for (const statement of migration.sql) await tx.unsafe(statement);
    await tx.unsafe("insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)", [
      migration.hash,
      migration.folderMillis,
    ]);
  }
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

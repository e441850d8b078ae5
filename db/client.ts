/** One pool per process. Every query takes `Db` first, so that it runs as well inside a transaction. */
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { required, settings } from "#lib/env.ts";
import * as schema from "./schema.ts";

export type Db = Omit<PostgresJsDatabase<typeof schema>, "$client">;
export type Sql = postgres.Sql;

export function connect(url: string, options: { max?: number; name?: string } = {}): { db: Db; sql: Sql } {
  const sql = postgres(url, {
    max: options.max ?? 10,
    connect_timeout: 10,
    max_lifetime: 30 * 60,
    onnotice: () => {},
    connection: { application_name: options.name ?? "tintype", statement_timeout: 30_000 },
  });
  return { db: drizzle(sql, { schema }), sql };
}

const holder = globalThis as typeof globalThis & { tintypeDb?: { db: Db; sql: Sql } };

/** The pool of this process. Kept on globalThis: the bundler may load this module more than once. */
export function database(): { db: Db; sql: Sql } {
  holder.tintypeDb ??= connect(required(settings().databaseUrl, "DATABASE_URL"), {
    max: settings().databasePool,
  });
  return holder.tintypeDb;
}

/** One pool per process. Every query takes `Db` first, so that it runs as well inside a transaction. */
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { required, settings } from "#lib/env.ts";
import * as schema from "./schema.ts";

export type Db = Omit<PostgresJsDatabase<typeof schema>, "$client">;
export type Sql = postgres.Sql;

/** A pooler that hands each transaction to another connection keeps none of these, and PgBouncer closes the door on them. */
const ofSession = {
  statement_timeout: 30_000,
  // A kept statement would otherwise get one plan for every value, the rare search word and the common one.
  plan_cache_mode: "force_custom_plan",
};

export function connect(
  url: string,
  options: { max?: number; name?: string; prepare?: boolean } = {},
): { db: Db; sql: Sql } {
  const sql = postgres(url, {
    max: options.max ?? 10,
    connect_timeout: 10,
    max_lifetime: 30 * 60,
    onnotice: () => {},
    // Left to itself it names every statement, even one that is not kept.
    prepare: options.prepare !== false,
    connection: {
      application_name: options.name ?? "tintype",
      ...(options.prepare === false ? {} : ofSession),
    },
  });
  return { db: drizzle(options.prepare === false ? sql : keepingStatements(sql), { schema }), sql };
}

/** A list spelt out in a statement gives another text for each length: those are not worth keeping. */
const variable = /\bin \(\$|\), \(/;

/**
 * Drizzle sends every query as if it were new: parsed each time, and asked for its types in a round trip of its own.
 * Kept as prepared statements they take one round trip, and half the time of this process.
 */
function keepingStatements<Client extends postgres.ISql>(client: Client): Client {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name === "unsafe")
        return (text: string, parameters?: [], options?: postgres.UnsafeQueryOptions) =>
          target.unsafe(text, parameters, { ...options, prepare: !variable.test(text) });
      if (name === "begin" || name === "savepoint")
        return (...given: unknown[]) =>
          Reflect.apply(
            value,
            target,
            given.map((one) =>
              typeof one === "function"
                ? (inner: postgres.TransactionSql) => one(keepingStatements(inner))
                : one,
            ),
          );
      return value;
    },
  });
}

const holder = globalThis as typeof globalThis & { tintypeDb?: { db: Db; sql: Sql } };

/** The pool of this process. Kept on globalThis: the bundler may load this module more than once. */
export function database(): { db: Db; sql: Sql } {
  holder.tintypeDb ??= connect(required(settings().databaseUrl, "DATABASE_URL"), {
    max: settings().databasePool,
    prepare: settings().databasePrepare,
  });
  return holder.tintypeDb;
}

/** Deadlock and serialization failure: the transaction did nothing, and doing it again may well succeed (F-31). */
const transient = new Set(["40001", "40P01"]);
const triesMax = 3;
const pauseMs = 50;

function isTransient(error: unknown): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if ("code" in e && typeof e.code === "string" && transient.has(e.code)) return true;
  return false;
}

/** A transaction that is tried again when the database gave it up for another's sake. `work` must be safe to repeat. */
export async function inTransaction<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction((tx) => work(tx));
    } catch (error) {
      if (attempt >= triesMax || !isTransient(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt * (0.5 + Math.random())));
    }
  }
}

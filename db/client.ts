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
    // Seconds. The driver's own grow with every connection that is reset: ten at once, and a pool waits twenty for a Postgres
    // that is there.
    backoff: () => 0.5,
    max_lifetime: 30 * 60,
    onnotice: () => {},
    // Left to itself it names every statement, even one that is not kept.
    prepare: options.prepare !== false,
    connection: {
      application_name: options.name ?? "tintype",
      ...(options.prepare === false ? {} : ofSession),
    },
  });
  return { db: drizzle(surviving(sql, { keeps: options.prepare !== false }), { schema }), sql };
}

/** A list spelt out in a statement gives another text for each length: those are not worth keeping. */
const variable = /\bin \(\$|\), \(/;

/**
 * The driver keeps what Postgres said when it ended a connection, and says it once more, of the first query on that
 * connection's successor, which may come minutes later: "terminating connection", by command or because a transaction took too long. That query was never sent. One that did
 * meet the end itself was undone by it, so that in either case it can be sent again; when Postgres is still away, that says so.
 */
const endOfConnection = new Set(["57P01", "25P04"]);
const metAnEnd = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && endOfConnection.has(error.code);

/**
 * Until the driver has closed what failed. Its close comes a turn or two after the failure is told; what is asked of the same
 * connection before, or a "rollback" of the driver's own, keeps its successor from being made.
 */
const closed = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

type Asked = PromiseLike<unknown> & { values(): PromiseLike<unknown> };

/** Sent once more when it met the end of a connection. As rows of arrays when `values` is called in the same breath. */
function sentAgain(ask: () => Asked): Promise<unknown> & { values(): Promise<unknown> } {
  let asArrays = false;
  const send = async (): Promise<unknown> => (asArrays ? ask().values() : ask());
  const given = Promise.resolve()
    .then(send)
    .catch(async (error: unknown) => {
      await closed();
      if (!metAnEnd(error)) throw error;
      return send();
    });
  const values = (): Promise<unknown> => {
    asArrays = true;
    return given;
  };
  return Object.assign(given, { values });
}

type Work = (inner: postgres.TransactionSql) => unknown;
/** `lost`: why its connection ended, once the driver has said so to who waits for the transaction. */
type Transaction = { lost?: unknown };
type Within = { keeps: boolean; transaction?: Transaction };

/**
 * What a transaction does. When its connection has ended, nothing may be written to it any more, neither a query nor the
 * driver's own "rollback" or "commit": that ends the process, or, where it is caught, keeps those bytes for the connection's
 * successor, which can then never be made. So its end is not told: who waits for the transaction has heard of it.
 */
const unlessLost =
  (within: Within & { transaction: Transaction }, work: Work): Work =>
  async (inner) => {
    const untold = new Promise<never>(() => {});
    try {
      const made = await work(surviving(inner, within));
      return "lost" in within.transaction ? untold : made;
    } catch (error) {
      await closed();
      if ("lost" in within.transaction) return untold;
      throw error;
    }
  };

/** A transaction that did not begin, because a connection had ended, is begun once more; one that had begun is not. */
async function begunAgain(
  begin: (work: Work) => Promise<unknown>,
  work: Work,
  keeps: boolean,
): Promise<unknown> {
  let begun = false;
  const once = (): Promise<unknown> => {
    const transaction: Transaction = {};
    const end = begin((inner) => {
      begun = true;
      return unlessLost({ keeps, transaction }, work)(inner);
    });
    end.catch((error: unknown) => {
      transaction.lost = error;
    });
    return end;
  };
  try {
    return await once();
  } catch (error) {
    await closed();
    if (begun || !metAnEnd(error)) throw error;
    return once();
  }
}

/**
 * Drizzle sends every query as if it were new: parsed each time, and asked for its types in a round trip of its own.
 * Kept as prepared statements they take one round trip, and half the time of this process. Besides, what the driver makes of
 * a connection that ended is set right.
 */
function surviving<Client extends postgres.ISql>(client: Client, within: Within): Client {
  const { keeps, transaction } = within;
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name === "unsafe")
        return (text: string, parameters?: [], options?: postgres.UnsafeQueryOptions) => {
          const ask = () =>
            target.unsafe(text, parameters, { ...options, prepare: keeps && !variable.test(text) });
          if (transaction === undefined) return sentAgain(ask);
          if ("lost" in transaction) throw transaction.lost;
          return ask();
        };
      if (name !== "begin" && name !== "savepoint") return value;
      return (...given: [...string[], Work]) => {
        const work = given.pop() as Work;
        const run = (own: Work) => Promise.resolve(Reflect.apply(value, target, [...given, own]));
        return transaction === undefined
          ? begunAgain(run, work, keeps)
          : run(unlessLost({ keeps, transaction }, work));
      };
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
/** Unique, foreign key and restriction. */
const overtaken = new Set(["23505", "23503", "23001"]);
const triesMax = 3;
const pauseMs = 50;

function isOneOf(error: unknown, codes: ReadonlySet<string>): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if ("code" in e && typeof e.code === "string" && codes.has(e.code)) return true;
  return false;
}

/**
 * A transaction that is tried again when the database gave it up for another's sake. `work` must be safe to repeat. With
 * `looksAgain` also when another has just written what its looks did not see: the same picture, or what hangs on a row that
 * is to go. Whoever looked first would fail otherwise, though a second look tells what to do.
 */
export async function inTransaction<T>(
  db: Db,
  work: (tx: Db) => Promise<T>,
  { looksAgain = false } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction((tx) => work(tx));
    } catch (error) {
      const passes = isOneOf(error, transient) || (looksAgain && isOneOf(error, overtaken));
      if (attempt >= triesMax || !passes) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt * (0.5 + Math.random())));
    }
  }
}

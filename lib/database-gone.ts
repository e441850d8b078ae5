/** Whether a failure means that the database is not there. */

/** Postgres and socket codes that mean "the database is not there", not "the query is wrong". */
const gone = /^(ECONN|ETIMEDOUT|ENOTFOUND|EPIPE|CONNECT|CONNECTION_|57P0|53300|08)/;
/** The queue's own driver gives no code. */
const ended = /^Connection terminated/;

export function isDatabaseGone(error: unknown): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if (("code" in e && typeof e.code === "string" && gone.test(e.code)) || ended.test(e.message))
      return true;
  return false;
}

/**
 * Postgres codes that mean "not now": of connections, of transactions that met others, of locks, of disk, memory and time that
 * ran out, of an operator's doing and of damage. The query was right, and so was what it would have written.
 */
const trouble = /^(08|25|40|53|55|57|58|XX)[0-9A-Z]{3}$/;

/** Whether a failure is the database's, and no fault of what was asked of it. */
export function isDatabaseInTrouble(error: unknown): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if ("code" in e && typeof e.code === "string" && trouble.test(e.code)) return true;
  return isDatabaseGone(error);
}

/** Pages fail inside Next, which knows one status for it; a moment later the answer leaves through our own server. */
const moment = 2_000;
const holder = globalThis as typeof globalThis & { tintypeDatabaseGoneAt?: number };

/** To be told what made a page fail. */
export function noteFailure(error: unknown): void {
  if (isDatabaseGone(error)) holder.tintypeDatabaseGoneAt = performance.now();
}

/** Whether a page that fails now fails for want of the database. */
export const isDatabaseGoneNow = (): boolean =>
  performance.now() - (holder.tintypeDatabaseGoneAt ?? Number.NEGATIVE_INFINITY) < moment;

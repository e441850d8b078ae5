/**
 * One holder at a time, let go by the operating system however the holder ends. Node has no flock; an exclusive
 * transaction of its built-in SQLite is the same lock on Linux, macOS and Windows, and needs no stale-file guessing.
 */
import { DatabaseSync } from "node:sqlite";

const busy = 5;

export type Lock = { release(): void };

/** The lock on `file`, or undefined when another process holds it. */
export function tryLock(file: string): Lock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Nothing is ever written; without this a journal lies beside the lock.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === busy) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

/** What this version's migrations make: the tables of a dump, and what a restore takes down to put it up again. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

const folder = path.join(import.meta.dirname, "..", "..", "db", "migrations");
const journalShape = z.object({
  entries: z.array(z.object({ idx: z.number(), when: z.number(), tag: z.string() })),
});

export type Migration = { when: number; tag: string };

/** Every migration of this version, oldest first. */
export async function migrations(): Promise<Migration[]> {
  const text = await readFile(path.join(folder, "meta", "_journal.json"), "utf8");
  return journalShape.parse(JSON.parse(text)).entries.map(({ when, tag }) => ({ when, tag }));
}

export type Made = { tables: string[]; types: string[]; functions: string[] };

/** Names of everything that the migrations ever made: read from them, so that none is forgotten here. */
export async function madeByMigrations(): Promise<Made> {
  const made = { tables: new Set<string>(), types: new Set<string>(), functions: new Set<string>() };
  for (const { tag } of await migrations()) {
    const text = await readFile(path.join(folder, `${tag}.sql`), "utf8");
    const names = (pattern: RegExp): string[] =>
      [...text.matchAll(pattern)].map(([, name]) => name).filter((name) => name !== undefined);
    for (const name of names(/create (?:unlogged )?table (?:if not exists )?"?(\w+)"?/gi))
      made.tables.add(name);
    for (const name of names(/create type (?:"?public"?\.)?"?(\w+)"?/gi)) made.types.add(name);
    for (const name of names(/create (?:or replace )?function "?(\w+)"?/gi)) made.functions.add(name);
  }
  return { tables: [...made.tables], types: [...made.types], functions: [...made.functions] };
}

/**
 * Tables that a dump leaves out: what lets somebody in (sessions, links that are under way), what is counted for minutes
 * and what can be taken back for a day.
 */
export const leftOut = [
  "sessions",
  "verifications",
  "invites",
  "rate_limits",
  "turns",
  "comparisons",
  "changes",
  "change_rows",
  "search_backfill",
];

/**
 * From a backup to a database: everything is read and checked before anything is touched, and one transaction takes down what
 * was there, puts up the tables as they were, and fills them. Whoever kills it finds what was there before. Only then are older
 * tables brought to this version's, which a start would do as well.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { connect } from "#db/client.ts";
import { keepMigrationsOut, lastMigration, migrate, tablesWithin } from "#db/migrate.ts";
import { settings } from "../env.ts";
import { alone, type Tx } from "./alone.ts";
import { putAside } from "./aside.ts";
import { type Listed, lastFile, type Place } from "./place.ts";
import { type Made, madeByMigrations, migrations } from "./schema.ts";
import { type Backup, BackupRefused, backupShape, Measure, type Part } from "./shape.ts";

/** Seconds that removals wait after a restore: time to look whether they are still wanted. */
const removalPause = 86_400;

/** The newest whole backup; `undefined` when there is none. */
export const newest = async (place: Place): Promise<Listed | undefined> =>
  (await place.list()).filter((one) => one.whole).at(-1);

/** Reads what a backup says of itself, and every byte of it. Throws BackupRefused when something is missing or changed. */
export async function verifyBackup(
  place: Place,
  name: string,
  { onPart, signal }: { onPart?: (part: Part) => void; signal?: AbortSignal | undefined } = {},
): Promise<Backup> {
  const backup = await readBackup(place, name);
  for (const part of [...backup.tables, backup.manifest]) {
    const measure = new Measure();
    for await (const _ of measure.of(await opened(place, name, part))) signal?.throwIfAborted();
    checkPart(measure, part, name);
    onPart?.(part);
  }
  return backup;
}

async function readBackup(place: Place, name: string): Promise<Backup> {
  const body = await place.read(`${name}/${lastFile}`);
  if (body === undefined)
    throw new BackupRefused(
      `There is no whole backup ${name} in ${place.told}. tintype backup --list shows those there are.`,
    );
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  const read = backupShape.safeParse(parsed(Buffer.concat(pieces).toString("utf8")));
  if (read.success) return read.data;
  throw new BackupRefused(
    `The backup ${name} cannot be read: ${lastFile} is damaged, or of a newer Tintype.`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function opened(place: Place, name: string, part: Part): Promise<AsyncIterable<Uint8Array>> {
  const body = await place.read(`${name}/${part.name}`);
  if (body === undefined)
    throw new BackupRefused(`The backup ${name} is not whole: ${part.name} is missing. Nothing was changed.`);
  return body;
}

function checkPart(measure: Measure, part: Part, name: string): void {
  if (measure.bytes !== part.bytes || measure.digest() !== part.sha256)
    throw new BackupRefused(
      `The backup ${name} is damaged: ${part.name} is not what was written. Nothing was changed.`,
    );
}

export type Contents = { media: number; users: number; uploads: number };

/** What a database holds that a restore would replace; `undefined` when its tables have not been made yet. */
export async function contentsOf(url: string): Promise<Contents | undefined> {
  const { sql } = connect(url, { max: 1, name: "tintype-restore" });
  try {
    return await contentsIn(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function contentsIn(tx: Tx): Promise<Contents | undefined> {
  const [made] = await tx.unsafe(`select to_regclass('public.media') is not null as made`);
  if (made?.made !== true) return undefined;
  const [row] = await tx.unsafe<Contents[]>(
    `select (select count(*)::int from media) as media, (select count(*)::int from users) as users,
      (select count(*)::int from uploads) as uploads`,
  );
  return row;
}

export const isEmpty = (contents: Contents | undefined): boolean =>
  contents === undefined || contents.media + contents.users + contents.uploads === 0;

/** How many connections of a running Tintype the database has. */
export async function othersAt(url: string): Promise<number> {
  const { sql } = connect(url, { max: 1, name: "tintype-restore" });
  try {
    const [row] = await sql.unsafe<{ n: number }[]>(
      `select count(*)::int as n from pg_stat_activity where datname = current_database()
        and pid <> pg_backend_pid() and application_name like 'tintype%'`,
    );
    return row?.n ?? 0;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

export type Restored = { made: string; rows: number; media: number; users: number };

/**
 * Puts a backup into a database. Without `force`, only into one that holds nothing; with it, what the database holds is
 * gone. Throws BackupRefused, and nothing was changed; nor is it when this process or the database ends half way, or
 * `signal` says to stop.
 */
export async function restore(
  url: string,
  place: Place,
  name: string,
  options: { force?: boolean; onPart?: (part: Part) => void; signal?: AbortSignal | undefined } = {},
): Promise<Restored> {
  const { signal } = options;
  const backup = await verifyBackup(place, name, options);
  const known = await migrations();
  if (!known.some(({ when }) => when === backup.schema.when))
    throw new BackupRefused(
      `The backup ${name} was made by a newer Tintype (${backup.schema.tag}). Update Tintype first; nothing was changed.`,
    );
  const made = await madeByMigrations();
  await alone(url, { begin: "read write", name: "tintype-restore", signal }, async (tx) => {
    await keepMigrationsOut(tx);
    const last = await lastMigration(tx);
    // Its newer tables would stay, without those that they belong to.
    if (last !== undefined && last > (known.at(-1)?.when ?? 0))
      throw new BackupRefused(
        "The tables of this database were made by a newer Tintype. Update Tintype first; nothing was changed.",
      );
    if (options.force !== true && !isEmpty(await contentsIn(tx)))
      throw new BackupRefused(
        "The database holds a gallery already, which a restore would replace. Nothing was changed. To look at a backup, restore it into an empty database; to replace this one, say --force.",
      );
    await takeDown(tx, made);
    await tablesWithin(tx, backup.schema.when);
    await load(tx, place, { name, backup, made });
  });
  await migrate(url);
  return finish(url, backup);
}

/** Everything that migrations ever made, and nothing else that may lie in the same database. */
async function takeDown(tx: Tx, made: Made): Promise<void> {
  for (const table of made.tables) await tx.unsafe(`drop table if exists public."${table}" cascade`);
  const found = await tx.unsafe<{ name: string }[]>(
    `select p.oid::regprocedure::text as name from pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.proname = any($1)
       and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`,
    [made.functions],
  );
  for (const one of found) await tx.unsafe(`drop function if exists ${one.name} cascade`);
  for (const type of made.types) await tx.unsafe(`drop type if exists public."${type}" cascade`);
  await tx.unsafe("drop schema if exists drizzle cascade");
}

async function load(
  tx: Tx,
  place: Place,
  { name, backup, made }: { name: string; backup: Backup; made: Made },
): Promise<void> {
  const { tables } = backup;
  await refuseUnknown(tx, backup, name);
  for (const { table } of tables) {
    // What they would compute is in the backup as well, and would then be counted twice.
    await tx.unsafe(`alter table "${table}" disable trigger user`);
  }
  const putBack = await putAside(tx, made.tables);
  // Of migrations that write rows; and of a table that is empty by this, rows come in as old as they are to get.
  await tx.unsafe(`truncate ${tables.map(({ table }) => `"${table}"`).join(", ")}`);
  for (const part of tables) {
    const columns = part.columns.map((column) => `"${column}"`).join(", ");
    const measure = new Measure();
    // Before Postgres waits for it: an end of the connection that nobody hears of would end this process.
    const body = Readable.from(measure.of(await opened(place, name, part)));
    const rows = await tx.unsafe(`copy "${part.table}" (${columns}) from stdin (freeze)`).writable();
    await pipeline(body, createGunzip(), rows);
    // Read a second time: what came now is what was checked, or none of it stays.
    checkPart(measure, part, name);
  }
  await putBack();
  for (const { table } of tables) await tx.unsafe(`alter table "${table}" enable trigger user`);
  await pauseRemovals(tx);
}

/** A backup may say that it is of this version and name what this version has none of. */
async function refuseUnknown(tx: Tx, backup: Backup, name: string): Promise<void> {
  const rows = await tx.unsafe<{ table: string; columns: string[] }[]>(
    `select table_name as table, array_agg(column_name::text) as columns from information_schema.columns
     where table_schema = 'public' and table_name = any($1) group by 1`,
    [backup.tables.map(({ table }) => table)],
  );
  const there = new Map(rows.map(({ table, columns }) => [table, new Set(columns)]));
  for (const { table, columns } of backup.tables) {
    const unknown = there.has(table) ? columns.find((column) => !there.get(table)?.has(column)) : "";
    if (unknown !== undefined)
      throw new BackupRefused(
        `The backup ${name} has rows of ${unknown === "" ? table : `${table}.${unknown}`}, which Tintype does not know. It was made by another version; nothing was changed.`,
      );
  }
}

/**
 * The bucket may be younger than the backup: what was to be removed then may have been taken back since (F-26). Trash
 * gets its whole time again, every other removal a day.
 */
async function pauseRemovals(tx: Tx): Promise<void> {
  const trash = Math.max(settings().trashSeconds, removalPause);
  await tx.unsafe(
    `update purges set lease_until = null, attempts = 0, last_error = null,
       not_before = greatest(not_before, now() + make_interval(secs => case when media_id is null then ${removalPause} else ${trash} end))
     where done_at is null`,
  );
  // Free at once, as the jobs they waited in are gone; and without the keys of a try that may have come to its end since:
  // an original that lies there is nobody's then, and adopted.
  await tx.unsafe(
    `update uploads set lease_token = null, lease_until = now(), attempts = 0, final_key = null, rendition_folder = null
     where state = 'verifying'`,
  );
}

async function finish(url: string, backup: Backup): Promise<Restored> {
  const { sql } = connect(url, { max: 1, name: "tintype-restore" });
  try {
    await sql.unsafe("set statement_timeout = 0");
    await sql.unsafe("analyze");
    const [row] = await sql.unsafe<{ media: number; users: number }[]>(
      `select (select count(*)::int from media where purged_at is null) as media, (select count(*)::int from users) as users`,
    );
    const rows = backup.tables.reduce((sum, table) => sum + table.rows, 0);
    return { made: backup.made, rows, media: row?.media ?? 0, users: row?.users ?? 0 };
  } finally {
    await sql.end({ timeout: 5 });
  }
}

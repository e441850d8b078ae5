/**
 * A backup: every table as it was at one moment, and a manifest of the gallery that any program can read. The database is
 * read in one transaction while people go on; nothing is held but some pieces on their way. pg_dump is not needed: the
 * built-in PostgreSQL does not bring it, and that of another version refuses.
 */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { alone, copyOut, type Tx } from "./alone.ts";
import { manifestQueries } from "./manifest.ts";
import { type Listed, lastFile, oldestFirst, type Place, timeOf } from "./place.ts";
import { leftOut, madeByMigrations, migrations } from "./schema.ts";
import { type Backup, BackupRefused, Measure, type Part, type Table } from "./shape.ts";

export type BackupMade = { name: string; bytes: number; rows: number; removed: string[] };

const digits = "abcdefghijklmnopqrstuvwxyz234567";
const newName = (now: Date): string =>
  `${now.toISOString().slice(0, 19).replaceAll(":", "-")}Z-${Array.from(randomBytes(32), (byte) => digits[byte & 31]).join("")}`;

/** One for all workers of a gallery: its number means nothing. */
const lockNumber = 7_461_697_972;

/** Makes a backup and then removes all but the newest `keep`, and halves of older ones. Throws StorageError. */
export async function backup(
  url: string,
  place: Place,
  { keep }: { keep?: number | undefined },
): Promise<BackupMade> {
  return thinnedOut(place, keep, await reading(url, (tx) => write(tx, place)));
}

/**
 * The same, unless another process is at it or `isDue` says no once none is: two that ask at the same minute make one.
 * `undefined`: none was made. Throws StorageError.
 */
export async function backupIfDue(
  url: string,
  place: Place,
  { keep, isDue }: { keep: number; isDue: () => Promise<boolean> },
): Promise<BackupMade | undefined> {
  const made = await reading(url, async (tx) => {
    // Held by the transaction: whoever is killed or cut off lets go of it, and a pooler need not keep the session.
    const [lock] = await tx.unsafe<{ mine: boolean }[]>(
      `select pg_try_advisory_xact_lock(${lockNumber}) as mine`,
    );
    return lock?.mine === true && (await isDue()) ? write(tx, place) : undefined;
  });
  return made === undefined ? undefined : thinnedOut(place, keep, made);
}

const reading = <T>(url: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
  alone(url, { begin: "isolation level repeatable read read only", name: "tintype-backup" }, work);

type Written = { name: string; at: Date; bytes: number; rows: number };

async function thinnedOut(
  place: Place,
  keep: number | undefined,
  { at, ...made }: Written,
): Promise<BackupMade> {
  return { ...made, removed: keep === undefined ? [] : await thinOut(place, keep, at) };
}

async function write(tx: Tx, place: Place): Promise<Written> {
  const [clock] = await tx.unsafe<{ made: string }[]>(
    `select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as made`,
  );
  const made = clock?.made ?? new Date().toISOString();
  // The database's clock, which is one for all who make backups: by their names they are sorted, kept and found to be due.
  const at = new Date(made);
  const name = newName(at);
  const schema = await schemaOf(tx);
  const tables: Table[] = [];
  for (const { table, columns, where } of await tablesOf(tx)) {
    const list = columns.map((column) => `"${column}"`).join(", ");
    const copy = `copy (select ${list} from "${table}"${where}) to stdout`;
    const part = await writePart(tx, place, name, `tables/${table}.copy.gz`, [copy]);
    tables.push({ ...part.part, table, columns, rows: part.lines });
  }
  const queries = manifestQueries(tables.map(({ table }) => table));
  const manifest = await writePart(tx, place, name, "gallery.ndjson.gz", queries);
  const last: Backup = {
    tintype: "backup",
    version: 1,
    made,
    schema,
    tables,
    manifest: manifest.part,
  };
  await place.write(
    `${name}/${lastFile}`,
    Readable.from([Buffer.from(`${JSON.stringify(last, undefined, 2)}\n`)]),
  );
  const bytes = [...tables, manifest.part].reduce((sum, part) => sum + part.bytes, 0);
  return { name, at, bytes, rows: tables.reduce((sum, table) => sum + table.rows, 0) };
}

async function schemaOf(tx: Tx): Promise<Backup["schema"]> {
  const [row] = await tx.unsafe<{ when: string }[]>(
    `select max(created_at)::text as when from drizzle.__drizzle_migrations`,
  );
  const found = (await migrations()).find(({ when }) => String(when) === row?.when);
  if (found === undefined)
    throw new BackupRefused(
      "The tables of this database were made by a newer Tintype, which alone knows what is in them. Update Tintype first; no backup was made.",
    );
  return found;
}

type Dumped = { table: string; columns: string[]; where: string };

/** Our own tables with the columns that are stored (not computed), in the order of their names. */
async function tablesOf(tx: Tx): Promise<Dumped[]> {
  const { tables } = await madeByMigrations();
  const rows = await tx.unsafe<{ table: string; columns: string[] }[]>(
    `select c.table_name as table, array_agg(c.column_name::text order by c.ordinal_position) as columns
     from information_schema.columns c
     join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
       and c.table_name = any($1)
     group by 1 order by 1`,
    [tables],
  );
  return rows
    .filter(({ table }) => !leftOut.includes(table))
    .map(({ table, columns }) => ({
      table,
      columns,
      // What was removed long ago is only looked up by people who look for a fault.
      where: table === "purges" ? " where done_at is null" : "",
    }));
}

async function writePart(
  tx: Tx,
  place: Place,
  backupName: string,
  name: string,
  copies: readonly string[],
): Promise<{ part: Part; lines: number }> {
  const measure = new Measure();
  let lines = 0;
  const text = async function* (): AsyncGenerator<Uint8Array> {
    for (const copy of copies)
      for await (const bytes of copyOut(tx, copy)) {
        // Rows end with the only line feeds there are: those within a value are escaped.
        for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1;
        yield bytes;
      }
  };
  const rows = Readable.from(text());
  const zipped = createGzip({ level: 6 });
  // Whichever end fails takes the other along: an error that nobody hears would end this process.
  rows.on("error", (error) => zipped.destroy(error));
  zipped.on("error", () => rows.destroy());
  rows.pipe(zipped);
  try {
    await place.write(`${backupName}/${name}`, measure.of(zipped));
  } finally {
    rows.destroy();
    zipped.destroy();
  }
  return { part: { name, bytes: measure.bytes, sha256: measure.digest() }, lines };
}

/** An unfinished backup is left for this long: another process may be writing it. */
const unfinishedMs = 2 * 86_400_000;

async function thinOut(place: Place, keep: number, now: Date): Promise<string[]> {
  const all = await place.list();
  const whole = oldestFirst(all, now);
  const isOld = ({ name }: Listed): boolean =>
    Math.abs(now.getTime() - timeOf(name).getTime()) > unfinishedMs;
  const going = [
    ...whole.slice(0, Math.max(whole.length - Math.max(keep, 1), 0)),
    ...all.filter((one) => !one.whole && isOld(one)),
  ];
  for (const { name } of going) await place.remove(name);
  return going.map(({ name }) => name);
}

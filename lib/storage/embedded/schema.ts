/** The tables of the store's index and how an older index becomes this version's. */
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { type Checksum, isChecksumName } from "./checksums.ts";
import type { CorsRule } from "./cors.ts";

export type Bucket = { id: number; name: string; created: number; cors: CorsRule[] };

export const partsMax = 10_000;

/** Headers that go out with the object as they came in; names in lower case, values as Node carries them. */
export type StoredHeaders = Record<string, string>;

/** What an object and an upload in progress keep beside their bytes. `tags` are as in x-amz-tagging. */
export type Details = { headers: StoredHeaders; tags: string };

export type StoredObject = Details & {
  key: string;
  /** The name of its body; of an object made of parts the name under which these are listed. */
  body: string;
  /** How many parts it was put together from; undefined for a body in one piece. */
  parts: number | undefined;
  bytes: number;
  /** Without quotes. */
  etag: string;
  checksum: Checksum | undefined;
  /** Milliseconds since 1970. */
  modified: number;
};

export type UploadChecksum = Pick<Checksum, "algorithm" | "type">;
export type StoredUpload = Details & {
  id: string;
  key: string;
  created: number;
  checksum: UploadChecksum | undefined;
};
export type StoredPart = {
  number: number;
  body: string;
  bytes: number;
  etag: string;
  /** Base64, of the algorithm that the upload was begun with. */
  checksum: string | undefined;
  modified: number;
};

const tables = `
  create table buckets (
    id integer primary key, name text not null unique, created integer not null, cors text not null default '[]'
  ) strict;
  create table objects (
    bucket integer not null references buckets (id), key blob not null, body text not null unique,
    bytes integer not null, etag text not null, modified integer not null, headers text not null,
    checksum text, parts integer, tags text not null default '',
    primary key (bucket, key)
  ) strict, without rowid;
  create table uploads (
    id text primary key, bucket integer not null references buckets (id), key blob not null,
    headers text not null, created integer not null, checksum text, tags text not null default ''
  ) strict, without rowid;
  create index uploads_by_key on uploads (bucket, key, id);
`;

/** The parts of an upload stay where they are when it is completed: they become the body of its object. */
const partsTable = `
  create table parts (
    upload text not null, number integer not null, body text not null unique,
    bytes integer not null, etag text not null, modified integer not null, checksum text,
    primary key (upload, number)
  ) strict, without rowid;
`;

const fromVersion1 = `
  alter table objects add column checksum text;
  alter table objects add column parts integer;
  alter table objects add column tags text not null default '';
  update objects set checksum = 'sha256 FULL_OBJECT ' || sha256 where sha256 is not null;
  alter table objects drop column sha256;
  alter table uploads add column checksum text;
  alter table uploads add column tags text not null default '';
  alter table parts rename to parts_1;
  ${partsTable}
  insert into parts select upload, number, body, bytes, etag, modified, null from parts_1;
  drop table parts_1;
`;

const version = 2;
const upgrades: Record<number, string> = { 0: `${tables} ${partsTable}`, 1: fromVersion1 };

export type Row = Record<string, SQLOutputValue>;

const text = (value: SQLOutputValue | undefined): string => {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  throw new Error(`Expected text in the store's index, got ${typeof value}.`);
};
const whole = (value: SQLOutputValue | undefined): number => {
  if (typeof value === "number") return value;
  throw new Error(`Expected a number in the store's index, got ${typeof value}.`);
};
const headersOf = (value: SQLOutputValue | undefined): StoredHeaders => JSON.parse(text(value));

function uploadChecksumOf(value: SQLOutputValue | undefined): UploadChecksum | undefined {
  const [algorithm = "", type] = value === null ? [] : text(value).split(" ");
  if (!isChecksumName(algorithm)) return undefined;
  return { algorithm, type: type === "COMPOSITE" ? "COMPOSITE" : "FULL_OBJECT" };
}

function checksumOf(value: SQLOutputValue | undefined): Checksum | undefined {
  const kind = uploadChecksumOf(value);
  return kind === undefined ? undefined : { ...kind, value: text(value).split(" ")[2] ?? "" };
}

/** How a checksum, or the promise of one, is written into its column. */
export const checksumText = (checksum: (UploadChecksum & { value?: string }) | undefined): string | null =>
  checksum === undefined
    ? null
    : [checksum.algorithm, checksum.type, checksum.value].filter((one) => one !== undefined).join(" ");

export const objectOf = (row: Row): StoredObject => ({
  key: text(row.key),
  body: text(row.body),
  parts: row.parts === null ? undefined : whole(row.parts),
  bytes: whole(row.bytes),
  etag: text(row.etag),
  checksum: checksumOf(row.checksum),
  modified: whole(row.modified),
  headers: headersOf(row.headers),
  tags: text(row.tags),
});

export const uploadOf = (row: Row): StoredUpload => ({
  id: text(row.id),
  key: text(row.key),
  headers: headersOf(row.headers),
  created: whole(row.created),
  checksum: uploadChecksumOf(row.checksum),
  tags: text(row.tags),
});

export const partOf = (row: Row): StoredPart => ({
  number: whole(row.number),
  body: text(row.body),
  bytes: whole(row.bytes),
  etag: text(row.etag),
  checksum: row.checksum === null ? undefined : text(row.checksum),
  modified: whole(row.modified),
});

export const bucketOf = (row: Row): Bucket => ({
  id: whole(row.id),
  name: text(row.name),
  created: whole(row.created),
  cors: JSON.parse(text(row.cors)),
});

/** Someone else has the folder. */
export class StoreInUse extends Error {
  override readonly name = "StoreInUse";
}

/** Opens an index for this process alone, in this version's form. Throws StoreInUse when another process has it. */
export function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    // Before the first read, or the lock would be a shared one.
    database.exec("pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal");
    // macOS answers a plain fsync before the disk has written.
    database.exec("pragma fullfsync = 1; pragma checkpoint_fullfsync = 1");
    database.exec("begin exclusive; commit");
    const found = whole(database.prepare("pragma user_version").get()?.user_version);
    if (found > version)
      throw new Error(`The store's index is of version ${found}; this Tintype reads up to ${version}.`);
    if (found < version) database.exec(`begin; ${upgrades[found]} pragma user_version = ${version}; commit`);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && /database is locked|SQLITE_BUSY/.test(error.message))
      throw new StoreInUse("Another process is using the store.", { cause: error });
    throw error;
  }
}

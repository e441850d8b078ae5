/**
 * The index of the store: which objects there are and which body each one has. SQLite in WAL mode. Its exclusive
 * lock is also what keeps a second process out of the folder, and the kernel releases it when the holder is killed.
 *
 * A change counts when the log is on the disk. With synchronous=FULL SQLite would wait for that inside the commit and
 * stand in the way of every other transfer (10 ms each on a busy disk); with NORMAL it does not wait, and the log is
 * synced here, off the thread, before anybody is told.
 */
import { close, fdatasync, openSync } from "node:fs";

import path from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { promisify } from "node:util";
import type { CorsRule } from "./cors.ts";
import { S3Error } from "./s3-error.ts";

export type Bucket = { id: number; name: string; created: number; cors: CorsRule[] };

/** Headers that go out with the object as they came in; names in lower case, values as Node carries them. */
export type StoredHeaders = Record<string, string>;

export type StoredObject = {
  key: string;
  body: string;
  bytes: number;
  /** Without quotes. */
  etag: string;
  /** Base64; undefined for objects put together from parts. */
  sha256: string | undefined;
  /** Milliseconds since 1970. */
  modified: number;
  headers: StoredHeaders;
};

export type StoredUpload = { id: string; key: string; headers: StoredHeaders; created: number };
export type StoredPart = { number: number; body: string; bytes: number; etag: string; modified: number };

const schema = `
  create table if not exists buckets (
    id integer primary key, name text not null unique, created integer not null, cors text not null default '[]'
  ) strict;
  create table if not exists objects (
    bucket integer not null references buckets (id), key blob not null, body text not null unique,
    bytes integer not null, etag text not null, sha256 text, modified integer not null, headers text not null,
    primary key (bucket, key)
  ) strict, without rowid;
  create table if not exists uploads (
    id text primary key, bucket integer not null references buckets (id), key blob not null,
    headers text not null, created integer not null
  ) strict, without rowid;
  create index if not exists uploads_by_key on uploads (bucket, key, id);
  create table if not exists parts (
    upload text not null references uploads (id), number integer not null, body text not null unique,
    bytes integer not null, etag text not null, modified integer not null,
    primary key (upload, number)
  ) strict, without rowid;
`;
const schemaVersion = 1;

type Row = Record<string, SQLOutputValue>;

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

const objectOf = (row: Row): StoredObject => ({
  key: text(row.key),
  body: text(row.body),
  bytes: whole(row.bytes),
  etag: text(row.etag),
  sha256: row.sha256 === null ? undefined : text(row.sha256),
  modified: whole(row.modified),
  headers: headersOf(row.headers),
});
const uploadOf = (row: Row): StoredUpload => ({
  id: text(row.id),
  key: text(row.key),
  headers: headersOf(row.headers),
  created: whole(row.created),
});
const partOf = (row: Row): StoredPart => ({
  number: whole(row.number),
  body: text(row.body),
  bytes: whole(row.bytes),
  etag: text(row.etag),
  modified: whole(row.modified),
});
const bucketOf = (row: Row): Bucket => ({
  id: whole(row.id),
  name: text(row.name),
  created: whole(row.created),
  cors: JSON.parse(text(row.cors)),
});

const sync = promisify(fdatasync);
/** SQLITE_FULL */
const sqliteFull = 13;

type Change = { run(): void; settle(error?: unknown): void };

/** Someone else has the folder. */
export class StoreInUse extends Error {
  override readonly name = "StoreInUse";
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    // Before the first read, or the lock would be a shared one.
    database.exec("pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal");
    // macOS answers a plain fsync before the disk has written.
    database.exec("pragma fullfsync = 1; pragma checkpoint_fullfsync = 1");
    database.exec("begin exclusive; commit");
    const version = whole(database.prepare("pragma user_version").get()?.user_version);
    if (version > schemaVersion)
      throw new Error(
        `The store's index is of version ${version}; this Tintype reads up to ${schemaVersion}.`,
      );
    database.exec(`begin; ${schema} pragma user_version = ${schemaVersion}; commit`);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && /database is locked|SQLITE_BUSY/.test(error.message))
      throw new StoreInUse("Another process is using the store.", { cause: error });
    throw error;
  }
}

export class Catalogue {
  #database: DatabaseSync;
  #buckets = new Map<string, Bucket>();
  #changes: Change[] = [];
  #log: number;
  #writing: Promise<void> | undefined;
  #statements;

  /** Opens `index.sqlite` in the folder. Throws StoreInUse when another process has it. */
  constructor(folder: string) {
    const file = path.join(folder, "index.sqlite");
    this.#database = openDatabase(file);
    // Windows syncs only what is open for writing. Locks are on the database, so this one may be closed.
    this.#log = openSync(`${file}-wal`, "r+");
    const prepare = (sql: string) => this.#database.prepare(sql);
    this.#statements = {
      object: prepare("select * from objects where bucket = ? and key = ?"),
      page: prepare("select * from objects where bucket = ? and key >= ? order by key limit ?"),
      put: prepare("insert or replace into objects values (?, ?, ?, ?, ?, ?, ?, ?)"),
      remove: prepare("delete from objects where bucket = ? and key = ?"),
      named: prepare("select 1 from objects where body = ?1 union all select 1 from parts where body = ?1"),
      upload: prepare("select * from uploads where bucket = ? and key = ? and id = ?"),
      uploads: prepare(
        "select * from uploads where bucket = ?1 and (key, id) > (?2, ?3) order by key, id limit ?4",
      ),
      addUpload: prepare("insert into uploads values (?, ?, ?, ?, ?)"),
      removeUpload: prepare("delete from uploads where id = ?"),
      part: prepare("select * from parts where upload = ? and number = ?"),
      parts: prepare("select * from parts where upload = ? and number > ? order by number limit ?"),
      putPart: prepare("insert or replace into parts values (?, ?, ?, ?, ?, ?)"),
      removeParts: prepare("delete from parts where upload = ?"),
    };
    this.#loadBuckets();
  }

  #loadBuckets(): void {
    this.#buckets.clear();
    for (const row of this.#database.prepare("select * from buckets").all()) this.#keep(bucketOf(row));
  }

  #keep(bucket: Bucket): void {
    this.#buckets.set(bucket.name, bucket);
  }

  /**
   * Runs a change in a transaction and resolves once it is on the disk. Changes that arrive while the disk is busy
   * share one commit and one sync. A change must refuse (S3Error) before it writes anything: only it is undone then.
   * Any other rejection leaves open whether it happened.
   */
  change<T>(run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: { value: T } | undefined;
      this.#changes.push({
        run() {
          result = { value: run() };
        },
        settle(error) {
          if (error !== undefined || result === undefined) reject(error);
          else resolve(result.value);
        },
      });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    // Requests that are read in the same turn of the loop join the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#changes.length > 0) {
      const changes = this.#changes;
      this.#changes = [];
      try {
        const refused = this.#commit(changes);
        await sync(this.#log);
        for (const change of changes) change.settle(refused.get(change));
      } catch (error) {
        for (const change of changes) change.settle(error);
      }
    }
    this.#writing = undefined;
  }

  /** Runs the changes in one transaction and returns those that refused. */
  #commit(changes: Change[]): Map<Change, S3Error> {
    const refused = new Map<Change, S3Error>();
    try {
      this.#database.exec("begin immediate");
      for (const change of changes) {
        try {
          change.run();
        } catch (error) {
          if (!(error instanceof S3Error)) throw error;
          refused.set(change, error);
        }
      }
      this.#database.exec("commit");
      return refused;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("rollback");
      // A change may have touched the buckets in memory before the commit failed.
      this.#loadBuckets();
      if (error instanceof Error && "errcode" in error && error.errcode === sqliteFull)
        throw new S3Error("ServiceUnavailable", "The disk of the store is full.", { cause: error });
      throw error;
    }
  }

  bucket(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async createBucket(name: string): Promise<void> {
    await this.change(() => {
      if (this.#buckets.has(name))
        throw new S3Error("BucketAlreadyOwnedByYou", "The bucket is already there and is yours.");
      const insert = this.#database.prepare("insert into buckets (name, created) values (?, ?) returning *");
      const row = insert.get(name, Date.now());
      if (row !== undefined) this.#keep(bucketOf(row));
    });
  }

  async setCors(bucket: Bucket, rules: CorsRule[]): Promise<void> {
    await this.change(() => {
      const update = this.#database.prepare("update buckets set cors = ? where id = ?");
      update.run(JSON.stringify(rules), bucket.id);
      bucket.cors = rules;
    });
  }

  async deleteBucket(bucket: Bucket): Promise<void> {
    await this.change(() => {
      const full =
        this.#statements.page.get(bucket.id, Buffer.alloc(0), 1) ??
        this.#statements.uploads.get(bucket.id, Buffer.alloc(0), "", 1);
      if (full !== undefined)
        throw new S3Error("BucketNotEmpty", "The bucket you tried to delete is not empty.");
      this.#database.prepare("delete from buckets where id = ?").run(bucket.id);
      // At once: a write that waits in the same batch must not find it any more.
      this.#buckets.delete(bucket.name);
    });
  }

  object(bucket: Bucket, key: string): StoredObject | undefined {
    const row = this.#statements.object.get(bucket.id, Buffer.from(key));
    return row === undefined ? undefined : objectOf(row);
  }

  /** Objects in the order of their keys' bytes, from `from` on. */
  page(bucket: Bucket, from: Buffer, limit: number): StoredObject[] {
    return this.#statements.page.all(bucket.id, from, limit).map(objectOf);
  }

  /** Inside `change`: puts the row and returns the body that it replaces. */
  putObject(bucket: Bucket, object: StoredObject): string | undefined {
    if (this.#buckets.get(bucket.name) !== bucket)
      throw new S3Error("NoSuchBucket", "The specified bucket does not exist.");
    const before = this.object(bucket, object.key);
    const { body, bytes, etag, sha256, modified } = object;
    const headers = JSON.stringify(object.headers);
    const key = Buffer.from(object.key);
    this.#statements.put.run(bucket.id, key, body, bytes, etag, sha256 ?? null, modified, headers);
    return before?.body;
  }

  /** Inside `change`: removes the row and returns the body that nobody needs any more. */
  removeObject(bucket: Bucket, key: string): string | undefined {
    const before = this.object(bucket, key);
    if (before !== undefined) this.#statements.remove.run(bucket.id, Buffer.from(key));
    return before?.body;
  }

  /** Whether any row refers to this body. */
  names(body: string): boolean {
    return this.#statements.named.get(body) !== undefined;
  }

  upload(bucket: Bucket, key: string, id: string): StoredUpload | undefined {
    const row = this.#statements.upload.get(bucket.id, Buffer.from(key), id);
    return row === undefined ? undefined : uploadOf(row);
  }

  uploads(bucket: Bucket, after: { key: string; id: string }, limit: number): StoredUpload[] {
    return this.#statements.uploads.all(bucket.id, Buffer.from(after.key), after.id, limit).map(uploadOf);
  }

  /** Inside `change`. */
  addUpload(bucket: Bucket, upload: StoredUpload): void {
    if (this.#buckets.get(bucket.name) !== bucket)
      throw new S3Error("NoSuchBucket", "The specified bucket does not exist.");
    const headers = JSON.stringify(upload.headers);
    this.#statements.addUpload.run(upload.id, bucket.id, Buffer.from(upload.key), headers, upload.created);
  }

  /** Inside `change`: forgets an upload and returns the bodies of its parts. */
  removeUpload(id: string): string[] {
    const bodies = this.parts(id, 0, partsMax).map((part) => part.body);
    this.#statements.removeParts.run(id);
    this.#statements.removeUpload.run(id);
    return bodies;
  }

  parts(upload: string, after: number, limit: number): StoredPart[] {
    return this.#statements.parts.all(upload, after, limit).map(partOf);
  }

  /** Inside `change`: puts a part and returns the body that it replaces. */
  putPart(upload: string, part: StoredPart): string | undefined {
    const before = this.#statements.part.get(upload, part.number);
    const { number, body, bytes, etag, modified } = part;
    this.#statements.putPart.run(upload, number, body, bytes, etag, modified);
    return before === undefined ? undefined : partOf(before).body;
  }

  /** Waits for the changes that were asked for, then lets go of the folder. */
  async close(): Promise<void> {
    await this.#writing;
    this.#database.close();
    close(this.#log);
  }
}

export const partsMax = 10_000;

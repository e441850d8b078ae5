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
import type { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import type { CorsRule } from "./cors.ts";
import { S3Error } from "./s3-error.ts";
import {
  type Bucket,
  bucketOf,
  checksumText,
  objectOf,
  openDatabase,
  partOf,
  partsMax,
  type StoredObject,
  type StoredPart,
  type StoredUpload,
  uploadOf,
} from "./schema.ts";

const sync = promisify(fdatasync);
/** SQLITE_FULL */
const sqliteFull = 13;

type Change = { run(): void; settle(error?: unknown): void };

const noSuchBucket = (): S3Error => new S3Error("NoSuchBucket", "The specified bucket does not exist.");

function statementsOf(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    object: prepare("select * from objects where bucket = ? and key = ?"),
    page: prepare("select * from objects where bucket = ? and key >= ? order by key limit ?"),
    put: prepare(
      "insert or replace into objects (bucket, key, body, bytes, etag, modified, headers, checksum, parts, tags) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    tag: prepare("update objects set tags = ? where bucket = ? and key = ?"),
    remove: prepare("delete from objects where bucket = ? and key = ?"),
    named: prepare("select 1 from objects where body = ?1 union all select 1 from parts where body = ?1"),
    upload: prepare("select * from uploads where bucket = ? and key = ? and id = ?"),
    uploads: prepare(
      "select * from uploads where bucket = ?1 and (key, id) > (?2, ?3) order by key, id limit ?4",
    ),
    stale: prepare(
      "select id from uploads where created < ?1 and not exists (select 1 from parts where upload = id and modified >= ?1)",
    ),
    addUpload: prepare(
      "insert into uploads (id, bucket, key, headers, created, checksum, tags) values (?, ?, ?, ?, ?, ?, ?)",
    ),
    removeUpload: prepare("delete from uploads where id = ?"),
    part: prepare("select * from parts where upload = ? and number = ?"),
    parts: prepare("select * from parts where upload = ? and number > ? order by number limit ?"),
    putPart: prepare(
      "insert or replace into parts (upload, number, body, bytes, etag, modified, checksum) values (?, ?, ?, ?, ?, ?, ?)",
    ),
    removePart: prepare("delete from parts where upload = ? and number = ?"),
    removeParts: prepare("delete from parts where upload = ?"),
    addBucket: prepare("insert into buckets (name, created) values (?, ?) returning *"),
    removeBucket: prepare("delete from buckets where id = ?"),
    setCors: prepare("update buckets set cors = ? where id = ?"),
  };
}

export class Catalogue {
  #database: DatabaseSync;
  #buckets = new Map<string, Bucket>();
  #changes: Change[] = [];
  #log: number;
  #writing: Promise<void> | undefined;
  #statements: ReturnType<typeof statementsOf>;

  /** Opens `index.sqlite` in the folder. Throws StoreInUse when another process has it. */
  constructor(folder: string) {
    const file = path.join(folder, "index.sqlite");
    this.#database = openDatabase(file);
    // Windows syncs only what is open for writing. Locks are on the database, so this one may be closed.
    this.#log = openSync(`${file}-wal`, "r+");
    this.#statements = statementsOf(this.#database);
    this.#loadBuckets();
  }

  /** Those of `before` stay the same objects: whoever is under way holds one of them. */
  #loadBuckets(before: ReadonlyMap<string, Bucket> = new Map()): void {
    this.#buckets.clear();
    for (const row of this.#database.prepare("select * from buckets").all()) {
      const found = bucketOf(row);
      const known = before.get(found.name);
      this.#keep(known?.id === found.id ? Object.assign(known, found) : found);
    }
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
    const buckets = new Map(this.#buckets);
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
      this.#loadBuckets(buckets);
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
      const row = this.#statements.addBucket.get(name, Date.now());
      if (row !== undefined) this.#keep(bucketOf(row));
    });
  }

  async setCors(bucket: Bucket, rules: CorsRule[]): Promise<void> {
    await this.change(() => {
      this.#checkBucket(bucket);
      this.#statements.setCors.run(JSON.stringify(rules), bucket.id);
      bucket.cors = rules;
    });
  }

  /** Removes a bucket without objects; answers the bodies of the uploads that were never finished in it. */
  async deleteBucket(bucket: Bucket): Promise<string[]> {
    return this.change(() => {
      this.#checkBucket(bucket);
      if (this.page(bucket, Buffer.alloc(0), 1).length > 0)
        throw new S3Error("BucketNotEmpty", "The bucket you tried to delete is not empty.");
      const open = this.uploads(bucket, { key: Buffer.alloc(0), id: "" }, -1);
      const bodies = open.flatMap((upload) => this.removeUpload(upload.id));
      this.#statements.removeBucket.run(bucket.id);
      // At once: a write that waits in the same batch must not find it any more.
      this.#buckets.delete(bucket.name);
      return bodies;
    });
  }

  #checkBucket(bucket: Bucket): void {
    if (this.#buckets.get(bucket.name) !== bucket) throw noSuchBucket();
  }

  object(bucket: Bucket, key: string): StoredObject | undefined {
    const row = this.#statements.object.get(bucket.id, Buffer.from(key));
    return row === undefined ? undefined : objectOf(row);
  }

  /** Objects in the order of their keys' bytes, from `from` on. */
  page(bucket: Bucket, from: Buffer, limit: number): StoredObject[] {
    return this.#statements.page.all(bucket.id, from, limit).map(objectOf);
  }

  /** Inside `change`: puts the row and returns the bodies that it replaces. */
  putObject(bucket: Bucket, object: StoredObject): string[] {
    this.#checkBucket(bucket);
    const replaced = this.removeObject(bucket, object.key);
    const { body, bytes, etag, modified, tags } = object;
    this.#statements.put.run(
      bucket.id,
      Buffer.from(object.key),
      body,
      bytes,
      etag,
      modified,
      JSON.stringify(object.headers),
      checksumText(object.checksum),
      object.parts ?? null,
      tags,
    );
    return replaced;
  }

  /** Inside `change`: removes the row and returns the bodies that nobody needs any more. */
  removeObject(bucket: Bucket, key: string): string[] {
    const before = this.object(bucket, key);
    if (before === undefined) return [];
    this.#statements.remove.run(bucket.id, Buffer.from(key));
    return before.parts === undefined ? [before.body] : this.#removeParts(before.body);
  }

  /** Inside `change`. */
  tagObject(bucket: Bucket, key: string, tags: string): void {
    this.#statements.tag.run(tags, bucket.id, Buffer.from(key));
  }

  /** Whether any row refers to this body. */
  names(body: string): boolean {
    return this.#statements.named.get(body) !== undefined;
  }

  upload(bucket: Bucket, key: string, id: string): StoredUpload | undefined {
    const row = this.#statements.upload.get(bucket.id, Buffer.from(key), id);
    return row === undefined ? undefined : uploadOf(row);
  }

  /** Uploads in progress in the order of their keys' bytes; a negative limit is none. */
  uploads(bucket: Bucket, after: { key: Buffer; id: string }, limit: number): StoredUpload[] {
    return this.#statements.uploads.all(bucket.id, after.key, after.id, limit).map(uploadOf);
  }

  /** Ids of uploads in which nothing has happened since a moment, milliseconds since 1970. */
  staleUploads(since: number): string[] {
    return this.#statements.stale.all(since).map((row) => String(row.id));
  }

  /** Inside `change`. */
  addUpload(bucket: Bucket, upload: StoredUpload): void {
    this.#checkBucket(bucket);
    const { id, created, tags } = upload;
    const headers = JSON.stringify(upload.headers);
    const key = Buffer.from(upload.key);
    this.#statements.addUpload.run(id, bucket.id, key, headers, created, checksumText(upload.checksum), tags);
  }

  /** Inside `change`: forgets an upload and returns the bodies of its parts. */
  removeUpload(id: string): string[] {
    this.#statements.removeUpload.run(id);
    return this.#removeParts(id);
  }

  #removeParts(owner: string): string[] {
    const bodies = this.parts(owner).map((part) => part.body);
    this.#statements.removeParts.run(owner);
    return bodies;
  }

  /** Inside `change`: an upload becomes an object of these parts. Returns the bodies that nobody needs any more. */
  completeUpload(bucket: Bucket, object: StoredObject, chosen: readonly StoredPart[]): string[] {
    const kept = new Set(chosen.map((part) => part.number));
    const dropped = this.parts(object.body).filter((part) => !kept.has(part.number));
    for (const part of dropped) this.#statements.removePart.run(object.body, part.number);
    this.#statements.removeUpload.run(object.body);
    return [...dropped.map((part) => part.body), ...this.putObject(bucket, object)];
  }

  /** The parts of an upload in progress, or of an object that was put together from some. */
  parts(owner: string, after = 0, limit = partsMax): StoredPart[] {
    return this.#statements.parts.all(owner, after, limit).map(partOf);
  }

  /** Inside `change`: puts a part and returns the body that it replaces. */
  putPart(owner: string, part: StoredPart): string[] {
    const before = this.#statements.part.get(owner, part.number);
    const { number, body, bytes, etag, modified, checksum } = part;
    this.#statements.putPart.run(owner, number, body, bytes, etag, modified, checksum ?? null);
    return before === undefined ? [] : [partOf(before).body];
  }

  /** Waits for the changes that were asked for, then lets go of the folder. */
  async close(): Promise<void> {
    await this.#writing;
    this.#database.close();
    close(this.#log);
  }
}

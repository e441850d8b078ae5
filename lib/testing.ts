/**
 * What tests run against: a real Postgres and a real S3 server, never a stand-in. `npm run unit` starts one Postgres
 * for the whole run; a test file run by hand starts its own. A server that cannot be had fails the test.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import postgres from "postgres";
import { connect, type Db, type Sql } from "#db/client.ts";
import { migrate } from "#db/migrate.ts";
import type { BucketSettings } from "#lib/env.ts";
import { type RunningPostgres, startPostgres } from "#lib/start/postgres.ts";
import type { Storage } from "#lib/storage/port.ts";

/** Set by the runner, or by a person who wants the tests to use a server of their own. */
const serverVariable = "TINTYPE_TEST_DATABASE_URL";
/** Any number no one else uses: several test processes may need the template at the same moment. */
const templateLock = 7_461_697_971;

/** A throw-away Postgres; it and its folder are gone when this process is, however it ends. */
export async function throwawayPostgres(): Promise<RunningPostgres> {
  // Not mkdtemp itself: the server's own account could not look into a folder of mode 0700.
  const folder = path.join(tmpdir(), `tintype-test-${process.pid}-${randomBytes(4).toString("hex")}`);
  return startPostgres({ folder, password: randomBytes(16).toString("hex"), throwaway: true });
}

let server: Promise<string> | undefined;

const serverUrl = (): Promise<string> => {
  server ??= findServer();
  return server;
};

async function findServer(): Promise<string> {
  const given = process.env[serverVariable];
  if (given !== undefined && given !== "") return given;
  const own = await throwawayPostgres();
  own.unref();
  return own.url;
}

const at = (url: string, database: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
};

let template: Promise<string> | undefined;

/** Migrating takes a second, copying a migrated database some hundredths; the name tells which migrations are in it. */
async function makeTemplate(url: string): Promise<string> {
  const folder = path.join(import.meta.dirname, "..", "db", "migrations");
  const hash = createHash("sha256");
  for (const name of (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort())
    hash.update(name).update(await readFile(path.join(folder, name)));
  const name = `tintype_template_${hash.digest("hex").slice(0, 16)}`;
  const half = `${name}_new`;
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${templateLock})`;
    const [found] = await sql`select 1 from pg_database where datname = ${name}`;
    if (found === undefined) {
      await sql.unsafe(`drop database if exists ${half} with (force)`);
      await sql.unsafe(`create database ${half}`);
      await migrate(at(url, half));
      await sql.unsafe(`alter database ${half} rename to ${name}`);
    }
  } finally {
    await sql.end();
  }
  return name;
}

async function asServer(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}

export type TestDatabase = { url: string; db: Db; sql: Sql; close(): Promise<void> };

/** A fresh, migrated database of one's own; gone after close(). */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await serverUrl();
  template ??= makeTemplate(server);
  const name = `tintype_test_${randomBytes(8).toString("hex")}`;
  await asServer(server, `create database ${name} template ${await template}`);
  const url = at(server, name);
  const { db, sql } = connect(url, { name: "tintype-test" });
  const close = async (): Promise<void> => {
    await sql.end({ timeout: 5 });
    await asServer(server, `drop database if exists ${name} with (force)`);
  };
  return { url, db, sql, close };
}

/** A database with nothing in it, for tests of the migrations themselves. */
export async function emptyDatabase(): Promise<{ url: string; close(): Promise<void> }> {
  const server = await serverUrl();
  const name = `tintype_test_${randomBytes(8).toString("hex")}`;
  await asServer(server, `create database ${name}`);
  return {
    url: at(server, name),
    close: () => asServer(server, `drop database if exists ${name} with (force)`),
  };
}

export type TestStore = {
  bucket: BucketSettings;
  storage: Storage;
  /** Holds what the store writes. */
  folder: string;
  close(): Promise<void>;
};

/** A real store in a temporary folder, with the bucket and its CORS rule in place. */
export async function testStore(options: { refusePost?: boolean } = {}): Promise<TestStore> {
  // Only the tests that store something pay for loading the SDK.
  const { startStore } = await import("#lib/storage/embedded/server.ts");
  const { openStorage } = await import("#lib/storage/s3.ts");
  const folder = await mkdtemp(path.join(tmpdir(), "tintype-test-store-"));
  const region = "ap-northeast-2";
  const credentials = {
    accessKeyId: `test${randomBytes(8).toString("hex")}`,
    secretAccessKey: randomBytes(20).toString("hex"),
  };
  const store = await startStore({ folder, host: "127.0.0.1", port: 0, credentials, region, ...options });
  const bucket: BucketSettings = {
    bucket: "tintype-test",
    region,
    endpoint: store.url,
    publicEndpoint: store.url,
    credentials,
    forcePathStyle: true,
    location: "",
  };
  const storage = openStorage(bucket);
  await storage.provision({ origins: ["http://localhost:3000"] });
  const close = async (): Promise<void> => {
    storage.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { bucket, storage, folder, close };
}

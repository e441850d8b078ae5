/** A real Postgres, the real store and a real worker under the supervisor of `npm start`; nobody else. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq, inArray } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Upload, uploads } from "#db/schema.ts";
import { enqueueUploads } from "#lib/jobs.ts";
import type { MediaType } from "#lib/media.ts";
import { mediaTypes } from "#lib/media.ts";
import { type Part, startPart } from "#lib/start/part.ts";
import type { Storage } from "#lib/storage/port.ts";
import { testDatabase, testStore } from "#lib/testing.ts";
import { declare, person } from "#lib/uploads/testing.ts";
import { beginUploads, completeUploads } from "#lib/uploads.ts";
import v8Flags from "../bin/v8-flags.json" with { type: "json" };

const project = path.join(import.meta.dirname, "..");
const pollMs = 40;

export type Place = {
  db: Db;
  storage: Storage;
  worker: Part;
  /** Sends a file as somebody new would, and has it verified. Answers the id of the upload. */
  send(bytes: Buffer, declared: string, said?: number): Promise<string>;
  /** The rows once they are ready or rejected, or as they stand when the time is over. */
  settled(ids: string[], msMax: number): Promise<Upload[]>;
  /** Lines of the worker's log since it was asked last, of warnings and worse. */
  complaints(): Promise<string[]>;
  close(): Promise<void>;
};

const typeOf = (text: string): MediaType | "" => mediaTypes.find((type) => type === text) ?? "";

export async function openPlace(more: Record<string, string> = {}): Promise<Place> {
  const [database, store, logs] = await Promise.all([
    testDatabase(),
    testStore(),
    mkdtemp(path.join(tmpdir(), "tintype-hostile-")),
  ]);
  const { db } = database;
  const { storage, bucket } = store;
  const lost: string[] = [];
  const worker = startPart({
    name: "worker",
    program: path.join(project, "lib", "worker", "main.ts"),
    flags: v8Flags.worker,
    environment: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: "production",
      NODE_COMPILE_CACHE: path.join(project, "node_modules", ".cache", "compiled"),
      MALLOC_ARENA_MAX: "1",
      DATABASE_URL: database.url,
      S3_BUCKET: bucket.bucket,
      S3_REGION: bucket.region,
      S3_ENDPOINT: bucket.endpoint,
      S3_ACCESS_KEY_ID: bucket.credentials?.accessKeyId,
      S3_SECRET_ACCESS_KEY: bucket.credentials?.secretAccessKey,
      S3_FORCE_PATH_STYLE: "true",
      S3_ALLOW_HTTP: "true",
      WORKER_CONCURRENCY: "2",
      LOG_LEVEL: "info",
      ...more,
    },
    logs,
    onTrouble: () => {},
    onLost: (sentence) => lost.push(sentence),
    pace: { goodMs: 1_000, pauseMs: 100 },
  });
  const close = async (): Promise<void> => {
    await worker.stop();
    await store.close();
    await database.close();
    await rm(logs, { recursive: true, force: true });
  };
  await worker.ready.catch(async (error: unknown) => {
    await close();
    throw error;
  });

  let read = 0;
  return {
    db,
    storage,
    worker,
    async send(bytes, declared, said = bytes.length) {
      const viewer = await person(db);
      const file = declare(bytes, { mime: typeOf(declared), filename: "hostile", bytes: said });
      const [answer] = await beginUploads(db, storage, { viewer, uploads: [file] });
      if (answer?.status !== "issued") throw new Error(`Not taken: ${JSON.stringify(answer)}`);
      const { id } = answer;
      const [row] = await db.select().from(uploads).where(eq(uploads.id, id));
      // In one piece, however large: how bytes travel is tried elsewhere.
      await db.update(uploads).set({ transport: "post" }).where(eq(uploads.id, id));
      await storage.put(row?.stagingKey ?? "", bytes, { contentType: "application/octet-stream" });
      await completeUploads(db, storage, { viewer, ids: [id], look: false });
      return id;
    },
    async settled(ids, msMax) {
      const began = performance.now();
      for (let asked = began; ; ) {
        const rows = await db.select().from(uploads).where(inArray(uploads.id, ids));
        const open = rows.filter(({ state }) => state === "verifying" || state === "issued");
        if (open.length === 0 || performance.now() - began > msMax) return rows;
        if (performance.now() - asked > 2_000) {
          // What was put off is taken again at once: a minute more would tell nothing more.
          asked = performance.now();
          const idle = open.filter(({ leaseToken, attempts }) => leaseToken === null && attempts > 0);
          await enqueueUploads(db, idle);
        }
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    },
    async complaints() {
      const text = await readFile(path.join(logs, "worker.log"), "utf8").catch(() => "");
      const fresh = text.slice(read);
      read = text.length;
      const lines = fresh
        .split("\n")
        // The reader of EXIF counts aloud what it finds more than once of.
        .filter((line) => !line.startsWith("ExifReader: "))
        .filter((line) => /"level":"(warn|error|fatal)"/.test(line) || /^[^{]/.test(line));
      return [...lines, ...lost.splice(0)];
    },
    close,
  };
}

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { media, quotas, uploads } from "#db/schema.ts";
import { heic } from "../imaging/heic/fixtures.ts";
import { lockDown } from "../imaging/index.ts";
import { trash } from "../library.ts";
import type { Viewer } from "../media.ts";
import { purge } from "../purge.ts";
import { freePort } from "../start/postgres.ts";
import type { Storage } from "../storage/port.ts";
import { StorageError } from "../storage/port.ts";
import { type TestDatabase, type TestStore, testDatabase, testStore } from "../testing.ts";
import { sweep } from "../uploads/sweep.ts";
import { faulty, person, picture, until } from "../uploads/testing.ts";
import { type ImportEvent, type ImportOptions, importFolders } from "./run.ts";
import { collected, verify, worker } from "./testing.ts";

let database: TestDatabase;
let store: TestStore;
let db: Db;
let storage: Storage;
let root: string;

before(async () => {
  await lockDown();
  database = await testDatabase();
  store = await testStore();
  db = database.db;
  storage = store.storage;
  root = await mkdtemp(path.join(tmpdir(), "tintype-test-import-"));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
  await store?.close();
  await database?.close();
});

async function folder(): Promise<string> {
  const made = path.join(root, randomUUID());
  await mkdir(made);
  return made;
}
async function run(viewer: Viewer, at: string, changes: Partial<ImportOptions> = {}, into = storage) {
  const told = collected<ImportEvent>((event) => path.relative(at, event.path));
  await importFolders(db, into, {
    ownerId: viewer.id,
    folders: [at],
    visibility: undefined,
    again: false,
    dryRun: false,
    wait: true,
    concurrency: 3,
    signal: new AbortController().signal,
    onEvent: told.onEvent,
    onSilence: () => {},
    ...changes,
  });
  return told;
}
async function runAll(viewer: Viewer, at: string, changes: Partial<ImportOptions> = {}, into = storage) {
  const beside = await worker(database, storage);
  try {
    return await run(viewer, at, changes, into);
  } finally {
    await beside.stop();
  }
}
const mediaOf = (viewer: Viewer) => db.select().from(media).where(eq(media.ownerId, viewer.id));
const uploadsOf = (viewer: Viewer) => db.select().from(uploads).where(eq(uploads.ownerId, viewer.id));
const quotaOf = async (viewer: Viewer) => {
  const [row] = await db.select().from(quotas).where(eq(quotas.ownerId, viewer.id));
  return { used: row?.usedBytes, reserved: row?.reservedBytes };
};
const keysUnder = async (prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const object of storage.list(prefix)) keys.push(object.key);
  return keys;
};

describe("importing a folder", () => {
  it("brings every picture with its name and date, and names what it leaves", async () => {
    const viewer = await person(db);
    const at = await folder();
    await mkdir(path.join(at, "2019 여름/.git"), { recursive: true });
    await mkdir(path.join(at, "@eaDir"));
    await mkdir(path.join(at, "2019 여름/thumbs"));
    const body = await picture();
    const files: Record<string, Buffer | string> = {
      "a.jpg": body,
      "2019 여름/사진 1.JPG": await picture(),
      "2019 여름/no-ending": await picture(),
      "2019 여름/.git/x.jpg": await picture(),
      "@eaDir/thumb.jpg": await picture(),
      "2019 여름/thumbs/1.jpg": await picture(),
      "broken.jpg": body.subarray(0, 150),
      "clip.avi": Buffer.from("RIFF\0\0\0\0AVI LIST", "latin1"),
      "phone.heic": heic(),
      "words.jpg": "words in a file that is called a picture",
      "a.xmp": "<x/>",
      "empty.jpg": "",
      ".hidden.jpg": body,
    };
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(at, name), content);
    await symlink("a.jpg", path.join(at, "link.jpg"));
    const taken = new Date("2019-07-20T10:00:00.000Z");
    await utimes(path.join(at, "a.jpg"), taken, taken);
    const before = await stat(path.join(at, "a.jpg"));
    const told = await runAll(viewer, at, { visibility: "public", exclude: ["thumbs"] });
    assert.deepEqual(told.byOutcome(), {
      imported: ["2019 여름/no-ending", "2019 여름/사진 1.JPG", "a.jpg", "phone.heic"],
      refused: ["broken.jpg"],
      other_kind: ["clip.avi"],
      not_picture: ["words.jpg"],
      sidecar: ["a.xmp"],
      empty: ["empty.jpg"],
      excluded: ["2019 여름/thumbs"],
      hidden: ["2019 여름/.git", ".hidden.jpg", "@eaDir"].sort(),
      link: ["link.jpg"],
    });
    const rows = await mediaOf(viewer);
    assert.deepEqual(
      rows.map((row) => row.filename).sort(),
      ["a.jpg", "no-ending", "phone.heic", "사진 1.JPG"].sort(),
    );
    const row = rows.find((one) => one.filename === "a.jpg");
    assert.deepEqual([row?.visibility, row?.takenSource, row?.takenAt], ["public", "file", taken]);
    assert.deepEqual((await storage.get(row?.key ?? "", { bytesMax: 10_000 }))?.body, body);
    const after = await stat(path.join(at, "a.jpg"));
    assert.deepEqual(
      [after.size, after.mtimeMs, after.ctimeMs, after.ino],
      [before.size, before.mtimeMs, before.ctimeMs, before.ino],
    );
    await purge(db, storage);
    assert.deepEqual(await keysUnder("incoming/"), []);
  });

  it("brings nothing that is there, twice in the folder, or deleted or refused before", async () => {
    const viewer = await person(db);
    const at = await folder();
    const [first, second] = [await picture(), await picture()];
    await writeFile(path.join(at, "1.jpg"), first);
    await writeFile(path.join(at, "1 copy.jpg"), first);
    await writeFile(path.join(at, "2.jpg"), second);
    await writeFile(path.join(at, "3.jpg"), first.subarray(0, 150));
    assert.deepEqual((await run(viewer, at, { dryRun: true, concurrency: 1 })).byOutcome(), {
      new: ["1 copy.jpg", "2.jpg", "3.jpg"],
      again: ["1.jpg"],
    });
    assert.deepEqual(await uploadsOf(viewer), [], "a dry run leaves no trace");
    const counts = (await runAll(viewer, at)).byOutcome();
    assert.equal(counts.imported?.length, 2);
    assert.deepEqual(counts.refused, ["3.jpg"]);
    const before = await uploadsOf(viewer);
    assert.deepEqual((await run(viewer, at)).byOutcome(), {
      known: ["1 copy.jpg", "1.jpg", "2.jpg"],
      refused_before: ["3.jpg"],
    });
    assert.equal((await uploadsOf(viewer)).length, before.length);
    const [row] = (await mediaOf(viewer)).filter((one) => one.filename === "2.jpg");
    await trash(db, { viewer, ids: [row?.id ?? ""] });
    assert.deepEqual((await run(viewer, at)).byOutcome().deleted_before, ["2.jpg"]);
    const again = (await runAll(viewer, at, { again: true })).byOutcome();
    assert.deepEqual([again.imported, again.refused], [["2.jpg"], ["3.jpg"]]);
  });

  it("reports what cannot be read and what is being written, and goes on", async () => {
    const viewer = await person(db);
    const at = await folder();
    await writeFile(path.join(at, "good.jpg"), await picture());
    const growing = path.join(at, "growing.jpg");
    await writeFile(growing, await picture());
    // Larger than what is held in memory: sent in a second reading, between which it changes.
    const large = path.join(at, "large.jpg");
    await writeFile(large, Buffer.concat([await picture(), Buffer.alloc(17 * 1024 * 1024, 7)]));
    const writing = faulty(storage, {
      async put(key, body, meta) {
        if (!(body instanceof Uint8Array)) await writeFile(large, Buffer.alloc(18 * 1024 * 1024, 8));
        return storage.put(key, body, meta);
      },
    });
    const places = [at, path.join(at, "not there")];
    const told = (await runAll(viewer, at, { folders: places }, writing)).byOutcome();
    assert.deepEqual(told.imported, ["good.jpg", "growing.jpg"]);
    assert.deepEqual(told.changed, ["large.jpg"]);
    // "not there" lies within the other.
    assert.equal(told.unreadable, undefined);
    assert.deepEqual((await run(viewer, at, { folders: [path.join(root, "nowhere")] })).byOutcome(), {
      unreadable: ["../nowhere"],
    });
  });

  it("keeps the owner's limit, and does not count against their own uploads of the day", async () => {
    const viewer = await person(db);
    const at = await folder();
    for (const name of ["1.jpg", "2.jpg", "3.jpg"]) await writeFile(path.join(at, name), await picture());
    const { size } = await stat(path.join(at, "1.jpg"));
    await db
      .update(quotas)
      .set({ limitBytes: size * 2 + 10 })
      .where(eq(quotas.ownerId, viewer.id));
    const told = (await runAll(viewer, at, { concurrency: 1 })).byOutcome();
    assert.deepEqual([told.imported?.length, told.no_room?.length], [2, 1]);
    const { countUploads } = await import("#db/queries/uploads.ts");
    assert.deepEqual(await countUploads(db, viewer.id, { open: 10, day: 10, by: "owner" }), {
      open: 0,
      day: 0,
    });
  });
});

describe("an import that is ended", () => {
  it("goes on where it was, without bringing anything twice", async () => {
    const viewer = await person(db);
    const at = await folder();
    for (let n = 0; n < 9; n++) await writeFile(path.join(at, `${n}.jpg`), await picture());
    // Dies after its second picture is stored and before anybody is told: as a process that is killed.
    let stored = 0;
    const dying = faulty(storage, {
      async put(key, body, meta) {
        await storage.put(key, body, meta);
        stored += 1;
        if (stored === 2) throw new Error("killed");
      },
    });
    await assert.rejects(run(viewer, at, { concurrency: 1, wait: false }, dying), /killed/);
    const left = await uploadsOf(viewer);
    assert.deepEqual(left.map((row) => row.state).sort(), ["issued", "verifying"]);
    const told = (await runAll(viewer, at)).byOutcome();
    assert.deepEqual(told, { imported: Array.from({ length: 9 }, (_, n) => `${n}.jpg`) });
    assert.equal((await uploadsOf(viewer)).length, 9, "what was begun was taken up");
    assert.equal((await quotaOf(viewer)).reserved, 0);
  });

  it("is finished by the sweeper when nobody continues it (F-4)", async () => {
    const viewer = await person(db);
    const at = await folder();
    await writeFile(path.join(at, "stored.jpg"), await picture());
    await writeFile(path.join(at, "unsent.jpg"), await picture());
    let calls = 0;
    const dying = faulty(storage, {
      async put(key, body, meta) {
        calls += 1;
        if (calls === 1) await storage.put(key, body, meta);
        throw new Error("killed");
      },
    });
    await assert.rejects(run(viewer, at, { concurrency: 2, wait: false }, dying), /killed/);
    await until(async () => (await uploadsOf(viewer)).length === 2);
    await db
      .update(uploads)
      .set({ policyExpiresAt: sql`now() - interval '1 day'` })
      .where(eq(uploads.ownerId, viewer.id));
    await sweep(db, storage);
    const rows = await uploadsOf(viewer);
    assert.deepEqual(rows.map((row) => row.state).sort(), ["expired", "verifying"]);
    for (const row of rows)
      if (row.state === "verifying") assert.equal(await verify(db, storage, row.id), "ready");
    assert.equal((await quotaOf(viewer)).reserved, 0);
    assert.equal((await mediaOf(viewer)).length, 1);
  });

  it("stops at a signal and says nothing untrue", async () => {
    const viewer = await person(db);
    const at = await folder();
    for (let n = 0; n < 6; n++) await writeFile(path.join(at, `${n}.jpg`), await picture());
    const controller = new AbortController();
    const told = collected<ImportEvent>((event) => path.relative(at, event.path));
    const stopping = faulty(storage, {
      async put(key, body, meta) {
        await storage.put(key, body, meta);
        controller.abort();
      },
    });
    await run(viewer, at, { signal: controller.signal, concurrency: 1, onEvent: told.onEvent }, stopping);
    assert.deepEqual(told.byOutcome(), { queued: ["0.jpg"] });
    assert.deepEqual(
      (await uploadsOf(viewer)).map((row) => row.state),
      ["verifying"],
    );
  });

  it("waits for a store that is away, and gives up in a sentence when it refuses (R-33)", async () => {
    const viewer = await person(db);
    const at = await folder();
    await writeFile(path.join(at, "1.jpg"), await picture());
    let calls = 0;
    const restarting = faulty(storage, {
      async put(key, body, meta) {
        calls += 1;
        if (calls === 1) throw new StorageError("unavailable", "no answer");
        return storage.put(key, body, meta);
      },
    });
    assert.deepEqual((await runAll(viewer, at, {}, restarting)).byOutcome(), { imported: ["1.jpg"] });
    await writeFile(path.join(at, "2.jpg"), await picture());
    const refusing = faulty(storage, {
      put: async () => {
        throw new StorageError("denied", "The bucket refuses.");
      },
    });
    await assert.rejects(run(viewer, at, {}, refusing), /The bucket refuses/);
  });
});

describe("the command", () => {
  const program = path.join(import.meta.dirname, "..", "cli", "main.ts");
  const elsewhere = () => ({
    TINTYPE_DATA: path.join(root, "data"),
    DATABASE_URL: database.url,
    AUTH_SECRET: "a secret of more than thirty-two characters",
    S3_BUCKET: store.bucket.bucket,
    S3_REGION: store.bucket.region,
    S3_ENDPOINT: store.bucket.endpoint,
    S3_ACCESS_KEY_ID: store.bucket.credentials?.accessKeyId,
    S3_SECRET_ACCESS_KEY: store.bucket.credentials?.secretAccessKey,
  });
  const start = (args: string[], env: Record<string, string | undefined> = elsewhere()) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { PATH: process.env.PATH, NODE_ENV: "test", ...env },
    });
    const said: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => said.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
    return { child, said: () => said.join(""), ended: once(child, "close").then(([code]) => code) };
  };

  it("survives kill -9 in the middle and is continued by the same words", async () => {
    const viewer = await person(db);
    const at = await folder();
    const digests = new Set<string>();
    for (let n = 0; n < 40; n++) {
      const body = await picture();
      digests.add(createHash("sha256").update(body).digest("hex"));
      await writeFile(path.join(at, `${n}.jpg`), body);
    }
    const args = ["import", at, "--owner", viewer.email, "--json"];
    const beside = await worker(database, storage);
    const first = start(args);
    await until(async () => (await uploadsOf(viewer)).length > 5 || first.child.exitCode !== null);
    first.child.kill("SIGKILL");
    await first.ended;
    const brought = (await uploadsOf(viewer)).length;
    assert.ok(brought > 5 && brought < 40, `killed in the middle, after ${brought}: ${first.said()}`);
    const second = start(args);
    assert.equal(await second.ended, 0, second.said());
    await beside.stop();
    const rows = await mediaOf(viewer);
    assert.deepEqual(new Set(rows.map((row) => row.sha256)), digests);
    assert.equal(rows.length, 40);
    const lines = second
      .said()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, 41);
    assert.equal(lines.at(-1)?.interrupted, false);
    assert.equal((await quotaOf(viewer)).reserved, 0);
  });

  it("needs nothing that runs: it brings the database, the store and a worker for as long as it takes", async () => {
    const at = await folder();
    await writeFile(path.join(at, "1.jpg"), await picture());
    // Not below the other folder: the server's own account could not look into it.
    const data = path.join(tmpdir(), `tintype-test-alone-${randomUUID()}`);
    const env = { TINTYPE_DATA: data, TINTYPE_STORE_PORT: String(await freePort()) };
    try {
      const account = start(
        ["user", "add", "ann@example.org", "--name", "Ann", "--role", "owner", "--password-stdin"],
        env,
      );
      account.child.stdin.end("a long password of Ann's");
      assert.equal(await account.ended, 0, account.said());
      const first = start(["import", at], env);
      assert.equal(await first.ended, 0, first.said());
      assert.match(first.said(), /^ +1 {2}imported, /);
      const second = start(["adopt", "--prefix", "media/"], env);
      assert.equal(await second.ended, 0, second.said());
      assert.match(second.said(), /^ +1 {2}in the gallery already, /);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });

  it("says what is wrong with an object that stays where it is, and not that it was not kept", async () => {
    const viewer = await person(db);
    await storage.put("media/old/words.jpg", Buffer.from("not a picture"), { contentType: "image/jpeg" });
    const beside = await worker(database, storage);
    const run = start(["adopt", "--prefix", "media/old/", "--apply", "--owner", viewer.email]);
    assert.equal(await run.ended, 1, run.said());
    await beside.stop();
    assert.match(run.said(), /media\/old\/words\.jpg: This is not a picture, whatever its name says\n/);
  });

  it("says in a sentence whose account is missing and which prefix is meant", async () => {
    const at = await folder();
    const nobody = start(["import", at, "--owner", "nobody@example.com"]);
    const slash = start(["adopt", "--prefix", "/media/"]);
    assert.deepEqual(await Promise.all([nobody.ended, slash.ended]), [1, 1]);
    assert.equal(
      nobody.said(),
      "There is no account of nobody@example.com. tintype user list shows those there are.\n",
    );
    assert.equal(slash.said(), "Keys do not begin with a slash: say --prefix media/.\n");
  });
});

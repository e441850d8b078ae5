import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const minute = 60_000;
let folder: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tintype-credentials-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/**
 * Runs a piece of program in a process of its own, whose profile gives keys that last so many minutes: the first time
 * those of the first number, and so on; the last number stays. Returns what it printed and how often it asked.
 */
async function withKeysFor(minutes: number[], program: string): Promise<{ told: unknown; asked: number }> {
  const log = path.join(folder, "asked");
  await writeFile(log, "");
  const giver = path.join(folder, "giver.mjs");
  await writeFile(
    giver,
    `import { appendFileSync, readFileSync } from "node:fs";
     appendFileSync(${JSON.stringify(log)}, "x");
     const times = readFileSync(${JSON.stringify(log)}).length;
     const minutes = ${JSON.stringify(minutes)}[Math.min(times, ${minutes.length}) - 1];
     if (minutes === null) process.exit(1);
     const Expiration = new Date(Date.now() + minutes * ${minute}).toISOString();
     console.log(JSON.stringify({ Version: 1, AccessKeyId: "ASIA" + times, SecretAccessKey: "s", SessionToken: "t", Expiration }));`,
  );
  const config = path.join(folder, "config");
  await writeFile(config, `[profile role]\ncredential_process = ${process.execPath} ${giver}\n`);
  const door = JSON.stringify(path.join(import.meta.dirname, "s3.ts"));
  const source = `
    import { openStorage } from ${door};
    const endpoint = "http://127.0.0.1:9";
    const storage = openStorage({ bucket: "pictures", region: "x", endpoint, publicEndpoint: endpoint,
      credentials: undefined, forcePathStyle: true, location: "" });
    const promise = { bytes: 1, contentType: "image/jpeg", expiresIn: 3600 };
    const tell = (value) => console.log(JSON.stringify(value));
    ${program}
    storage.close();`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", source], {
    env: {
      NODE_ENV: "test",
      PATH: process.env.PATH,
      HOME: folder,
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: path.join(folder, "none"),
      AWS_PROFILE: "role",
      AWS_EC2_METADATA_DISABLED: "true",
    },
  });
  return { told: JSON.parse(stdout), asked: (await readFile(log, "utf8")).length };
}

const secondsLeft = (date: unknown): number => (Date.parse(String(date)) - Date.now()) / 1000;

test("nothing that is signed outlives the temporary credentials that signed it (R-14)", async () => {
  const { told } = await withKeysFor(
    [15],
    `const post = await storage.presignPost("incoming/x", promise);
     const put = await storage.presignPut("incoming/x", promise);
     const part = await storage.multipart.presignPart("incoming/x", "id", { number: 1, bytes: 1, expiresIn: 3600 });
     const url = new URL(await storage.url("media/x", { expiresIn: 3600 }));
     tell({ ends: [post.expiresAt, put.expiresAt, part.expiresAt], seconds: url.searchParams.get("X-Amz-Expires"),
       short: (await storage.presignPut("incoming/x", { ...promise, expiresIn: 60 })).expiresAt });`,
  );
  assert.ok(
    typeof told === "object" && told !== null && "ends" in told && "seconds" in told && "short" in told,
  );
  assert.ok(Array.isArray(told.ends) && told.ends.length === 3);
  for (const end of told.ends) {
    const left = secondsLeft(end);
    assert.ok(left > 12 * 60 && left <= 14 * 60, String(left));
  }
  assert.ok(Number(told.seconds) > 12 * 60 && Number(told.seconds) <= 14 * 60, String(told.seconds));
  assert.ok(secondsLeft(told.short) <= 60);
});

test("credentials that are about to end are renewed before anything is signed with them (R-14)", async () => {
  const { told, asked } = await withKeysFor(
    [1, 60],
    `await storage.presignPost("incoming/x", { ...promise, expiresIn: 1 });
     tell((await storage.presignPost("incoming/x", promise)).fields["X-Amz-Credential"]);`,
  );
  assert.match(String(told), /^ASIA2\//);
  assert.equal(asked, 2);
});

test("credentials that have ended sign nothing, and say so", async () => {
  const { told } = await withKeysFor(
    [-1],
    `await storage.presignPost("incoming/x", promise).catch((error) => tell([error.code, error.message]));`,
  );
  assert.ok(Array.isArray(told));
  assert.match(String(told[1]), /^The bucket could not sign an upload: no credentials were found/);
  const nearly = await withKeysFor(
    [0.5],
    `await storage.presignPost("incoming/x", promise).catch((error) => tell([error.code, error.message]));`,
  );
  assert.deepEqual(nearly.told, ["denied", "The credentials for the bucket have run out."]);
});

test("whoever gives out credentials is asked once for everybody, and may be silent while the last ones hold", async () => {
  const many = await withKeysFor(
    [60],
    `await Promise.all(Array.from({ length: 20 }, () => storage.presignPut("incoming/x", promise)));
     await Promise.all(Array.from({ length: 20 }, () => storage.url("media/x", { expiresIn: 60 })));
     tell(true);`,
  );
  assert.equal(many.asked, 1);
  const silent = await withKeysFor(
    [8, Number.NaN],
    `const first = await storage.url("media/x", { expiresIn: 60 });
     const second = await storage.url("media/x", { expiresIn: 60 });
     tell([first, second].map((url) => new URL(url).searchParams.get("X-Amz-Credential").split("/")[0]));`,
  );
  assert.deepEqual(silent.told, ["ASIA1", "ASIA1"]);
});

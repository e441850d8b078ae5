/** What a person sees when `npm start` cannot go on: the real launcher, the real command, real exit codes. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { freePort } from "./postgres.ts";

const launcher = path.join(import.meta.dirname, "..", "..", "bin", "tintype.mjs");
const data = path.join(tmpdir(), `tintype-refused-${randomBytes(6).toString("hex")}`);
/** Far above what a refusal takes; a command that hangs is killed, and its code is null. */
const patienceMs = 60_000;

after(() => rm(data, { recursive: true, force: true }));

async function tintype(
  args: string[],
  environment: Record<string, string>,
): Promise<{ code: number | null; out: string; err: string }> {
  const { DATABASE_URL: _1, S3_BUCKET: _2, ...inherited } = process.env;
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { ...inherited, TINTYPE_DATA: data, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: patienceMs,
    killSignal: "SIGKILL",
  });
  const told = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    told.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    told.err += text;
  });
  const [code] = await once(child, "close");
  return { code: typeof code === "number" ? code : null, ...told };
}

const cases: [title: string, environment: Record<string, string>, sentence: RegExp][] = [
  ["a port that is not a number", { PORT: "abc" }, /^PORT must be .*\.\n$/],
  ["a bucket without its region", { S3_BUCKET: "pictures" }, /^S3_BUCKET and S3_REGION .*\.\n$/],
  ["an unknown variable", { TRASH_SECOND: "3" }, /^TRASH_SECOND is not a setting .*TRASH_SECONDS.*\n$/],
  [
    "a data folder where nothing can be made",
    { TINTYPE_DATA: "/proc/tintype/data" },
    /^Tintype cannot write in its data folder \/proc\/tintype\/data \(no folder .*TINTYPE_DATA.*\n$/,
  ],
];

for (const [title, environment, sentence] of cases)
  for (const command of ["start", "setup-link"])
    test(`tintype ${command} ends with code 1 and one sentence on ${title} (R-84)`, async () => {
      const { code, err } = await tintype([command], environment);
      assert.match(err, sentence);
      assert.equal(code, 1);
      assert.equal(existsSync(data), false, "the data folder was made all the same");
    });

test("tintype start ends with code 1 and one sentence on a taken port", async () => {
  const other = createServer().listen(await freePort(), "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const { code, err } = await tintype(["start"], {
    PORT: String(port),
    TINTYPE_STORE_PORT: String(await freePort()),
  });
  other.close();
  assert.equal(err, `Port ${port} is already in use. Stop the other program or set PORT.\n`);
  assert.equal(code, 1);
});

test("a wrong command line ends with code 2, help with code 0", async () => {
  assert.equal((await tintype(["begin"], {})).code, 2);
  const help = await tintype(["--help"], {});
  assert.equal(help.code, 0);
  assert.match(help.out, /Examples:/);
});

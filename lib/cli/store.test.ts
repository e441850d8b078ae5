/** `tintype store serve` as a person starts it, with nothing set and with everything set for something else. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { freePort } from "#lib/storage/embedded/testing.ts";
import { openStorage } from "#lib/storage/s3.ts";

const program = path.join(import.meta.dirname, "main.ts");

describe("tintype store serve", () => {
  let folder: string;
  let port: number;
  const children: ChildProcess[] = [];
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tintype-serve-"));
    port = await freePort();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  after(() => rm(folder, { recursive: true }));

  function serve(env: Record<string, string> = {}, more: string[] = []) {
    const args = [program, "store", "serve", "--data", folder, "--port", String(port), ...more];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { NODE_ENV: "test", PATH: process.env.PATH, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => {
        said += text;
      });
    const ended = once(child, "close").then(([code]) => ({ code, said }));
    const ready = async (): Promise<string> => {
      while (!said.includes("Ctrl-C stops it")) {
        const over = await Promise.race([ended, once(child.stdout, "data").then(() => undefined)]);
        if (over !== undefined) assert.fail(`It ended with ${over.code}: ${over.said}`);
      }
      return said;
    };
    return { child, ended, ready };
  }

  const stores = async (keys: { accessKeyId: string; secretAccessKey: string }, region: string) => {
    const endpoint = `http://127.0.0.1:${port}`;
    const place = {
      bucket: "pictures",
      endpoint,
      publicEndpoint: endpoint,
      forcePathStyle: true,
      location: "",
    };
    const storage = openStorage({ ...place, region, credentials: keys });
    await storage.provision({ origins: ["http://localhost:3000"] });
    await storage.put("a", Buffer.from("x"), { contentType: "text/plain" });
    assert.equal((await storage.head("a"))?.bytes, 1);
    storage.close();
  };

  it("makes keys that work, prints them once, keeps them for its owner only, and ends cleanly", async () => {
    const first = serve();
    const said = await first.ready();
    const value = (name: string): string => new RegExp(`^ *${name} +(\\S+)$`, "m").exec(said)?.[1] ?? "";
    assert.equal(value("Endpoint"), `http://127.0.0.1:${port}`);
    await stores({ accessKeyId: value("Access key"), secretAccessKey: value("Secret key") }, value("Region"));
    first.child.kill("SIGINT");
    assert.equal((await first.ended).code, 0);
    assert.equal((await stat(path.join(folder, "secrets.json"))).mode & 0o077, 0);

    const second = serve();
    const again = await second.ready();
    assert.match(again, new RegExp(value("Access key")));
    assert.doesNotMatch(again, new RegExp(value("Secret key")));
    await stores({ accessKeyId: value("Access key"), secretAccessKey: value("Secret key") }, value("Region"));
  });

  it("takes the keys and the region that it is given, whatever else is set for Tintype itself", async () => {
    const keys = { accessKeyId: "mine", secretAccessKey: "a-secret-of-mine" };
    const other = {
      S3_BUCKET: "elsewhere",
      APP_URL: "https://pictures.example",
      DATABASE_URL: "none",
      TRASH_SECONDS: "a month",
    };
    const env = { S3_ACCESS_KEY_ID: keys.accessKeyId, S3_SECRET_ACCESS_KEY: keys.secretAccessKey, ...other };
    const served = serve(env, ["--region", "eu-west-3"]);
    assert.doesNotMatch(await served.ready(), /a-secret-of-mine/);
    await stores(keys, "eu-west-3");
  });

  it("says in one sentence why it cannot start", async () => {
    const why = async (env: Record<string, string>, more: string[]): Promise<string> => {
      const { code, said } = await serve(env, more).ended;
      assert.notEqual(code, 0);
      assert.equal(said.trim().split("\n").length, 1, said);
      return said;
    };
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const takenPort = typeof address === "object" && address !== null ? String(address.port) : "";
    assert.match(await why({}, ["--port", takenPort]), /Port \d+ of 127\.0\.0\.1 is taken.*--port/);
    taken.close();
    assert.match(await why({}, ["--data", "/dev/null"]), /cannot write in its data folder \/dev\/null/);
    assert.match(await why({}, ["--host", "192.0.2.1"]), /not an address of this machine.*--host/);
    assert.match(await why({}, ["--port", "70000"]), /1 to 65535/);
    assert.match(await why({ S3_ACCESS_KEY_ID: "half" }, []), /set both or neither/);
    const serving = serve();
    await serving.ready();
    assert.match(await why({}, ["--port", String(await freePort())]), /in use by another Tintype.*--data/);
  });
});

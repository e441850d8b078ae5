/** The store as a process: how it starts, is refused and stops. */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { BucketSettings } from "../../env.ts";
import { openPost } from "../form-post.ts";
import { openStorage } from "../s3.ts";
import { bodiesOf, eventually, freePort } from "./testing.ts";

const credentials = { accessKeyId: "PROCESS", secretAccessKey: randomBytes(20).toString("hex") };
const type = "image/jpeg";

describe("the store's process", () => {
  let folder: string;
  let bucket: BucketSettings;
  const children: ChildProcess[] = [];

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tintype-process-"));
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const region = "ap-northeast-2";
    bucket = {
      bucket: "tintype-process",
      region,
      endpoint,
      publicEndpoint: endpoint,
      credentials,
      forcePathStyle: true,
      location: "",
    };
  });
  const gone = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
      await gone(child);
    }
  });
  after(() => rm(folder, { recursive: true }));

  type Running = { child: ChildProcess; errors: () => string };
  function start(env: Record<string, string> = {}): Running {
    const child = fork(path.join(import.meta.dirname, "main.ts"), {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: {
        NODE_ENV: "test",
        PATH: process.env.PATH,
        TINTYPE_DATA: folder,
        TINTYPE_STORE_PORT: new URL(bucket.endpoint ?? "").port,
        S3_BUCKET: bucket.bucket,
        S3_REGION: bucket.region,
        S3_ENDPOINT: bucket.endpoint,
        S3_ACCESS_KEY_ID: credentials.accessKeyId,
        S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        LOG_LEVEL: "trace",
        ...env,
      },
    });
    children.push(child);
    let errors = "";
    child.stderr?.on("data", (piece) => {
      errors += piece;
    });
    return { child, errors: () => errors };
  }
  const ready = async (): Promise<Running> => {
    const running = start();
    const [message] = await Promise.race([
      once(running.child, "message"),
      once(running.child, "exit").then(() => [running.errors()]),
    ]);
    assert.equal(message, "ready");
    return running;
  };
  const refusedStart = async (env: Record<string, string>): Promise<string> => {
    const { child, errors } = start(env);
    const [code] = await once(child, "close");
    assert.equal(code, 1);
    assert.equal(errors().trim().split("\n").length, 1, errors());
    return errors();
  };

  it("finishes an upload that is under way when it is told to stop, and takes no new ones", async () => {
    const { child, errors } = await ready();
    const storage = openStorage(bucket);
    await storage.provision({ origins: ["http://localhost:3000"] });
    const { url, fields } = await storage.presignPost("incoming/last", {
      bytes: 3_000_000,
      contentType: type,
      expiresIn: 60,
    });
    const post = openPost({ url, fields, file: Buffer.alloc(3_000_000) });
    post.send(2_000_000);
    await eventually(async () => (await bodiesOf(folder)).length === 1);
    child.kill("SIGTERM");
    await eventually(() =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    );
    post.send();
    assert.equal((await post.answer).status, 201);
    await gone(child);
    assert.equal(child.exitCode, 0);
    storage.close();

    await ready();
    const again = openStorage(bucket);
    assert.equal((await again.head("incoming/last"))?.bytes, 3_000_000);
    again.close();
    for (const secret of [
      fields.Policy ?? "none",
      fields["X-Amz-Signature"] ?? "none",
      credentials.secretAccessKey,
    ])
      assert.ok(!errors().includes(secret));
  });

  it("prints nothing on stdout and no signature in its log (R-68)", async () => {
    const { child, errors } = await ready();
    let printed = "";
    child.stdout?.on("data", (piece) => {
      printed += piece;
    });
    await fetch(`${bucket.endpoint}/x/y?X-Amz-Signature=abcdef0123456789&X-Amz-Algorithm=x`);
    await fetch(`${bucket.endpoint}/x/y`, {
      headers: { authorization: "AWS4-HMAC-SHA256 Signature=abcdef0123456789" },
    });
    child.kill("SIGTERM");
    await once(child, "close");
    assert.equal(printed, "");
    assert.match(errors(), /"msg":"answered"/);
    assert.doesNotMatch(errors(), /abcdef0123456789|Warning/);
  });

  it("says in one sentence that the folder is in use", async () => {
    await ready();
    assert.match(
      await refusedStart({ TINTYPE_STORE_PORT: String(await freePort()) }),
      /is in use by another Tintype/,
    );
  });

  it("says in one sentence that the port is taken", async () => {
    await ready();
    const elsewhere = await mkdtemp(path.join(tmpdir(), "tintype-process-"));
    const said = await refusedStart({ TINTYPE_DATA: elsewhere });
    assert.match(said, /Port \d+ of 127\.0\.0\.1 is taken.*TINTYPE_STORE_PORT/);
    await rm(elsewhere, { recursive: true });
  });

  it("says in one sentence that the folder cannot be written", async () => {
    assert.match(await refusedStart({ TINTYPE_DATA: "/dev/null" }), /cannot write to \/dev\/null\/store/);
  });

  it("says in one sentence that a setting is missing", async () => {
    assert.match(await refusedStart({ S3_ACCESS_KEY_ID: "", S3_SECRET_ACCESS_KEY: "" }), /S3_ACCESS_KEY_ID/);
  });
});

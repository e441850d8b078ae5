/** What only the embedded store promises: its folder, its limits, its manners towards clients. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { BucketSettings } from "../../env.ts";
import { codeOf, postForm } from "../form-post.ts";
import type { Storage } from "../port.ts";
import { openStorage } from "../s3.ts";
import { type RunningStore, type StoreOptions, startStore } from "./server.ts";

const credentials = { accessKeyId: "EMBEDDED", secretAccessKey: randomBytes(20).toString("hex") };
const region = "ap-northeast-2";
const Bucket = "tintype-embedded";
const type = "image/jpeg";

const settingsOf = (url: string): BucketSettings => ({
  bucket: Bucket,
  region,
  endpoint: url,
  publicEndpoint: url,
  credentials,
  forcePathStyle: true,
  location: "",
});
const open = (folder: string, more: Partial<StoreOptions> = {}): Promise<RunningStore> =>
  startStore({ folder, host: "127.0.0.1", port: 0, credentials, region, ...more });
const clientOf = (url: string): S3Client =>
  new S3Client({
    region,
    endpoint: url,
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}
const bodiesUnder = (folder: string): Promise<string[]> => filesUnder(path.join(folder, "bodies"));

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < until, "it did not come true within ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("the store's folder", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tintype-store-"));
  });
  after(() => rm(folder, { recursive: true }));

  const session = async (
    work: (storage: Storage, client: S3Client, store: RunningStore) => Promise<void>,
  ) => {
    const store = await open(folder);
    const storage = openStorage(settingsOf(store.url));
    const client = clientOf(store.url);
    try {
      await work(storage, client, store);
    } finally {
      storage.close();
      client.destroy();
      await store.close();
    }
  };

  it("keeps objects, their headers, the CORS rule and uploads in progress over a restart", async () => {
    let UploadId: string | undefined;
    await session(async (storage, client) => {
      await storage.provision({ origins: ["http://localhost:3000"] });
      const Metadata = { from: "here" };
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key: "제주/사진.jpg",
          Body: "body",
          ContentType: type,
          CacheControl: "private",
          Metadata,
        }),
      );
      ({ UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts" })));
      await client.send(
        new UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber: 1, Body: "part" }),
      );
    });
    await session(async (_, client) => {
      const got = await client.send(new GetObjectCommand({ Bucket, Key: "제주/사진.jpg" }));
      assert.equal(await got.Body?.transformToString(), "body");
      assert.deepEqual(
        [got.ContentType, got.CacheControl, got.Metadata],
        [type, "private", { from: "here" }],
      );
      const { CORSRules } = await client.send(new GetBucketCorsCommand({ Bucket }));
      assert.deepEqual(CORSRules?.[0]?.AllowedOrigins, ["http://localhost:3000"]);
      const { Parts } = await client.send(new ListPartsCommand({ Bucket, Key: "parts", UploadId }));
      assert.equal(Parts?.[0]?.Size, 4);
    });
  });

  it("lets nobody else in while it is open", async () => {
    await session(async () => {
      await assert.rejects(open(folder), { name: "StoreInUse" });
    });
  });

  it("has one file for each object, and none for what was replaced, deleted, refused or broken off", async () => {
    await session(async (storage, client) => {
      const start = (await bodiesUnder(folder)).length;
      for (const text of ["one", "two", "three"])
        await storage.put("same", Buffer.from(text), { contentType: type });
      await storage.put("other", Buffer.from("x"), { contentType: type });
      await storage.delete("other");
      const { url, fields } = await storage.presignPost("incoming/x", {
        bytes: 5,
        contentType: type,
        expiresIn: 60,
      });
      await postForm({ url, fields, file: Buffer.alloc(6) });
      await postForm({ url, fields, file: Buffer.alloc(5), unclosed: true });
      await assert.rejects(postForm({ url, fields, file: Buffer.alloc(300_000), cutAfter: 200_000 }));
      const wrongSum = new PutObjectCommand({
        Bucket,
        Key: "sum",
        Body: "x",
        ChecksumSHA256: Buffer.alloc(32).toString("base64"),
      });
      await assert.rejects(client.send(wrongSum));
      await assert.rejects(storage.put("same", Buffer.from("late"), { contentType: type, ifAbsent: true }));
      const racers = Array.from({ length: 10 }, () =>
        storage.put("race", randomBytes(5000), { contentType: type, ifAbsent: true }),
      );
      await Promise.allSettled(racers);
      await eventually(async () => (await bodiesUnder(folder)).length === start + 2);
    });
  });

  it("puts no file anywhere else, whatever the key says", async () => {
    const parent = path.dirname(folder);
    const before_ = (await readdir(parent)).sort();
    await session(async (_, client) => {
      for (const Key of [
        "../../escaped",
        "/etc/escaped",
        "a\\..\\..\\escaped",
        "C:\\escaped",
        "x/../../../../../../../../tmp/escaped",
      ])
        await client.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    });
    assert.ok((await filesUnder(folder)).every((file) => !file.includes("escaped")));
    const found = (await readdir(parent)).filter((name) => !before_.includes(name));
    assert.ok(!found.includes("escaped"));
    await assert.rejects(readdir("/tmp/escaped"), { code: "ENOENT" });
  });

  it("removes at its start what a crash has left behind, and nothing else", async () => {
    const name = randomBytes(20).toString("hex");
    const orphan = path.join(folder, "bodies", name.slice(0, 2), name);
    const partial = path.join(folder, "partial", name);
    await mkdir(path.dirname(partial), { recursive: true });
    await writeFile(orphan, "written, never committed");
    await writeFile(partial, "where the first version began its bodies");
    const files = await bodiesUnder(folder);
    await session(async () => {
      await eventually(async () => !(await bodiesUnder(folder)).includes(orphan));
      await assert.rejects(readdir(path.dirname(partial)), { code: "ENOENT" });
      assert.deepEqual((await bodiesUnder(folder)).sort(), files.filter((file) => file !== orphan).sort());
    });
  });

  it("is private to its owner", async () => {
    const { stat } = await import("node:fs/promises");
    assert.equal((await stat(path.join(folder, "bodies"))).mode & 0o077, 0);
    for (const file of await bodiesUnder(folder)) assert.equal((await stat(file)).mode & 0o077, 0);
  });
});

describe("what nobody comes back for", () => {
  it("is forgotten: uploads in parts in which nothing happens, with their bytes; others stay", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "tintype-store-"));
    const uploading = async (unfinishedMs: number, Key: string) => {
      const store = await open(folder, { unfinishedMs });
      const client = clientOf(store.url);
      if ((await client.send(new ListBucketsCommand({}))).Buckets?.length === 0)
        await client.send(new CreateBucketCommand({ Bucket }));
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const part = { Bucket, Key, UploadId, PartNumber: 1, Body: "part" };
      await client.send(new UploadPartCommand(part));
      const keys = async () => {
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
        return Uploads.map((one) => one.Key);
      };
      const close = async () => {
        client.destroy();
        await store.close();
      };
      return { keys, close };
    };
    const first = await uploading(60_000, "first");
    await first.close();
    const second = await uploading(60_000, "second");
    assert.deepEqual(await second.keys(), ["first", "second"]);
    await second.close();
    const later = await uploading(-1000, "third");
    await eventually(async () => (await later.keys()).join() === "third");
    await eventually(async () => (await bodiesUnder(folder)).length === 1);
    await later.close();
    await rm(folder, { recursive: true });
  });
});

describe("the store over HTTP", () => {
  let folder: string;
  let store: RunningStore;
  let storage: Storage & { close(): void };
  let client: S3Client;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tintype-store-"));
    store = await open(folder, { pace: { everyMs: 300, bytesMin: 1000 } });
    storage = openStorage(settingsOf(store.url));
    client = clientOf(store.url);
    await storage.provision({ origins: ["http://localhost:3000"] });
  });
  after(async () => {
    storage.close();
    client.destroy();
    await store.close();
    await rm(folder, { recursive: true });
  });

  const policy = (bytes: number) =>
    storage.presignPost("incoming/x", { bytes, contentType: type, expiresIn: 60 });
  const socketTo = (): Socket => connect(Number(new URL(store.url).port), "127.0.0.1");

  it("refuses POST Object when it is told to, and nothing else", async () => {
    const own = await mkdtemp(path.join(tmpdir(), "tintype-store-"));
    const refusing = await open(own, { refusePost: true });
    const there = openStorage(settingsOf(refusing.url));
    await there.provision({ origins: ["http://localhost:3000"] });
    const { url, fields } = await there.presignPost("incoming/x", {
      bytes: 1,
      contentType: type,
      expiresIn: 60,
    });
    const answer = await postForm({ url, fields, file: Buffer.from("x") });
    assert.deepEqual([answer.status, codeOf(answer)], [501, "NotImplemented"]);
    await there.put("incoming/x", Buffer.from("x"), { contentType: type });
    assert.equal((await there.head("incoming/x"))?.bytes, 1);
    there.close();
    await refusing.close();
    await rm(own, { recursive: true });
  });

  it("sends every object with headers that keep a browser from running it", async () => {
    const { url, fields } = await policy(5);
    const answer = await postForm({ url, fields, file: Buffer.from("<svg>") });
    for (const headers of [
      answer.headers,
      Object.fromEntries((await fetch(`${store.url}/${Bucket}/x`)).headers),
    ]) {
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.match(String(headers["content-security-policy"]), /sandbox/);
    }
  });

  it("answers 201, 200, 204 or a redirect, as the policy says", async () => {
    const post = async (Fields: Record<string, string>) => {
      const { url, fields } = await createPresignedPost(client, {
        Bucket,
        Key: "status",
        Fields,
        Expires: 60,
      });
      return postForm({ url, fields, file: Buffer.from("x") });
    };
    for (const status of ["200", "201", "204"])
      assert.equal((await post({ success_action_status: status })).status, Number(status));
    assert.equal((await post({})).status, 204);
    assert.equal((await post({ success_action_status: "500" })).status, 204);
    const redirected = await post({ success_action_redirect: "https://example.org/done?a=1" });
    assert.equal(redirected.status, 303);
    assert.match(
      redirected.headers.location ?? "",
      /^https:\/\/example\.org\/done\?a=1&bucket=tintype-embedded&key=status&etag=/,
    );
    assert.equal((await post({ success_action_redirect: "javascript:alert(1)" })).status, 204);
  });

  it("refuses forms with more than 20 KB of fields, without a boundary, a file or a name", async () => {
    const { url, fields } = await policy(1);
    const file = Buffer.from("x");
    const large = await postForm({ url, fields: { ...fields, "x-ignore-much": "x".repeat(21_000) }, file });
    assert.equal(codeOf(large), "MaxPostPreDataLengthExceededError");
    const much = Object.fromEntries([1, 2, 3].map((n) => [`x-ignore-${n}`, "x".repeat(8000)]));
    const many = await postForm({ url, fields: { ...fields, ...much }, file });
    assert.equal(codeOf(many), "MaxPostPreDataLengthExceededError");
    assert.equal(codeOf(await postForm({ url, fields })), "InvalidArgument");
    for (const [header, body] of [
      ["multipart/form-data", "x"],
      ["multipart/form-data; boundary=a", ""],
      ["multipart/form-data; boundary=a", "--a\r\n\r\n\r\nx\r\n--a--"],
      ["multipart/form-data; boundary=a", "--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--"],
    ] as const) {
      const answer = await fetch(url, { method: "POST", body, headers: { "content-type": header } });
      assert.equal(answer.status, 400);
      assert.equal(codeOf({ body: await answer.text() }), "MalformedPOSTRequest");
    }
  });

  it("refuses policies that are no policies, signed or not", async () => {
    const { createHmac } = await import("node:crypto");
    const hmac = (key: string | Buffer, text: string): Buffer =>
      createHmac("sha256", key).update(text).digest();
    const day = new Date().toISOString().slice(0, 10).replaceAll("-", "");
    const dayKey = ["s3", "aws4_request"].reduce(
      hmac,
      hmac(hmac(`AWS4${credentials.secretAccessKey}`, day), region),
    );
    const send = (policyText: string) => {
      const Policy = Buffer.from(policyText).toString("base64");
      return postForm({
        url: `${store.url}/${Bucket}`,
        fields: {
          key: "policy",
          Policy,
          "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
          "X-Amz-Credential": `${credentials.accessKeyId}/${day}/${region}/s3/aws4_request`,
          "X-Amz-Date": new Date().toISOString().replace(/[-:]|\.\d{3}/g, ""),
          "X-Amz-Signature": hmac(dayKey, Policy).toString("hex"),
        },
        file: Buffer.from("x"),
      });
    };
    const expiration = new Date(Date.now() + 60_000).toISOString();
    const proof = [
      ["starts-with", "$x-amz-algorithm", ""],
      ["starts-with", "$x-amz-credential", ""],
      ["starts-with", "$x-amz-date", ""],
    ];
    const valid = { expiration, conditions: [{ bucket: Bucket }, ["eq", "$key", "policy"], ...proof] };
    assert.equal((await send(JSON.stringify(valid))).status, 204);
    for (const conditions of [
      "all",
      [["eq", "key", "policy"]],
      [["eq", "$key"]],
      [["matches", "$key", ".*"]],
      [["content-length-range", 1, -1]],
      [["content-length-range", "a", "b"]],
      [{ key: 1 }],
      [null],
    ])
      assert.equal(codeOf(await send(JSON.stringify({ expiration, conditions }))), "InvalidPolicyDocument");
    for (const text of [
      "",
      "{",
      "[]",
      "null",
      '{"conditions":[]}',
      '{"expiration":"tomorrow","conditions":[]}',
    ])
      assert.equal(codeOf(await send(text)), "InvalidPolicyDocument");
    const past = { ...valid, expiration: new Date(Date.now() - 1000).toISOString() };
    assert.equal(codeOf(await send(JSON.stringify(past))), "AccessDenied");
    const open_ = { expiration, conditions: [{ bucket: Bucket }, ...proof] };
    assert.equal(codeOf(await send(JSON.stringify(open_))), "AccessDenied");
  });

  it("refuses a body that is not the one that was signed", async () => {
    const changing = clientOf(store.url);
    changing.middlewareStack.add(
      (next) => (args) => {
        if (typeof args.request === "object" && args.request !== null && "body" in args.request)
          args.request.body = "evil";
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    const put = changing.send(new PutObjectCommand({ Bucket, Key: "signed", Body: "good" }));
    await assert.rejects(put, { name: "XAmzContentSHA256Mismatch" });
    assert.equal(await storage.head("signed"), undefined);
    changing.destroy();
  });

  it("takes a list of types under a prefix item by item", async () => {
    const send = async (list: string) => {
      const Conditions = [
        ["starts-with" as const, "$Content-Type", "image/"] as ["starts-with", string, string],
      ];
      const { url, fields } = await createPresignedPost(client, {
        Bucket,
        Key: "list",
        Conditions,
        Expires: 60,
      });
      return (await postForm({ url, fields: { ...fields, "Content-Type": list }, file: Buffer.from("x") }))
        .status;
    };
    assert.equal(await send("image/png,image/jpeg"), 204);
    assert.equal(await send("image/png,text/html"), 403);
  });

  it("addresses a bucket by host name as well", async () => {
    await storage.put("hosted.txt", Buffer.from("hosted"), { contentType: "text/plain" });
    const hosted = new S3Client({
      region,
      endpoint: store.url.replace("127.0.0.1", "localhost"),
      credentials,
    });
    hosted.middlewareStack.add(
      (next) => (args) => {
        // Only the Host header decides; the name itself need not resolve here.
        if (typeof args.request === "object" && args.request !== null && "hostname" in args.request)
          args.request.hostname = "127.0.0.1";
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    const got = await hosted.send(new GetObjectCommand({ Bucket, Key: "hosted.txt" }));
    assert.equal(await got.Body?.transformToString(), "hosted");
    hosted.destroy();
  });

  it("says what it does not do instead of doing something else", async () => {
    await storage.put("plain", Buffer.from("x"), { contentType: type });
    const status = async (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 200,
        (error) => error.$metadata.httpStatusCode,
      );
    assert.equal(await status(client.send(new GetBucketTaggingCommand({ Bucket }))), 501);
    assert.equal(await status(client.send(new GetBucketPolicyCommand({ Bucket }))), 501);
    const lifecycle = new GetBucketLifecycleConfigurationCommand({ Bucket });
    assert.equal(await status(client.send(lifecycle)), 501);
    const VersioningConfiguration = { Status: "Enabled" as const };
    const versioning = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration });
    assert.equal(await status(client.send(versioning)), 501);
    assert.equal(
      await status(client.send(new GetObjectCommand({ Bucket, Key: "plain", VersionId: "1" }))),
      501,
    );
    const put = (more: object) =>
      status(client.send(new PutObjectCommand({ Bucket, Key: "plain", Body: "y", ...more })));
    assert.equal(await put({ ServerSideEncryption: "AES256" }), 501);
    assert.equal(await put({ ACL: "public-read" }), 400);
    assert.equal(await put({ StorageClass: "GLACIER" }), 400);
    assert.equal((await storage.get("plain", { bytesMax: 1 }))?.body.toString(), "x");
  });

  it("lists its buckets, names its region and removes only empty buckets", async () => {
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    assert.deepEqual(
      Buckets?.map((one) => one.Name),
      [Bucket],
    );
    assert.equal((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, region);
    await storage.put("full", Buffer.from("x"), { contentType: type });
    await assert.rejects(client.send(new DeleteBucketCommand({ Bucket })), { name: "BucketNotEmpty" });
  });

  it("gives a request that comes in over one connection its own answer, also after a refusal", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (pathname: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request(`${store.url}${pathname}`, {
          agent,
          method: "POST",
          headers: { "content-type": "text/plain" },
        });
        sent.on("error", reject);
        sent.on("response", (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode));
        });
        sent.end("x".repeat(100_000));
      });
    for (let i = 0; i < 5; i++) assert.equal(await ask(`/${Bucket}`), 403);
    agent.destroy();
  });

  it("cuts off whoever announces a body and does not send it, and lets a slow sender finish", async () => {
    const { url, fields } = await policy(20_000);
    const idle = socketTo();
    const cut = new Promise((resolve) => idle.once("close", resolve));
    idle.on("error", () => {});
    idle.write(
      `POST /${Bucket} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=a\r\nContent-Length: 5000\r\n\r\n--a`,
    );
    // Half a kilobyte every hundredth of a second: far below the network's speed, above the pace.
    const form = await new Response(slowForm(fields, 20_000)).arrayBuffer();
    const bytes = Buffer.from(form);
    const slow = new Promise<number | undefined>((resolve, reject) => {
      const sent = request(url, {
        method: "POST",
        headers: { "content-type": "multipart/form-data; boundary=slow", "content-length": bytes.length },
      });
      sent.on("response", (response) => resolve(response.resume().statusCode));
      sent.on("error", reject);
      let at = 0;
      const timer = setInterval(() => {
        sent.write(bytes.subarray(at, at + 500));
        at += 500;
        if (at < bytes.length) return;
        clearInterval(timer);
        sent.end();
      }, 30);
    });
    assert.equal(await slow, 201);
    await cut;
  });

  const slowForm = (fields: Record<string, string>, bytes: number): string =>
    [
      ...Object.entries(fields).map(
        ([name, value]) => `--slow\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      ),
      `--slow\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n${"x".repeat(bytes)}\r\n--slow--\r\n`,
    ].join("");

  it("holds neither a whole upload nor a whole download in memory", async () => {
    const bytes = 400_000_000;
    const piece = randomBytes(1_000_000);
    const start = process.memoryUsage().rss;
    let most = 0;
    const watch = (): void => {
      most = Math.max(most, process.memoryUsage().rss - start);
    };
    const stream = Readable.from(
      (function* () {
        for (let sent = 0; sent < bytes; sent += piece.length) {
          watch();
          yield piece;
        }
      })(),
    );
    await client.send(new PutObjectCommand({ Bucket, Key: "large", Body: stream, ContentLength: bytes }));
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "large" }));
    let received = 0;
    if (!(got.Body instanceof Readable)) assert.fail("no stream");
    for await (const chunk of got.Body) {
      received += chunk.length;
      watch();
    }
    assert.equal(received, bytes);
    assert.ok(most < bytes / 2, `${most} bytes more were in use`);
  });

  it("gives a reader all of what it began to read, though the object is deleted meanwhile", async () => {
    const bytes = 30_000_000;
    const body = randomBytes(bytes);
    const half = 6_000_000;
    await client.send(new PutObjectCommand({ Bucket, Key: "read/whole", Body: body }));
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "read/parts" }));
    const Parts = [];
    for (const [index, at] of [0, half, 2 * half].entries()) {
      const piece = body.subarray(at, index === 2 ? bytes : at + half);
      const part = { Bucket, Key: "read/parts", UploadId, PartNumber: index + 1, Body: piece };
      const { ETag } = await client.send(new UploadPartCommand(part));
      Parts.push({ PartNumber: index + 1, ETag });
    }
    const done = { Bucket, Key: "read/parts", UploadId, MultipartUpload: { Parts } };
    await client.send(new CompleteMultipartUploadCommand(done));
    for (const Key of ["read/whole", "read/parts"]) {
      const files = (await bodiesUnder(folder)).length;
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      await storage.delete(Key);
      assert.equal(await storage.head(Key), undefined);
      assert.ok(body.equals((await Body?.transformToByteArray()) ?? new Uint8Array()), Key);
      const pieces = Key === "read/whole" ? 1 : 3;
      await eventually(async () => (await bodiesUnder(folder)).length === files - pieces);
    }
  });

  it("keeps large bodies to the byte, whatever their length", async () => {
    const MB = 1024 * 1024;
    for (const bytes of [4 * MB - 1, 4 * MB, 4 * MB + 1, 4 * MB + 4095, 5_000_003, 9 * MB + 512]) {
      const body = randomBytes(bytes);
      const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: "to the byte", Body: body }));
      assert.equal(ETag, `"${createHash("md5").update(body).digest("hex")}"`);
      const got = await storage.get("to the byte", { bytesMax: bytes });
      assert.ok(got?.body.equals(body), `${bytes} bytes`);
    }
    const wrong = new PutObjectCommand({
      Bucket,
      Key: "never",
      Body: randomBytes(5 * MB),
      ContentMD5: createHash("md5").update("other").digest("base64"),
    });
    await assert.rejects(client.send(wrong), { name: "BadDigest" });
    assert.equal(await storage.head("never"), undefined);
  });

  it("copies without copying: the bytes are there once, and stay when the source goes", async () => {
    const { stat } = await import("node:fs/promises");
    await storage.put("copied/source", randomBytes(100_000), { contentType: type });
    const before_ = new Set(await bodiesUnder(folder));
    await storage.copy("copied/source", "copied/copy");
    const [added = ""] = (await bodiesUnder(folder)).filter((file) => !before_.has(file));
    assert.equal((await stat(added)).nlink, 2);
    await storage.delete("copied/source");
    assert.equal((await storage.get("copied/copy", { bytesMax: 100_000 }))?.body.length, 100_000);
    assert.equal((await stat(added)).nlink, 1);
  });

  it("sends metadata that is not ASCII as S3 does, and takes headers that a signed address carries", async () => {
    const put = new PutObjectCommand({ Bucket, Key: "moved", Metadata: { place: "here" } });
    const url = await getSignedUrl(client, put, { expiresIn: 60 });
    assert.match(url, /x-amz-meta-place=here/);
    assert.equal((await fetch(url, { method: "PUT", body: "x" })).status, 200);
    assert.equal((await fetch(url.replace("=here", "=there"), { method: "PUT", body: "x" })).status, 403);
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: "moved" }));
    assert.deepEqual(head.Metadata, { place: "here" });
    const Fields = { "x-amz-meta-place": "제주" };
    const form = await createPresignedPost(client, { Bucket, Key: "korean", Fields, Expires: 60 });
    assert.equal((await postForm({ ...form, file: Buffer.from("x") })).status, 204);
    const korean = await client.send(new HeadObjectCommand({ Bucket, Key: "korean" }));
    assert.equal(korean.Metadata?.place, `=?UTF-8?B?${Buffer.from("제주").toString("base64")}?=`);
  });

  it("deletes many only when a digest protects the list", async () => {
    const unprotected = clientOf(store.url);
    unprotected.middlewareStack.add(
      (next) => (args) => {
        if (typeof args.request === "object" && args.request !== null && "headers" in args.request) {
          const headers = args.request.headers;
          if (typeof headers === "object" && headers !== null)
            for (const name of Object.keys(headers))
              if (/^(content-md5|x-amz-(checksum|sdk-checksum)-.*)$/i.test(name))
                Reflect.deleteProperty(headers, name);
        }
        return next(args);
      },
      { step: "build", priority: "low" },
    );
    await storage.put("protected", Buffer.from("x"), { contentType: type });
    const Delete = { Objects: [{ Key: "protected" }] };
    await assert.rejects(unprotected.send(new DeleteObjectsCommand({ Bucket, Delete })), /Content-MD5/);
    assert.notEqual(await storage.head("protected"), undefined);
    unprotected.destroy();
  });

  it("tells a client that signs for another region which one it is", async () => {
    const abroad = new S3Client({
      region: "eu-west-1",
      endpoint: store.url,
      forcePathStyle: true,
      credentials,
    });
    const listing = abroad.send(new ListObjectsV2Command({ Bucket }));
    await assert.rejects(listing, { name: "AuthorizationHeaderMalformed", Region: region });
    abroad.destroy();
  });

  it("survives clients that go away in the middle of a download", async () => {
    await storage.put("download", randomBytes(5_000_000), { contentType: type });
    for (let i = 0; i < 20; i++) {
      const got = await client.send(new GetObjectCommand({ Bucket, Key: "download" }));
      if (got.Body instanceof Readable) got.Body.destroy();
    }
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: "download" }));
    assert.equal(head.ContentLength, 5_000_000);
  });

  it("answers nonsense with a refusal and goes on", async () => {
    for (const text of [
      "GET /%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      `GET /${Bucket}/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      `GET /${Bucket}/${"x".repeat(1025)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      "GET http://other/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "BREW / HTTP/1.1\r\n\r\n",
    ]) {
      const socket = socketTo();
      socket.end(text);
      let answer = "";
      for await (const piece of socket) answer += piece;
      assert.match(answer, /^HTTP\/1\.1 4\d\d /, text.slice(0, 30));
    }
    assert.equal((await storage.probe()).clockSkewMs, 0);
  });
});

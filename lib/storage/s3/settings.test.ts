/** What the settings of the bucket change in what is sent to it (§4.1), seen by whoever receives it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import { connect as connectTcp, type Server as NetServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { promisify } from "node:util";
import type { BucketSettings } from "#lib/env.ts";
import { type TestStore, testStore } from "#lib/testing.ts";
import { StorageError } from "../port.ts";
import { openStorage } from "../s3.ts";

type Seen = { method: string; url: string; headers: IncomingHttpHeaders };

const listen = async (server: NetServer): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
};
const ended = (server: NetServer): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** Says yes to everything and remembers what it was asked. */
function listener(): { server: Server; seen: Seen[] } {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    seen.push({ method, url, headers });
    request.resume().once("end", () => {
      const xml = url.includes("uploads")
        ? "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
        : "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>";
      const head = { etag: '"e"', "last-modified": new Date(0).toUTCString(), "content-length": xml.length };
      response.writeHead(200, head).end(method === "HEAD" ? undefined : xml);
    });
  });
  return { server, seen };
}

const meta = { contentType: "image/jpeg" };
const promise = { bytes: 5, contentType: "image/jpeg", expiresIn: 600 };
const keyId = "arn:aws:kms:ap-northeast-2:111122223333:key/ab-cd";
const encryptionNames = ["x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"];

describe("a bucket whose settings say how objects are written", () => {
  const { server, seen } = listener();
  let plain: BucketSettings;
  before(async () => {
    const endpoint = `http://127.0.0.1:${await listen(server)}`;
    plain = {
      bucket: "pictures",
      region: "ap-northeast-2",
      endpoint,
      publicEndpoint: endpoint,
      credentials: { accessKeyId: "AKID", secretAccessKey: "secret" },
      forcePathStyle: true,
      location: "",
    };
  });
  after(() => ended(server));
  beforeEach(() => {
    seen.length = 0;
  });
  const using = async (
    more: Partial<BucketSettings>,
    work: (storage: ReturnType<typeof openStorage>) => Promise<void>,
  ): Promise<void> => {
    const storage = openStorage({ ...plain, ...more });
    try {
      await work(storage);
    } finally {
      storage.close();
    }
  };
  /** The headers of the request for one key, by method. */
  const headersOf = (method: string, key: string): IncomingHttpHeaders => {
    const found = seen.find((one) => one.method === method && one.url.startsWith(`/pictures/${key}`));
    assert.ok(found, `${method} ${key} among ${seen.map((one) => `${one.method} ${one.url}`).join()}`);
    return found.headers;
  };

  it("encrypts whatever makes an object, and sends parts as they are (S3_SSE)", async () => {
    const encryption = { method: "aws:kms", keyId } as const;
    await using({ encryption }, async (storage) => {
      await storage.put("incoming/a", Buffer.from("a"), meta);
      await storage.copy("incoming/a", "media/b.jpg");
      await storage.multipart.begin("incoming/c", meta);
      await storage.multipart.put("incoming/d", "u1", 1, Buffer.from("d"));
    });
    for (const [method, key] of [
      ["PUT", "incoming/a"],
      ["PUT", "media/b.jpg"],
      ["POST", "incoming/c?uploads"],
    ] as const)
      assert.deepEqual(
        encryptionNames.map((name) => headersOf(method, key)[name]),
        ["aws:kms", keyId],
        key,
      );
    assert.deepEqual(
      Object.keys(headersOf("PUT", "incoming/d")).filter((name) => encryptionNames.includes(name)),
      [],
    );
  });

  it("keeps originals, and nothing else, in the class that was named (S3_STORAGE_CLASS)", async () => {
    await using({ storageClass: "INTELLIGENT_TIERING" }, async (storage) => {
      for (const key of ["incoming/a", "media/a.jpg", "derived/a/320.avif", "static/a.js"])
        await storage.put(key, Buffer.from("a"), meta);
      await storage.copy("incoming/a", "media/b.jpg");
      await storage.multipart.begin("media/c.jpg", meta);
    });
    const classed = seen.filter((one) => one.headers["x-amz-storage-class"] === "INTELLIGENT_TIERING");
    assert.deepEqual(
      classed.map((one) => one.url.split("?")[0]),
      ["/pictures/media/a.jpg", "/pictures/media/b.jpg", "/pictures/media/c.jpg"],
    );
  });

  it("makes encryption two more exact conditions of a browser's form, and no others (R-13)", async () => {
    const conditionsOf = async (more: Partial<BucketSettings>): Promise<unknown[]> => {
      let conditions: unknown[] = [];
      await using(more, async (storage) => {
        const { fields } = await storage.presignPost("incoming/a", promise);
        const policy = JSON.parse(Buffer.from(fields.Policy ?? "", "base64").toString());
        conditions = policy.conditions;
        for (const name of encryptionNames)
          assert.equal(name in fields, JSON.stringify(conditions).includes(`"${name}"`), name);
      });
      return conditions.map((one) => JSON.stringify(one)).filter((one) => !/X-Amz-/.test(one));
    };
    const usual = await conditionsOf({});
    const told = await conditionsOf({ encryption: { method: "aws:kms", keyId } });
    assert.deepEqual(
      told.filter((one) => !usual.includes(one)),
      [
        JSON.stringify({ "x-amz-server-side-encryption": "aws:kms" }),
        JSON.stringify({ "x-amz-server-side-encryption-aws-kms-key-id": keyId }),
      ],
    );
    assert.equal(told.length, usual.length + 2);
    const own = await conditionsOf({ encryption: { method: "AES256", keyId: undefined } });
    assert.deepEqual(
      own.filter((one) => !usual.includes(one)),
      [JSON.stringify({ "x-amz-server-side-encryption": "AES256" })],
    );
  });

  it("signs encryption into a PUT, as headers that have to be sent (R-17)", async () => {
    await using({ encryption: { method: "aws:kms", keyId } }, async (storage) => {
      const { url, headers } = await storage.presignPut("incoming/a", promise);
      assert.deepEqual(
        encryptionNames.map((name) => headers[name]),
        ["aws:kms", keyId],
      );
      const query = new URL(url).searchParams;
      const signed = (query.get("X-Amz-SignedHeaders") ?? "").split(";");
      for (const name of encryptionNames) {
        assert.ok(signed.includes(name), `${name} is not signed`);
        assert.equal(query.get(name), null, `${name} is in the address as well`);
      }
    });
    await using({}, async (storage) => {
      const { headers } = await storage.presignPut("incoming/a", promise);
      assert.deepEqual(Object.keys(headers).sort(), ["content-type", "if-none-match"]);
    });
  });

  it("puts the token of temporary keys into forms, permits and addresses (S3_SESSION_TOKEN)", async () => {
    const sessionToken = "FwoG/+=token";
    await using(
      { credentials: { accessKeyId: "A", secretAccessKey: "b", sessionToken } },
      async (storage) => {
        const { fields } = await storage.presignPost("incoming/a", promise);
        assert.equal(fields["X-Amz-Security-Token"], sessionToken);
        const policy = Buffer.from(fields.Policy ?? "", "base64").toString();
        assert.ok(policy.includes(JSON.stringify({ "X-Amz-Security-Token": sessionToken })));
        const part = { number: 1, bytes: 5, expiresIn: 600 };
        for (const url of [
          (await storage.presignPut("incoming/a", promise)).url,
          (await storage.multipart.presignPart("incoming/a", "u1", part)).url,
          await storage.url("media/a.jpg", { expiresIn: 600 }),
        ])
          assert.equal(new URL(url).searchParams.get("X-Amz-Security-Token"), sessionToken);
        await storage.head("media/a.jpg");
        await storage.put("media/a.jpg", Buffer.from("a"), meta);
      },
    );
    for (const one of seen) assert.equal(one.headers["x-amz-security-token"], sessionToken, one.method);
  });

  it("adds checksums to requests when told, and never to what it signs for others (S3_CHECKSUMS)", async () => {
    const checksumsIn = (names: string[]): string[] => names.filter((name) => /checksum/i.test(name));
    for (const checksums of ["when_required", "when_supported"] as const)
      await using({ checksums }, async (storage) => {
        seen.length = 0;
        await storage.put("media/a.jpg", Buffer.from("a"), meta);
        const sent = checksumsIn(Object.keys(headersOf("PUT", "media/a.jpg")));
        assert.equal(sent.length > 0, checksums === "when_supported", sent.join());
        const { url } = await storage.presignPut("incoming/a", promise);
        const address = await storage.url("media/a.jpg", { expiresIn: 60 });
        for (const one of [url, address])
          assert.deepEqual(checksumsIn([...new URL(one).searchParams.keys()]), []);
      });
  });

  it("is named in the host, in the path when told, and in the path with a dot in its name (S3_FORCE_PATH_STYLE)", async () => {
    const endpoint = "https://store.example:9000";
    const addressesOf = async (more: Partial<BucketSettings>): Promise<string[]> => {
      const found: string[] = [];
      await using({ endpoint, publicEndpoint: endpoint, ...more }, async (storage) => {
        for (const url of [
          (await storage.presignPost("incoming/a", promise)).url,
          (await storage.presignPut("incoming/a", promise)).url,
          await storage.url("incoming/a", { expiresIn: 60 }),
        ])
          found.push(url.split("?")[0] ?? "");
      });
      return found;
    };
    const inHost = "https://pictures.store.example:9000";
    const inPath = `${endpoint}/pictures`;
    for (const [more, base] of [
      [{ forcePathStyle: false }, inHost],
      [{ forcePathStyle: true }, inPath],
      [{ forcePathStyle: false, bucket: "my.pictures" }, `${endpoint}/my.pictures`],
    ] as const) {
      const [form = "", ...objects] = await addressesOf(more);
      assert.equal(form.replace(/\/$/, ""), base);
      assert.deepEqual(objects, [`${base}/incoming/a`, `${base}/incoming/a`]);
    }
  });
});

describe("a bucket that does not answer well", () => {
  it("is asked as often as was set, and no more (S3_MAX_ATTEMPTS)", async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      request.resume().once("end", () => response.writeHead(503).end());
    });
    const endpoint = `http://127.0.0.1:${await listen(server)}`;
    for (const attemptsMax of [1, 2]) {
      asked = 0;
      const storage = openStorage({ ...store.bucket, endpoint, publicEndpoint: endpoint, attemptsMax });
      await assert.rejects(storage.put("media/a", Buffer.from("a"), meta), { code: "unavailable" });
      assert.equal(asked, attemptsMax);
      storage.close();
    }
    await ended(server);
  });

  it("is given up when nothing moves for as long as was set (S3_TIMEOUT_MS)", async () => {
    const server = createServer((request) => request.resume());
    const endpoint = `http://127.0.0.1:${await listen(server)}`;
    const patience = { attemptsMax: 1, timeoutMs: 50 };
    const storage = openStorage({ ...store.bucket, endpoint, publicEndpoint: endpoint, ...patience });
    await assert.rejects(storage.put("media/a", Buffer.from("a"), meta), { code: "unavailable" });
    storage.close();
    server.closeAllConnections();
    await ended(server);
  });
});

let store: TestStore;
before(async () => {
  store = await testStore();
});
after(() => store.close());

/** Stores and reads one object in a process of its own, with its own environment; answers what it found. */
async function elsewhere(bucket: BucketSettings, more: Record<string, string>): Promise<string> {
  const program = `
    const { openStorage } = await import(${JSON.stringify(path.join(import.meta.dirname, "..", "s3.ts"))});
    const storage = openStorage(${JSON.stringify(bucket)});
    try {
      await storage.put("media/there", Buffer.from("there"), { contentType: "image/jpeg" });
      const read = await storage.get("media/there", { bytesMax: 10 });
      console.log(String(read.body), (await storage.head("media/there")).bytes);
    } catch (error) {
      console.log(error.code, error.message);
    }
    storage.close();`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: "", ...more },
  });
  return stdout.trim();
}

describe("a real store", () => {
  it("takes and gives back objects with checksums on everything (S3_CHECKSUMS=when_supported)", async () => {
    const storage = openStorage(
      { ...store.bucket, checksums: "when_supported" },
      { limits: { partBytes: 5 * 1024 ** 2 } },
    );
    const body = Buffer.alloc(11 * 1024 ** 2, "tintype ");
    await storage.put("media/small", Buffer.from("small"), meta);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < body.length; at += 1024 ** 2) yield body.subarray(at, at + 1024 ** 2);
    }
    await storage.put("media/large", { stream: pieces(), bytes: body.length }, meta);
    assert.equal(String((await storage.get("media/small", { bytesMax: 10 }))?.body), "small");
    assert.ok((await storage.get("media/large", { bytesMax: body.length }))?.body.equals(body));
    assert.deepEqual(await storage.deleteMany(["media/small", "media/large"]), []);
    storage.close();
  });

  it("is reached through the proxy of the environment, unless NO_PROXY or this machine says otherwise", async () => {
    const through: string[] = [];
    const target = new URL(store.bucket.endpoint ?? "");
    const proxy = createServer((request, response) => {
      through.push((request.url ?? "").split("?")[0] ?? "");
      const { pathname, search } = new URL(request.url ?? "");
      const onward = httpRequest(
        {
          host: target.hostname,
          port: target.port,
          method: request.method,
          path: pathname + search,
          headers: request.headers,
        },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      request.pipe(onward);
    });
    const before = { ...process.env };
    const HTTP_PROXY = `http://127.0.0.1:${await listen(proxy)}`;
    const put = async (endpoint: string): Promise<void> => {
      const storage = openStorage({ ...store.bucket, endpoint, publicEndpoint: endpoint, attemptsMax: 1 });
      await storage
        .put("media/proxied", Buffer.from("by proxy"), meta)
        .then(() => storage.head("media/proxied"))
        .finally(() => storage.close());
    };
    try {
      Object.assign(process.env, { HTTP_PROXY, http_proxy: "", NO_PROXY: "", no_proxy: "" });
      await put("http://store.invalid:9000");
      assert.deepEqual(
        through,
        Array(2).fill(`http://store.invalid:9000/${store.bucket.bucket}/media/proxied`),
      );
      await put(store.bucket.endpoint ?? "");
      assert.equal(through.length, 2, "the store on this machine is asked directly");
      process.env.NO_PROXY = "store.invalid";
      await assert.rejects(put("http://store.invalid:9000"), StorageError);
      assert.equal(through.length, 2);
    } finally {
      for (const name of ["HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"])
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      await ended(proxy);
    }
  });

  it("is trusted behind a certificate of one's own authority, and only then (NODE_EXTRA_CA_CERTS)", async () => {
    const pem = (name: string): string => path.join(import.meta.dirname, "tls-for-tests", name);
    const target = new URL(store.bucket.endpoint ?? "");
    const keys = { key: readFileSync(pem("server-key.pem")), cert: readFileSync(pem("server.pem")) };
    const tls = createTlsServer(keys, (socket) => {
      const onward = connectTcp(Number(target.port), target.hostname);
      socket.pipe(onward).pipe(socket);
      for (const one of [socket, onward]) one.on("error", () => one.destroy());
    });
    tls.on("tlsClientError", () => {});
    const endpoint = `https://localhost:${await listen(tls)}`;
    const bucket = { ...store.bucket, endpoint, publicEndpoint: endpoint, attemptsMax: 1 };
    const run = (more: Record<string, string>): Promise<string> => elsewhere(bucket, more);
    assert.equal(await run({ NODE_EXTRA_CA_CERTS: pem("authority.pem") }), "there 5");
    assert.match(await run({}), /^unavailable /);
    await ended(tls);
  });

  it("lets in the profile of ~/.aws that AWS_PROFILE names, where no keys are set", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "tintype-profile-"));
    const { accessKeyId, secretAccessKey } = store.bucket.credentials ?? assert.fail();
    const profiles = path.join(folder, "credentials");
    await writeFile(
      profiles,
      `[default]\naws_access_key_id = nobody\naws_secret_access_key = nothing\n[club]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    );
    const bucket = { ...store.bucket, credentials: undefined, attemptsMax: 1 };
    const environment = {
      AWS_SHARED_CREDENTIALS_FILE: profiles,
      AWS_CONFIG_FILE: path.join(folder, "config"),
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ACCESS_KEY_ID: "",
    };
    assert.equal(await elsewhere(bucket, { ...environment, AWS_PROFILE: "club" }), "there 5");
    assert.match(await elsewhere(bucket, { ...environment, AWS_PROFILE: "default" }), /^denied /);
    await rm(folder, { recursive: true, force: true });
  });
});

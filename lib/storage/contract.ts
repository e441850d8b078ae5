/**
 * What Tintype relies on in a store, as one suite for every store: the object port, and what a browser or a
 * stranger can do to the bucket over HTTP. Where a store is known to differ, its quirk is asserted instead, so that
 * the list of quirks stays true.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { BucketSettings } from "../env.ts";
import { codeOf, type FormPost, postForm } from "./form-post.ts";
import { incomingKey } from "./keys.ts";
import { type PostPolicy, type Storage, StorageError } from "./port.ts";
import { openStorage } from "./s3.ts";

/** Known ways in which a store is not S3. */
export type Quirk =
  | "ignores checksums"
  | "keeps unclosed forms"
  | "drops Cache-Control of forms"
  | "accepts dates in the future"
  | "refuses framed streams"
  | "keys over 1024 bytes";

export type StoreUnderTest = { bucket: BucketSettings; close(): Promise<void> };

const appOrigin = "http://localhost:3000";
const type = "image/jpeg";
/** What S3 fills with the name of the browser's file. */
const filenamePlaceholder = ["$", "{filename}"].join("");

/** Waits until something holds; for what a store does after its answer, or without one. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < until, "it did not come true within ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const statusOf = (error: unknown): number | undefined => {
  const metadata =
    typeof error === "object" && error !== null && "$metadata" in error ? error.$metadata : undefined;
  return typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
    ? Number(metadata.httpStatusCode)
    : undefined;
};

/** The HTTP status with which the SDK's request was refused. */
async function refusal(work: Promise<unknown>): Promise<number | undefined> {
  try {
    await work;
  } catch (error) {
    return statusOf(error);
  }
  return assert.fail("it was not refused");
}

const isStorageError =
  (code: StorageError["code"]) =>
  (error: unknown): boolean =>
    error instanceof StorageError && error.code === code;

/** Declares the suite. `open` gives a bucket that may not exist yet, for this suite alone. */
export function contract(name: string, open: () => Promise<StoreUnderTest>, quirks: Quirk[] = []): void {
  const has = (quirk: Quirk): boolean => quirks.includes(quirk);
  let store: StoreUnderTest;
  let storage: Storage & { close(): void };
  let client: S3Client;

  const bytesOf = async (key: string): Promise<string | undefined> =>
    (await storage.get(key, { bytesMax: 1024 ** 3 }))?.body.toString("latin1");
  const bucketName = (): string => store.bucket.bucket;
  const addressOf = (key: string): string =>
    `${store.bucket.endpoint}/${bucketName()}/${key.split("/").map(encodeURIComponent).join("/")}`;
  const policyFor = (key: string, bytes: number, expiresIn = 600): Promise<PostPolicy> =>
    storage.presignPost(key, { bytes, contentType: type, expiresIn });
  const sdk = (more: { credentials?: BucketSettings["credentials"]; streams?: boolean } = {}): S3Client =>
    new S3Client({
      region: store.bucket.region,
      endpoint: store.bucket.endpoint ?? "",
      forcePathStyle: true,
      maxAttempts: 1,
      ...(more.streams === true
        ? {}
        : { requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" }),
      credentials: more.credentials ?? store.bucket.credentials ?? { accessKeyId: "", secretAccessKey: "" },
    });
  /** A fresh policy for ten bytes, and a form that fits it. */
  const honestPost = async (
    bytes = 10,
  ): Promise<{ key: string; post: FormPost; fields: Record<string, string> }> => {
    const key = incomingKey();
    const { url, fields } = await policyFor(key, bytes);
    return { key, post: { url, fields, file: randomBytes(bytes), origin: appOrigin }, fields };
  };
  /** Posts a changed form and expects this status and nothing in the bucket. */
  const refused = async (statuses: number[], key: string, post: FormPost): Promise<string | undefined> => {
    const answer = await postForm(post);
    assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.body}`);
    assert.equal(await storage.head(key), undefined);
    return codeOf(answer);
  };

  before(async () => {
    store = await open();
    storage = openStorage(store.bucket);
    client = sdk();
    await storage.provision({ origins: [appOrigin] });
  });
  after(async () => {
    storage.close();
    client.destroy();
    await store.close();
  });

  describe(`${name}: the object port`, () => {
    it("gives back the bytes, type, size and time of what was put", async () => {
      const key = `media/${randomBytes(8).toString("hex")}.jpg`;
      const body = randomBytes(300_000);
      await storage.put(key, body, {
        contentType: type,
        cacheControl: "private",
        contentDisposition: "inline",
      });
      const got = await storage.get(key, { bytesMax: 300_000 });
      assert.ok(got?.body.equals(body));
      const head = await storage.head(key);
      assert.equal(head?.key, key);
      assert.equal(head?.bytes, 300_000);
      assert.equal(head?.contentType, type);
      assert.equal(head?.etag, `"${createHash("md5").update(body).digest("hex")}"`);
      assert.ok(Math.abs(Date.now() - (head?.modified.getTime() ?? 0)) < 60_000);
      const raw = await client.send(new HeadObjectCommand({ Bucket: bucketName(), Key: key }));
      assert.equal(raw.CacheControl, "private");
      assert.equal(raw.ContentDisposition, "inline");
    });

    it("keeps an empty object", async () => {
      await storage.put("media/empty", new Uint8Array(), { contentType: type });
      assert.equal((await storage.get("media/empty", { bytesMax: 0 }))?.body.length, 0);
    });

    it("replaces an object whole", async () => {
      await storage.put("media/twice", Buffer.from("first version"), { contentType: type });
      await storage.put("media/twice", Buffer.from("second"), { contentType: "image/png" });
      assert.equal(await bytesOf("media/twice"), "second");
      assert.equal((await storage.head("media/twice"))?.contentType, "image/png");
    });

    it("says undefined for an object that is not there, on head and get (R-33)", async () => {
      assert.equal(await storage.head("media/nobody"), undefined);
      assert.equal(await storage.get("media/nobody", { bytesMax: 10 }), undefined);
    });

    it("stops reading past the cap", async () => {
      await storage.put("media/long", Buffer.alloc(100_001), { contentType: type });
      await assert.rejects(storage.get("media/long", { bytesMax: 100_000 }), isStorageError("too_large"));
    });

    it("lets exactly one of ten simultaneous first writes win (R-24)", async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) =>
          storage.put("media/race", Buffer.from(`writer ${i}`), { contentType: type, ifAbsent: true }),
        ),
      );
      const lost = results.filter((result) => result.status === "rejected");
      assert.equal(lost.length, 9);
      for (const { reason } of lost) assert.ok(isStorageError("conflict")(reason), String(reason));
      assert.equal(
        await bytesOf("media/race"),
        `writer ${results.findIndex((r) => r.status === "fulfilled")}`,
      );
    });

    it("deletes, and deleting again succeeds", async () => {
      await storage.put("media/gone", Buffer.from("x"), { contentType: type });
      await storage.delete("media/gone");
      await storage.delete("media/gone");
      assert.equal(await storage.head("media/gone"), undefined);
    });

    it("lists every key of a prefix in order, over more than one page", async () => {
      const keys = Array.from({ length: 1005 }, (_, i) => `listing/${String(i).padStart(5, "0")}`);
      for (let from = 0; from < keys.length; from += 100)
        await Promise.all(
          keys
            .slice(from, from + 100)
            .map((key) => storage.put(key, Buffer.from(key), { contentType: type })),
        );
      await storage.put("listing0", Buffer.from("x"), { contentType: type });
      const listed: string[] = [];
      for await (const { key, bytes } of storage.list("listing/")) {
        assert.equal(bytes, 13);
        listed.push(key);
      }
      assert.deepEqual(listed, keys);
    });

    it("keeps to its location", async () => {
      const inner = openStorage({ ...store.bucket, location: "gallery/one/" });
      await inner.put("media/here", Buffer.from("inside"), { contentType: type });
      assert.equal(await bytesOf("gallery/one/media/here"), "inside");
      assert.equal(await storage.head("media/here"), undefined);
      const listed: string[] = [];
      for await (const { key } of inner.list("")) listed.push(key);
      assert.deepEqual(listed, ["media/here"]);
      const { fields } = await inner.presignPost("incoming/x", {
        bytes: 1,
        contentType: type,
        expiresIn: 60,
      });
      assert.equal(fields.key, "gallery/one/incoming/x");
      inner.close();
    });

    for (const key of [
      "../x",
      "media/../../x",
      "/x",
      "media//x",
      "media/./x",
      "media\\x",
      "a\0b",
      "",
      `x/${filenamePlaceholder}`,
    ])
      it(`refuses the key ${JSON.stringify(key)} before anything is sent`, async () => {
        const inner = openStorage({ ...store.bucket, location: "gallery/" });
        await assert.rejects(
          inner.put(key, Buffer.from("x"), { contentType: type }),
          isStorageError("denied"),
        );
        await assert.rejects(inner.head(key), isStorageError("denied"));
        await assert.rejects(inner.get(key, { bytesMax: 1 }), isStorageError("denied"));
        await assert.rejects(inner.delete(key), isStorageError("denied"));
        await assert.rejects(
          inner.presignPost(key, { bytes: 1, contentType: type, expiresIn: 60 }),
          isStorageError("denied"),
        );
        inner.close();
      });

    it("refuses to sign for zero, negative, endless or no time and for no bytes (R-14)", async () => {
      for (const expiresIn of [0, -1, 604_801, 1e9, Number.NaN, 1.5])
        await assert.rejects(policyFor("incoming/x", 1, expiresIn), RangeError);
      for (const bytes of [0, -1, 1.5, Number.NaN, 2 ** 53])
        await assert.rejects(policyFor("incoming/x", bytes), RangeError);
    });

    it("signs exactly the promise: bucket, key, range, type, status and the proof (R-13)", async () => {
      const { fields, expiresAt } = await policyFor("incoming/exact", 12, 600);
      const policy = JSON.parse(Buffer.from(fields.Policy ?? "", "base64").toString());
      const names = policy.conditions.map((one: object) =>
        Array.isArray(one) ? one[0] : Object.keys(one)[0],
      );
      assert.deepEqual(names.sort(), [
        "Content-Type",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "bucket",
        "content-length-range",
        "key",
        "success_action_status",
      ]);
      assert.equal(expiresAt.toISOString().replace(".000Z", "Z"), policy.expiration);
      assert.ok(expiresAt.getTime() - Date.now() <= 600_000);
    });

    it("tells that the bucket can be used and how far the clocks differ", async () => {
      const { clockSkewMs } = await storage.probe();
      assert.ok(Math.abs(clockSkewMs) < 5_000);
    });

    it("says in a sentence that the bucket is missing or the credentials are wrong", async () => {
      const missing = openStorage({ ...store.bucket, bucket: "tintype-no-such-bucket" });
      await assert.rejects(missing.probe(), /tintype-no-such-bucket does not exist/);
      missing.close();
      const wrong = openStorage({
        ...store.bucket,
        credentials: { accessKeyId: store.bucket.credentials?.accessKeyId ?? "", secretAccessKey: "wrong" },
      });
      await assert.rejects(wrong.probe(), isStorageError("denied"));
      await assert.rejects(wrong.head("media/x"), isStorageError("denied"));
      wrong.close();
    });

    it("says unavailable, never absent, when nobody answers (R-33)", async () => {
      const nobody = openStorage({
        ...store.bucket,
        endpoint: "http://127.0.0.1:9",
        publicEndpoint: undefined,
      });
      await assert.rejects(nobody.head("media/x"), isStorageError("unavailable"));
      await assert.rejects(nobody.get("media/x", { bytesMax: 1 }), isStorageError("unavailable"));
      nobody.close();
    });

    it("sets its CORS rule once and leaves the rules of others alone", async () => {
      const rules = async () =>
        (await client.send(new GetBucketCorsCommand({ Bucket: bucketName() }))).CORSRules?.map(
          (rule) => rule.AllowedOrigins,
        );
      const mine = await rules();
      assert.deepEqual(mine, [[appOrigin]]);
      const foreign = { ID: "theirs", AllowedOrigins: ["https://blog.example.org"], AllowedMethods: ["GET"] };
      const current = await client.send(new GetBucketCorsCommand({ Bucket: bucketName() }));
      const CORSRules = [foreign, ...(current.CORSRules ?? [])];
      await client.send(new PutBucketCorsCommand({ Bucket: bucketName(), CORSConfiguration: { CORSRules } }));
      await storage.provision({ origins: ["https://other.example.org", appOrigin] });
      assert.deepEqual(await rules(), [
        ["https://blog.example.org"],
        ["https://other.example.org", appOrigin],
      ]);
      await storage.provision({ origins: [appOrigin] });
      assert.deepEqual(await rules(), [["https://blog.example.org"], [appOrigin]]);
    });
  });

  describe(`${name}: a browser's upload`, () => {
    it("stores the posted bytes under the promised key and type, and answers 201", async () => {
      const { key, post } = await honestPost(100_000);
      const answer = await postForm(post);
      assert.equal(answer.status, 201, answer.body);
      assert.match(answer.body, new RegExp(`<Key>${key}</Key>`));
      assert.equal(answer.headers["access-control-allow-origin"], appOrigin);
      assert.equal(await bytesOf(key), Buffer.from(post.file ?? []).toString("latin1"));
      assert.equal((await storage.head(key))?.contentType, type);
    });

    it("stores what is posted from another page too, and withholds the answer from it (A-49)", async () => {
      const { key, post } = await honestPost();
      const answer = await postForm({ ...post, origin: "https://evil.example" });
      assert.equal(answer.status, 201);
      assert.equal(answer.headers["access-control-allow-origin"], undefined);
      assert.equal((await storage.head(key))?.bytes, 10);
    });

    it("refuses one byte, 3 MB and 40 MB too many with a readable answer (A-1)", async () => {
      for (const over of [1, 3_000_000, 40_000_000]) {
        const { key, post } = await honestPost();
        const answer = await postForm({ ...post, file: Buffer.alloc(10 + over) });
        assert.equal(answer.status, 400);
        assert.equal(codeOf(answer), "EntityTooLarge");
        assert.equal(answer.headers["access-control-allow-origin"], appOrigin);
        assert.equal(await storage.head(key), undefined);
      }
    });

    it("refuses a byte too few and an empty file (A-2)", async () => {
      for (const bytes of [9, 0]) {
        const { key, post } = await honestPost();
        assert.equal(await refused([400], key, { ...post, file: Buffer.alloc(bytes) }), "EntityTooSmall");
      }
    });

    it("takes up to n bytes when exact sizes are switched off (R-13)", async () => {
      const lenient = openStorage(store.bucket, { exactSize: false });
      for (const [bytes, status] of [
        [1, 201],
        [10, 201],
        [0, 400],
        [11, 400],
      ] as const) {
        const { url, fields } = await lenient.presignPost(incomingKey(), {
          bytes: 10,
          contentType: type,
          expiresIn: 60,
        });
        assert.equal((await postForm({ url, fields, file: Buffer.alloc(bytes) })).status, status);
      }
      lenient.close();
    });

    it("refuses another Content-Type (A-3) and none at all (A-4)", async () => {
      const other = await honestPost();
      await refused([403], other.key, {
        ...other.post,
        fields: { ...other.fields, "Content-Type": "text/html" },
      });
      const none = await honestPost();
      const { "Content-Type": _, ...rest } = none.fields;
      await refused([403], none.key, { ...none.post, fields: rest });
    });

    it("believes the signed type, not the one in the file's part (A-5)", async () => {
      const { key, post } = await honestPost();
      assert.equal((await postForm({ ...post, fileType: "text/html" })).status, 201);
      assert.equal((await storage.head(key))?.contentType, type);
    });

    for (const [field, value] of [
      ["acl", "public-read"],
      ["x-amz-meta-evil", "1"],
      ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
      ["x-amz-website-redirect-location", "https://evil.example/"],
      ["x-amz-server-side-encryption", "AES256"],
      ["Cache-Control", "public, max-age=31536000"],
      ["Content-Disposition", "attachment"],
      ["Content-Encoding", "gzip"],
      ["success_action_redirect", "https://evil.example/"],
      ["tagging", "<Tagging/>"],
      ["foo", "bar"],
    ] as const)
      it(`refuses the unsigned field ${field} (A-6, A-7)`, async () => {
        const { key, post, fields } = await honestPost();
        await refused([403], key, { ...post, fields: { ...fields, [field]: value } });
      });

    it("ignores x-ignore- fields (A-8) and whatever comes after the file (R-15)", async () => {
      const { key, post, fields } = await honestPost();
      const answer = await postForm({
        ...post,
        fields: { ...fields, "x-ignore-foo": "bar" },
        fieldsAfterFile: [["acl", "public-read"]],
      });
      assert.equal(answer.status, 201, answer.body);
      assert.equal((await storage.head(key))?.bytes, 10);
    });

    it("refuses another key, under incoming/ and under media/ (A-9)", async () => {
      for (const victim of [incomingKey(), "media/victim.jpg", "../media/victim.jpg"]) {
        const { post, fields } = await honestPost();
        const answer = await postForm({ ...post, fields: { ...fields, key: victim } });
        assert.equal(answer.status, 403, answer.body);
      }
      assert.equal(await storage.head("media/victim.jpg"), undefined);
    });

    it("refuses a key that is given twice (A-10)", async () => {
      const { key, post, fields } = await honestPost();
      const twice: [string, string][] = [...Object.entries(fields), ["key", "media/victim.jpg"]];
      await refused([400, 403], key, { ...post, fields: twice });
      await refused([400, 403], key, {
        ...post,
        fields: [["key", "media/victim.jpg"], ...Object.entries(fields)],
      });
      assert.equal(await storage.head("media/victim.jpg"), undefined);
    });

    it("refuses the form at another bucket (A-11)", async () => {
      const other = { ...store.bucket, bucket: `${bucketName()}-other` };
      const elsewhere = openStorage(other);
      await elsewhere.provision({ origins: [appOrigin] });
      const { key, post, fields } = await honestPost();
      const url = `${store.bucket.endpoint}/${other.bucket}`;
      assert.equal((await postForm({ ...post, url })).status, 403);
      assert.equal(
        (await postForm({ ...post, url, fields: { ...fields, bucket: other.bucket } })).status,
        403,
      );
      assert.equal(await elsewhere.head(key), undefined);
      elsewhere.close();
    });

    it("refuses a policy that was edited, and a signature that is zeroed, wrong or missing (A-12)", async () => {
      const { key, post, fields } = await honestPost();
      const wider = Buffer.from(fields.Policy ?? "", "base64")
        .toString()
        .replace(",10,10]", ",0,9999999]");
      assert.notEqual(wider, Buffer.from(fields.Policy ?? "", "base64").toString());
      const changed = (more: Record<string, string>): FormPost => ({
        ...post,
        fields: { ...fields, ...more },
      });
      await refused([403], key, changed({ Policy: Buffer.from(wider).toString("base64") }));
      await refused([403], key, changed({ "X-Amz-Signature": "0".repeat(64) }));
      await refused([403], key, changed({ "X-Amz-Signature": "" }));
      await refused(
        [403],
        key,
        changed({
          "X-Amz-Credential": `${(fields["X-Amz-Credential"] ?? "").replace(/^[^/]+/, "SOMEONEELSE")}`,
        }),
      );
      const { "X-Amz-Signature": _, ...unsigned } = fields;
      await refused([400, 403], key, { ...post, fields: unsigned });
      const { Policy: __, ...withoutPolicy } = fields;
      await refused([400, 403], key, { ...post, fields: withoutPolicy });
      await refused([400, 403], key, { ...post, fields: { key } });
    });

    it("refuses an anonymous form with a climbing key", async () => {
      const answer = await postForm({
        url: `${store.bucket.endpoint}/${bucketName()}`,
        fields: { key: "x/../../../../../../tmp/tintype-escaped" },
        file: Buffer.from("x"),
      });
      assert.ok([400, 403].includes(answer.status));
    });

    it("lets a policy be used again until it ends: the same key only (A-13, A-14)", async () => {
      const { key, post } = await honestPost();
      assert.equal((await postForm(post)).status, 201);
      const again = Buffer.from("other text");
      assert.equal((await postForm({ ...post, file: again })).status, 201);
      assert.equal(await bytesOf(key), "other text");
      await storage.delete(key);
      assert.equal((await postForm({ ...post, file: again })).status, 201);
      assert.equal(await bytesOf(key), "other text");
    });

    it("refuses an expired policy (F-6)", async () => {
      const key = incomingKey();
      const { url, fields, expiresAt } = await policyFor(key, 10, 1);
      await eventually(async () => Date.now() > expiresAt.getTime() + 1_000);
      await refused([400, 403], key, { url, fields, file: Buffer.alloc(10) });
    });

    it("stores nothing when the connection breaks in the middle (F-3)", async () => {
      const { key, post } = await honestPost(500_000);
      await assert.rejects(postForm({ ...post, cutAfter: 300_000 }));
      const second = await honestPost();
      assert.equal((await postForm(second.post)).status, 201);
      assert.equal(await storage.head(key), undefined);
    });

    it("a form without its last boundary", async () => {
      const { key, post } = await honestPost();
      const answer = await postForm({ ...post, unclosed: true });
      assert.equal(answer.status >= 200 && answer.status < 300, has("keeps unclosed forms"));
      assert.equal((await storage.head(key)) !== undefined, has("keeps unclosed forms"));
    });

    it("does not take a boundary inside the bytes for the end", async () => {
      const file = Buffer.from(
        `\r\n--\r\n------tintype-form-boundar\r\n\r\n------tintype-form\r\n${"x".repeat(70_000)}\r`,
      );
      const { key, post } = await honestPost(file.length);
      assert.equal((await postForm({ ...post, file })).status, 201);
      assert.equal(await bytesOf(key), file.toString("latin1"));
    });

    it("keeps what a policy allows beside the promise: metadata, a status, a prefix", async () => {
      const { url, fields } = await createPresignedPost(client, {
        Bucket: bucketName(),
        Key: `free/${filenamePlaceholder}`,
        Conditions: [["starts-with", "$Content-Type", "image/"]],
        Fields: { "x-amz-meta-from": "here", "Cache-Control": "private" },
        Expires: 60,
      });
      const post = {
        url,
        fields: { ...fields, "Content-Type": "image/png" },
        file: Buffer.from("abc"),
        filename: "제주 바다.png",
      };
      const answer = await postForm(post);
      assert.equal(answer.status, 204, answer.body);
      const head = await client.send(
        new HeadObjectCommand({ Bucket: bucketName(), Key: "free/제주 바다.png" }),
      );
      assert.equal(head.ContentType, "image/png");
      assert.deepEqual(head.Metadata, { from: "here" });
      assert.equal(head.CacheControl, has("drops Cache-Control of forms") ? undefined : "private");
      const wrong = await postForm({ ...post, fields: { ...post.fields, "Content-Type": "text/html" } });
      assert.equal(wrong.status, 403);
    });

    it("is preflighted for the app's pages only, and for the methods of the rule only", async () => {
      const ask = (origin: string, method: string): Promise<Response> =>
        fetch(`${store.bucket.endpoint}/${bucketName()}`, {
          method: "OPTIONS",
          headers: {
            origin,
            "access-control-request-method": method,
            "access-control-request-headers": "content-type",
          },
        });
      const allowed = await ask(appOrigin, "POST");
      assert.equal(allowed.status, 200);
      assert.equal(allowed.headers.get("access-control-allow-origin"), appOrigin);
      assert.match(allowed.headers.get("access-control-allow-methods") ?? "", /POST/);
      assert.match(allowed.headers.get("access-control-allow-headers") ?? "", /content-type/i);
      assert.equal(allowed.headers.get("access-control-max-age"), "3600");
      assert.equal((await ask("https://evil.example", "POST")).status, 403);
      assert.equal((await ask("null", "POST")).status, 403);
      assert.equal((await ask(appOrigin, "DELETE")).status, 403);
    });
  });

  describe(`${name}: reading`, () => {
    const key = "media/reading.jpg";
    const body = Buffer.from("0123456789");
    let url: string;

    before(async () => {
      await storage.put(key, body, { contentType: type });
      url = await getSignedUrl(client, new GetObjectCommand({ Bucket: bucketName(), Key: key }), {
        expiresIn: 600,
      });
    });

    it("serves a signed URL, with the headers that it was signed to answer with", async () => {
      const command = new GetObjectCommand({
        Bucket: bucketName(),
        Key: key,
        ResponseCacheControl: "private, max-age=3600, immutable",
        ResponseContentDisposition: "attachment; filename*=UTF-8''%EC%A0%9C%EC%A3%BC.jpg",
        ResponseContentType: "image/png",
      });
      const answer = await fetch(await getSignedUrl(client, command, { expiresIn: 600 }));
      assert.equal(await answer.text(), "0123456789");
      assert.equal(answer.headers.get("cache-control"), "private, max-age=3600, immutable");
      assert.equal(
        answer.headers.get("content-disposition"),
        "attachment; filename*=UTF-8''%EC%A0%9C%EC%A3%BC.jpg",
      );
      assert.equal(answer.headers.get("content-type"), "image/png");
    });

    it("refuses a signed URL that was edited: key, answer headers, life, host (A-46)", async () => {
      assert.equal((await fetch(url)).status, 200);
      for (const edited of [
        url.replace("reading.jpg", "race"),
        `${url}&response-content-type=text/html`,
        url.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"),
        url.replace(/X-Amz-Signature=.{4}/, "X-Amz-Signature=0000"),
      ]) {
        assert.notEqual(edited, url);
        assert.equal((await fetch(edited)).status, 403, edited);
      }
    });

    it("refuses a signed GET used as HEAD, PUT or DELETE (A-47)", async () => {
      for (const method of ["HEAD", "PUT", "DELETE"])
        assert.equal((await fetch(url, { method })).status, 403);
      assert.equal(await bytesOf(key), "0123456789");
    });

    it("serves a URL signed in the past and refuses an expired one", async () => {
      const command = new GetObjectCommand({ Bucket: bucketName(), Key: key });
      const at = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);
      const past = await getSignedUrl(client, command, { expiresIn: 7200, signingDate: at(-60) });
      assert.equal((await fetch(past)).status, 200);
      const expired = await getSignedUrl(client, command, { expiresIn: 3000, signingDate: at(-60) });
      assert.equal((await fetch(expired)).status, 403);
      const future = await getSignedUrl(client, command, { expiresIn: 600, signingDate: at(60) });
      assert.equal((await fetch(future)).status, has("accepts dates in the future") ? 200 : 403);
    });

    it("shows nothing to strangers, whether it is there or not (A-48)", async () => {
      for (const path of [key, "media/nobody.jpg", "incoming/nobody", ""]) {
        const answer = await fetch(addressOf(path));
        assert.equal(answer.status, 403, path);
        assert.equal(codeOf({ body: await answer.text() }), "AccessDenied");
      }
      assert.equal((await fetch(`${store.bucket.endpoint}/${bucketName()}?list-type=2`)).status, 403);
      for (const method of ["PUT", "DELETE"])
        assert.equal(
          (await fetch(addressOf(key), { method, ...(method === "PUT" ? { body: "x" } : {}) })).status,
          403,
        );
    });

    it("serves the first, the middle and the last bytes of an object, and 416 past its end", async () => {
      const range = async (value: string) => {
        const answer = await fetch(url, { headers: { range: value } });
        return [answer.status, await answer.text(), answer.headers.get("content-range")];
      };
      assert.deepEqual(await range("bytes=0-3"), [206, "0123", "bytes 0-3/10"]);
      assert.deepEqual(await range("bytes=4-"), [206, "456789", "bytes 4-9/10"]);
      assert.deepEqual(await range("bytes=-3"), [206, "789", "bytes 7-9/10"]);
      assert.deepEqual(await range("bytes=8-100"), [206, "89", "bytes 8-9/10"]);
      assert.equal((await fetch(url, { headers: { range: "bytes=10-" } })).status, 416);
      assert.equal((await fetch(url)).headers.get("accept-ranges"), "bytes");
    });

    it("answers 304 to a reader who has it and 412 to one who expects another", async () => {
      const first = await fetch(url);
      const etag = first.headers.get("etag") ?? "";
      const modified = first.headers.get("last-modified") ?? "";
      const status = async (headers: Record<string, string>): Promise<number> =>
        (await fetch(url, { headers })).status;
      assert.equal(await status({ "if-none-match": etag }), 304);
      assert.equal(await status({ "if-none-match": '"other"' }), 200);
      assert.equal(await status({ "if-match": etag }), 200);
      assert.equal(await status({ "if-match": '"other"' }), 412);
      assert.equal(await status({ "if-modified-since": modified }), 304);
      assert.equal(await status({ "if-modified-since": new Date(0).toUTCString() }), 200);
      assert.equal(await status({ "if-unmodified-since": new Date(0).toUTCString() }), 412);
    });

    it("tells pages of the app apart from others in its answers", async () => {
      const ours = await fetch(url, { headers: { origin: appOrigin } });
      assert.equal(ours.headers.get("access-control-allow-origin"), appOrigin);
      assert.match(ours.headers.get("vary") ?? "", /Origin/);
      const theirs = await fetch(url, { headers: { origin: "https://evil.example" } });
      assert.equal(theirs.headers.get("access-control-allow-origin"), null);
    });
  });

  describe(`${name}: keys`, () => {
    const keys = [
      "../../../etc/tintype-escaped",
      "a/../b",
      "a/./b",
      "a//b",
      "ends/with/slash/",
      "제주/바다 사진.jpg",
      "plus+space %25 and%2Fslash",
      "case/Aa",
      "case/aA",
      "case/aa",
      "quotes\"'<>&;?#[]@!$(),*",
      "emoji/📷",
      "é/NFC",
      "e\u0301/NFD",
      "x".repeat(1024),
    ];

    it("are bytes: no two of them meet, and none becomes a path", async () => {
      for (const Key of keys)
        await client.send(new PutObjectCommand({ Bucket: bucketName(), Key, Body: Key }));
      for (const Key of keys) {
        const got = await client.send(new GetObjectCommand({ Bucket: bucketName(), Key }));
        assert.equal(await got.Body?.transformToString(), Key);
      }
      const listed: string[] = [];
      for (const Prefix of new Set(keys.map((key) => key.slice(0, 2)))) {
        const page = await client.send(new ListObjectsV2Command({ Bucket: bucketName(), Prefix }));
        listed.push(...(page.Contents ?? []).map((one) => one.Key ?? ""));
      }
      for (const key of keys) assert.ok(listed.includes(key), key);
    });

    it("are deleted many at a time, and one that is not there counts as deleted", async () => {
      const Objects = [...keys, "never/there"].map((Key) => ({ Key }));
      const answer = await client.send(
        new DeleteObjectsCommand({ Bucket: bucketName(), Delete: { Objects } }),
      );
      assert.equal(answer.Errors, undefined);
      assert.equal(answer.Deleted?.length, Objects.length);
      for (const Key of keys)
        assert.equal(await refusal(client.send(new HeadObjectCommand({ Bucket: bucketName(), Key }))), 404);
    });

    it("end at 1,024 bytes", async () => {
      const put = client.send(
        new PutObjectCommand({ Bucket: bucketName(), Key: "제".repeat(342), Body: "x" }),
      );
      if (has("keys over 1024 bytes")) await put;
      else assert.equal(await refusal(put), 400);
    });

    it("are listed by folder, page by page, from any place", async () => {
      for (const Key of ["tree/a/1", "tree/a/2", "tree/b", "tree/c/1", "tree/d"])
        await client.send(new PutObjectCommand({ Bucket: bucketName(), Key, Body: "x" }));
      const names: (string | undefined)[] = [];
      let token: string | undefined;
      do {
        const page: Awaited<ReturnType<typeof listTree>> = await listTree(token);
        names.push(
          ...(page.CommonPrefixes ?? []).map((one) => one.Prefix),
          ...(page.Contents ?? []).map((one) => one.Key),
        );
        token = page.NextContinuationToken;
      } while (token !== undefined);
      assert.deepEqual(names, ["tree/a/", "tree/b", "tree/c/", "tree/d"]);
      const rest = await client.send(
        new ListObjectsV2Command({ Bucket: bucketName(), Prefix: "tree/", StartAfter: "tree/b" }),
      );
      assert.deepEqual(
        rest.Contents?.map((one) => one.Key),
        ["tree/c/1", "tree/d"],
      );
    });

    const listTree = (ContinuationToken: string | undefined) =>
      client.send(
        new ListObjectsV2Command({
          Bucket: bucketName(),
          Prefix: "tree/",
          Delimiter: "/",
          MaxKeys: 1,
          ContinuationToken,
        }),
      );
  });

  describe(`${name}: programs`, () => {
    it("a HEAD of a missing object and of a missing bucket are both 404", async () => {
      assert.equal(
        await refusal(client.send(new HeadObjectCommand({ Bucket: bucketName(), Key: "nobody" }))),
        404,
      );
      assert.equal(
        await refusal(client.send(new HeadBucketCommand({ Bucket: "tintype-no-such-bucket" }))),
        404,
      );
    });

    it("refuses an unknown key id and a wrong secret", async () => {
      const accessKeyId = store.bucket.credentials?.accessKeyId ?? "";
      const secretAccessKey = store.bucket.credentials?.secretAccessKey ?? "";
      for (const credentials of [
        { accessKeyId: "UNKNOWNKEY", secretAccessKey },
        { accessKeyId, secretAccessKey: "wrong" },
      ]) {
        const stranger = sdk({ credentials });
        assert.equal(
          await refusal(stranger.send(new HeadObjectCommand({ Bucket: bucketName(), Key: "x" }))),
          403,
        );
        assert.equal(
          await refusal(stranger.send(new PutObjectCommand({ Bucket: bucketName(), Key: "x", Body: "x" }))),
          403,
        );
        stranger.destroy();
      }
      assert.equal(await storage.head("x"), undefined);
    });

    it("checks what is promised about a body: Content-MD5 and, where it is known, SHA-256", async () => {
      const put = (more: object) =>
        client.send(new PutObjectCommand({ Bucket: bucketName(), Key: "sum", Body: "abc", ...more }));
      const digest = (name: string, text: string): string => createHash(name).update(text).digest("base64");
      assert.equal(await refusal(put({ ContentMD5: digest("md5", "other") })), 400);
      const wrong = put({ ChecksumSHA256: digest("sha256", "other") });
      if (has("ignores checksums")) await wrong;
      else {
        assert.equal(await refusal(wrong), 400);
        assert.equal(await storage.head("sum"), undefined);
      }
      await put({ ContentMD5: digest("md5", "abc"), ChecksumSHA256: digest("sha256", "abc") });
      assert.equal(await bytesOf("sum"), "abc");
    });

    it("takes a stream in signed or checksummed frames", async () => {
      const streaming = sdk({ streams: true });
      const body = randomBytes(300_000);
      const put = streaming.send(
        new PutObjectCommand({
          Bucket: bucketName(),
          Key: "framed",
          Body: Readable.from([body.subarray(0, 100_000), body.subarray(100_000)]),
          ContentLength: body.length,
        }),
      );
      if (has("refuses framed streams")) assert.equal(await refusal(put), 411);
      else {
        await put;
        assert.equal(await bytesOf("framed"), body.toString("latin1"));
        assert.equal(
          (await client.send(new HeadObjectCommand({ Bucket: bucketName(), Key: "framed" }))).ContentEncoding,
          undefined,
        );
      }
      streaming.destroy();
    });

    it("copies an object with its headers or with new ones", async () => {
      await storage.put("copy/원본 1.jpg", Buffer.from("copied"), { contentType: type });
      const CopySource = `${bucketName()}/${encodeURIComponent("copy/원본 1.jpg")}`;
      await client.send(new CopyObjectCommand({ Bucket: bucketName(), Key: "copy/2", CopySource }));
      assert.equal((await storage.head("copy/2"))?.contentType, type);
      const more = { MetadataDirective: "REPLACE", ContentType: "image/png" } as const;
      await client.send(new CopyObjectCommand({ Bucket: bucketName(), Key: "copy/3", CopySource, ...more }));
      assert.equal((await storage.head("copy/3"))?.contentType, "image/png");
      assert.equal(await bytesOf("copy/3"), "copied");
    });

    it("puts an object together from parts, or forgets them", async () => {
      const Key = "parts/whole";
      const part = randomBytes(5 * 1024 * 1024);
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({ Bucket: bucketName(), Key, ContentType: type }),
      );
      const Parts = [];
      for (const [index, Body] of [part, Buffer.from("the end")].entries()) {
        const PartNumber = index + 1;
        const { ETag } = await client.send(
          new UploadPartCommand({ Bucket: bucketName(), Key, UploadId, PartNumber, Body }),
        );
        Parts.push({ ETag, PartNumber });
      }
      assert.equal(await storage.head(Key), undefined);
      await client.send(
        new CompleteMultipartUploadCommand({
          Bucket: bucketName(),
          Key,
          UploadId,
          MultipartUpload: { Parts },
        }),
      );
      const whole = await storage.get(Key, { bytesMax: 6_000_000 });
      assert.ok(whole?.body.equals(Buffer.concat([part, Buffer.from("the end")])));
      assert.equal(whole?.head.contentType, type);
      assert.match(whole?.head.etag ?? "", /-2"$/);

      const second = await client.send(
        new CreateMultipartUploadCommand({ Bucket: bucketName(), Key: "parts/never" }),
      );
      const aborted = { Bucket: bucketName(), Key: "parts/never", UploadId: second.UploadId };
      await client.send(new UploadPartCommand({ ...aborted, PartNumber: 1, Body: "x" }));
      await client.send(new AbortMultipartUploadCommand(aborted));
      assert.equal(
        await refusal(client.send(new UploadPartCommand({ ...aborted, PartNumber: 2, Body: "x" }))),
        404,
      );
      assert.equal(await storage.head("parts/never"), undefined);
    });

    it("takes two hundred simultaneous writers", async () => {
      const bodies = Array.from({ length: 200 }, (_, i) => [`many/${i}`, randomBytes(20_000 + i)] as const);
      await Promise.all(bodies.map(([key, body]) => storage.put(key, body, { contentType: type })));
      for (const [key, body] of bodies)
        assert.ok((await storage.get(key, { bytesMax: 30_000 }))?.body.equals(body));
    });
  });
}

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { GetObjectTaggingCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { type Answer, codeOf, type FormPost, postForm } from "../form-post.ts";
import { incomingKey } from "../keys.ts";
import { appOrigin, filenamePlaceholder, type Subject, type } from "./subject.ts";

const digest = (name: string, text: string): string => createHash(name).update(text).digest("base64");

/** A policy of one's own making, signed at any time: the SDK signs at the present one only. */
function signedBy(subject: Subject, key: string, times: { signed: Date; expires: Date }): FormPost {
  const { accessKeyId = "", secretAccessKey = "" } = subject.bucket.credentials ?? {};
  const date = times.signed.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = [date.slice(0, 8), subject.bucket.region, "s3", "aws4_request"];
  const proof = {
    bucket: subject.bucket.bucket,
    key,
    "Content-Type": type,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": [accessKeyId, ...scope].join("/"),
    "X-Amz-Date": date,
  };
  const conditions = Object.entries(proof).map(([name, value]) => ({ [name]: value }));
  const Policy = Buffer.from(
    JSON.stringify({ expiration: times.expires.toISOString(), conditions }),
  ).toString("base64");
  const signingKey = scope.reduce<Buffer | string>(
    (secret, text) => createHmac("sha256", secret).update(text).digest(),
    `AWS4${secretAccessKey}`,
  );
  const signature = createHmac("sha256", signingKey).update(Policy).digest("hex");
  return {
    url: `${subject.bucket.endpoint}/${subject.bucket.bucket}`,
    fields: { ...proof, Policy, "X-Amz-Signature": signature },
    file: Buffer.from("by hand"),
    origin: appOrigin,
  };
}

/** What a form can ask for beside storing bytes, and what it promises about them (§6.1, §6.5). */
export function formContract(subject: Subject): void {
  /** A form that its policy allows: `fields` are signed as they stand. */
  async function allowed(fields: Record<string, string>, changes: Partial<FormPost> = {}) {
    const Key = incomingKey();
    const signed = await createPresignedPost(subject.client, {
      Bucket: subject.bucket.bucket,
      Key,
      Fields: fields,
      Expires: 60,
    });
    const answer = await postForm({ ...signed, file: Buffer.from("abc"), origin: appOrigin, ...changes });
    return { Key, answer };
  }

  describe("a form", () => {
    it("needs no bucket field where the address names the bucket", async () => {
      const { key, post, fields } = await subject.honestPost();
      const { bucket: _, ...rest } = fields;
      const answer = await postForm({ ...post, fields: rest });
      assert.equal(answer.status, 201, answer.body);
      assert.equal((await subject.storage.head(key))?.bytes, 10);
    });

    it("is taken an hour after its policy was signed, as long as that lasts (F-23)", async () => {
      const at = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);
      const past = incomingKey();
      const lasting = await postForm(signedBy(subject, past, { signed: at(-60), expires: at(10) }));
      assert.equal(lasting.status, 204, lasting.body);
      assert.equal(await subject.bytesOf(past), "by hand");
      const over = incomingKey();
      await subject.refused([403], over, signedBy(subject, over, { signed: at(-60), expires: at(-1) }));
    });

    it("signed an hour ahead of the store's clock is refused where the store looks (F-23)", async () => {
      const at = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);
      const key = incomingKey();
      const { status } = await postForm(signedBy(subject, key, { signed: at(60), expires: at(120) }));
      assert.equal(status, subject.has("accepts dates in the future") ? 204 : 403);
    });

    it("with a right checksum is stored; with a wrong one only where the store does not look (R-25)", async () => {
      const sha = "x-amz-checksum-sha256";
      const right = await allowed({ [sha]: digest("sha256", "abc") });
      assert.equal(right.answer.status, 204, right.answer.body);
      const wrong = await allowed({ [sha]: digest("sha256", "other") });
      const stored = await subject.storage.exists(wrong.Key);
      if (subject.has("ignores checksums")) assert.deepEqual([wrong.answer.status, stored], [204, true]);
      else assert.deepEqual([wrong.answer.status, codeOf(wrong.answer), stored], [400, "BadDigest", false]);
    });

    it("with a wrong Content-MD5 is stored only where the store does not look (R-25)", async () => {
      const right = await allowed({ "Content-MD5": digest("md5", "abc") });
      assert.equal(right.answer.status, 204, right.answer.body);
      const wrong = await allowed({ "Content-MD5": digest("md5", "other") });
      const stored = await subject.storage.exists(wrong.Key);
      if (subject.has("ignores Content-MD5 of forms"))
        assert.deepEqual([wrong.answer.status, stored], [204, true]);
      else assert.deepEqual([wrong.answer.status, codeOf(wrong.answer), stored], [400, "BadDigest", false]);
    });

    it("is not made conditional by a header, and an unsigned If-None-Match field is refused", async () => {
      const { key, post, fields } = await subject.honestPost();
      assert.equal((await postForm(post)).status, 201);
      const headers = { "if-none-match": "*" };
      assert.equal((await postForm({ ...post, headers })).status, 201);
      const field = { ...fields, "If-None-Match": "*" };
      assert.equal((await postForm({ ...post, fields: field })).status, 403);
      assert.equal((await subject.storage.head(key))?.bytes, 10);
    });

    it("tags what it stores when its policy allows that", async () => {
      const tagging = "<Tagging><TagSet><Tag><Key>place</Key><Value>Jeju</Value></Tag></TagSet></Tagging>";
      const { Key, answer } = await allowed({ tagging });
      assert.equal(answer.status, 204, answer.body);
      const command = new GetObjectTaggingCommand({ Bucket: subject.bucket.bucket, Key });
      assert.deepEqual((await subject.client.send(command)).TagSet, [{ Key: "place", Value: "Jeju" }]);
    });

    it("is answered with 200, 201 or 204 as its policy says, and with 204 to any other wish", async () => {
      for (const [wish, status] of [
        ["200", 200],
        ["201", 201],
        ["204", 204],
        ["303", 204],
      ] as const) {
        const { answer } = await allowed({ success_action_status: wish });
        assert.equal(answer.status, status, answer.body);
        const parts = ["Bucket", "Key", "ETag", "Location"].map((name) => answer.body.includes(`<${name}>`));
        assert.deepEqual(new Set(parts), new Set([status === 201]));
      }
    });

    it("leads to another page with bucket, key and ETag when its policy says so", async () => {
      const page = "https://photos.example.com/done";
      const { Key, answer } = await allowed({ success_action_redirect: page });
      assert.equal(answer.status, 303, answer.body);
      const to = new URL(answer.headers.location ?? "");
      assert.equal(to.origin + to.pathname, "https://photos.example.com/done");
      assert.equal(to.searchParams.get("key"), Key);
      assert.equal(to.searchParams.get("bucket"), subject.bucket.bucket);
      assert.match(to.searchParams.get("etag") ?? "", /^"?[0-9a-f]{32}"?$/);
    });

    it("of up to so many bytes takes any size within, leads back to one page, and to no other (A-1, A-2)", async () => {
      const redirect = `${appOrigin}/upload/plain/1`;
      const key = incomingKey();
      const { url, fields } = await subject.storage.presignPost(key, {
        bytes: 100,
        atMost: true,
        contentType: "application/octet-stream",
        expiresIn: 60,
        redirect,
      });
      const form = (bytes: number, changes: Record<string, string> = {}): FormPost => ({
        url,
        fields: { ...fields, ...changes },
        file: Buffer.alloc(bytes, "x"),
        // What a form sent by the page itself says of where it comes from.
        origin: appOrigin,
      });
      await subject.refused([400], key, form(0));
      await subject.refused([400], key, form(101));
      await subject.refused([403], key, form(50, { success_action_redirect: `${appOrigin}/elsewhere` }));
      for (const bytes of [1, 100]) {
        const answer = await postForm(form(bytes));
        assert.equal(answer.status, 303, answer.body);
        assert.equal((answer.headers.location ?? "").split("?")[0], redirect);
        assert.equal((await subject.storage.head(key))?.bytes, bytes);
      }
    });

    it("tells the app's pages where the bytes went, in headers too (§5.3)", async () => {
      const { post } = await subject.honestPost();
      const answer = await postForm(post);
      const told = (name: keyof Answer["headers"]): boolean => answer.headers[name] !== undefined;
      const has = !subject.has("answers forms without ETag and Location headers");
      assert.deepEqual([told("etag"), told("location")], [has, has]);
    });

    it("that ends before its last boundary is not stored, whatever its policy says of sizes (R-25)", async () => {
      const { Key, answer } = await allowed({}, { unclosed: true });
      assert.deepEqual([answer.status, await subject.storage.exists(Key)], [400, false]);
    });

    it("gives the placeholder the name of the file without its folders", async () => {
      const Bucket = subject.bucket.bucket;
      const signed = await createPresignedPost(subject.client, {
        Bucket,
        Key: `named/${filenamePlaceholder}`,
        Expires: 60,
      });
      const answer = await postForm({
        ...signed,
        file: Buffer.from("x"),
        filename: "C:\\\\photos\\\\sea.jpg",
      });
      assert.ok([204, 400].includes(answer.status), answer.body);
      if (answer.status === 204) {
        const names: string[] = [];
        for await (const { key } of subject.storage.list("named/")) names.push(key);
        assert.equal(names.length, 1);
        assert.match(names[0] ?? "", /^named\/.*sea\.jpg$/);
        await subject.client.send(new HeadObjectCommand({ Bucket, Key: names[0] ?? "" }));
      }
    });

    it("of a stranger's making, with a policy over 20 KB before the file, is refused", async () => {
      const { key, post, fields } = await subject.honestPost();
      const long = Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [`x-ignore-${i}`, "x".repeat(1000)]),
      );
      const answer = await postForm({ ...post, fields: { ...fields, ...long } });
      if (subject.has("takes forms of any length")) assert.equal(answer.status, 201);
      else {
        assert.equal(answer.status, 400);
        assert.equal(await subject.storage.head(key), undefined);
      }
    });
  });
}

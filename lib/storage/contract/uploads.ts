import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { codeOf, type FormPost, postForm } from "../form-post.ts";
import { incomingKey } from "../keys.ts";
import { openStorage } from "../s3.ts";
import { appOrigin, eventually, filenamePlaceholder, type Subject, type } from "./subject.ts";

/** What a browser, honest or not, can do with a signed form. */
export function uploadContract(subject: Subject): void {
  describe("a browser's upload", () => {
    it("stores the posted bytes under the promised key and type, and answers 201", async () => {
      const { key, post } = await subject.honestPost(100_000);
      const answer = await postForm(post);
      assert.equal(answer.status, 201, answer.body);
      assert.match(answer.body, new RegExp(`<Key>${key}</Key>`));
      assert.equal(answer.headers["access-control-allow-origin"], appOrigin);
      assert.equal(await subject.bytesOf(key), Buffer.from(post.file ?? []).toString("latin1"));
      assert.equal((await subject.storage.head(key))?.contentType, type);
    });

    it("stores what is posted from another page too, and withholds the answer from it (A-49)", async () => {
      const { key, post } = await subject.honestPost();
      const answer = await postForm({ ...post, origin: "https://evil.example" });
      assert.equal(answer.status, 201);
      assert.equal(answer.headers["access-control-allow-origin"], undefined);
      assert.equal((await subject.storage.head(key))?.bytes, 10);
    });

    it("refuses one byte, 3 MB and 40 MB too many with a readable answer (A-1)", async () => {
      for (const over of [1, 3_000_000, 40_000_000]) {
        const { key, post } = await subject.honestPost();
        const answer = await postForm({ ...post, file: Buffer.alloc(10 + over) });
        assert.equal(answer.status, 400);
        assert.equal(codeOf(answer), "EntityTooLarge");
        assert.equal(answer.headers["access-control-allow-origin"], appOrigin);
        assert.equal(await subject.storage.head(key), undefined);
      }
    });

    it("refuses a byte too few and an empty file (A-2)", async () => {
      for (const bytes of [9, 0]) {
        const { key, post } = await subject.honestPost();
        assert.equal(
          await subject.refused([400], key, { ...post, file: Buffer.alloc(bytes) }),
          "EntityTooSmall",
        );
      }
    });

    it("takes up to n bytes when exact sizes are switched off (R-13)", async () => {
      const lenient = openStorage(subject.bucket, { exactSize: false });
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
      const other = await subject.honestPost();
      await subject.refused([403], other.key, {
        ...other.post,
        fields: { ...other.fields, "Content-Type": "text/html" },
      });
      const none = await subject.honestPost();
      const { "Content-Type": _, ...rest } = none.fields;
      await subject.refused([403], none.key, { ...none.post, fields: rest });
    });

    it("believes the signed type, not the one in the file's part (A-5)", async () => {
      const { key, post } = await subject.honestPost();
      assert.equal((await postForm({ ...post, fileType: "text/html" })).status, 201);
      assert.equal((await subject.storage.head(key))?.contentType, type);
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
        const { key, post, fields } = await subject.honestPost();
        // A store may look at what the field asks for before it looks at the policy.
        await subject.refused([400, 403], key, { ...post, fields: { ...fields, [field]: value } });
      });

    it("ignores x-ignore- fields (A-8) and whatever comes after the file (R-15)", async () => {
      const { key, post, fields } = await subject.honestPost();
      const answer = await postForm({
        ...post,
        fields: { ...fields, "x-ignore-foo": "bar" },
        fieldsAfterFile: [["acl", "public-read"]],
      });
      assert.equal(answer.status, 201, answer.body);
      assert.equal((await subject.storage.head(key))?.bytes, 10);
    });

    it("refuses another key, under incoming/ and under media/ (A-9)", async () => {
      for (const victim of [incomingKey(), "media/victim.jpg", "../media/victim.jpg"]) {
        const { post, fields } = await subject.honestPost();
        const answer = await postForm({ ...post, fields: { ...fields, key: victim } });
        assert.equal(answer.status, 403, answer.body);
      }
      assert.equal(await subject.storage.head("media/victim.jpg"), undefined);
    });

    it("never writes to the other of two keys (A-10)", async () => {
      const { post, fields } = await subject.honestPost();
      const victim: [string, string] = ["key", "media/victim.jpg"];
      const refusals = subject.has("takes one of two equal fields") ? [201, 400, 403] : [400];
      for (const twice of [
        [...Object.entries(fields), victim],
        [victim, ...Object.entries(fields)],
      ])
        assert.ok(refusals.includes((await postForm({ ...post, fields: twice })).status));
      assert.equal(await subject.storage.head("media/victim.jpg"), undefined);
    });

    it("refuses the form at another bucket (A-11)", async () => {
      const other = { ...subject.bucket, bucket: `${subject.bucket.bucket}-other` };
      const elsewhere = openStorage(other);
      await elsewhere.provision({ origins: [appOrigin] });
      const { key, post, fields } = await subject.honestPost();
      const url = `${subject.bucket.endpoint}/${other.bucket}`;
      assert.equal((await postForm({ ...post, url })).status, 403);
      assert.equal(
        (await postForm({ ...post, url, fields: { ...fields, bucket: other.bucket } })).status,
        403,
      );
      assert.equal(await elsewhere.head(key), undefined);
      elsewhere.close();
    });

    it("refuses a policy that was edited, and a signature that is zeroed, wrong or missing (A-12)", async () => {
      const { key, post, fields } = await subject.honestPost();
      const wider = Buffer.from(fields.Policy ?? "", "base64")
        .toString()
        .replace(",10,10]", ",0,9999999]");
      assert.notEqual(wider, Buffer.from(fields.Policy ?? "", "base64").toString());
      const changed = (more: Record<string, string>): FormPost => ({
        ...post,
        fields: { ...fields, ...more },
      });
      await subject.refused([403], key, changed({ Policy: Buffer.from(wider).toString("base64") }));
      await subject.refused([403], key, changed({ "X-Amz-Signature": "0".repeat(64) }));
      await subject.refused([403], key, changed({ "X-Amz-Signature": "" }));
      await subject.refused(
        [403],
        key,
        changed({
          "X-Amz-Credential": `${(fields["X-Amz-Credential"] ?? "").replace(/^[^/]+/, "SOMEONEELSE")}`,
        }),
      );
      const { "X-Amz-Signature": _, ...unsigned } = fields;
      await subject.refused([400, 403], key, { ...post, fields: unsigned });
      const { Policy: __, ...withoutPolicy } = fields;
      await subject.refused([400, 403], key, { ...post, fields: withoutPolicy });
      await subject.refused([400, 403], key, { ...post, fields: { key } });
    });

    it("refuses an anonymous form with a climbing key", async () => {
      const answer = await postForm({
        url: `${subject.bucket.endpoint}/${subject.bucket.bucket}`,
        fields: { key: "x/../../../../../../tmp/tintype-escaped" },
        file: Buffer.from("x"),
      });
      assert.ok([400, 403].includes(answer.status));
    });

    it("lets a policy be used again until it ends: the same key only (A-13, A-14)", async () => {
      const { key, post } = await subject.honestPost();
      assert.equal((await postForm(post)).status, 201);
      const again = Buffer.from("other text");
      assert.equal((await postForm({ ...post, file: again })).status, 201);
      assert.equal(await subject.bytesOf(key), "other text");
      await subject.storage.delete(key);
      assert.equal((await postForm({ ...post, file: again })).status, 201);
      assert.equal(await subject.bytesOf(key), "other text");
    });

    it("refuses an expired policy (F-6)", async () => {
      const key = incomingKey();
      const { url, fields, expiresAt } = await subject.policyFor(key, 10, 1);
      await eventually(async () => Date.now() > expiresAt.getTime() + 1_000);
      await subject.refused([400, 403], key, { url, fields, file: Buffer.alloc(10) });
    });

    it("stores nothing when the connection breaks in the middle (F-3)", async () => {
      const { key, post } = await subject.honestPost(500_000);
      await assert.rejects(postForm({ ...post, cutAfter: 300_000 }));
      const second = await subject.honestPost();
      assert.equal((await postForm(second.post)).status, 201);
      assert.equal(await subject.storage.head(key), undefined);
    });

    it("refuses a form that ends before its last boundary", async () => {
      const { key, post } = await subject.honestPost();
      await subject.refused([400], key, { ...post, unclosed: true });
    });

    it("does not take a boundary inside the bytes for the end", async () => {
      const file = Buffer.from(
        `\r\n--\r\n------tintype-form-boundar\r\n\r\n------tintype-form\r\n${"x".repeat(70_000)}\r`,
      );
      const { key, post } = await subject.honestPost(file.length);
      assert.equal((await postForm({ ...post, file })).status, 201);
      assert.equal(await subject.bytesOf(key), file.toString("latin1"));
    });

    it("keeps what a policy allows beside the promise: metadata, a status, a prefix", async () => {
      const { url, fields } = await createPresignedPost(subject.client, {
        Bucket: subject.bucket.bucket,
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
      const head = await subject.client.send(
        new HeadObjectCommand({ Bucket: subject.bucket.bucket, Key: "free/제주 바다.png" }),
      );
      assert.equal(head.ContentType, "image/png");
      assert.deepEqual(head.Metadata, { from: "here" });
      assert.equal(head.CacheControl, subject.has("drops Cache-Control of forms") ? undefined : "private");
      const wrong = await postForm({ ...post, fields: { ...post.fields, "Content-Type": "text/html" } });
      assert.equal(wrong.status, 403);
    });

    it("is preflighted for the app's pages only, and for the methods of the rule only", async () => {
      const ask = (origin: string, method: string): Promise<Response> =>
        fetch(`${subject.bucket.endpoint}/${subject.bucket.bucket}`, {
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
}

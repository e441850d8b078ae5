import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { codeOf } from "../form-post.ts";
import { appOrigin, type Subject, type } from "./subject.ts";

/** What signed URLs give, and what strangers get. */
export function readingContract(subject: Subject): void {
  describe("reading", () => {
    const key = "media/reading.jpg";
    const body = Buffer.from("0123456789");
    let url: string;

    before(async () => {
      await subject.storage.put(key, body, { contentType: type });
      url = await getSignedUrl(
        subject.client,
        new GetObjectCommand({ Bucket: subject.bucket.bucket, Key: key }),
        {
          expiresIn: 600,
        },
      );
    });

    it("serves a signed URL, with the headers that it was signed to answer with", async () => {
      const command = new GetObjectCommand({
        Bucket: subject.bucket.bucket,
        Key: key,
        ResponseCacheControl: "private, max-age=3600, immutable",
        ResponseContentDisposition: "attachment; filename*=UTF-8''%EC%A0%9C%EC%A3%BC.jpg",
        ResponseContentType: "image/png",
      });
      const answer = await fetch(await getSignedUrl(subject.client, command, { expiresIn: 600 }));
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
      assert.equal(await subject.bytesOf(key), "0123456789");
    });

    it("serves a URL signed in the past and refuses an expired one", async () => {
      const command = new GetObjectCommand({ Bucket: subject.bucket.bucket, Key: key });
      const at = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);
      const past = await getSignedUrl(subject.client, command, { expiresIn: 7200, signingDate: at(-60) });
      assert.equal((await fetch(past)).status, 200);
      const expired = await getSignedUrl(subject.client, command, { expiresIn: 3000, signingDate: at(-60) });
      assert.equal((await fetch(expired)).status, 403);
      const future = await getSignedUrl(subject.client, command, { expiresIn: 600, signingDate: at(60) });
      assert.equal((await fetch(future)).status, subject.has("accepts dates in the future") ? 200 : 403);
    });

    it("shows nothing to strangers, whether it is there or not (A-48)", async () => {
      for (const path of [key, "media/nobody.jpg", "incoming/nobody", ""]) {
        const answer = await fetch(subject.addressOf(path));
        assert.equal(answer.status, 403, path);
        assert.equal(codeOf({ body: await answer.text() }), "AccessDenied");
      }
      assert.equal(
        (await fetch(`${subject.bucket.endpoint}/${subject.bucket.bucket}?list-type=2`)).status,
        403,
      );
      for (const method of ["PUT", "DELETE"])
        assert.equal(
          (await fetch(subject.addressOf(key), { method, ...(method === "PUT" ? { body: "x" } : {}) }))
            .status,
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
}

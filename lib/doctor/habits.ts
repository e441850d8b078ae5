/** What a store makes of less common writes: one that must be the first, one in parts, one that says its checksum. */
import { createHash } from "node:crypto";
import type { StorageError } from "../storage/port.ts";
import { grant, quoted } from "./advice.ts";
import { named } from "./ask.ts";
import type { Change, Outcome } from "./finding.ts";
import { encryptionHeaders, picture, pictureType } from "./objects.ts";
import { fail, ok, type Probe, warn } from "./probe.ts";
import { refusal } from "./refusal.ts";
import type { Visit } from "./visit.ts";

export const conditionalProbe: Probe<Visit> = {
  id: "conditional",
  needs: ["incoming"],
  async run(visit) {
    const key = visit.traces.key("incoming/", "conditional");
    const put = (body: string) =>
      visit.raw({
        method: "PUT",
        key,
        headers: { "content-type": "text/plain", "if-none-match": "*", ...encryptionHeaders(visit) },
        body: Buffer.from(body),
      });
    const first = await put("first");
    const second = await put("second");
    const change: Change = {
      say: "Nothing has to be changed: keys are random and never used twice. A store that honours If-None-Match also refuses a replayed upload, so prefer a newer version of this one if there is.",
    };
    if (first.status === 501 || first.status === 400)
      return warn(`The store refuses a conditional write (${named(first)}).`, change);
    if (first.status !== 200) return refusal(visit, "write", key, first);
    if (second.status === 412 || second.status === 409)
      return ok(`A second write of the same key is refused (${named(second)}).`);
    return warn(
      `The store ignores If-None-Match: a second write of the same key was answered with ${named(second)}.`,
      change,
    );
  },
};

export const multipartProbe: Probe<Visit> = {
  id: "multipart",
  needs: ["incoming"],
  async run(visit) {
    const { multipart } = visit.storage;
    const key = visit.traces.key("incoming/", "multipart").slice(visit.bucket.location.length);
    let uploadId: string | undefined;
    let doing = "begin an upload in parts";
    try {
      uploadId = await multipart.begin(key, { contentType: pictureType });
      doing = "store a part";
      const part = await multipart.put(key, uploadId, 1, picture);
      doing = "list the parts";
      const parts = await multipart.parts(key, uploadId);
      if (parts?.length !== 1 || parts[0]?.bytes !== picture.byteLength)
        return warn(
          "The store does not list the part that it took: an interrupted upload cannot be resumed.",
          {
            say: "Large files still arrive, from the start again after an interruption. Prefer a newer version of this store.",
          },
        );
      doing = "put the parts together";
      const done = await multipart.complete(key, uploadId, [part]);
      if (done === undefined) throw new Error("the upload was no longer known");
      doing = "abort an upload";
      const second = await multipart.begin(key, { contentType: pictureType });
      await multipart.abort(key, second);
      return (await multipart.parts(key, second)) === undefined
        ? ok("Begun, a part stored and listed, put together; another one aborted and gone.")
        : warn("An aborted upload in parts is still there.", {
            say: "Let the store end those by itself:",
            run: "tintype storage lifecycle apply",
          });
    } catch (error) {
      return multipartRefusal(visit, doing, error);
    } finally {
      if (uploadId !== undefined) await multipart.abort(key, uploadId).catch(() => {});
    }
  },
};

function multipartRefusal(visit: Visit, doing: string, error: unknown): Outcome {
  const storage = error instanceof Error ? error : new Error(String(error));
  const code = "code" in storage ? (storage as StorageError).code : undefined;
  const found = `The store did not ${doing}: ${quoted(storage.message)}`;
  if (code === "unsupported")
    return warn(`${found} Files above the threshold travel in one piece instead.`, {
      say: "Nothing has to be changed; very large files cannot be resumed.",
    });
  if (code === "denied")
    return fail(
      found,
      grant(
        visit,
        ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        `${visit.bucket.location}incoming/*`,
      ),
    );
  return fail(found, {
    say: "Files above the threshold cannot be uploaded. Look at the log of the store for this moment.",
  });
}

export const checksumsProbe: Probe<Visit> = {
  id: "checksums",
  needs: ["incoming"],
  async run(visit) {
    const sha256 = createHash("sha256").update("something else").digest("base64");
    const answer = await visit.raw({
      method: "PUT",
      key: visit.traces.key("incoming/", "checksum"),
      headers: { "x-amz-checksum-sha256": sha256, ...encryptionHeaders(visit) },
      body: picture,
    });
    if (answer.status === 400) return ok("A body that does not fit its SHA-256 is refused.");
    if (answer.status !== 200)
      return warn(
        `A write with a SHA-256 that does not fit is answered with ${named(answer)} instead of 400.`,
        {
          say: "Nothing has to be changed: Tintype hashes every upload itself before it shows it.",
        },
      );
    return ok(
      "The store does not compare SHA-256; Tintype hashes every upload itself, so nothing is lost by it.",
    );
  },
};

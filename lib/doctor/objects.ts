/** Objects under each prefix: written, looked up, read, read in part, removed, and certainly gone afterwards. */
import { createHash } from "node:crypto";
import { wantedPublicAccess } from "../provision.ts";
import type { StorageError } from "../storage/port.ts";
import { aws, grant, quoted, run } from "./advice.ts";
import { type Answer, named } from "./ask.ts";
import type { Change, Outcome } from "./finding.ts";
import { fail, ok, type Probe, warn } from "./probe.ts";
import { deniedBy, reasonOf } from "./rules.ts";
import type { ProbePrefix } from "./traces.ts";
import type { Visit } from "./visit.ts";

/** A real picture of eight by eight pixels: browsers must be able to show it, and CDNs must not mind it. */
export const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPo95LFihiGlgQAJLA9gbX/mwIAAAAASUVORK5CYII=",
  "base64",
);
export const pictureType = "image/png";

type Step = "write" | "look up" | "read" | "remove";
const actions: Record<Step, string> = {
  write: "s3:PutObject",
  "look up": "s3:GetObject",
  read: "s3:GetObject",
  remove: "s3:DeleteObject",
};
/** What stops working for people when a step does not work for a prefix. */
const losses: Record<ProbePrefix, Partial<Record<Step, string>>> = {
  "incoming/": {
    write: "Nobody can upload.",
    "look up": "No upload is ever finished.",
    read: "No upload is ever verified.",
    remove: "Every upload stays in the bucket a second time.",
  },
  "media/": {
    write: "No upload can be kept.",
    "look up": "No upload can be kept.",
    read: "Originals can be neither shown nor processed again.",
    remove: "The trash can never be emptied.",
  },
  "derived/": {
    write: "No picture gets its sizes.",
    "look up": "No picture gets its sizes.",
    read: "No picture can be shown.",
    remove: "The trash can never be emptied.",
  },
};

/** The headers that objects are stored with when the settings ask for encryption. */
export const encryptionHeaders = ({ bucket }: Pick<Visit, "bucket">): Record<string, string> =>
  bucket.encryption === undefined
    ? {}
    : {
        "x-amz-server-side-encryption": bucket.encryption.method,
        ...(bucket.encryption.keyId === undefined
          ? {}
          : { "x-amz-server-side-encryption-aws-kms-key-id": bucket.encryption.keyId }),
      };

const full =
  /^(InsufficientStorage|XMinioStorageFull|StorageFull|QuotaExceeded|InsufficientCapacity|NoSpace)/;

/** Why a step was refused, and the change that lets it through. */
export async function refusal(
  visit: Visit,
  step: Step,
  path: string,
  answer: Pick<Answer, "status" | "fault" | "headers">,
): Promise<Outcome> {
  const { code = "", message = "" } = answer.fault ?? {};
  const folder = path.slice(visit.bucket.location.length).split("/")[0] ?? "";
  const loss = losses[`${folder}/` as ProbePrefix]?.[step] ?? "";
  const what = `${folder}/: these credentials may not ${step} objects (${named(answer)}).`;
  if (full.test(code) || answer.status === 507) {
    visit.facts.unwritable ??= "incoming";
    return fail(`The store has no room left (${named(answer)}). ${loss}`, {
      say: "Make room in the store or raise its quota; the trash of Tintype empties by itself.",
      run: "df -h   # on the machine of the store",
    });
  }
  if (/kms/i.test(`${code} ${message}`) || code === "InvalidArgument.KMS")
    return fail(
      `${folder}/: the bucket encrypts with a KMS key that these credentials may not use (${named(answer)}). ${loss}${reasonOf(message)}`,
      run(
        "Let the policy of these credentials' user or role use the key, and the key's own policy let them:",
        JSON.stringify(
          {
            Effect: "Allow",
            Action: ["kms:GenerateDataKey", "kms:Decrypt"],
            Resource: [visit.bucket.encryption?.keyId ?? "arn:aws:kms:REGION:ACCOUNT:key/KEY-ID"],
          },
          undefined,
          2,
        ),
      ),
    );
  if (answer.status === 403 || answer.status === 401) {
    const misread = step === "write" ? await misreadBlock(visit) : undefined;
    if (misread !== undefined) return misread;
    const denial = await deniedBy(visit, actions[step], path);
    const within = `${visit.bucket.location}${folder}/*`;
    if (denial !== undefined)
      return fail(`${what} The ${denial.name} of the bucket policy denies it. ${loss}`, denial.change);
    return fail(`${what} ${loss}${reasonOf(message)}`, grant(visit, [actions[step]], within));
  }
  return fail(
    `${folder}/: asked to ${step} an object, the store answers ${named(answer)}. ${loss} ${quoted(message)}`.trim(),
    {
      say: "Look at the log of the store for this moment; if it is well again, run this once more.",
    },
  );
}

/** Ceph 16 takes every write, private or not, for one with a public access list. */
async function misreadBlock(visit: Visit): Promise<Outcome | undefined> {
  if (visit.bucket.endpoint === undefined) return undefined;
  const block = await visit.admin.publicAccessBlock().catch(() => undefined);
  if (block?.blockAcls !== true) return undefined;
  visit.facts.unwritable ??= "incoming";
  visit.facts.blockMisread = true;
  const { blockPolicy, restrictBuckets } = wantedPublicAccess(visit);
  return fail(
    "Every write is refused (403 AccessDenied) while BlockPublicAcls is on: some stores (Ceph 16) misread it so. Nobody can upload.",
    run(
      "Let access lists be ignored instead of blocked, which shuts the same door:",
      `${aws(visit, "put-public-access-block")} --public-access-block-configuration BlockPublicAcls=false,IgnorePublicAcls=true,BlockPublicPolicy=${blockPolicy},RestrictPublicBuckets=${restrictBuckets}`,
    ),
  );
}

const wrongBytes = (prefix: string): Outcome =>
  fail(`${prefix}: what is read is not what was written.`, {
    say: "Something between this machine and the store changes bodies (a compressing or caching proxy): go around it.",
  });

async function readBack(visit: Visit, prefix: ProbePrefix, key: string): Promise<Outcome | undefined> {
  const head = await visit.raw({ method: "HEAD", key });
  // HEAD has no body to say why; the same question as GET has.
  if (head.status !== 200)
    return refusal(visit, "look up", key, {
      ...(await visit.raw({ method: "GET", key })),
      status: head.status,
    });
  const whole = await visit.raw({ method: "GET", key });
  if (whole.status !== 200) return refusal(visit, "read", key, whole);
  if (!whole.body.equals(picture)) return wrongBytes(prefix);
  const type = String(whole.headers["content-type"] ?? "");
  if (type !== pictureType)
    return fail(`${prefix}: an object stored as ${pictureType} comes back as "${type}".`, {
      say: "Let nothing between this machine and the store set Content-Type.",
    });
  const part = await visit.raw({ method: "GET", key, headers: { range: "bytes=8-15" } });
  if (part.status !== 206 || !part.body.equals(picture.subarray(8, 16)))
    return warn(
      `${prefix}: a part of an object cannot be read (asked for bytes 8 to 15: ${named(part)}, ${part.body.byteLength} bytes).`,
      {
        say: "Let what is between this machine and the store pass the header Range on.",
      },
    );
  return undefined;
}

const prefixProbe = (id: "incoming" | "media" | "derived"): Probe<Visit> => ({
  id,
  needs: ["bucket", "lock"],
  async run(visit) {
    // The same cause for all three is told once.
    if (visit.facts.unwritable !== undefined) return { because: visit.facts.unwritable };
    const prefix: ProbePrefix = `${id}/`;
    const key = visit.traces.key(prefix);
    const put = await visit.raw({
      method: "PUT",
      key,
      headers: { "content-type": pictureType, ...encryptionHeaders(visit) },
      body: picture,
    });
    if (put.status !== 200) return refusal(visit, "write", key, put);
    const unread = await readBack(visit, prefix, key);
    const removed = await visit.traces.remove(key);
    // A picture that cannot be read is worse news than one that cannot be removed.
    if (unread?.verdict === "fail") return unread;
    if (removed.status >= 300) return refusal(visit, "remove", key, removed);
    const after = await visit.raw({ method: "HEAD", key });
    if (after.status === 200)
      return fail(`${prefix}: an object that was removed is still there. ${losses[prefix].remove ?? ""}`, {
        say: "Something answers from a cache, or the store keeps what it confirmed to have removed: look at its log.",
      });
    return unread ?? ok("Written, looked up, read whole and in part, removed, and gone.");
  },
});

export const prefixProbes: Probe<Visit>[] = [
  prefixProbe("incoming"),
  prefixProbe("media"),
  prefixProbe("derived"),
];

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

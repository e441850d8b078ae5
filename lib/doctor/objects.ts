/** Objects under each prefix: written, looked up, read, read in part, removed, and certainly gone afterwards. */
import { run } from "./advice.ts";
import { named } from "./ask.ts";
import type { Outcome } from "./finding.ts";
import { fail, ok, type Probe, warn } from "./probe.ts";
import { losses, refusal } from "./refusal.ts";
import { deniedBy } from "./rules.ts";
import type { ProbePrefix } from "./traces.ts";
import type { Visit } from "./visit.ts";

/** A real picture of eight by eight pixels: browsers must be able to show it, and CDNs must not mind it. */
export const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPo95LFihiGlgQAJLA9gbX/mwIAAAAASUVORK5CYII=",
  "base64",
);
export const pictureType = "image/png";

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

/**
 * The key of a web process that has one of its own may write to incoming/ and nothing else, and remove nothing
 * (lib/iam.ts): with it, that is no fault.
 */
async function webKey(visit: Visit, prefix: ProbePrefix, status: number): Promise<Outcome | undefined> {
  if (prefix !== "incoming/" || status !== 403) return undefined;
  const key = visit.traces.key("media/", "whose");
  const put = await visit.raw({ method: "PUT", key, headers: encryptionHeaders(visit), body: picture });
  const forbidden = [await deniedBy(visit, "s3:DeleteObject", `${visit.bucket.location}incoming/probe`)];
  if (put.status !== 403 || forbidden.some((denial) => denial !== undefined)) return undefined;
  visit.facts.isWebKey = true;
  return leftToWorker(prefix);
}

const leftToWorker = (prefix: ProbePrefix): Outcome => ({
  ...warn(
    `${prefix}: these credentials may not ${prefix === "incoming/" ? "remove" : "write"} objects. That is as it should be for a web process with a key of its own; it is the worker's to do.`,
    run(
      "Examine with the worker's key as well. Where web and worker share one key, give that key the policy this prints:",
      "tintype storage policy show --for start",
    ),
  ),
  // What needs an object there cannot be tried; what needs incoming/ can.
  ...(prefix === "incoming/" ? {} : { blocks: true }),
});

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
    if (put.status === 403 && visit.facts.isWebKey === true) return leftToWorker(prefix);
    if (put.status !== 200) return refusal(visit, "write", key, put);
    const unread = await readBack(visit, prefix, key);
    const removed = await visit.traces.remove(key);
    // A picture that cannot be read is worse news than one that cannot be removed.
    if (unread?.verdict === "fail") return unread;
    if (removed.status >= 300)
      return (await webKey(visit, prefix, removed.status)) ?? refusal(visit, "remove", key, removed);
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

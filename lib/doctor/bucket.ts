/** The bucket itself: is it there, is it ours, does it tell absent from forbidden, may what is written be removed. */
import { aws, grant, quoted, run, spoken } from "./advice.ts";
import { named, nodeAt, textAt, xmlOf } from "./ask.ts";
import { fail, ok, type Probe, skip } from "./probe.ts";
import { deniedBy, reasonOf } from "./rules.ts";
import type { Visit } from "./visit.ts";

const missing = ({ bucket }: Visit): ReturnType<typeof fail> =>
  fail(
    `There is no bucket ${bucket.bucket} at ${bucket.endpoint ?? `AWS ${bucket.region}`}.`,
    run(
      "Make it and set it up, or correct the name in S3_BUCKET:",
      `tintype storage bucket create ${bucket.bucket} --region ${bucket.region}`,
      "tintype storage provision",
    ),
  );

export const bucketProbe: Probe<Visit> = {
  id: "bucket",
  needs: ["identity"],
  async run(visit) {
    const { contact } = visit.facts;
    const { bucket } = visit.bucket;
    if (contact?.fault?.code === "NoSuchBucket") return missing(visit);
    if (contact?.status === 200) return ok(`${bucket} is there, and these credentials may look into it.`);
    const head = await visit.raw({ method: "HEAD" });
    if (head.status === 404) return missing(visit);
    if (head.status === 200) return ok(`${bucket} is there.`);
    if (head.status !== 403)
      return fail(
        `The store answers ${named(contact?.fault === undefined ? head : contact)} when asked for the bucket. ${quoted(contact?.fault?.message ?? "")}`.trim(),
        {
          say: "Look at the status of the store; if it is well, at the name of the bucket.",
          run: `${aws(visit, "head-bucket")}`,
        },
      );
    // 403 is both "not yours" and "you may do other things in it, but not this".
    const key = visit.traces.key("incoming/", "bucket");
    const put = await visit.raw({ method: "PUT", key, body: Buffer.from("probe") });
    await visit.traces.remove(key);
    if (put.status === 200)
      return ok(`${bucket} is there; these credentials may write, though not look around.`);
    const denial = await deniedBy(visit, "s3:ListBucket");
    if (denial !== undefined)
      return fail(
        `The ${denial.name} of the bucket policy shuts these credentials out of ${bucket}.`,
        denial.change,
      );
    return fail(
      `These credentials may do nothing in ${bucket}: it belongs to someone else, or no policy lets them in.${reasonOf(put.fault?.message ?? "")}`,
      run(
        "If the bucket is yours, give the user or role of these credentials its policy; otherwise choose another name for S3_BUCKET:",
        "tintype storage policy show",
      ),
    );
  },
};

export const listProbe: Probe<Visit> = {
  id: "list",
  needs: ["bucket"],
  async run(visit) {
    const { location } = visit.bucket;
    const list = await visit.raw({
      method: "GET",
      query: { "list-type": "2", "max-keys": "1", prefix: `${location}incoming/` },
    });
    // Never written, so it is certainly absent.
    const head = await visit.raw({ method: "HEAD", key: visit.traces.key("incoming/", "absent") });
    visit.facts.mayList = list.status === 200 && head.status === 404;
    if (visit.facts.mayList) return ok("A missing object is answered with 404, and incoming/ may be listed.");
    if (head.status === 200)
      return fail(
        "An object that was never written is said to be there: something in between answers for the store.",
        {
          say: "Take what answers every address (a proxy, a CDN, a web site's fallback page) out of the way to the store.",
          run: `curl -sS -I ${visit.inside}/incoming/never-written`,
        },
      );
    const denial = await deniedBy(visit, "s3:ListBucket");
    const change = denial?.change ?? grant(visit, ["s3:ListBucket"]);
    if (head.status === 403)
      return fail(
        `A missing object is answered with 403 instead of 404: without s3:ListBucket nobody can tell "not there" from "not allowed", and Tintype refuses to start.${reasonOf(list.fault?.message ?? "")}`,
        change,
      );
    if (list.status === 403)
      return fail(
        `incoming/ may not be listed (${named(list)}), so what is left there is never found.${reasonOf(list.fault?.message ?? "")}`,
        change,
      );
    return fail(
      `Asked for a list and for a missing object, the store answers ${named(list)} and ${named(head)}.`,
      {
        say: `Expected 200 and 404. ${quoted(list.fault?.message ?? "")} Look at the log of the store.`.replace(
          "  ",
          " ",
        ),
        run: `${aws(visit, "list-objects-v2")} --prefix ${location}incoming/ --max-keys 1`,
      },
    );
  },
};

/** What is written under a default retention can be removed by nobody, the doctor included: so it is asked first. */
export const lockProbe: Probe<Visit> = {
  id: "lock",
  needs: ["bucket"],
  async run(visit) {
    const answer = await visit.raw({ method: "GET", query: { "object-lock": "" } });
    const rule = nodeAt(xmlOf(answer.body), "ObjectLockConfiguration", "Rule", "DefaultRetention");
    if (answer.status === 403)
      return skip("These credentials may not see it (s3:GetBucketObjectLockConfiguration).");
    if (answer.status !== 200 || rule === undefined) return ok("What is written may be removed again.");
    const days = Number(textAt(rule, "Days") ?? 365 * Number(textAt(rule, "Years") ?? 0));
    return fail(
      `Everything written is locked for ${spoken(days * 86_400_000)} (object lock, ${textAt(rule, "Mode") ?? ""}): nothing in incoming/ or the trash could be removed. Nothing was written for this examination.`,
      run(
        "Take the default retention away, or use another bucket for Tintype:",
        `${aws(visit, "put-object-lock-configuration")} --object-lock-configuration ObjectLockEnabled=Enabled`,
      ),
    );
  },
};

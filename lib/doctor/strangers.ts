/** What someone without any credentials may do: nothing, but look at pictures where the settings make them public. */
import { isReadByAnyone } from "../provision.ts";
import { aws, listed, run } from "./advice.ts";
import { listOf, NoAnswer, named, nodeAt, textAt, xmlOf } from "./ask.ts";
import type { Change, Outcome } from "./finding.ts";
import { encryptionHeaders, picture, pictureType } from "./objects.ts";
import { formOf } from "./outside.ts";
import { fail, ok, type Probe, skip, warn } from "./probe.ts";
import { opens, openToEveryone } from "./rules.ts";
import { probePrefixes } from "./traces.ts";
import type { Visit } from "./visit.ts";

/** Groups of an access list that mean everybody, or everybody with any account at all. */
const everyone = /AllUsers|AuthenticatedUsers/;

/** What the access list of the bucket grants to everybody, such as READ. */
async function publicGrants(visit: Visit): Promise<string[] | undefined> {
  const answer = await visit.raw({ method: "GET", query: { acl: "" } });
  if (answer.status !== 200) return undefined;
  const grants = listOf(nodeAt(xmlOf(answer.body), "AccessControlPolicy", "AccessControlList", "Grant"));
  return grants
    .filter((grant) => everyone.test(textAt(grant, "Grantee", "URI") ?? ""))
    .map((grant) => textAt(grant, "Permission") ?? "");
}

/** What lets strangers in, found in the policy or the access list, and how to shut it. */
async function shutting(
  visit: Visit,
  actions: string[],
  path?: string,
): Promise<{ by: string; change: Change }> {
  const statement = (await openToEveryone(visit))?.find((one) => opens(visit, one.statement, actions, path));
  if (statement !== undefined)
    return { by: ` The ${statement.name} of the bucket policy allows it.`, change: statement.change };
  const grants = (await publicGrants(visit)) ?? [];
  if (grants.length > 0)
    return {
      by: ` The access list of the bucket grants ${listed(grants)} to everyone.`,
      change: run("Take it off the access list:", `${aws(visit, "put-bucket-acl")} --acl private`),
    };
  return {
    by: "",
    change: run(
      "Shut the bucket to everyone (policy, access lists and the setting of the store for anonymous access):",
      "tintype storage provision",
    ),
  };
}

export const anonymousReadProbe: Probe<Visit> = {
  id: "anonymousRead",
  needs: ["incoming"],
  async run(visit) {
    const open: string[] = [];
    const seen: string[] = [];
    for (const prefix of probePrefixes) {
      const key = visit.traces.key(prefix, "stranger");
      const headers = { "content-type": pictureType, ...encryptionHeaders(visit) };
      const put = await visit.raw({ method: "PUT", key, headers, body: picture });
      if (put.status !== 200) continue;
      seen.push(prefix);
      const addresses = visit.hasOutside ? [visit.inside, visit.outside] : [visit.inside];
      for (const base of addresses) {
        const answer = await visit.anonymous({ method: "GET", base, key }).catch((error: unknown) => {
          // That the address of browsers does not answer is another probe's finding.
          if (error instanceof NoAnswer && base !== visit.inside) return undefined;
          throw error;
        });
        if (answer !== undefined && answer.status < 300 && !open.includes(prefix)) open.push(prefix);
      }
    }
    return readOutcome(visit, { open, seen });
  },
};

async function readOutcome(
  visit: Visit,
  { open, seen }: { open: string[]; seen: string[] },
): Promise<Outcome> {
  const meant = isReadByAnyone(visit);
  const wrong = open.filter((prefix) => !meant || prefix === "incoming/");
  const [first] = wrong;
  if (first !== undefined) {
    visit.facts.strangerDoes ??= "anonymousRead";
    const { by, change } = await shutting(visit, ["s3:GetObject"], `${visit.bucket.location}${first}probe`);
    return fail(
      `Anyone on the network may read ${listed(wrong)} without signing in: private pictures are public to whoever has the address.${by}`,
      change,
    );
  }
  const closed = seen.filter((prefix) => prefix !== "incoming/" && !open.includes(prefix));
  if (meant && closed.length > 0)
    return fail(
      `MEDIA_URL_MODE=public sends people straight to the bucket, which refuses strangers ${listed(closed)}.`,
      run(
        "Let anyone read those two folders (nothing else), or let a CDN or signed addresses serve them:",
        "tintype storage provision",
        "# or, in the settings: MEDIA_URL_MODE=s3-presigned",
      ),
    );
  return ok(
    meant
      ? "Pictures may be read by anyone, as MEDIA_URL_MODE=public means; incoming/ may not."
      : `An object under ${listed(seen)} is refused to a stranger.`,
  );
}

export const anonymousListProbe: Probe<Visit> = {
  id: "anonymousList",
  needs: ["bucket"],
  async run(visit) {
    const answer = await visit.anonymous({ method: "GET", query: { "list-type": "2", "max-keys": "1" } });
    if (answer.status >= 300)
      return ok(`The list of the bucket is refused to a stranger (${named(answer)}).`);
    visit.facts.strangerDoes ??= "anonymousList";
    const { by, change } = await shutting(visit, ["s3:ListBucket"]);
    return fail(
      `Anyone on the network may list everything in the bucket: random keys are no secret any more.${by}`,
      change,
    );
  },
};

export const anonymousWriteProbe: Probe<Visit> = {
  id: "anonymousWrite",
  needs: ["bucket", "lock"],
  async run(visit) {
    const put = await visit.anonymous({
      method: "PUT",
      key: visit.traces.key("incoming/", "stranger-put"),
      body: picture,
    });
    const key = visit.traces.key("incoming/", "stranger-post");
    const form = await formOf({ key, "Content-Type": pictureType }, picture);
    const post = await visit.anonymous({ method: "POST", ...form });
    const taken = [
      ...(put.status < 300 ? ["a PUT"] : []),
      ...(post.status >= 200 && post.status < 300 ? ["a form without a policy"] : []),
    ];
    if (taken.length === 0) return ok(`Writing is refused to a stranger (${named(put)}).`);
    visit.facts.strangerDoes ??= "anonymousWrite";
    const { by, change } = await shutting(visit, ["s3:PutObject"], key);
    return fail(`Anyone on the network may write into the bucket: it took ${listed(taken)}.${by}`, change);
  },
};

/** Open doors nobody has gone through yet: a statement or a grant for everybody. */
export const grantsProbe: Probe<Visit> = {
  id: "grants",
  needs: ["bucket"],
  async run(visit) {
    // What a stranger was just able to do comes from such a rule; it has been named.
    if (visit.facts.strangerDoes !== undefined) return { because: visit.facts.strangerDoes };
    const meant = isReadByAnyone(visit);
    const openings = await openToEveryone(visit);
    const statements = (openings ?? []).filter(({ bare }) => bare);
    const paths = ["media/x", "derived/x", "static/x"].map((path) => `${visit.bucket.location}${path}`);
    const isWanted = (one: (typeof statements)[number]): boolean =>
      meant &&
      paths.some((path) => opens(visit, one.statement, ["s3:GetObject"], path)) &&
      !opens(visit, one.statement, ["s3:GetObject"], `${visit.bucket.location}incoming/x`) &&
      !opens(visit, one.statement, ["s3:PutObject", "s3:DeleteObject"], paths[0]);
    const staticOnly = (one: (typeof statements)[number]): boolean =>
      !["incoming/x", "media/x", "derived/x"].some((path) =>
        opens(
          visit,
          one.statement,
          ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
          `${visit.bucket.location}${path}`,
        ),
      ) && !opens(visit, one.statement, ["s3:ListBucket"]);
    const wrong = statements.find((one) => !isWanted(one) && !staticOnly(one));
    if (wrong !== undefined)
      return warn(
        `The ${wrong.name} of the bucket policy allows ${listed(wrong.statement.Action ?? [])} to everyone.`,
        wrong.change,
      );
    const grants = await publicGrants(visit);
    if (grants !== undefined && grants.length > 0)
      return warn(
        `The access list of the bucket grants ${listed(grants)} to everyone.`,
        run("Take it off:", `${aws(visit, "put-bucket-acl")} --acl private`),
      );
    const unseen = [
      ...(openings === undefined ? ["the bucket policy (s3:GetBucketPolicy)"] : []),
      ...(grants === undefined ? ["the access list (s3:GetBucketAcl)"] : []),
    ];
    if (unseen.length > 0)
      return skip(`These credentials may not see ${listed(unseen)}; the probes above asked as a stranger.`);
    return ok(
      statements.length === 0
        ? "Neither the policy nor the access list names everyone."
        : "Everyone is named for what the settings make public, and no more.",
    );
  },
};

/** Who asks, and whether the store believes it: credentials, region, signature. */
import { randomBytes } from "node:crypto";
import type { Credentials } from "../delivery/sigv4.ts";
import { aws, quoted, run, set, spoken } from "./advice.ts";
import { type Answer, ask, named } from "./ask.ts";
import { fail, ok, type Probe, warn } from "./probe.ts";
import { signed } from "./signed.ts";
import type { Visit } from "./visit.ts";

const expiryWarnMs = 15 * 60_000;

/** The SDK's own marks for where credentials came from, in words. */
const sources: [RegExp, string][] = [
  [/ENV_VARS/, "the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"],
  [/WEB_ID/, "a web identity token (such as a Kubernetes service account)"],
  [/SSO/, "an AWS SSO sign-in"],
  [/STS/, "an assumed role"],
  [/PROCESS/, "the credential process of a profile"],
  [/IMDS/, "the role of this machine"],
  [/HTTP/, "the role of this container"],
  [/PROFILE/, `the profile ${process.env.AWS_PROFILE ?? "default"} of the AWS files`],
];

function sourceOf(found: object): string {
  const marks =
    "$source" in found && typeof found.$source === "object" && found.$source !== null
      ? Object.keys(found.$source)
      : [];
  return sources.find(([mark]) => marks.some((name) => mark.test(name)))?.[1] ?? "the AWS chain";
}

/** Enough to recognise a key by, not enough to use it. */
const masked = (keyId: string): string =>
  keyId.length < 8 ? "…" : `${keyId.slice(0, 4)}…${keyId.slice(-4)}`;

export const credentialsProbe: Probe<Visit> = {
  id: "credentials",
  needs: [],
  async run({ bucket, facts }) {
    if (bucket.credentials !== undefined) {
      facts.credentials = bucket.credentials;
      return ok(`Key ${masked(bucket.credentials.accessKeyId)}, from S3_ACCESS_KEY_ID.`);
    }
    const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
    const found = await defaultProvider()({ forceRefresh: true }).catch((error: unknown) => ({ error }));
    if ("error" in found)
      return fail(
        `No credentials were found: ${quoted(found.error instanceof Error ? found.error.message : "unknown reason")}`,
        set("Set both, or give this machine a profile (aws configure, AWS_PROFILE) or a role:", {
          S3_ACCESS_KEY_ID: "…",
          S3_SECRET_ACCESS_KEY: "…",
        }),
      );
    facts.credentials = found;
    const whence = `Key ${masked(found.accessKeyId)}, from ${sourceOf(found)}`;
    if (found.expiration === undefined) return ok(`${whence}.`);
    const left = found.expiration.getTime() - Date.now();
    if (left > expiryWarnMs) return ok(`${whence}, good for another ${spoken(left)}.`);
    return warn(
      `${whence}, ${left > 0 ? `ends in ${spoken(left)}` : "has ended"} and no newer one was given.`,
      {
        say: "See that the source gives a new one in time; a signed address never lives longer than its key.",
        run: "aws sts get-caller-identity",
      },
    );
  },
};

/** The first signed question, asked once and read by three probes. */
async function contactOf(visit: Visit): Promise<Answer> {
  visit.facts.contact ??= await visit.raw({
    method: "GET",
    query: { "list-type": "2", "max-keys": "1", prefix: `${visit.bucket.location}incoming/` },
  });
  return visit.facts.contact;
}

/** Regions that stores without regions of their own sign for. */
const usual = ["us-east-1", "auto", "default", "garage"];

/** The region that the store wants, as far as its answer or a trial tells. */
async function wantedRegion(visit: Visit, contact: Answer): Promise<string | undefined> {
  const { region } = visit.bucket;
  const header = contact.headers["x-amz-bucket-region"];
  if (typeof header === "string" && header !== "" && header !== region) return header;
  const code = contact.fault?.code ?? "";
  if (code === "AuthorizationHeaderMalformed" || code === "AuthorizationQueryParametersError") {
    const said = /expecting '?([a-z0-9-]+)'?/i.exec(contact.fault?.message ?? "")?.[1];
    if (said !== undefined && said !== region) return said;
  }
  if (!["SignatureDoesNotMatch", "AuthorizationHeaderMalformed", "InvalidRequest"].includes(code))
    return undefined;
  // Some stores tell a wrong region from a wrong secret by nothing: what they accept tells.
  for (const other of usual.filter((name) => name !== region)) {
    const answer = await ask(
      signed(
        { method: "GET", base: visit.inside, query: { "list-type": "2", "max-keys": "1" } },
        { credentials: visit.credentials(), region: other },
      ),
    );
    if (answer.status === 200) return other;
  }
  return undefined;
}

export const regionProbe: Probe<Visit> = {
  id: "region",
  needs: ["service", "credentials"],
  async run(visit) {
    const { region, bucket, endpoint } = visit.bucket;
    const contact = await contactOf(visit);
    const wanted = await wantedRegion(visit, contact);
    if (wanted !== undefined) {
      const change = set("Name the region where the bucket is:", { S3_REGION: wanted });
      return contact.status === 200
        ? warn(
            `The bucket ${bucket} is in ${wanted}; S3_REGION says ${region}. The store forgave it here; others will not.`,
            change,
          )
        : fail(`The bucket ${bucket} is in the region ${wanted}; S3_REGION says ${region}.`, change);
    }
    const moved =
      [301, 307].includes(contact.status) ||
      /^(PermanentRedirect|TemporaryRedirect|IllegalLocationConstraint)/.test(contact.fault?.code ?? "");
    if (moved)
      return fail(
        `The store sends requests for ${bucket} to another address (${named(contact)}${contact.headers.location === undefined ? "" : `, ${contact.headers.location}`}): the bucket is not in ${region}.`,
        run("Ask where the bucket is and put the answer into S3_REGION:", aws(visit, "get-bucket-location")),
      );
    if (contact.status !== 200) return ok(`The store takes requests for ${region}.`);
    const real = await visit.admin.region().catch(() => undefined);
    if (real === undefined || real === "" || real === region)
      return ok(`The store takes requests for ${region}${real === region ? ", where the bucket is" : ""}.`);
    const change = set("Name the region where the bucket is:", { S3_REGION: real });
    return warn(
      `The bucket was made in ${real}; S3_REGION says ${region}. ${endpoint === undefined ? "" : "This store does not mind, but browsers' signatures carry the name. "}`.trim(),
      change,
    );
  },
};

export const identityProbe: Probe<Visit> = {
  id: "identity",
  needs: ["region"],
  async run(visit) {
    const contact = await contactOf(visit);
    const { code = "", message = "" } = contact.fault ?? {};
    const keys = (name: string, say: string) => set(say, { [name]: "…" });
    if (code === "RequestTimeTooSkewed") return { because: "clock" };
    if (code === "InvalidAccessKeyId")
      return fail(
        "The store does not know this access key.",
        keys("S3_ACCESS_KEY_ID", "Put in a key that exists and is active there, together with its secret:"),
      );
    if (code === "SignatureDoesNotMatch")
      return fail(
        "The secret does not belong to the access key: the store computes another signature.",
        keys("S3_SECRET_ACCESS_KEY", "Copy the secret again, whole and without spaces or quotes around it:"),
      );
    if (code === "ExpiredToken" || code === "TokenRefreshRequired")
      return fail("The temporary credentials have ended.", {
        say: "Get new ones (for a profile: sign in again), and restart Tintype where they are in its settings.",
        run: "aws sso login   # or: aws sts get-session-token",
      });
    if (code === "InvalidToken" || code === "InvalidClientTokenId")
      return fail(
        "The session token does not belong to this key.",
        keys(
          "S3_SESSION_TOKEN",
          "Set the three values that were issued together, or unset the token for a permanent key:",
        ),
      );
    if (contact.status === 401 || (contact.status === 403 && !["AccessDenied", ""].includes(code)))
      return fail(`The store refuses the credentials: ${named(contact)}. ${quoted(message)}`, {
        say: "Check key, secret and the account they belong to.",
        run: `aws${visit.bucket.endpoint === undefined ? "" : ` --endpoint-url ${visit.bucket.endpoint}`} s3api list-buckets`,
      });
    if (contact.status >= 500)
      return fail(`The store answers a signed request with ${named(contact)}. ${quoted(message)}`.trim(), {
        say: "The store itself is in trouble: look at its own log or status page.",
      });
    return ok("The store accepts the signature.");
  },
};

export const signaturesProbe: Probe<Visit> = {
  id: "signatures",
  needs: ["identity"],
  async run(visit) {
    const right = visit.credentials();
    const wrong: Credentials = { ...right, secretAccessKey: randomBytes(20).toString("hex") };
    const answer = await ask(
      signed(
        { method: "GET", base: visit.inside, query: { "list-type": "2", "max-keys": "1" } },
        { credentials: wrong, region: visit.bucket.region },
      ),
    );
    if (answer.status >= 400 && answer.status < 500)
      return ok(`A wrong secret is refused (${named(answer)}).`);
    if (answer.status >= 500)
      return warn(`A wrong secret is answered with ${named(answer)}.`, {
        say: "It is not accepted, but a store should answer 403: look at the log of the store.",
      });
    return fail("The store lets a request with a wrong secret in: it does not check signatures.", {
      say: "Nothing private can be kept in it. Use a store that checks them; the built-in one does: unset S3_BUCKET and S3_ENDPOINT.",
      run: "# S3_BUCKET=\n# S3_ENDPOINT=",
    });
  },
};

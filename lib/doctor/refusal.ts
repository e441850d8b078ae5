/** What a refused request for an object means, what people lose by it, and the change that lets it through. */
import { wantedPublicAccess } from "../provision.ts";
import { aws, grant, quoted, run } from "./advice.ts";
import { type Answer, named } from "./ask.ts";
import type { Outcome } from "./finding.ts";
import { fail } from "./probe.ts";
import { deniedBy, reasonOf } from "./rules.ts";
import type { ProbePrefix } from "./traces.ts";
import type { Visit } from "./visit.ts";

export type Step = "write" | "look up" | "read" | "remove";
const actions: Record<Step, string> = {
  write: "s3:PutObject",
  "look up": "s3:GetObject",
  read: "s3:GetObject",
  remove: "s3:DeleteObject",
};
/** What stops working for people when a step does not work for a prefix. */
export const losses: Record<ProbePrefix, Partial<Record<Step, string>>> = {
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
  if (
    full.test(code) ||
    answer.status === 507 ||
    /\b(disk|storage)\b.*\bfull\b|no space left/i.test(message)
  ) {
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
  const { encryption } = visit.bucket;
  if (encryption !== undefined && [501, 400].includes(answer.status)) {
    visit.facts.unwritable ??= "incoming";
    return fail(
      `Every write asks for encryption (S3_SSE=${encryption.method}), and the store answers ${named(answer)}. ${loss}${reasonOf(message)}`,
      run(
        "Leave it to the store by taking this line out, or set up this way of encrypting in the store:",
        `S3_SSE=${encryption.method}`,
      ),
    );
  }
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

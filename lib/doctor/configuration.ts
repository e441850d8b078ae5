/** How the bucket is set up, compared with what a gallery needs: what clears it away, shuts it, keeps versions. */
import {
  isBlockedEnough,
  isReadByAnyone,
  wantedLifecycle,
  wantedOwnership,
  wantedPublicAccess,
} from "../provision.ts";
import { StorageError } from "../storage/port.ts";
import { aws, listed, run, spoken } from "./advice.ts";
import { listOf, named, nodeAt, textAt, xmlOf } from "./ask.ts";
import type { Change, Outcome } from "./finding.ts";
import { fail, ok, type Probe, skip, warn } from "./probe.ts";
import type { Visit } from "./visit.ts";

/** A configuration that a store does not have, or that may not be looked at, is no finding. */
async function looked<T>(permission: string, look: () => Promise<T>): Promise<{ value: T } | Outcome> {
  try {
    return { value: await look() };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    if (error.code === "unsupported") return skip("This store does not have it.");
    if (error.code === "denied")
      return skip(
        `These credentials may not see it (${permission}); run this with those that set the bucket up.`,
      );
    throw error;
  }
}

type Rule = {
  name: string;
  prefix: string;
  /** Narrowed by tags or sizes, so it is not certain what it meets. */
  narrowed: boolean;
  expires: boolean;
  days: number | undefined;
  aborts: boolean;
  noncurrent: boolean;
  /** The storage class that objects are moved to. */
  moves: string | undefined;
};

/** The whole of it: the port leaves out what only a doctor asks about. */
function ruleOf(node: unknown): Rule {
  const filter = nodeAt(node, "Filter");
  const prefix = textAt(node, "Prefix") ?? textAt(filter, "Prefix") ?? textAt(filter, "And", "Prefix") ?? "";
  const days = textAt(node, "Expiration", "Days");
  return {
    name: textAt(node, "ID") ?? "without a name",
    prefix,
    narrowed: [
      nodeAt(filter, "Tag"),
      nodeAt(filter, "And", "Tag"),
      nodeAt(filter, "ObjectSizeGreaterThan"),
      nodeAt(filter, "ObjectSizeLessThan"),
    ].some((one) => one !== undefined),
    expires: days !== undefined || textAt(node, "Expiration", "Date") !== undefined,
    days: days === undefined ? undefined : Number(days),
    aborts: nodeAt(node, "AbortIncompleteMultipartUpload") !== undefined,
    noncurrent: nodeAt(node, "NoncurrentVersionExpiration") !== undefined,
    moves: listOf(nodeAt(node, "Transition"))
      .map((one) => textAt(one, "StorageClass") ?? "")
      .find((name) => /GLACIER|DEEP_ARCHIVE/.test(name) && name !== "GLACIER_IR"),
  };
}

/** Whether a rule on `prefix` meets objects below `folder`. */
const meets = (prefix: string, folder: string): boolean =>
  folder.startsWith(prefix) || prefix.startsWith(folder);

export const lifecycleProbe: Probe<Visit> = {
  id: "lifecycle",
  needs: ["bucket"],
  async run(visit) {
    const answer = await visit.raw({ method: "GET", query: { lifecycle: "" } });
    const { code = "" } = answer.fault ?? {};
    if (answer.status === 501 || answer.status === 405 || code === "NotImplemented")
      return skip("This store has no lifecycle rules; the worker clears incoming/ by itself.");
    if (answer.status === 403)
      return skip(
        "These credentials may not see them (s3:GetLifecycleConfiguration); run this with those that set the bucket up.",
      );
    const none = answer.status === 404;
    if (answer.status !== 200 && !none)
      return warn(`The rules could not be read: ${named(answer)}.`, { say: "Run this again." });
    const rules = none
      ? []
      : listOf(nodeAt(xmlOf(answer.body), "LifecycleConfiguration", "Rule"))
          .filter((node) => textAt(node, "Status") === "Enabled")
          .map(ruleOf);
    return harmful(visit, rules) ?? (await lacking(visit, rules));
  },
};

/** Takes one rule out and leaves the others, then sets what is missing. */
function withoutRule(visit: Visit, say: string, name: string, all: readonly Rule[]): Change {
  const mine = "tintype storage lifecycle apply";
  if (all.length === 1) return run(say, aws(visit, "delete-bucket-lifecycle"), mine);
  const filter = `.Rules |= map(select(.ID != ${JSON.stringify(name)})) | {Rules}`.replaceAll("'", "'\\''");
  return run(
    say,
    `${aws(visit, "get-bucket-lifecycle-configuration")} | jq '${filter}' > lifecycle.json`,
    `${aws(visit, "put-bucket-lifecycle-configuration")} --lifecycle-configuration file://lifecycle.json`,
    mine,
  );
}

/** Rules that would lose pictures. */
function harmful(visit: Visit, rules: Rule[]): Outcome | undefined {
  const { location } = visit.bucket;
  for (const folder of ["media/", "derived/"]) {
    const rule = rules.find(
      (one) => (one.expires || one.moves !== undefined) && meets(one.prefix, location + folder),
    );
    if (rule === undefined) continue;
    const what = rule.expires
      ? `deletes ${rule.narrowed ? "some of " : ""}what is in ${folder}${rule.days === undefined ? "" : ` after ${rule.days} days`}: pictures will be lost`
      : `moves what is in ${folder} to ${rule.moves ?? ""}, from where it cannot be shown`;
    return fail(
      `The lifecycle rule "${rule.name}" (prefix "${rule.prefix}") ${what}.`,
      withoutRule(
        visit,
        "Remove that rule (or narrow its prefix to what is not Tintype's) before it runs again tonight:",
        rule.name,
        rules,
      ),
    );
  }
  const least =
    wantedLifecycle(visit).find((rule) => rule.prefix === `${location}incoming/`)?.expireDays ?? 2;
  const hasty = rules.find(
    (one) => one.expires && (one.days ?? least) < least && meets(one.prefix, `${location}incoming/`),
  );
  if (hasty === undefined) return undefined;
  return fail(
    `The lifecycle rule "${hasty.name}" clears incoming/ after ${spoken((hasty.days ?? 0) * 86_400_000)}, but an upload may take ${spoken(visit.uploads.ageSecondsMax * 1000)} and its check some more: uploads will be lost.`,
    withoutRule(
      visit,
      `Let it wait for ${least} days, by Tintype's rule instead of that one:`,
      hasty.name,
      rules,
    ),
  );
}

/** Rules that a gallery should have: a backstop for what a sweeper that never ran left behind. */
async function lacking(visit: Visit, rules: Rule[]): Promise<Outcome> {
  const incoming = `${visit.bucket.location}incoming/`;
  const versioned = (await visit.admin.versioning().catch(() => "off")) !== "off";
  const missing = [
    ...(rules.some((one) => one.expires && !one.narrowed && incoming.startsWith(one.prefix))
      ? []
      : ["one that clears away what stays in incoming/"]),
    ...(rules.some((one) => one.aborts && incoming.startsWith(one.prefix))
      ? []
      : ["one that ends uploads in parts which nobody finishes (they are billed and not seen)"]),
    ...(!versioned ||
    rules.some((one) => one.noncurrent && `${visit.bucket.location}media/`.startsWith(one.prefix))
      ? []
      : ["one that removes older versions (versioning is on, so nothing that is deleted ever goes)"]),
  ];
  if (missing.length === 0)
    return ok("incoming/ is cleared, unfinished uploads end, and nothing touches media/ or derived/.");
  return warn(
    `Nothing touches media/ or derived/, but ${missing.length === 1 ? "a rule is" : "rules are"} missing: ${listed(missing)}.`,
    run("Set them (rules of others stay):", "tintype storage lifecycle apply"),
  );
}

export const accessBlockProbe: Probe<Visit> = {
  id: "accessBlock",
  needs: ["bucket"],
  async run(visit) {
    if (visit.facts.blockMisread === true) return { because: "incoming" };
    const seen = await looked("s3:GetBucketPublicAccessBlock", () => visit.admin.publicAccessBlock());
    if ("verdict" in seen) return seen;
    const block = seen.value;
    const wanted = wantedPublicAccess(visit);
    if (isBlockedEnough(visit, block) && block?.blockAcls === false)
      return ok("Public policies are blocked, and access lists are ignored.");
    const names = {
      blockAcls: "BlockPublicAcls",
      ignoreAcls: "IgnorePublicAcls",
      blockPolicy: "BlockPublicPolicy",
      restrictBuckets: "RestrictPublicBuckets",
    } as const;
    const keys = ["blockAcls", "ignoreAcls", "blockPolicy", "restrictBuckets"] as const;
    // Access lists that are ignored are shut as well, and no store misreads that (Ceph 16 does the other).
    const asked = visit.bucket.endpoint === undefined ? wanted : { ...wanted, blockAcls: false };
    const configuration = keys.map((key) => `${names[key]}=${asked[key]}`).join(",");
    const change = run(
      "Set it:",
      "tintype storage provision",
      "# or by hand:",
      `# ${aws(visit, "put-public-access-block")} --public-access-block-configuration ${configuration}`,
    );
    const open = keys.filter((key) => asked[key] && block?.[key] !== true).map((key) => names[key]);
    if (open.length > 0)
      return warn(
        `${block === undefined ? "It is not set" : `Off: ${listed(open)}`}: one careless policy or access list can make every picture public.`,
        change,
      );
    const tooShut = keys.filter((key) => !wanted[key] && block?.[key] === true).map((key) => names[key]);
    if (tooShut.length > 0)
      return fail(
        `${isReadByAnyone(visit) ? "MEDIA_URL_MODE=public" : "STATIC_URL"} needs a part of the bucket to be readable by anyone, and ${listed(tooShut)} forbids it.`,
        change,
      );
    return ok(
      wanted.blockPolicy ? "All four are on." : "Shut, except for the policy that the settings ask for.",
    );
  },
};

export const ownershipProbe: Probe<Visit> = {
  id: "ownership",
  needs: ["bucket"],
  async run(visit) {
    const seen = await looked("s3:GetBucketOwnershipControls", () => visit.admin.ownership());
    if ("verdict" in seen) return seen;
    if (seen.value === wantedOwnership) return ok("Access lists are off: only policies decide.");
    return warn(
      `Object ownership is ${seen.value ?? "not set"}: access lists still count, so a single object can be made public beside every policy.`,
      run(
        "Turn access lists off:",
        "tintype storage provision",
        "# or by hand:",
        `# ${aws(visit, "put-bucket-ownership-controls")} --ownership-controls 'Rules=[{ObjectOwnership=${wantedOwnership}}]'`,
      ),
    );
  },
};

export const versioningProbe: Probe<Visit> = {
  id: "versioning",
  needs: ["bucket"],
  async run(visit) {
    const seen = await looked("s3:GetBucketVersioning", () => visit.admin.versioning());
    if ("verdict" in seen) return seen;
    if (seen.value === "off")
      return ok("Off: what the trash removes is gone. Tintype never overwrites an object.");
    return ok(
      `${seen.value === "on" ? "On" : "Suspended"}: what is deleted stays as an older version until a lifecycle rule removes it.`,
    );
  },
};

export const encryptionProbe: Probe<Visit> = {
  id: "encryption",
  needs: ["bucket"],
  async run(visit) {
    const seen = await looked("s3:GetEncryptionConfiguration", () => visit.admin.encryption());
    if ("verdict" in seen) return seen;
    const asked = visit.bucket.encryption?.method;
    if (seen.value === undefined)
      return asked === undefined
        ? ok("The bucket names no method of its own; what the store does on its disks is its own affair.")
        : ok(`Objects are stored with ${asked}, as S3_SSE says.`);
    return ok(
      `New objects are encrypted with ${seen.value}${asked === undefined || asked === seen.value ? "" : `; Tintype asks for ${asked}`}.`,
    );
  },
};

const oldMs = 2 * 86_400_000;
const countedMax = 1000;

export const unfinishedProbe: Probe<Visit> = {
  id: "unfinished",
  needs: ["bucket"],
  async run(visit) {
    const seen = await looked("s3:ListBucketMultipartUploads", async () => {
      let open = 0;
      let old = 0;
      for await (const { started } of visit.storage.multipart.open("")) {
        open += 1;
        if (Date.now() - started.getTime() > oldMs) old += 1;
        if (open >= countedMax) break;
      }
      return { open, old };
    });
    if ("verdict" in seen) return seen;
    const { open, old } = seen.value;
    if (old === 0) return ok(open === 0 ? "None are open." : `${open} are open, none older than two days.`);
    return warn(
      `${old} uploads in parts were begun more than two days ago and never ended: their parts are billed and appear in no list.`,
      run("Let the store end them by itself:", "tintype storage lifecycle apply"),
    );
  },
};

/**
 * Who may do what with the bucket: least-privilege policies for the web process, the worker and the person who sets it
 * up, and the policy of the bucket itself. What is allowed is named action by action, never with a wildcard.
 */
import { isReadByAnyone, isStaticReadByAnyone, type Setup } from "./provision.ts";

export type Statement = {
  Sid: string;
  Effect: "Allow" | "Deny";
  Principal?: "*" | { Service: string };
  Action: string[];
  Resource?: string[];
  NotResource?: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
};
export type PolicyDocument = { Version: "2012-10-17"; Statement: Statement[] };

export const roles = ["web", "worker", "provisioner", "start"] as const;
/** `start` is web and worker with one key, as `tintype start` runs them. */
export type Role = (typeof roles)[number];

export type IamOptions = {
  /** Prefixes outside media/ that hold adopted originals, relative to the location. */
  adopted?: readonly string[];
  /** The key that the bucket encrypts with, when it is one of one's own. */
  kmsKeyArn?: string | undefined;
};

const postAgeMsMin = 15 * 60_000;

/** Some governments and countries have partitions of their own, and with them other names for everything. */
const partitions = { "cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc" };
const partitionOf = (region: string): string =>
  Object.entries(partitions).find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";

const bucketArn = ({ bucket }: Setup): string => `arn:${partitionOf(bucket.region)}:s3:::${bucket.bucket}`;
const objects = (setup: Setup, ...prefixes: string[]): string[] =>
  prefixes.map((prefix) => `${bucketArn(setup)}/${setup.bucket.location}${prefix}*`);

/**
 * "If it exists": HeadBucket and the HEAD of a missing key carry no prefix, and a plain condition would turn both
 * into 403, so that absent could not be told from forbidden (R-33).
 */
const mayList = (setup: Setup, ...prefixes: string[]): Statement => ({
  Sid: "TellAbsentFromForbidden",
  Effect: "Allow",
  Action: ["s3:ListBucket"],
  Resource: [bucketArn(setup)],
  Condition: {
    StringLikeIfExists: { "s3:prefix": prefixes.map((prefix) => `${setup.bucket.location}${prefix}*`) },
  },
});

const allow = (Sid: string, Action: string[], Resource: string[]): Statement => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource,
});

const adoptedOf = (options: IamOptions): string[] =>
  (options.adopted ?? []).map((prefix) => prefix.replace(/\/?$/, "/"));

function web(setup: Setup, options: IamOptions): Statement[] {
  const served = ["media/", "derived/", ...adoptedOf(options)];
  return [
    allow(
      "SignUploads",
      ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
      objects(setup, "incoming/"),
    ),
    ...(setup.delivery.mode === "s3-presigned"
      ? [allow("SignPictures", ["s3:GetObject"], objects(setup, ...served))]
      : []),
    // The age of the newest backup, for administrators; what is in it is not for this key.
    mayList(setup, "incoming/", "backup/"),
    ...kms(options, ["kms:Decrypt", "kms:GenerateDataKey"]),
  ];
}

function worker(setup: Setup, options: IamOptions): Statement[] {
  const adopted = adoptedOf(options);
  return [
    // The sweeper puts together what arrived in parts and was forgotten.
    allow(
      "TakeUploads",
      [
        "s3:PutObject",
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
      ],
      objects(setup, "incoming/"),
    ),
    allow(
      "KeepPictures",
      ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      objects(setup, "media/", "derived/"),
    ),
    ...(adopted.length === 0
      ? []
      : [allow("KeepAdopted", ["s3:GetObject", "s3:DeleteObject"], objects(setup, ...adopted))]),
    // What a backup, or an object that nothing refers to, is written to; removed when its time has come.
    allow(
      "KeepCopies",
      ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      objects(setup, "backup/", "quarantine/"),
    ),
    mayList(setup, "incoming/", "media/", "derived/", "backup/", "quarantine/", ...adopted),
    allow("SweepParts", ["s3:ListBucketMultipartUploads"], [bucketArn(setup)]),
    ...kms(options, ["kms:Decrypt", "kms:GenerateDataKey"]),
  ];
}

function provisioner(setup: Setup, options: IamOptions): Statement[] {
  return [
    allow(
      "SetUpTheBucket",
      [
        "s3:CreateBucket",
        "s3:ListBucket",
        "s3:GetBucketLocation",
        "s3:GetBucketCORS",
        "s3:PutBucketCORS",
        "s3:GetLifecycleConfiguration",
        "s3:PutLifecycleConfiguration",
        "s3:GetBucketPolicy",
        "s3:PutBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
        "s3:GetBucketOwnershipControls",
        "s3:PutBucketOwnershipControls",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
      ],
      [bucketArn(setup)],
    ),
    allow(
      "PushStaticFiles",
      ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      objects(setup, "static/"),
    ),
    ...kms(options, ["kms:Decrypt", "kms:GenerateDataKey"]),
  ];
}

/** What two roles may is united statement by statement: a key that does both needs no more than that. */
function start(setup: Setup, options: IamOptions): Statement[] {
  const served = ["media/", "derived/"];
  const adopted = adoptedOf(options);
  return [
    allow(
      "SignAndTakeUploads",
      [
        "s3:PutObject",
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
      ],
      objects(setup, "incoming/"),
    ),
    ...worker(setup, options).filter(({ Sid }) => Sid !== "TakeUploads" && Sid !== "TellAbsentFromForbidden"),
    mayList(setup, "incoming/", ...served, "backup/", "quarantine/", ...adopted),
  ];
}

const kms = (options: IamOptions, actions: string[]): Statement[] =>
  options.kmsKeyArn === undefined ? [] : [allow("UseTheKey", actions, [options.kmsKeyArn])];

const makers = { web, worker, provisioner, start } satisfies Record<Role, unknown>;

/** The policy for each principal, as it is attached to a user or a role. */
export function iamPolicies(setup: Setup, given: IamOptions = {}): Record<Role, PolicyDocument> {
  const keyId = setup.bucket.encryption?.keyId;
  const options = { ...given, kmsKeyArn: given.kmsKeyArn ?? (keyId?.startsWith("arn:") ? keyId : undefined) };
  return {
    web: documentOf(makers.web(setup, options)),
    worker: documentOf(makers.worker(setup, options)),
    provisioner: documentOf(makers.provisioner(setup, options)),
    start: documentOf(makers.start(setup, options)),
  };
}

const documentOf = (statements: Statement[]): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: statements,
});

export type BucketPolicyOptions = {
  /** Who may write pictures; without it nobody is shut out by name. */
  workerArns?: readonly string[];
  /** The CloudFront distribution that serves the pictures. */
  distributionArn?: string | undefined;
};

/** The bucket's own policy: it holds whatever a key's policy allows. */
export function bucketPolicy(setup: Setup, options: BucketPolicyOptions = {}): PolicyDocument {
  const statements = [
    ...onlyEncrypted(setup),
    ...onlyWorkerWrites(setup, options.workerArns ?? []),
    ...onlyIncomingByForm(setup),
    ...servedByCdn(setup, options.distributionArn),
    ...readByAnyone(setup),
  ];
  return documentOf(statements.map((one) => ({ ...one, Sid: sidFor(setup, one.Sid) })));
}

/** Two galleries in one bucket have statements of their own; a Sid has letters and digits only. */
const sidFor = (setup: Setup, name: string): string =>
  `Tintype${name}${setup.bucket.location
    .replace(/\/$/, "")
    .replace(/[^a-zA-Z0-9]/g, (sign) => `x${sign.codePointAt(0)?.toString(16) ?? ""}`)}`;

/** A store without https of its own would be shut altogether. */
function onlyEncrypted(setup: Setup): Statement[] {
  if (setup.bucket.endpoint?.startsWith("http:")) return [];
  const { location } = setup.bucket;
  return [
    {
      Sid: "OnlyEncrypted",
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:*"],
      Resource: [...(location === "" ? [bucketArn(setup)] : []), ...objects(setup, "")],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ];
}

function onlyWorkerWrites(setup: Setup, arns: readonly string[]): Statement[] {
  if (arns.length === 0) return [];
  return [
    {
      Sid: "OnlyWorkerWritesPictures",
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:PutObject"],
      Resource: objects(setup, "media/", "derived/"),
      Condition: { ArnNotEquals: { "aws:PrincipalArn": [...arns] } },
    },
  ];
}

/** Even a policy signed with a stolen key reaches nothing but incoming/, and not for long. */
function onlyIncomingByForm(setup: Setup): Statement[] {
  const byForm = { StringEquals: { "s3:authType": "POST" } };
  const ageMs = Math.max(postAgeMsMin, setup.uploads.policySeconds * 1000);
  return [
    {
      Sid: "FormsOnlyToIncoming",
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:PutObject"],
      // In a bucket that is shared, what lies outside the location is not ours to shut.
      ...(setup.bucket.location === ""
        ? { NotResource: objects(setup, "incoming/") }
        : { Resource: objects(setup, "media/", "derived/", "static/") }),
      Condition: byForm,
    },
    {
      Sid: "FormsNotForLong",
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:PutObject"],
      Resource: objects(setup, "incoming/"),
      Condition: { ...byForm, NumericGreaterThan: { "s3:signatureAge": String(ageMs) } },
    },
  ];
}

const servedPrefixes = (setup: Setup): string[] => objects(setup, "media/", "derived/", "static/");

function servedByCdn(setup: Setup, distributionArn: string | undefined): Statement[] {
  if (distributionArn === undefined) return [];
  return [
    {
      Sid: "CloudFrontReads",
      Effect: "Allow",
      Principal: { Service: "cloudfront.amazonaws.com" },
      Action: ["s3:GetObject"],
      Resource: servedPrefixes(setup),
      Condition: { ArnEquals: { "AWS:SourceArn": distributionArn } },
    },
  ];
}

function readByAnyone(setup: Setup): Statement[] {
  const open = isReadByAnyone(setup)
    ? servedPrefixes(setup)
    : isStaticReadByAnyone(setup)
      ? objects(setup, "static/")
      : [];
  if (open.length === 0) return [];
  return [{ Sid: "AnyoneReads", Effect: "Allow", Principal: "*", Action: ["s3:GetObject"], Resource: open }];
}

/** REQUIREMENTS 6.2 and 6.3: nobody may do more than they have to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSettings } from "./env.ts";
import { bucketPolicy, iamPolicies, type PolicyDocument } from "./iam.ts";
import { type Setup, setupOf } from "./provision.ts";

const setup = (more: Record<string, string> = {}): Setup =>
  setupOf(parseSettings({ S3_BUCKET: "photos", S3_REGION: "ap-northeast-2", ...more }));
const objects = "arn:aws:s3:::photos/";

/** Whether a policy lets an action through, conditions aside. */
const may = (document: PolicyDocument, action: string, resource: string): boolean =>
  document.Statement.some(
    ({ Effect, Action, Resource = [] }) =>
      Effect === "Allow" &&
      Action.includes(action) &&
      Resource.some((one) => (one.endsWith("*") ? resource.startsWith(one.slice(0, -1)) : one === resource)),
  );

test("the web process signs uploads and pictures and can neither remove nor write a picture", () => {
  const { web } = iamPolicies(setup());
  assert.ok(may(web, "s3:PutObject", `${objects}incoming/x`));
  assert.ok(may(web, "s3:ListMultipartUploadParts", `${objects}incoming/x`));
  assert.ok(may(web, "s3:GetObject", `${objects}derived/x`));
  for (const prefix of ["media/", "derived/", "static/", ""]) {
    assert.ok(!may(web, "s3:PutObject", `${objects}${prefix}x`), prefix);
    assert.ok(!may(web, "s3:DeleteObject", `${objects}${prefix}x`), prefix);
  }
  assert.ok(!may(web, "s3:DeleteObject", `${objects}incoming/x`));
});

test("behind a CDN the web process cannot read a picture", () => {
  const { web } = iamPolicies(
    setup({
      MEDIA_URL_MODE: "public",
      MEDIA_VISIBILITIES: "public",
      MEDIA_PUBLIC_BASE_URL: "https://cdn.example.com",
    }),
  );
  assert.ok(!may(web, "s3:GetObject", `${objects}media/x`));
});

test("the worker puts uploads together, takes them and keeps pictures, and nothing else", () => {
  const { worker } = iamPolicies(setup());
  assert.ok(may(worker, "s3:DeleteObject", `${objects}incoming/x`));
  assert.ok(may(worker, "s3:PutObject", `${objects}media/x`));
  // Completing an upload in parts is a PutObject of what arrived.
  assert.ok(may(worker, "s3:PutObject", `${objects}incoming/x`));
  for (const prefix of ["static/", ""])
    assert.ok(!may(worker, "s3:PutObject", `${objects}${prefix}x`), prefix);
  assert.ok(!may(worker, "s3:PutBucketPolicy", "arn:aws:s3:::photos"));
});

test("one key that starts everything may what web and worker may, and no more", () => {
  const { web, worker, start } = iamPolicies(setup());
  const actions = new Set(
    [web, worker].flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)),
  );
  for (const { Action } of start.Statement)
    for (const action of Action) assert.ok(actions.has(action), action);
  for (const one of [web, worker])
    for (const { Action, Resource = [] } of one.Statement)
      for (const action of Action) for (const resource of Resource) assert.ok(may(start, action, resource));
});

test("nothing is allowed by a wildcard, and everything stays in the location and the partition", () => {
  const policies = iamPolicies(setup({ S3_PREFIX: "gallery/one", S3_REGION: "cn-north-1" }), {
    adopted: ["old"],
    kmsKeyArn: "arn:aws-cn:kms:cn-north-1:1:key/k",
  });
  for (const { Statement } of Object.values(policies))
    for (const { Action, Resource = [] } of Statement) {
      for (const action of Action) assert.doesNotMatch(action, /\*/);
      for (const resource of Resource)
        assert.match(resource, /^arn:aws-cn:(s3:::photos$|s3:::photos\/gallery\/one\/[a-z]+\/\*$|kms:)/);
    }
  assert.ok(may(policies.worker, "s3:GetObject", "arn:aws-cn:s3:::photos/gallery/one/old/x"));
});

test("absent can be told from forbidden with these policies (R-33)", () => {
  for (const role of ["web", "worker", "start"] as const) {
    const list = iamPolicies(setup())[role].Statement.find(({ Action }) => Action.includes("s3:ListBucket"));
    assert.deepEqual(Object.keys(list?.Condition ?? {}), ["StringLikeIfExists"]);
  }
});

test("the bucket refuses plain http, strangers' writes and old forms, whatever a key may do", () => {
  const { Statement } = bucketPolicy(setup({ UPLOAD_POLICY_TTL: "3600" }), {
    workerArns: ["arn:aws:iam::1:role/worker"],
    distributionArn: "arn:aws:cloudfront::1:distribution/E",
  });
  assert.deepEqual(
    Statement.map(({ Sid, Effect }) => [Sid, Effect]),
    [
      ["TintypeOnlyEncrypted", "Deny"],
      ["TintypeOnlyWorkerWritesPictures", "Deny"],
      ["TintypeFormsOnlyToIncoming", "Deny"],
      ["TintypeFormsNotForLong", "Deny"],
      ["TintypeCloudFrontReads", "Allow"],
    ],
  );
  const age = Statement.find(({ Sid }) => Sid === "TintypeFormsNotForLong")?.Condition?.NumericGreaterThan;
  assert.deepEqual(age, { "s3:signatureAge": "3600000" });
});

test("in a shared bucket the policy touches nothing outside the location", () => {
  const { Statement } = bucketPolicy(setup({ S3_PREFIX: "a/b" }));
  for (const { Sid, Resource, NotResource } of Statement) {
    assert.match(Sid, /^Tintype[A-Za-z]+ax2fb$/);
    assert.equal(NotResource, undefined);
    for (const resource of Resource ?? []) assert.ok(resource.startsWith(`${objects}a/b/`), resource);
  }
});

test("a store without https is not shut altogether", () => {
  const { Statement } = bucketPolicy(setup({ S3_ENDPOINT: "http://127.0.0.1:9100" }));
  assert.ok(!Statement.some(({ Sid }) => Sid === "TintypeOnlyEncrypted"));
});

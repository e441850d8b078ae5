import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSettings } from "#lib/env.ts";
import { bucketPolicy, iamPolicies } from "#lib/iam.ts";
import { setupOf, wantedCors, wantedPublicAccess } from "#lib/provision.ts";

const place = { S3_BUCKET: "pictures", S3_REGION: "ap-northeast-2", S3_PREFIX: "club" };
const own = "https://pictures.s3.ap-northeast-2.amazonaws.com/club/static";

const opened = (environment: Record<string, string>) => {
  const setup = setupOf(parseSettings({ ...place, ...environment }));
  const { Statement } = bucketPolicy(setup);
  const open = Statement.filter((one) => one.Effect === "Allow" && one.Principal === "*");
  return { open, access: wantedPublicAccess(setup) };
};

test("STATIC_URL in the bucket itself opens static/ to everybody, and nothing beside it", () => {
  const { open, access } = opened({ STATIC_URL: own });
  assert.deepEqual(
    open.map((one) => [one.Action, one.Resource]),
    [[["s3:GetObject"], ["arn:aws:s3:::pictures/club/static/*"]]],
  );
  assert.deepEqual([access.blockPolicy, access.restrictBuckets], [false, false], "or the policy is ignored");
  assert.deepEqual([access.blockAcls, access.ignoreAcls], [true, true]);
});

test("without STATIC_URL, or with a CDN before it, the bucket stays shut", () => {
  for (const STATIC_URL of ["", "https://cdn.example/static", own.replace("static", "media")]) {
    const { open, access } = opened({ STATIC_URL });
    assert.deepEqual(open, []);
    assert.ok(access.blockPolicy && access.restrictBuckets);
  }
});

test("the CORS rule lets pages of the site read fonts from static/", () => {
  const setup = setupOf(parseSettings({ ...place, APP_URL: "https://photos.example", STATIC_URL: own }));
  const [rule] = wantedCors(setup);
  assert.deepEqual(rule?.origins, ["https://photos.example"]);
  assert.ok(rule?.methods.includes("GET"));
});

test("whoever writes with a KMS key of the settings may use that key, and no other (S3_SSE_KMS_KEY_ID)", () => {
  const key = "arn:aws:kms:ap-northeast-2:111122223333:key/ab-cd";
  const policies = iamPolicies(
    setupOf(parseSettings({ ...place, S3_SSE: "aws:kms", S3_SSE_KMS_KEY_ID: key })),
  );
  for (const { Statement } of Object.values(policies)) {
    const use = Statement.filter((one) => one.Action.some((action) => action.startsWith("kms:")));
    assert.deepEqual(
      use.map((one) => [one.Action, one.Resource]),
      [[["kms:Decrypt", "kms:GenerateDataKey"], [key]]],
    );
  }
});

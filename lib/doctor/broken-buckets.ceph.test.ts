/** R-85 on a store that really has policies and lifecycle rules: eight buckets, each broken in another way, and one that is not. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import type { BucketSettings } from "#lib/env.ts";
import { wantedCors, wantedLifecycle } from "#lib/provision.ts";
import type { Bucket } from "#lib/storage/port.ts";
import { openBucket } from "#lib/storage/s3.ts";
import { type RunningCeph, startCeph } from "#lib/testing-ceph.ts";
import type { ProbeId } from "./finding.ts";
import { examined, subjectOf } from "./testing.ts";

let ceph: RunningCeph;
before(async () => {
  ceph = await startCeph();
});
after(() => ceph.stop());

/** A bucket set up as it should be, and then changed. */
async function bucketWith(
  change: (bucket: Bucket, arn: (path: string) => string) => Promise<void> = async () => {},
): Promise<BucketSettings> {
  const settings = ceph.bucket(`doctor-${randomBytes(6).toString("hex")}`);
  const bucket = openBucket(settings);
  try {
    await bucket.create();
    await bucket.setCors(wantedCors(subjectOf(settings)));
    await bucket.setLifecycle(wantedLifecycle(subjectOf(settings)));
    await bucket.setPublicAccessBlock({
      blockAcls: false,
      ignoreAcls: true,
      blockPolicy: false,
      restrictBuckets: false,
    });
    await change(bucket, (path) => `arn:aws:s3:::${settings.bucket}${path}`);
  } finally {
    bucket.close();
  }
  return settings;
}

const policy = (statement: object): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
const deny = (action: string, path: string) =>
  bucketWith((bucket, arn) =>
    bucket.setPolicy(
      policy({ Sid: "Careless", Effect: "Deny", Principal: "*", Action: action, Resource: arn(path) }),
    ),
  );

test("a bucket that was set up for Tintype has no fault, and nothing is left in it", async () => {
  const settings = await bucketWith();
  const seen = await examined(subjectOf(settings));
  assert.deepEqual(seen.ids("fail"), []);
  assert.equal(seen.of("leftovers").verdict, "ok");
  const bucket = openBucket(settings);
  // Only an empty bucket can be removed, hidden versions and open parts included.
  await bucket.remove();
  bucket.close();
});

const broken: [string, () => Promise<BucketSettings>, ProbeId, RegExp, RegExp][] = [
  [
    "is missing",
    async () => ceph.bucket("doctor-never-made"),
    "bucket",
    /no bucket doctor-never-made/,
    /bucket create/,
  ],
  [
    "is asked for with the wrong secret",
    async () => {
      const settings = await bucketWith();
      const { accessKeyId = "" } = settings.credentials ?? {};
      return { ...settings, credentials: { accessKeyId, secretAccessKey: "wrong" } };
    },
    "identity",
    /secret does not belong/,
    /S3_SECRET_ACCESS_KEY/,
  ],
  [
    "has a CORS rule for another site",
    () =>
      bucketWith((bucket) =>
        bucket.setCors([
          { origins: ["https://other.example"], methods: ["POST", "PUT"], headers: ["*"], expose: ["ETag"] },
        ]),
      ),
    "cors",
    /name https:\/\/other\.example/,
    /tintype storage cors apply/,
  ],
  [
    "denies uploads",
    () => deny("s3:PutObject", "/incoming/*"),
    "incoming",
    /"Careless".*denies it/,
    /delete-bucket-policy/,
  ],
  [
    "denies reading renditions",
    () => deny("s3:GetObject", "/derived/*"),
    "derived",
    /"Careless".*denies it/,
    /delete-bucket-policy/,
  ],
  [
    "denies removing originals",
    () => deny("s3:DeleteObject", "/media/*"),
    "media",
    /"Careless".*denies it/,
    /delete-bucket-policy/,
  ],
  ["denies listing", () => deny("s3:ListBucket", ""), "list", /may not be listed/, /Careless/],
  [
    "may be read by anyone",
    () =>
      bucketWith((bucket, arn) =>
        bucket.setPolicy(
          policy({
            Sid: "World",
            Effect: "Allow",
            Principal: "*",
            Action: "s3:GetObject",
            Resource: arn("/*"),
          }),
        ),
      ),
    "anonymousRead",
    /Anyone on the network may read.*"World"/,
    /delete-bucket-policy/,
  ],
  [
    "deletes pictures after a month",
    () =>
      bucketWith((bucket) =>
        bucket.setLifecycle([{ id: "tidy", prefix: "", enabled: true, expireDays: 30 }]),
      ),
    "lifecycle",
    /"tidy".*pictures will be lost/,
    /delete-bucket-lifecycle/,
  ],
];

for (const [what, make, id, found, change] of broken)
  test(`a bucket that ${what} is found out, at its root and nowhere else`, async () => {
    const seen = await examined(subjectOf(await make()));
    assert.deepEqual(seen.ids("fail"), [id]);
    assert.match(seen.of(id).found, found);
    assert.match(`${seen.of(id).change?.say} ${seen.of(id).change?.run}`, change);
  });

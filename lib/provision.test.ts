/** REQUIREMENTS 6.4: what the store removes by itself is never what somebody still needs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSettings } from "./env.ts";
import { type Setup, setupOf, wantedCors, wantedLifecycle, wantedPublicAccess } from "./provision.ts";

const setup = (more: Record<string, string> = {}): Setup =>
  setupOf(parseSettings({ S3_BUCKET: "photos", S3_REGION: "ap-northeast-2", ...more }));

test("uploads are cleared away after two days, unfinished ones after one, and pictures never", () => {
  assert.deepEqual(wantedLifecycle(setup()), [
    { id: "tintype-incoming", prefix: "incoming/", enabled: true, expireDays: 2 },
    { id: "tintype-multipart", prefix: "", enabled: true, abortMultipartDays: 1 },
  ]);
});

test("an upload that may take a week is not cleared away before", () => {
  const [incoming, parts] = wantedLifecycle(setup({ UPLOAD_MAX_AGE: "604800", UPLOAD_GRACE: "86400" }));
  assert.ok((incoming?.expireDays ?? 0) >= 8);
  assert.ok((parts?.abortMultipartDays ?? 0) >= 7);
});

test("in a bucket that keeps versions the removed ones go too, in our location only", () => {
  const rules = wantedLifecycle(setup({ S3_PREFIX: "gallery" }), { versioned: true });
  assert.deepEqual(
    rules.map(({ prefix }) => prefix),
    ["gallery/incoming/", "gallery/", "gallery/"],
  );
  assert.equal(rules.at(-1)?.noncurrentDays, 30);
});

test("pages of the site may send uploads whole and in parts, and no other site's", () => {
  const [rule] = wantedCors(setup({ APP_URL: "https://photos.example.com" }));
  assert.deepEqual(rule?.origins, ["https://photos.example.com"]);
  assert.deepEqual(rule?.methods, ["POST", "PUT", "GET", "HEAD"]);
  assert.deepEqual(rule?.expose, ["ETag"]);
});

test("only a public gallery without a CDN lets its bucket be read by anyone", () => {
  const open = { MEDIA_URL_MODE: "public", MEDIA_VISIBILITIES: "public" };
  const atBucket = { ...open, MEDIA_PUBLIC_BASE_URL: "https://photos.s3.ap-northeast-2.amazonaws.com" };
  assert.equal(wantedPublicAccess(setup()).blockPolicy, true);
  assert.equal(
    wantedPublicAccess(setup({ ...open, MEDIA_PUBLIC_BASE_URL: "https://cdn.example.com" })).blockPolicy,
    true,
  );
  assert.deepEqual(wantedPublicAccess(setup(atBucket)), {
    blockAcls: true,
    ignoreAcls: true,
    blockPolicy: false,
    restrictBuckets: false,
  });
});

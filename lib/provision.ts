/** How a bucket has to be set up for a gallery, as data: what `provision` makes of it and what the doctor compares. */
import { bucketBase } from "./delivery/index.ts";
import { type BucketSettings, required, type Settings } from "./env.ts";
import { corsRule, ruleId } from "./storage/cors-rule.ts";
import type { CorsRule, LifecycleRule, PublicAccessBlock } from "./storage/port.ts";

/** The settings that decide how the bucket has to be set up. */
export type Setup = Pick<Settings, "appUrl" | "delivery" | "uploads"> & {
  bucket: BucketSettings;
  staticUrl?: string | undefined;
};

/** Throws SettingsError when no bucket is set. */
export const setupOf = (settings: Settings): Setup => ({
  ...settings,
  bucket: required(settings.bucket, "S3_BUCKET"),
});

const daySeconds = 86_400;

/** `origins` instead of that of APP_URL, for a site with several addresses. */
export const wantedCors = (
  setup: Setup,
  origins: readonly string[] = [new URL(setup.appUrl).origin],
): CorsRule[] => [corsRule(setup.bucket.location, [...new Set(origins)])];

/**
 * A backstop for what the sweeper should have removed: never shorter than an upload may take, and nothing on media/
 * or derived/. `versioned` adds the removal of what was deleted already and is kept as an older version.
 */
export function wantedLifecycle(setup: Setup, options: { versioned?: boolean } = {}): LifecycleRule[] {
  const { location } = setup.bucket;
  const { ageSecondsMax, graceSeconds } = setup.uploads;
  const uploadDays = Math.ceil((ageSecondsMax + graceSeconds) / daySeconds);
  const rules: LifecycleRule[] = [
    {
      id: ruleId("tintype-incoming", location),
      prefix: `${location}incoming/`,
      enabled: true,
      expireDays: Math.max(2, uploadDays),
    },
    {
      id: ruleId("tintype-multipart", location),
      prefix: location,
      enabled: true,
      abortMultipartDays: Math.max(1, Math.ceil(ageSecondsMax / daySeconds)),
    },
  ];
  if (options.versioned === true)
    rules.push({
      id: ruleId("tintype-versions", location),
      prefix: location,
      enabled: true,
      noncurrentDays: versionDays,
    });
  return rules;
}

/** As long as the trash keeps a picture by default. */
const versionDays = 30;

/** MEDIA_URL_MODE=public with the bucket's own address as base: there is no CDN in between that could sign. */
export const isReadByAnyone = ({ bucket, delivery }: Setup): boolean =>
  delivery.mode === "public" &&
  delivery.publicBase !== undefined &&
  new URL(delivery.publicBase).host === new URL(bucketBase(bucket)).host;

/** STATIC_URL is the bucket's own folder static/: whoever loads a page loads its scripts from there. */
export const isStaticReadByAnyone = ({ bucket, staticUrl }: Setup): boolean =>
  staticUrl === `${bucketBase(bucket)}/${bucket.location}static`;

/** Everything shut, except the policy that a public bucket without a CDN cannot do without. */
export function wantedPublicAccess(setup: Setup): PublicAccessBlock {
  const isShut = !isReadByAnyone(setup) && !isStaticReadByAnyone(setup);
  return { blockAcls: true, ignoreAcls: true, blockPolicy: isShut, restrictBuckets: isShut };
}

/**
 * Whether that much is blocked. Ceph 16 refuses every upload while access lists are blocked, private ones too; to
 * ignore them shuts the same door, so on stores other than AWS that is enough.
 */
export function isBlockedEnough(setup: Setup, block: PublicAccessBlock | undefined): boolean {
  const wanted = wantedPublicAccess(setup);
  return (
    block !== undefined &&
    (block.blockAcls || setup.bucket.endpoint !== undefined) &&
    block.ignoreAcls &&
    block.blockPolicy === wanted.blockPolicy &&
    block.restrictBuckets === wanted.restrictBuckets
  );
}

/** Access lists are off: only policies decide. */
export const wantedOwnership = "BucketOwnerEnforced";

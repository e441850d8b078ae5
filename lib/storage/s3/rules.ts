/** CORS and lifecycle rules: as we say them, as S3 says them. */
import type { CORSRule, LifecycleRule as S3LifecycleRule } from "@aws-sdk/client-s3";
import type { CorsRule, LifecycleRule } from "../port.ts";

export const corsOf = (rule: CORSRule): CorsRule => ({
  ...(rule.ID === undefined || rule.ID === "" ? {} : { id: rule.ID }),
  origins: rule.AllowedOrigins ?? [],
  methods: rule.AllowedMethods ?? [],
  headers: rule.AllowedHeaders ?? [],
  expose: rule.ExposeHeaders ?? [],
  ...(rule.MaxAgeSeconds === undefined ? {} : { maxAgeSeconds: rule.MaxAgeSeconds }),
});

/** Empty lists are left away: some stores take an empty element for a header without a name. */
export const s3CorsOf = (rule: CorsRule): CORSRule => ({
  ...(rule.id === undefined ? {} : { ID: rule.id }),
  AllowedOrigins: rule.origins,
  AllowedMethods: rule.methods,
  ...(rule.headers.length === 0 ? {} : { AllowedHeaders: rule.headers }),
  ...(rule.expose.length === 0 ? {} : { ExposeHeaders: rule.expose }),
  ...(rule.maxAgeSeconds === undefined ? {} : { MaxAgeSeconds: rule.maxAgeSeconds }),
});

export function lifecycleOf(rule: S3LifecycleRule): LifecycleRule {
  const expireDays = rule.Expiration?.Days;
  const abortMultipartDays = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
  const noncurrentDays = rule.NoncurrentVersionExpiration?.NoncurrentDays;
  return {
    id: rule.ID ?? "",
    prefix: rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? rule.Prefix ?? "",
    enabled: rule.Status === "Enabled",
    ...(expireDays === undefined ? {} : { expireDays }),
    ...(abortMultipartDays === undefined ? {} : { abortMultipartDays }),
    ...(noncurrentDays === undefined ? {} : { noncurrentDays }),
  };
}

const isSameLifecycle = (a: LifecycleRule, b: LifecycleRule): boolean =>
  a.id === b.id &&
  a.prefix === b.prefix &&
  a.enabled === b.enabled &&
  a.expireDays === b.expireDays &&
  a.abortMultipartDays === b.abortMultipartDays &&
  a.noncurrentDays === b.noncurrentDays;

/** A rule that did not change is sent back as it came: it may say more than we can, such as where objects move. */
export function s3LifecycleOf(rule: LifecycleRule, current: readonly S3LifecycleRule[]): S3LifecycleRule {
  const kept = current.find((one) => isSameLifecycle(lifecycleOf(one), rule));
  if (kept !== undefined) return kept;
  return {
    ID: rule.id,
    Status: rule.enabled ? "Enabled" : "Disabled",
    Filter: { Prefix: rule.prefix },
    ...(rule.expireDays === undefined ? {} : { Expiration: { Days: rule.expireDays } }),
    ...(rule.abortMultipartDays === undefined
      ? {}
      : { AbortIncompleteMultipartUpload: { DaysAfterInitiation: rule.abortMultipartDays } }),
    ...(rule.noncurrentDays === undefined
      ? {}
      : { NoncurrentVersionExpiration: { NoncurrentDays: rule.noncurrentDays } }),
  };
}

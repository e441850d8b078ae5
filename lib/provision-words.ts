/** The settings of a bucket as a person would say them. */
import type { CorsRule, LifecycleRule, PublicAccessBlock } from "./storage/port.ts";

const joined = (texts: readonly string[]): string =>
  texts.length < 2 ? (texts[0] ?? "") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;

/** "POST and PUT from https://photos.example.com" */
export const corsInWords = (rule: CorsRule): string =>
  `${joined(rule.methods)} from ${rule.origins.includes("*") ? "anywhere" : joined(rule.origins)}`;

const days = (count: number): string => (count === 1 ? "1 day" : `${count} days`);

/** "incoming/ removed after 2 days" */
export function lifecycleInWords(rule: LifecycleRule): string {
  const what = rule.prefix === "" ? "everything" : rule.prefix;
  const parts = [
    ...(rule.expireDays === undefined ? [] : [`${what} removed after ${days(rule.expireDays)}`]),
    ...(rule.abortMultipartDays === undefined
      ? []
      : [
          `unfinished uploads${rule.prefix === "" ? "" : ` in ${rule.prefix}`} removed after ${days(rule.abortMultipartDays)}`,
        ]),
    ...(rule.noncurrentDays === undefined
      ? []
      : [
          `older versions${rule.prefix === "" ? "" : ` in ${rule.prefix}`} removed after ${days(rule.noncurrentDays)}`,
        ]),
  ];
  const text = parts.length === 0 ? `another rule for ${what}` : joined(parts);
  return rule.enabled ? text : `${text} (switched off)`;
}

/** Which of the two ways to make a bucket public are shut. */
export function blockInWords(block: PublicAccessBlock | undefined): string {
  if (block === undefined) return "not blocked";
  const flags: [boolean, string][] = [
    [block.ignoreAcls, "access lists"],
    [block.blockPolicy && block.restrictBuckets, "policies"],
  ];
  const blocked = flags.filter(([is]) => is).map(([, name]) => name);
  if (blocked.length === flags.length) return "blocked";
  return blocked.length === 0 ? "not blocked" : `blocked for ${joined(blocked)} only`;
}

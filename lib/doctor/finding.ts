/** What the doctor says about a bucket, in the order in which it asks. Safe in a browser. */

/** Every probe; its title and what it proves are in the words of the part `doctor`. */
export const probeIds = [
  "settings",
  "reach",
  "service",
  "clock",
  "credentials",
  "region",
  "identity",
  "signatures",
  "bucket",
  "list",
  "lock",
  "incoming",
  "media",
  "derived",
  "conditional",
  "multipart",
  "checksums",
  "public",
  "post",
  "limits",
  "put",
  "cors",
  "anonymousRead",
  "anonymousList",
  "anonymousWrite",
  "grants",
  "delivery",
  "cdn",
  "static",
  "lifecycle",
  "accessBlock",
  "ownership",
  "versioning",
  "encryption",
  "unfinished",
  "library",
  "leftovers",
] as const;
export type ProbeId = (typeof probeIds)[number];

/** The ones that only a person's own browser can make. */
export const browserProbeIds = [
  "browserPost",
  "browserPut",
  "browserPart",
  "browserShow",
  "browserRead",
] as const;
export type BrowserProbeId = (typeof browserProbeIds)[number];

export type Verdict = "ok" | "warn" | "fail" | "skipped";

/** What to do: a sentence, and the exact command, document or variable that does it. Never a secret. */
export type Change = { say: string; run?: string };

export type Outcome = {
  verdict: Verdict;
  /** What was seen, in a sentence or two. */
  found: string;
  change?: Change | undefined;
  /** No fault, but what needs this probe cannot be asked all the same. */
  blocks?: boolean;
};

export type Finding<Id extends string = ProbeId> = Outcome & {
  id: Id;
  /** What exactly was examined, where a probe is made for several: an origin. */
  subject?: string;
  /** The probe that failed and without which this one would say nothing. */
  because?: ProbeId;
};

export type Tally = Record<Verdict, number>;

/** How many of each verdict. */
export function tally(findings: readonly { verdict: Verdict }[]): Tally {
  const counts: Tally = { ok: 0, warn: 0, fail: 0, skipped: 0 };
  for (const { verdict } of findings) counts[verdict] += 1;
  return counts;
}

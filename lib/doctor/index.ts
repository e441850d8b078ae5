/** The doctor: examines a bucket as Tintype and its visitors use it, and says of every fault what to change. */

import { bucketProbe, listProbe, lockProbe } from "./bucket.ts";
import {
  accessBlockProbe,
  encryptionProbe,
  lifecycleProbe,
  ownershipProbe,
  unfinishedProbe,
  versioningProbe,
} from "./configuration.ts";
import { corsProbe } from "./cors.ts";
import { cdnProbe, deliveryProbe, staticProbe } from "./delivery.ts";
import type { Finding } from "./finding.ts";
import { checksumsProbe, conditionalProbe, multipartProbe } from "./habits.ts";
import { credentialsProbe, identityProbe, regionProbe, signaturesProbe } from "./identity.ts";
import { leftoversProbe, libraryProbe } from "./library.ts";
import { prefixProbes } from "./objects.ts";
import { limitsProbe, postProbe, publicProbe, putProbe } from "./outside.ts";
import { examine, type Probe } from "./probe.ts";
import { clockProbe, reachProbe, serviceProbe, settingsProbe } from "./reach.ts";
import { anonymousListProbe, anonymousReadProbe, anonymousWriteProbe, grantsProbe } from "./strangers.ts";
import { openVisit, type Subject, type Visit } from "./visit.ts";

export type { Change, Finding, ProbeId, Verdict } from "./finding.ts";
export { tally } from "./finding.ts";
export type { Subject } from "./visit.ts";

/** Longer than any store takes that can be used; an examination that hangs helps nobody. */
const wholeMsMax = 180_000;

/** Every probe in the order of probeIds. */
const probesFor = (subject: Subject): Probe<Visit>[] => [
  settingsProbe,
  reachProbe,
  serviceProbe,
  clockProbe,
  credentialsProbe,
  regionProbe,
  identityProbe,
  signaturesProbe,
  bucketProbe,
  listProbe,
  lockProbe,
  ...prefixProbes,
  conditionalProbe,
  multipartProbe,
  checksumsProbe,
  publicProbe,
  postProbe,
  limitsProbe,
  putProbe,
  ...subject.origins.map(corsProbe),
  anonymousReadProbe,
  anonymousListProbe,
  anonymousWriteProbe,
  grantsProbe,
  deliveryProbe,
  cdnProbe,
  staticProbe,
  lifecycleProbe,
  accessBlockProbe,
  ownershipProbe,
  versioningProbe,
  encryptionProbe,
  unfinishedProbe,
  libraryProbe,
  leftoversProbe,
];

/** How many findings a whole examination has. */
export const countProbes = (subject: Subject): number => probesFor(subject).length;

/**
 * Examines a bucket and yields the findings in order, as they are made. Writes only objects of its own and removes
 * them, however it ends; an abort ends it after the probe that runs.
 */
export async function* diagnose(
  subject: Subject,
  options: { signal?: AbortSignal; msMax?: number } = {},
): AsyncGenerator<Finding> {
  const visit = await openVisit(subject);
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  let cleared = false;
  try {
    for await (const finding of examine(visit, probesFor(subject), {
      msMax: options.msMax ?? wholeMsMax,
      ...signal,
    })) {
      if (finding.id === "leftovers" && finding.verdict !== "skipped") cleared = true;
      yield finding;
    }
  } finally {
    // Whoever stops listening half-way must not leave anything behind either.
    if (!cleared && visit.facts.credentials !== undefined && visit.facts.greeting !== undefined)
      await visit.traces.clear().catch(() => undefined);
    visit.close();
  }
}

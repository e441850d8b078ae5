/** A probe, what it may answer, and the walk through all of them: in order, bounded in time, without follow-up noise. */
import { NoAnswer } from "./ask.ts";
import type { Change, Finding, Outcome, ProbeId } from "./finding.ts";

export type Probe<Visit> = {
  id: ProbeId;
  subject?: string;
  /** Asked only when all of these were asked and did not fail. */
  needs: readonly ProbeId[];
  /** `{ because }` when the cause is one that another probe names. */
  run(visit: Visit): Promise<Outcome | { because: ProbeId }>;
};

export const ok = (found: string): Outcome => ({ verdict: "ok", found });
export const warn = (found: string, change?: Change): Outcome => ({ verdict: "warn", found, change });
export const fail = (found: string, change: Change): Outcome => ({ verdict: "fail", found, change });
/** The question makes no sense for this store or these settings. */
export const skip = (found: string): Outcome => ({ verdict: "skipped", found });

const probeMsMax = 45_000;

/** A sentence about what went wrong inside a probe itself. */
const sentence = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n")[0] ?? error.name) : String(error);

/** Rejects with "late" when the work takes longer. */
async function bounded<T>(work: Promise<T>, ms: number): Promise<T> {
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject("late"), ms);
  try {
    return await Promise.race([work, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

/** What a probe that did not come to an end says; after it nothing more can be learned from this store now. */
function broken(error: unknown): { outcome: Outcome; ends: boolean } {
  if (error === "late")
    return {
      ends: true,
      outcome: fail("This took so long that the examination ends here.", {
        say: "Look at how long the store takes to answer, and at what is between this machine and it; then run this again.",
      }),
    };
  if (error instanceof NoAnswer)
    return {
      ends: true,
      outcome: fail(`The store stopped answering in the middle of this (${error.code}).`, {
        say: "Look at the log of the store and at what is between this machine and it; then run this again.",
      }),
    };
  return {
    ends: false,
    outcome: fail(`This could not be examined: ${sentence(error)}`, {
      say: "Run this again; if it stays, this sentence is what to search for or to report.",
    }),
  };
}

/**
 * Runs the probes one after the other and yields each finding as soon as it is known. `msMax` bounds all of them
 * together. A probe that needs one that failed is skipped and names the one at the root.
 */
export async function* examine<Visit>(
  visit: Visit,
  probes: readonly Probe<Visit>[],
  options: { msMax: number; signal?: AbortSignal },
): AsyncGenerator<Finding> {
  const roots = new Map<ProbeId, ProbeId>();
  const end = Date.now() + options.msMax;
  let ended: ProbeId | undefined;
  for (const { id, subject, needs, run } of probes) {
    if (options.signal?.aborted === true) return;
    const about = { id, ...(subject === undefined ? {} : { subject }) };
    const waits = ended ?? needs.map((need) => roots.get(need)).find((root) => root !== undefined);
    const seen =
      waits === undefined
        ? await bounded(run(visit), Math.min(probeMsMax, end - Date.now())).catch((error: unknown) => {
            const { outcome, ends } = broken(error);
            if (ends) ended = id;
            return outcome;
          })
        : { because: waits };
    if ("because" in seen) {
      const root = roots.get(seen.because) ?? seen.because;
      roots.set(id, root);
      yield { ...about, verdict: "skipped", found: "", because: root };
      continue;
    }
    const { blocks = false, ...outcome } = seen;
    if (outcome.verdict === "fail" || blocks) roots.set(id, id);
    yield { ...about, ...outcome };
  }
}

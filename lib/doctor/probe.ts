/** A probe, what it may answer, and the walk through all of them: in order, bounded in time, without follow-up noise. */
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

async function bounded<T>(work: Promise<T>, ms: number): Promise<T | "late"> {
  const timer = Promise.withResolvers<"late">();
  const timeout = setTimeout(() => timer.resolve("late"), ms);
  try {
    return await Promise.race([work, timer.promise]);
  } finally {
    clearTimeout(timeout);
  }
}

const late = (ms: number): Outcome =>
  fail(`There was no result after ${Math.round(ms / 1000)} seconds.`, {
    say: "Look at how long the store takes to answer, and at what is between this machine and it; then run this again.",
  });

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
  for (const { id, subject, needs, run } of probes) {
    if (options.signal?.aborted === true) return;
    const about = { id, ...(subject === undefined ? {} : { subject }) };
    const missing = needs.map((need) => roots.get(need)).find((root) => root !== undefined);
    if (missing !== undefined) {
      roots.set(id, missing);
      yield { ...about, verdict: "skipped", found: "", because: missing };
      continue;
    }
    const ms = Math.min(probeMsMax, end - Date.now());
    const result =
      ms <= 0
        ? ("late" as const)
        : await bounded(run(visit), ms).catch((error: unknown) =>
            fail(`This could not be examined: ${sentence(error)}`, {
              say: "Run this again; if it stays, this sentence is what to search for or to report.",
            }),
          );
    const outcome = result === "late" ? late(Math.max(ms, 0)) : result;
    if ("because" in outcome) {
      const root = roots.get(outcome.because) ?? outcome.because;
      roots.set(id, root);
      yield { ...about, verdict: "skipped", found: "", because: root };
      continue;
    }
    if (outcome.verdict === "fail") roots.set(id, id);
    yield { ...about, ...outcome };
  }
}

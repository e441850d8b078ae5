/**
 * Waits for the worker's verdict on what a command brought. Holds no more than `openMax` uploads at a time, so that a
 * million pictures neither fill this process nor the queue before people's own uploads.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Db } from "#db/client.ts";
import { broughtStates } from "#db/queries/operator.ts";
import type { RejectCode } from "../media.ts";

export type Verdict =
  | { verdict: "ready"; mediaId: string }
  | { verdict: "rejected"; code: RejectCode; mediaId: string | undefined }
  /** Its bytes were no longer in the bucket, or a person cancelled it. */
  | { verdict: "gone" }
  /** Another run has begun the same anew: its row is in the place of this one, and what became of this is unknown. */
  | { verdict: "superseded" };

export type Verification<T> = {
  /** Takes an upload that is being verified. Waits while too many are under way. */
  add(id: string, what: T): Promise<void>;
  /** Whether its verdict is waited for already. */
  has(id: string): boolean;
  /** Returns when nothing is under way any more, or at the signal; answers what is under way still. */
  settled(): Promise<T[]>;
};

const pollMs = 200;
const pollMsMax = 1_000;
/** No picture is waited for this long by a worker that is alive and has nothing else to do. */
const silenceMs = 60_000;

export function verification<T>(
  db: Db,
  options: {
    openMax: number;
    signal: AbortSignal;
    onVerdict: (what: T, verdict: Verdict) => void;
    /** Nobody has taken anything for a minute: told once for every silence. */
    onSilence: () => void;
  },
): Verification<T> {
  const open = new Map<string, T>();
  let polling: Promise<void> | undefined;
  let lastSign = 0;
  let told = false;

  async function look(): Promise<boolean> {
    const asked = [...open.keys()];
    const states = await broughtStates(db, asked);
    let closed = 0;
    const end = (id: string, what: T, verdict: Verdict): void => {
      open.delete(id);
      closed += 1;
      options.onVerdict(what, verdict);
    };
    for (const row of states) {
      const what = open.get(row.id);
      if (what === undefined || row.state === "verifying") continue;
      end(row.id, what, verdictOf(row));
    }
    const there = new Set(states.map((row) => row.id));
    for (const id of asked) {
      const what = open.get(id);
      if (what !== undefined && !there.has(id)) end(id, what, { verdict: "superseded" });
    }
    if (closed > 0 || states.some((row) => row.held)) {
      lastSign = performance.now();
      told = false;
    } else if (performance.now() - lastSign > silenceMs && !told) {
      told = true;
      options.onSilence();
    }
    return closed > 0;
  }

  async function poll(): Promise<void> {
    let pause = pollMs;
    lastSign = performance.now();
    while (open.size > 0 && !options.signal.aborted) {
      pause = (await look()) ? pollMs : Math.min(pause * 1.5, pollMsMax);
      // The loop's own condition sees the abort.
      await wait(pause, undefined, { signal: options.signal }).catch(() => {});
    }
    polling = undefined;
  }

  const begun = (): Promise<void> => {
    polling ??= poll();
    return polling;
  };

  return {
    async add(id, what) {
      while (open.size >= options.openMax && !options.signal.aborted) {
        await Promise.race([begun(), wait(pollMs)]);
      }
      open.set(id, what);
      // Its failure is thrown to whoever waits next.
      begun().catch(() => {});
    },
    has: (id) => open.has(id),
    async settled() {
      while (open.size > 0 && !options.signal.aborted) await begun();
      return [...open.values()];
    },
  };
}

function verdictOf(row: Awaited<ReturnType<typeof broughtStates>>[number]): Verdict {
  if (row.state === "ready" && row.mediaId !== null) return { verdict: "ready", mediaId: row.mediaId };
  if (row.state === "rejected" && row.rejectCode !== null)
    return { verdict: "rejected", code: row.rejectCode, mediaId: row.mediaId ?? undefined };
  return { verdict: "gone" };
}

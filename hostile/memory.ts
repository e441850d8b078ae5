/** What a process and all that it started hold in memory, as Linux tells. */
import { readFileSync } from "node:fs";

const everyMs = 20;

const read = (file: string): string => {
  try {
    return readFileSync(file, "latin1");
  } catch {
    // Gone since it was listed.
    return "";
  }
};

const resident = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;

/** Every thread may have started some. */
const childrenOf = (pid: number): number[] =>
  read(`/proc/${pid}/task/${pid}/children`)
    .split(" ")
    .filter((text) => text.trim() !== "")
    .map(Number);

export const descendants = (pid: number): number[] => {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendants)];
};

export type Peaks = {
  /** Bytes: of the worker alone, of the largest process it started, of all together. */
  worker: number;
  child: number;
  all: number;
};

/** Watches until it is asked for what was seen; from then on anew. */
export function watchMemory(pid: () => number | undefined): { take(): Peaks; stop(): void } {
  let peaks: Peaks = { worker: 0, child: 0, all: 0 };
  const timer = setInterval(() => {
    const root = pid();
    if (root === undefined) return;
    const worker = resident(root);
    const children = descendants(root).map(resident);
    peaks.worker = Math.max(peaks.worker, worker);
    peaks.child = Math.max(peaks.child, ...children);
    peaks.all = Math.max(
      peaks.all,
      children.reduce((sum, bytes) => sum + bytes, worker),
    );
  }, everyMs);
  timer.unref();
  return {
    take() {
      const seen = peaks;
      peaks = { worker: 0, child: 0, all: 0 };
      return seen;
    },
    stop: () => clearInterval(timer),
  };
}

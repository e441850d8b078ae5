/**
 * The last resort against a picture that never ends: a decoder stuck in native code cannot be interrupted, only
 * ended with its process. The lease then lapses, and the third time the picture is refused (F-11, R-40).
 */
export type Deadline = { wallSeconds: number; cpuSeconds: number; everySeconds: number };

const normal: Deadline = { wallSeconds: 180, cpuSeconds: 90, everySeconds: 5 };

/**
 * Runs the work and calls `end` when it has taken both this long and this much CPU of the process: on a crowded
 * machine slow is not stuck.
 */
export async function withDeadline<T>(
  work: () => Promise<T>,
  end: () => void,
  deadline: Deadline = normal,
): Promise<T> {
  const began = performance.now();
  const before = process.cpuUsage();
  const watch = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    const late = performance.now() - began > deadline.wallSeconds * 1000;
    if (late && user + system > deadline.cpuSeconds * 1e6) end();
  }, deadline.everySeconds * 1000);
  try {
    return await work();
  } finally {
    clearInterval(watch);
  }
}

import { Rejection } from "./rejection.ts";

/** For one picture, all steps together: by the clock on the wall, and of processor time. */
const wallSecondsMax = 60;
export const cpuSecondsMax = 30;

export type Clock = {
  /** What sharp's timeout takes. Throws Rejection took_too_long when nothing is left. */
  left(): { seconds: number };
  /** Processor time that another process took for this picture. */
  spend(cpuSeconds: number): void;
  /** The fault, or a better one when the machine rather than the picture was slow. */
  judge(fault: unknown): unknown;
};

/**
 * sharp's time limit goes by the wall clock, so that a crowded machine would make it refuse good pictures for ever.
 * Work that ran out of time although this process hardly used the processor is a fault, to be tried again.
 */
export function startClock(most = { wallSeconds: wallSecondsMax, cpuSeconds: cpuSecondsMax }): Clock {
  const end = performance.now() + most.wallSeconds * 1000;
  const before = process.cpuUsage();
  let elsewhere = 0;
  const tooLong = (cause?: unknown): Rejection =>
    new Rejection(
      "took_too_long",
      `more than ${most.wallSeconds} s`,
      cause === undefined ? undefined : { cause },
    );
  const busy = (cause: unknown): Error =>
    new Error("The machine is too busy to read a picture in time.", { cause });

  return {
    left() {
      // Whole seconds: sharp takes nothing finer, and no zero.
      const seconds = Math.ceil((end - performance.now()) / 1000);
      if (seconds < 1) throw tooLong();
      return { seconds };
    },
    spend(cpuSeconds) {
      elsewhere += cpuSeconds;
    },
    judge(fault) {
      const late =
        fault instanceof Rejection
          ? fault.code === "took_too_long"
          : fault instanceof Error && /^timeout/.test(fault.message);
      if (!late) return fault;
      const { user, system } = process.cpuUsage(before);
      if (user + system + elsewhere * 1e6 < most.cpuSeconds * 1e6) return busy(fault);
      return fault instanceof Rejection ? fault : tooLong(fault);
    },
  };
}

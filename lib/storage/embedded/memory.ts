/** How a process that only passes bytes on is kept small, and busy while the disk is. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * For the environment a store is started in; Node reads it before any program can set it. A sync holds one of these
 * threads until the disk answers; with the usual four, four uploads that end together keep all others from going on.
 */
export const storeEnvironment = { UV_THREADPOOL_SIZE: "16" };

/**
 * Every 64 KiB that arrive are a buffer outside V8's heap, and hardly anything inside it. Left alone, V8 lets its young
 * generation grow to 16 MB and clears it away so seldom that 60 MB of such buffers wait for it. A small one is cleared
 * often, and the same warm memory is used again: a peak of 130 MB instead of 190, and a quarter less CPU. For a
 * process that is a store and nothing else; to be called before it has work to do.
 */
export function keepMemoryFlat(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  // Loading the program has made the young generation grow; only a collection of last resort makes it small again.
  if (typeof collect === "function") collect({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** For programs that work apart: the limits they keep by themselves, whoever watches them from outside. */
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";

const pageBytes = 65_536;

/** Ends this process when its time is over or the worker has gone, and bounds what WebAssembly in it may grow to. */
export function startLimits(seconds: number, wasmMegabytesMax: number): void {
  // A decoder blocks its thread for seconds: another one watches the clock.
  const watchdog = `
    const end = performance.now() + ${seconds} * 1000;
    const parent = process.ppid;
    setInterval(() => {
      if (performance.now() > end || process.ppid !== parent) process.kill(process.pid, "SIGKILL");
    }, 500);
  `;
  new Worker(watchdog, { eval: true }).unref();
  outliveSignals();
  const bytesMax = wasmMegabytesMax * 1024 * 1024;
  const { grow } = WebAssembly.Memory.prototype;
  // What is refused here a decoder takes for a lack of memory, which it survives.
  WebAssembly.Memory.prototype.grow = function (this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * pageBytes > bytesMax) throw new RangeError("out of memory");
    return grow.call(this, pages);
  };
}

/**
 * Ctrl-C in a terminal and a service manager tell all processes at once to end; the worker is finishing its pictures, and
 * needs this one for that.
 */
export function outliveSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
}

const wordPipe = 3;

/** The last that a program does, when all that it has to say was written: the worker takes its word for it and ends it. */
export function leave(word: "done" | "failed"): never {
  writeSync(wordPipe, `${word}\n`);
  process.exit(word === "done" ? 0 : 2);
}

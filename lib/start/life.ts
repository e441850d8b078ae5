/** From start to end of one `tintype start`: what runs, who asked it to stop, and in which order it stops. */
import type { Terminal } from "./terminal.ts";

/** One Ctrl-C arrives up to three times: from the terminal, from npm and from the launcher. */
const sameKeyMs = 500;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export type Running = {
  /** What runs on a higher level uses what runs on a lower one, and stops before it. */
  level: number;
  stop: () => Promise<void>;
  /** At once, for the second Ctrl-C. */
  kill?: () => void;
};

/** Thrown by check() when the start was told to stop half-way. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

export class Life {
  readonly terminal: Terminal;
  /** Settles when it is time to stop. */
  readonly over: Promise<void>;
  exitCode = 0;
  ending = false;
  onEnding: () => Promise<void> = async () => {};
  readonly #running: Running[] = [];
  readonly #abort = new AbortController();
  #end: () => void = () => {};
  #firstSignal = 0;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    for (const signal of signals) process.on(signal, () => this.#onSignal());
    // The launcher is gone, kill -9 included: nobody is left to press Ctrl-C.
    process.on("disconnect", () => this.#begin());
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  add(running: Running): void {
    this.#running.push(running);
  }

  /** Throws Stopped between two steps of a start that was told to stop. */
  check(): void {
    if (this.ending) throw new Stopped();
  }

  /** Waits no longer than until it is time to stop; throws Stopped then. */
  orStopped<T>(work: Promise<T>): Promise<T> {
    const stopped = this.over.then(() => {
      throw new Stopped();
    });
    return Promise.race([work, stopped]);
  }

  /** Something is gone for good: everything stops, with this sentence and exit code 1. */
  lose(sentence: string): void {
    if (this.ending) return;
    this.exitCode = 1;
    this.terminal.refuse(sentence);
    this.#begin();
  }

  async stop(): Promise<void> {
    this.ending = true;
    await this.onEnding();
    const levels = [...new Set(this.#running.map((running) => running.level))].sort((a, b) => b - a);
    for (const level of levels)
      await Promise.all(
        this.#running.filter((running) => running.level === level).map((running) => running.stop()),
      );
  }

  #begin(): void {
    if (this.ending) return;
    this.ending = true;
    this.#abort.abort();
    this.#end();
  }

  #onSignal(): void {
    const now = Date.now();
    if (this.#firstSignal === 0) {
      this.#firstSignal = now;
      this.terminal.line("\n  Stopping …");
      this.#begin();
    } else if (now - this.#firstSignal > sameKeyMs) {
      for (const running of this.#running) running.kill?.();
      process.exit(130);
    }
  }
}

/** How long a download still takes, from how it went lately. No React. */

/** What is older says nothing of the line as it is now. */
const lookedBackMs = 20_000;
/** Said no earlier: a guess from the first bytes is off by a lot. */
const knownAfterMs = 4_000;

export class Pace {
  readonly #seen: { at: number; bytes: number }[] = [];

  /** So many bytes had come by `at` (milliseconds). */
  note(bytes: number, at: number): void {
    this.#seen.push({ at, bytes });
    while ((this.#seen[1]?.at ?? at) < at - lookedBackMs) this.#seen.shift();
  }

  /** Seconds until `bytes` more have come; `undefined` while nothing can be said. */
  secondsFor(bytes: number): number | undefined {
    const [first, last] = [this.#seen.at(0), this.#seen.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < knownAfterMs) return undefined;
    const came = last.bytes - first.bytes;
    if (came <= 0) return undefined;
    return Math.max(0, (bytes * (last.at - first.at)) / came / 1000);
  }
}

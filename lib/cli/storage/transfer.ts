/** Many transfers at once, nothing overwritten in silence, one report. */
import { Refusal } from "#lib/start/refusal.ts";
import { confirmed } from "../ask.ts";
import { count, listed, many, note, printable, reason, say, sayJson, size } from "../output.ts";
import { type Progress, progress } from "../progress.ts";
import type { Place } from "./group.ts";

export type Transfer = {
  /** What people call it: a key or a file. */
  name: string;
  bytes: number;
  /** "taken" when there is something already and `over` is false. */
  run(over: boolean, bar: Progress): Promise<"done" | "taken">;
  /** For the report of programs. */
  json: object;
};

export type TransferOptions = { force?: true; ifAbsent?: true };

/** How a command says what it did. */
export type Words = { done: string };

/** Small ones at once; a large one has several connections to itself. */
const smallAtOnce = 8;
const largeBytes = 8 * 1024 ** 2;
const namesShown = 3;

/**
 * Runs them all and reports. What is taken is left, asked about at the end, or refused, as the options say. Throws
 * Refusal when something did not get done.
 */
export async function transfer(
  place: Place,
  transfers: AsyncIterable<Transfer>,
  options: TransferOptions & { total: number | undefined; words: Words; single: boolean },
): Promise<void> {
  const report = new Report(place, options);
  const bar = progress(options.total);
  try {
    await eachOf(transfers, place.signal, (one) => report.run(one, options.force === true, bar));
    bar.clear();
    if (report.taken.length > 0 && (await report.mayOverwrite()))
      await eachOf(fromList(report.takeOver()), place.signal, (one) => report.run(one, true, bar));
  } finally {
    bar.end();
  }
  report.end();
}

async function* fromList<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list;
}

/**
 * A few at a time, without ever holding more than those few. However it ends, none is still under way then: each may
 * have something half-done to take back.
 */
async function eachOf(
  transfers: AsyncIterable<Transfer>,
  signal: AbortSignal,
  work: (one: Transfer) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let largeRuns = Promise.resolve();
  let failure: { error: unknown } | undefined;
  try {
    for await (const one of transfers) {
      if (signal.aborted || failure !== undefined) break;
      const isLarge = one.bytes > largeBytes;
      // One large one after the other: each holds some parts in memory.
      const before = isLarge ? largeRuns : Promise.resolve();
      const settled = before
        .then(() => (signal.aborted ? undefined : work(one)))
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => running.delete(settled));
      if (isLarge) largeRuns = settled;
      running.add(settled);
      if (running.size >= smallAtOnce) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
  if (failure !== undefined) throw failure.error;
  signal.throwIfAborted();
}

class Report {
  taken: Transfer[] = [];
  readonly #place: Place;
  readonly #options: TransferOptions & { words: Words; single: boolean };
  readonly #started = performance.now();
  #done = { objects: 0, bytes: 0 };
  #last = "";
  #skipped = 0;
  readonly #failures: { name: string; why: string }[] = [];

  constructor(place: Place, options: TransferOptions & { words: Words; single: boolean }) {
    this.#place = place;
    this.#options = options;
  }

  async run(one: Transfer, over: boolean, bar: Progress): Promise<void> {
    bar.at(printable(one.name));
    try {
      const state = await one.run(over, bar);
      if (state === "done") this.#tookPlace(one);
      else if (this.#options.ifAbsent === true) this.#skip(one);
      else this.taken.push(one);
    } catch (error) {
      if (this.#place.signal.aborted || this.#options.single) throw error;
      this.#failures.push({ name: one.name, why: reason(error) });
      bar.clear();
      if (this.#place.json) sayJson({ ...one.json, state: "failed", error: reason(error) });
      else note(`${printable(one.name)}: ${reason(error)}`);
    }
  }

  #tookPlace(one: Transfer): void {
    this.#done.objects += 1;
    this.#done.bytes += one.bytes;
    this.#last = one.name;
    if (this.#place.json)
      sayJson({ ...one.json, bytes: one.bytes, state: this.#options.words.done.toLowerCase() });
  }

  #skip(one: Transfer): void {
    this.#skipped += 1;
    this.#last = one.name;
    if (this.#place.json) sayJson({ ...one.json, bytes: one.bytes, state: "skipped" });
  }

  /** Those that were found taken, to be run again. */
  takeOver(): Transfer[] {
    const list = this.taken;
    this.taken = [];
    return list;
  }

  /** Asked once for all of them. */
  async mayOverwrite(): Promise<boolean> {
    const names = this.taken.slice(0, namesShown).map(({ name }) => printable(name));
    const rest = this.taken.length - names.length;
    const which = listed(rest > 0 ? [...names, `${count(rest)} more`] : names);
    const isOne = this.taken.length === 1;
    const [it, stays] = isOne ? ["it", "it is"] : ["them", "they are"];
    try {
      return await confirmed(
        {
          fact: `${which} ${isOne ? "is" : "are"} there already.`,
          question: `Overwrite ${it}?`,
          wayOn: `Say --force to overwrite ${it}, or --if-absent to leave ${it} as ${stays}.`,
        },
        {},
      );
    } catch (error) {
      if (!this.#options.single) this.#tell();
      throw error;
    }
  }

  /** Throws Refusal when something is left undone. */
  end(): void {
    this.#tell();
    if (this.#failures.length > 0)
      throw new Refusal(
        `${many(this.#failures.length, "object")} could not be dealt with; the reasons are above.`,
      );
    if (this.taken.length > 0)
      throw new Refusal(
        `${many(this.taken.length, "object")} stayed as ${this.taken.length === 1 ? "it was" : "they were"}.`,
      );
  }

  #tell(): void {
    if (this.#place.json) return;
    const { objects, bytes } = this.#done;
    const skipped =
      this.#skipped === 0
        ? ""
        : ` ${count(this.#skipped)} ${this.#skipped === 1 ? "was" : "were"} there already.`;
    if (objects === 1 && this.#skipped === 0)
      say(`${this.#options.words.done} ${printable(this.#last)} (${size(bytes)}).`);
    else if (objects > 0 || !this.#options.single) {
      const took = ((performance.now() - this.#started) / 1000).toFixed(1);
      say(`${this.#options.words.done} ${many(objects, "object")} (${size(bytes)}) in ${took} s.${skipped}`);
    } else if (this.#skipped > 0) say(`${printable(this.#last)} is there already, and stays as it is.`);
  }
}

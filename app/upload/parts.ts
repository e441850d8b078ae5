/**
 * One large file on its way in parts. What the bucket holds is asked for first and believed: after a reload, a pause or
 * a lost connection only the missing parts travel. No React; a part is a slice of the file, never a copy in memory.
 */
import { type PartPermit, partsAtOnceMax, type UploadParts } from "#lib/media.ts";
import { ApiFailure } from "./api.ts";
import type { Clock } from "./desk.ts";
import { backoff, lanesMax } from "./pace.ts";
import type { Sending, Sent } from "./send-file.ts";

export type PartsEnd = Sent | { outcome: "answered"; failure: ApiFailure };

export type PartsDoors = {
  /** "later": the server cannot be asked now; `pump` is called when it can. */
  ask(numbers: number[] | undefined): Promise<UploadParts | "later" | ApiFailure>;
  send(permit: PartPermit, part: Blob, options: Sending): Promise<Sent>;
  /** Epoch ms, on this machine's clock, of a moment that the server named. */
  deadline(iso: string): number;
  /** Whether another part may travel beside those that do. */
  mayWiden(): boolean;
  /** Bytes that left this browser, and those of them that are in the bucket for good. */
  progress(bytes: number, arrived: number): void;
  /** As many are there by the bucket's own list, whoever sent them and when. */
  found(arrived: number): void;
  failed(): void;
  clock: Clock;
  /** Something ended: look for work everywhere. */
  pump(): void;
};

/** Permits this close to their end are asked for anew. */
const renewAheadMs = 30_000;
const usableMsMin = 5_000;

type Flight = { abort: AbortController; loaded: number };

export class Parts {
  readonly done: Promise<PartsEnd>;
  readonly #file: File;
  readonly #doors: PartsDoors;
  readonly #resolve: (end: PartsEnd) => void;
  #plan: { partBytes: number; count: number } | undefined;
  #arrived = new Set<number>();
  /** Neither in the bucket nor on their way, in the order they shall go. */
  #todo: number[] = [];
  #permits = new Map<number, { permit: PartPermit; until: number }>();
  #flying = new Map<number, Flight>();
  #tries = new Map<number, number>();
  /** Refused by the bucket with the last permit they had. */
  #refused = new Set<number>();
  /** Waiting for the moment of their next try. */
  #resting = new Set<number>();
  #asking = false;
  #ended = false;

  constructor(file: File, signal: AbortSignal, doors: PartsDoors) {
    this.#file = file;
    this.#doors = doors;
    let settle: (end: PartsEnd) => void = () => undefined;
    this.done = new Promise((resolve) => {
      settle = resolve;
    });
    this.#resolve = settle;
    signal.addEventListener("abort", () => this.#end({ outcome: "aborted" }), { once: true });
  }

  /** Lanes it takes: one at least, or a file that is asked about would lose its place. */
  get lanes(): number {
    return Math.max(1, this.#flying.size);
  }

  pump(): void {
    if (this.#ended) return;
    const plan = this.#plan;
    if (plan === undefined) {
      this.#ask();
      return;
    }
    if (this.#arrived.size === plan.count) {
      this.#end({ outcome: "stored" });
      return;
    }
    while (this.#flying.size === 0 || this.#doors.mayWiden()) {
      const permit = this.#permitOf(this.#ready().find((number) => this.#permitOf(number) !== undefined));
      if (permit === undefined) break;
      void this.#fly(permit, plan.partBytes);
    }
    const ready = this.#ready();
    const bare = ready.filter((number) => this.#permitOf(number) === undefined).length;
    // The next permits are there before the last ones are used up.
    if (bare > 0 && ready.length - bare < lanesMax) this.#ask();
  }

  #ready(): number[] {
    return this.#todo.filter((number) => !this.#resting.has(number));
  }

  /** Each has an end of its own: they were given out at different times. */
  #permitOf(number: number | undefined): PartPermit | undefined {
    const held = number === undefined ? undefined : this.#permits.get(number);
    return held !== undefined && this.#doors.clock.now() < held.until ? held.permit : undefined;
  }

  #ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    void this.#question();
  }

  async #question(): Promise<void> {
    const bare = this.#todo.filter((number) => this.#permitOf(number) === undefined);
    const numbers = this.#plan === undefined ? undefined : bare.slice(0, partsAtOnceMax);
    const before = new Set(this.#arrived);
    const answer = await this.#doors.ask(numbers);
    this.#asking = false;
    if (this.#ended || answer === "later") return;
    if (answer instanceof ApiFailure) this.#end({ outcome: "answered", failure: answer });
    else this.#take(answer, before);
    this.#doors.pump();
  }

  /** The bucket's list is the truth, except for what arrived while it was being made. */
  #take(answer: UploadParts, before: ReadonlySet<number>): void {
    this.#plan = { partBytes: answer.partBytes, count: answer.count };
    const now = this.#doors.clock.now();
    const life = this.#doors.deadline(answer.expiresAt) - now;
    // One that ends very soon is used all the same: asking again at once would bring no better.
    const until = now + Math.max(life - renewAheadMs, life / 2, usableMsMin);
    const stored = new Set(answer.stored);
    for (const number of before) if (!stored.has(number)) this.#arrived.delete(number);
    for (const number of stored) if (!this.#flying.has(number)) this.#arrived.add(number);
    this.#todo = Array.from({ length: answer.count }, (_, index) => index + 1).filter(
      (number) => !this.#arrived.has(number) && !this.#flying.has(number),
    );
    for (const permit of answer.permits) this.#permits.set(permit.number, { permit, until });
    this.#doors.found(this.#bytesArrived(this.#plan));
  }

  async #fly(permit: PartPermit, partBytes: number): Promise<void> {
    const { number, bytes } = permit;
    const start = (number - 1) * partBytes;
    const flight = { abort: new AbortController(), loaded: 0 };
    this.#flying.set(number, flight);
    this.#todo = this.#todo.filter((one) => one !== number);
    const sent = await this.#doors.send(permit, this.#file.slice(start, start + bytes), {
      signal: flight.abort.signal,
      onProgress: (loaded) => {
        flight.loaded = loaded;
        this.#tell();
      },
    });
    this.#flying.delete(number);
    if (this.#ended) return;
    if (sent.outcome === "stored") {
      this.#arrived.add(number);
      this.#tries.delete(number);
      this.#refused.delete(number);
    } else {
      this.#todo = [number, ...this.#todo];
      if (sent.outcome === "refused") this.#wasRefused(number, sent);
      else if (sent.outcome === "unknown") this.#rest(number, sent);
    }
    this.#tell();
    this.#doors.pump();
  }

  /** F-6: an expired permit, or parts that the store gave up. Fresh permits come with a fresh list; then it is an end. */
  #wasRefused(number: number, sent: Sent): void {
    if (this.#refused.has(number)) this.#end(sent);
    this.#refused.add(number);
    this.#permits.clear();
  }

  /** F-5: the same part again after a while; the others go on. */
  #rest(number: number, sent: Sent): void {
    const { clock } = this.#doors;
    this.#doors.failed();
    const tries = (this.#tries.get(number) ?? 0) + 1;
    this.#tries.set(number, tries);
    const wait = backoff(tries, clock.random);
    if (wait === undefined) {
      this.#end(sent);
      return;
    }
    this.#resting.add(number);
    clock.after(wait, () => {
      this.#resting.delete(number);
      this.#doors.pump();
    });
  }

  #bytesArrived({ partBytes, count }: { partBytes: number; count: number }): number {
    let bytes = 0;
    for (const number of this.#arrived)
      bytes += number < count ? partBytes : this.#file.size - partBytes * (count - 1);
    return bytes;
  }

  #tell(): void {
    if (this.#ended || this.#plan === undefined) return;
    const arrived = this.#bytesArrived(this.#plan);
    let sent = arrived;
    for (const { loaded } of this.#flying.values()) sent += loaded;
    this.#doors.progress(Math.min(sent, this.#file.size), arrived);
  }

  #end(end: PartsEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { abort } of this.#flying.values()) abort.abort();
    this.#resolve(end);
  }
}

/** Why nothing goes on at the moment, and until when. */
import type { ApiFailure } from "./api.ts";
import { backoff } from "./pace.ts";

export type Holding = {
  why: "paused" | "offline" | "signed_out" | "busy" | "unreachable" | "in_flight" | "daily_limit";
  /** Epoch ms of the next try, where it comes by itself. */
  until: number | undefined;
};

type Waiting = { why: Holding["why"]; until: number };

const inFlightMs = 15_000;
const dailyMs = 3_600_000;
const longestMs = 30_000;
/** A bare 500 may be a passing fault or one this very batch causes; past this it is the batch's. */
const faultsMax = 4;

export class Hold {
  paused = false;
  offline = false;
  #signedOut = false;
  #waiting: Waiting | undefined;
  /** Only declaring more files has to wait: what is declared goes on and is asked about. */
  #beginning: Waiting | undefined;
  #misses = 0;
  readonly #now: () => number;
  readonly #random: () => number;

  constructor(now: () => number, random: () => number) {
    this.#now = now;
    this.#random = random;
  }

  /** What to show; the most lasting reason first. */
  view(): Holding | undefined {
    if (this.paused) return { why: "paused", until: undefined };
    if (this.offline) return { why: "offline", until: undefined };
    if (this.#signedOut) return { why: "signed_out", until: undefined };
    return this.#current(this.#waiting) ?? this.#current(this.#beginning);
  }

  #current(waiting: Waiting | undefined): Waiting | undefined {
    return waiting !== undefined && waiting.until > this.#now() ? waiting : undefined;
  }

  /** Nothing may use the network. */
  get all(): boolean {
    return this.paused || this.offline;
  }

  /** The web server may not be asked; what the bucket has promised to take may still be sent. */
  get asking(): boolean {
    return this.all || this.#signedOut || this.#current(this.#waiting) !== undefined;
  }

  /** No more files may be declared for now, and whether that ends when others have finished. */
  get declaring(): "in_flight" | "other" | undefined {
    const beginning = this.#current(this.#beginning);
    if (beginning === undefined) return this.asking ? "other" : undefined;
    return beginning.why === "in_flight" ? "in_flight" : "other";
  }

  mayDeclare(): void {
    this.#beginning = undefined;
  }

  get wakeAt(): number | undefined {
    const ends = [this.#waiting, this.#beginning].flatMap((waiting) => this.#current(waiting)?.until ?? []);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  answered(): void {
    this.#misses = 0;
    this.#signedOut = false;
    this.#waiting = undefined;
  }

  /** The person says that the reason is gone, or there is cause to look again. */
  tryAgain(): void {
    this.#signedOut = false;
    this.#waiting = undefined;
    this.#beginning = undefined;
  }

  /** True when the question is to be asked again later; false when the answer was final. */
  note(failure: ApiFailure): boolean {
    if (failure.status === 401) {
      this.#signedOut = true;
      return true;
    }
    if (failure.code === "too_many_in_flight" || failure.code === "daily_limit") {
      const [why, usual] =
        failure.code === "daily_limit"
          ? (["daily_limit", dailyMs] as const)
          : (["in_flight", inFlightMs] as const);
      this.#beginning = { why, until: this.#now() + Math.min(seconds(failure) ?? usual, dailyMs) };
      return true;
    }
    const passing = failure.status === 0 || [408, 429, 500, 502, 503, 504].includes(failure.status);
    if (!passing || (failure.status === 500 && this.#misses >= faultsMax)) {
      this.#misses = 0;
      return false;
    }
    this.#misses += 1;
    const wait = seconds(failure) ?? backoff(Math.min(this.#misses, 3), this.#random) ?? longestMs;
    const grown =
      failure.retryAfter === undefined ? Math.min(longestMs, wait * Math.max(1, this.#misses - 2)) : wait;
    return this.#wait(failure.status === 0 ? "unreachable" : "busy", grown);
  }

  #wait(why: Holding["why"], ms: number): true {
    this.#waiting = { why, until: this.#now() + ms };
    return true;
  }
}

const seconds = (failure: ApiFailure): number | undefined =>
  failure.retryAfter === undefined ? undefined : Math.max(1, failure.retryAfter) * 1000;

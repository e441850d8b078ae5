/** Why nothing goes on at the moment, and until when. */
import type { ApiFailure } from "./api.ts";
import { backoff } from "./pace.ts";

export type Holding = {
  why: "paused" | "offline" | "signed_out" | "busy" | "unreachable" | "in_flight" | "daily_limit";
  /** Epoch ms of the next try, where it comes by itself. */
  until: number | undefined;
};

const inFlightMs = 15_000;
const dailyMs = 3_600_000;
const longestMs = 30_000;
/** A bare 500 may be a passing fault or one this very batch causes; past this it is the batch's. */
const faultsMax = 4;

export class Hold {
  paused = false;
  offline = false;
  #signedOut = false;
  #waiting: { why: Holding["why"]; until: number } | undefined;
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
    return this.#waiting !== undefined && this.#waiting.until > this.#now() ? this.#waiting : undefined;
  }

  /** Nothing may use the network. */
  get all(): boolean {
    return this.paused || this.offline;
  }

  /** The web server may not be asked; what the bucket has promised to take may still be sent. */
  get asking(): boolean {
    return this.view() !== undefined;
  }

  get wakeAt(): number | undefined {
    return this.#waiting?.until;
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
  }

  /** True when the question is to be asked again later; false when the answer was final. */
  note(failure: ApiFailure): boolean {
    if (failure.status === 401) {
      this.#signedOut = true;
      return true;
    }
    if (failure.code === "too_many_in_flight") return this.#wait("in_flight", seconds(failure) ?? inFlightMs);
    if (failure.code === "daily_limit")
      return this.#wait("daily_limit", Math.min(seconds(failure) ?? dailyMs, dailyMs));
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

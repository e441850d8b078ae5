/** How fast it goes, how long it will take, and how many files should travel at once. Pure arithmetic on a given clock. */

const windowMs = 12_000;
const soonestMs = 2_500;

/** Bytes per second over the last seconds, from a running total. */
export class Pace {
  #points: { at: number; bytes: number }[] = [];

  /** `bytes` is everything sent so far; a total that fell (a try began anew) starts the window over. */
  note(at: number, bytes: number): void {
    const last = this.#points.at(-1);
    if (last !== undefined && bytes < last.bytes) {
      const lost = last.bytes - bytes;
      this.#points = this.#points.map((point) => ({ at: point.at, bytes: point.bytes - lost }));
    }
    if (last !== undefined && at - last.at < 200) last.bytes = bytes;
    else this.#points.push({ at, bytes });
    while (this.#points.length > 2 && at - (this.#points[0]?.at ?? at) > windowMs) this.#points.shift();
  }

  /** Undefined until there is enough to be honest about. */
  speed(at: number): number | undefined {
    const first = this.#points[0];
    const last = this.#points.at(-1);
    if (first === undefined || last === undefined || at - first.at < soonestMs) return undefined;
    const speed = ((last.bytes - first.bytes) * 1000) / Math.max(1, at - first.at);
    return speed > 0 ? speed : undefined;
  }

  /** Time in which nothing was being sent does not make the connection slower. */
  skip(ms: number): void {
    for (const point of this.#points) point.at += ms;
  }

  reset(): void {
    this.#points = [];
  }
}

export type TimeLeft = { unit: "moment" | "seconds" | "minutes" | "hours"; n: number; minutes: number };

/** Seconds as a person would say them: nobody is helped by "3 min 42 s" that becomes "5 min 10 s". */
export function timeLeft(seconds: number): TimeLeft {
  if (seconds < 8) return { unit: "moment", n: 0, minutes: 0 };
  if (seconds < 55) return { unit: "seconds", n: Math.ceil(seconds / 10) * 10, minutes: 0 };
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return { unit: "minutes", n: minutes, minutes: 0 };
  const rounded = Math.round(minutes / 10) * 10;
  return { unit: "hours", n: Math.floor(rounded / 60), minutes: rounded % 60 };
}

/** Follows a noisy estimate slowly, so that the time left does not jump about; a large change is taken over at once. */
export class Smooth {
  #value: number | undefined;
  #at = 0;

  next(value: number | undefined, at: number): number | undefined {
    if (
      value === undefined ||
      this.#value === undefined ||
      value > this.#value * 3 ||
      value < this.#value / 3
    ) {
      this.#value = value;
    } else {
      const weight = Math.min(1, Math.max(0, at - this.#at) / 4_000);
      this.#value += (value - this.#value) * weight;
    }
    this.#at = at;
    return this.#value;
  }
}

const triesMax = 4;
const firstWaitMs = 1_000;

/** F-5: the wait before try `tries + 1`, doubled each time with full jitter over its upper half; undefined when used up. */
export function backoff(tries: number, random: () => number): number | undefined {
  if (tries >= triesMax) return undefined;
  const wait = firstWaitMs * 2 ** (tries - 1);
  return Math.round(wait / 2 + random() * (wait / 2));
}

export const lanesMin = 3;
export const lanesMax = 6;
const judgeMs = 2_000;

/** Three to six files at once: one more while it pays, one less when it does not or when the bucket is unwell. */
export class Lanes {
  #count = 4;
  #since: { at: number; bytes: number; speed: number } | undefined;
  #rest = 0;

  get count(): number {
    return this.#count;
  }

  /** Called on progress with everything sent so far, while all lanes are in use. */
  note(at: number, bytes: number): void {
    if (this.#since === undefined || bytes < this.#since.bytes) {
      this.#since = { at, bytes, speed: 0 };
      return;
    }
    if (at - this.#since.at < judgeMs) return;
    const speed = (bytes - this.#since.bytes) / (at - this.#since.at);
    const before = this.#since.speed;
    this.#since = { at, bytes, speed };
    if (this.#rest > 0) this.#rest -= 1;
    else if (before > 0 && speed < before * 0.8) {
      this.#count = Math.max(lanesMin, this.#count - 1);
      this.#rest = 5;
    } else this.#count = Math.min(lanesMax, this.#count + 1);
  }

  failed(): void {
    this.#count = Math.max(lanesMin, this.#count - 1);
    this.#rest = 5;
    this.#since = undefined;
  }
}

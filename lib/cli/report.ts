/** Counts what happens to many pictures, shows how far it is, and reports. */
import { count, many, note, say, sayJson, size } from "./output.ts";

const lineMs = 200;
const plainLineMs = 30_000;
/** Names shown of each kind; --json tells all. */
const namesMax = 20;
const secondMs = 1000;

/** A group of the report. `names`: those of its members that are worth a look. */
export type Group = { label: string; trouble?: true; names?: true };
type Told = { outcome: string; bytes: number };

/** Counts what happens, shows how far it is, and reports. Holds twenty names of each outcome, however many there are. */
export class Report<Outcome extends string, Event extends Told & { outcome: Outcome }> {
  readonly #groups: Record<Outcome, Group>;
  readonly #describe: (event: Event) => string;
  readonly #json: boolean;
  readonly #counts = new Map<Outcome, { n: number; bytes: number; names: string[] }>();
  readonly #began = performance.now();
  #done = 0;
  #total: number | undefined;
  #drawn = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: {
    groups: Record<Outcome, Group>;
    /** A name and what is to be said of it. */
    describe: (event: Event) => string;
    json: boolean;
  }) {
    this.#groups = options.groups;
    this.#describe = options.describe;
    this.#json = options.json;
    const live = process.stderr.isTTY === true && process.env.TERM !== "dumb";
    this.#timer = setInterval(() => this.#draw(live), live ? lineMs : plainLineMs);
    this.#timer.unref();
  }

  readonly take = (event: Event): void => {
    if (this.#json) sayJson(event);
    this.#done += 1;
    const known = this.#counts.get(event.outcome) ?? { n: 0, bytes: 0, names: [] };
    known.n += 1;
    known.bytes += event.bytes;
    if (this.#groups[event.outcome].names && known.names.length < namesMax)
      known.names.push(this.#describe(event));
    this.#counts.set(event.outcome, known);
  };

  /** How many there will be, once that is known. */
  expect(total: number): void {
    this.#total = total;
  }

  /** A sentence between the lines of the way there. */
  readonly remark = (text: string): void => {
    this.#wipe();
    note(text);
  };

  #draw(live: boolean): void {
    const of = this.#total === undefined ? "" : ` of ${count(this.#total)}`;
    const text = `${count(this.#done)}${of} done, ${duration(performance.now() - this.#began)}${this.#left()}`;
    if (!live) {
      note(text);
      return;
    }
    process.stderr.write(`\r\u001b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    this.#drawn = true;
  }

  #left(): string {
    if (this.#total === undefined || this.#done < 20 || this.#done >= this.#total) return "";
    const elapsed = performance.now() - this.#began;
    return `, about ${duration((elapsed / this.#done) * (this.#total - this.#done))} left`;
  }

  #wipe(): void {
    if (this.#drawn) process.stderr.write("\r\u001b[2K");
    this.#drawn = false;
  }

  /** Ends the way there; what is written from here on stays. */
  end(): void {
    clearInterval(this.#timer);
    this.#wipe();
  }

  /** Writes the report. True when something did not get where it should. */
  tell(summary: { interrupted: boolean; empty: string }): boolean {
    this.end();
    const told = Object.entries<Group>(this.#groups).flatMap(([name, group]) => {
      const outcome = [...this.#counts].find(([one]) => one === name);
      return outcome === undefined ? [] : [{ name, group, ...outcome[1] }];
    });
    const trouble = told.some(({ group }) => group.trouble === true);
    if (this.#json) {
      const counts = Object.fromEntries(told.map(({ name, n, bytes }) => [name, { count: n, bytes }]));
      const elapsed = Math.round(performance.now() - this.#began) / secondMs;
      sayJson({ summary: counts, seconds: elapsed, interrupted: summary.interrupted });
      return trouble;
    }
    if (told.length === 0 && !summary.interrupted) say(summary.empty);
    const width = Math.max(0, ...told.map(({ n }) => count(n).length));
    for (const { group, n, bytes, names } of told) {
      say(`${count(n).padStart(width + 2)}  ${group.label}${bytes > 0 ? `, ${size(bytes)}` : ""}`);
      for (const name of names) say(`${" ".repeat(width + 6)}${name}`);
      if (group.names && n > names.length)
        say(`${" ".repeat(width + 6)}… and ${many(n - names.length, "more", "more")}; --json names all`);
    }
    return trouble;
  }
}

/** "3 s", "4 min", "2 h 10 min" */
function duration(ms: number): string {
  const total = Math.round(ms / secondMs);
  if (total < 60) return `${total} s`;
  const minutes = Math.round(total / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What a start says to the person in front of it: a line a step, and every trouble once a minute at most. */
const quietMs = 60_000;

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

export type Terminal = {
  line(text?: string): void;
  trouble(text: string): void;
  /** Why it cannot go on: the last line. */
  refuse(text: string): void;
  /** Runs a step and tells how long it took. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
};

export function terminal(out: (text: string) => void, err: (text: string) => void): Terminal {
  const told = new Map<string, { at: number; since: number }>();
  return {
    line: (text = "") => out(`${text}\n`),
    trouble(text) {
      const before = told.get(text);
      const now = Date.now();
      if (before !== undefined && now - before.at < quietMs) {
        before.since += 1;
        return;
      }
      told.set(text, { at: now, since: 0 });
      err(
        `  ! ${text}${before === undefined || before.since === 0 ? "" : ` (and ${before.since} times before)`}\n`,
      );
      if (told.size > 500) told.clear();
    },
    refuse: (text) => err(`${text}\n`),
    async step(name, work) {
      const start = performance.now();
      const result = await work();
      out(`  ${name.padEnd(34)} ${seconds(performance.now() - start).padStart(7)}\n`);
      return result;
    },
  };
}

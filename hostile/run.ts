/** Sends files to the worker and says what became of each. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Upload } from "#db/schema.ts";
import type { Case } from "./case.ts";
import { judge } from "./judge.ts";
import type { Peaks } from "./memory.ts";
import { watchMemory } from "./memory.ts";
import type { Place } from "./place.ts";

/** Of one file, waiting for its turn included. */
const settleMsMax = 240_000;

export type Outcome = {
  case: Case;
  bytes: Buffer;
  row: Upload | undefined;
  wrong: string[];
  /** Of the whole batch it came with. */
  ms: number;
  peaks: Peaks;
};

/** All at once, as one batch of somebody's; the worker takes as many at a time as it does. */
export async function sendAll(
  place: Place,
  cases: readonly Case[],
  memory: ReturnType<typeof watchMemory>,
): Promise<Outcome[]> {
  const pid = place.worker.pid();
  memory.take();
  const sent: { one: Case; bytes: Buffer; id: string }[] = [];
  const began = performance.now();
  for (const one of cases) {
    const bytes = await one.bytes();
    sent.push({ one, bytes, id: await place.send(bytes, one.declared, one.said?.(bytes.length)) });
  }
  const start = cases.length === 1 ? performance.now() : began;
  const rows = await place.settled(
    sent.map(({ id }) => id),
    settleMsMax,
  );
  const ms = performance.now() - start;
  const peaks = memory.take();
  const complaints = await place.complaints();
  const outcomes: Outcome[] = [];
  for (const { one, bytes, id } of sent) {
    const row = rows.find((found) => found.id === id);
    const own = complaints.filter((line) => line.includes(id));
    const wrong = [
      ...(await judge(place, one, bytes, row)),
      ...own.map((line) => `the worker complained: ${line.slice(0, 700)}`),
    ];
    outcomes.push({ case: one, bytes, row, wrong, ms, peaks });
  }
  const first = outcomes[0];
  const others = complaints.filter((line) => !sent.some(({ id }) => line.includes(id)));
  if (first !== undefined) {
    first.wrong.push(...others.map((line) => `the worker complained: ${line.slice(0, 700)}`));
    if (place.worker.pid() !== pid)
      first.wrong.push(`the worker ended and was started again (${cases.length} files at once)`);
  }
  return outcomes;
}

const plain = (text: string): string => text.replaceAll(/[^\w.-]+/g, "-").slice(0, 80);

/** Keeps a file that something is wrong with. Answers where. */
export async function keep(folder: string, { case: one, bytes }: Outcome): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, plain(one.name));
  await writeFile(file, bytes);
  return file;
}

export { watchMemory };

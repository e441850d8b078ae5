/**
 * `npm run test:hostile -- --seed 7 --count 500`: the whole corpus, and files damaged by the seeds 7 to 506. A file that
 * something is wrong with is written to a folder that is named, and its seed sends it again. See docs/hostile.md.
 */
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { corpus } from "./corpus.ts";
import { fuzzed } from "./fuzz.ts";
import { openPlace, type Place } from "./place.ts";
import { keep, type Outcome, sendAll, watchMemory } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "0" },
    /** Only groups of this name, and only files whose name has this in it. */
    group: { type: "string" },
    only: { type: "string" },
    /** Without the corpus: seeds alone. */
    fuzz: { type: "boolean", default: false },
    /** Files of the corpus too large or too slow for every run. */
    long: { type: "boolean", default: false },
    keep: { type: "string", default: path.join(tmpdir(), "tintype-hostile-kept") },
  },
});
const [first, count] = [Number(values.seed), Number(values.count)];
if (!(Number.isInteger(first) && Number.isInteger(count) && count >= 0))
  throw new Error("--seed and --count are whole numbers.");
const atOnce = 16;

const megabytes = (bytes: number): string => String(Math.round(bytes / 1024 ** 2)).padStart(5);
const verdicts = new Map<string, Map<string, number>>();
let failed = 0;
let judged = 0;
const most = { worker: 0, child: 0, all: 0, ms: 0, slowest: "", largest: "" };

function note(group: string, { row, case: one, ms, peaks }: Outcome): void {
  const verdict = row === undefined ? "gone" : row.state === "rejected" ? (row.rejectCode ?? "") : row.state;
  const table = verdicts.get(group) ?? new Map<string, number>();
  table.set(verdict, (table.get(verdict) ?? 0) + 1);
  verdicts.set(group, table);
  if (peaks.all > most.all) most.largest = one.name;
  if (ms > most.ms) most.slowest = one.name;
  most.worker = Math.max(most.worker, peaks.worker);
  most.child = Math.max(most.child, peaks.child);
  most.all = Math.max(most.all, peaks.all);
  most.ms = Math.max(most.ms, ms);
}

async function say(group: string, outcomes: Outcome[]): Promise<void> {
  for (const outcome of outcomes) {
    judged += 1;
    note(group, outcome);
    const { case: one, row, wrong, ms, peaks } = outcome;
    const verdict = row?.rejectCode ?? row?.state ?? "gone";
    if (outcomes.length === 1 || wrong.length > 0)
      console.log(
        `${wrong.length === 0 ? "ok    " : "FAILED"} ${String(Math.round(ms)).padStart(6)} ms  worker ${megabytes(peaks.worker)} MB, child ${megabytes(peaks.child)} MB  ${verdict.padEnd(18)} ${group}: ${one.name}`,
      );
    if (wrong.length === 0) continue;
    failed += 1;
    for (const line of wrong) console.log(`         ${line}`);
    console.log(`         kept as ${await keep(values.keep, outcome)}`);
    if (one.name.startsWith("seed "))
      console.log(
        `         again: npm run test:hostile -- --fuzz --count 1 --seed ${one.name.slice(5).split(":")[0]}`,
      );
  }
}

async function sendCorpus(place: Place, memory: ReturnType<typeof watchMemory>): Promise<void> {
  for (const [group, cases] of Object.entries(await corpus())) {
    if (values.group !== undefined && values.group !== group) continue;
    for (const one of cases)
      if ((values.long || one.long !== true) && one.name.includes(values.only ?? ""))
        await say(group, await sendAll(place, [one], memory));
  }
}

async function sendFuzzed(place: Place, memory: ReturnType<typeof watchMemory>): Promise<void> {
  for (let from = first; from < first + count; from += atOnce) {
    const seeds = Array.from({ length: Math.min(atOnce, first + count - from) }, (_, n) => from + n);
    const outcomes = await sendAll(place, await Promise.all(seeds.map(fuzzed)), memory);
    await say("fuzzed", outcomes);
    console.log(`       seeds ${from} to ${from + seeds.length - 1}, ${Math.round(outcomes[0]?.ms ?? 0)} ms`);
  }
}

const place = await openPlace();
const memory = watchMemory(() => place.worker.pid());
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void place.close().finally(() => process.exit(130)));
try {
  if (!values.fuzz) await sendCorpus(place, memory);
  await sendFuzzed(place, memory);
} finally {
  memory.stop();
  await place.close();
}
for (const [group, table] of verdicts)
  console.log(
    `${group.padEnd(12)} ${[...table].map(([verdict, times]) => `${verdict} ${times}`).join(", ")}`,
  );
console.log(
  `${judged} files, ${failed} wrong. Most at any moment: worker ${megabytes(most.worker)} MB, one process it started ${megabytes(most.child)} MB, together ${megabytes(most.all)} MB (${most.largest}); longest ${Math.round(most.ms)} ms (${most.slowest}).`,
);
process.exitCode = failed > 0 ? 1 : 0;

/** The short form of `npm run test:hostile`: what costs little of the corpus, and some damage by chance (docs/hostile.md). */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import type { Case } from "../../hostile/case.ts";
import { corpus } from "../../hostile/corpus.ts";
import { fuzzed } from "../../hostile/fuzz.ts";
import { openPlace, type Place } from "../../hostile/place.ts";
import { keep, sendAll, watchMemory } from "../../hostile/run.ts";

let place: Place;
let memory: ReturnType<typeof watchMemory>;
before(async () => {
  place = await openPlace();
  memory = watchMemory(() => place.worker.pid());
});
after(async () => {
  memory?.stop();
  await place?.close();
});

/** What takes long to make, or is read by a process that is started for it, is left to the long form. */
const isQuick = ({ long, declared, name }: Case): boolean =>
  long !== true && /^image\/(?!heic)/.test(declared) && !/million|thousand|20,000|16,000|\d M/.test(name);

async function assertRight(cases: readonly Case[]): Promise<void> {
  const folder = path.join(tmpdir(), "tintype-hostile-kept");
  const wrong: string[] = [];
  for (const outcome of await sendAll(place, cases, memory))
    if (outcome.wrong.length > 0)
      wrong.push(
        `${outcome.case.name} (kept as ${await keep(folder, outcome)}): ${outcome.wrong.join("; ")}`,
      );
  assert.deepEqual(wrong, []);
}

describe("a worker that is sent what was made to harm it", () => {
  for (const [group, every] of [
    ["good", 1],
    ["bombs", 2],
    ["truncated", 7],
    ["disguised", 2],
    ["metadata", 3],
    ["shapes", 4],
    ["containers", 3],
  ] as const)
    it(`is right about each of the ${group} and stays (A-24 … A-33)`, async () => {
      const cases =
        (await corpus())[group]?.filter((one) => isQuick(one) || /^a good (heic|mp4)$/.test(one.name)) ?? [];
      await assertRight(cases.filter((_, n) => n % every === 0));
    });

  it("comes to an end with damage of 40 seeds, shows nothing broken, and takes the next good picture", async () => {
    const damaged = await Promise.all(Array.from({ length: 60 }, (_, n) => fuzzed(n + 1)));
    await assertRight(damaged.filter(isQuick).slice(0, 40));
    const good = (await corpus()).good?.[0];
    assert.ok(good);
    await assertRight([good]);
  });
});

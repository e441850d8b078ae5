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

/** What a process of its own is started for takes a hundred times as long. */
const isQuick = (one: Case): boolean =>
  one.long !== true && !/^(video|image\/heic)/.test(one.declared) && one.declared !== "";

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
    ["truncated", 9],
    ["disguised", 2],
    ["metadata", 2],
    ["shapes", 4],
    ["containers", 3],
  ] as const)
    it(`is right about each of the ${group} and stays (A-24 … A-33)`, async () => {
      const cases = (await corpus())[group]?.filter((one) => isQuick(one) || group === "good") ?? [];
      await assertRight(cases.filter((_, n) => n % every === 0));
    });

  it("comes to an end with damage of 60 seeds, shows nothing broken, and takes the next good picture", async () => {
    await assertRight(await Promise.all(Array.from({ length: 60 }, (_, n) => fuzzed(n + 1))));
    const good = (await corpus()).good?.[0];
    assert.ok(good);
    await assertRight([good]);
  });
});

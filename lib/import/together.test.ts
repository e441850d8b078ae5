import assert from "node:assert/strict";
import { it } from "node:test";
import { together } from "./together.ts";

it("takes what is asked while a call is under way together in the next, and answers each its own", async () => {
  const calls: number[][] = [];
  const gates: (() => void)[] = [];
  const double = together(async (all: number[]) => {
    calls.push(all);
    await new Promise<void>((open) => gates.push(open));
    return all.map((one) => one * 2);
  }, 3);
  const first = [double(1), double(2)];
  await Promise.resolve();
  await Promise.resolve();
  const second = [3, 4, 5, 6].map(double);
  gates.shift()?.();
  assert.deepEqual(await Promise.all(first), [2, 4]);
  await Promise.resolve();
  gates.shift()?.();
  assert.deepEqual(await Promise.all(second.slice(0, 3)), [6, 8, 10]);
  await Promise.resolve();
  gates.shift()?.();
  assert.deepEqual(await Promise.all(second), [6, 8, 10, 12]);
  assert.deepEqual(calls, [[1, 2], [3, 4, 5], [6]]);
});

it("tells a failure to everybody it concerns and to nobody after them", async () => {
  let tries = 0;
  const ask = together(async (all: number[]) => {
    tries += 1;
    if (tries === 1) throw new Error("away");
    return all;
  });
  const first = await Promise.allSettled([ask(1), ask(2)]);
  assert.deepEqual(
    first.map((one) => one.status),
    ["rejected", "rejected"],
  );
  assert.equal(await ask(3), 3);
});

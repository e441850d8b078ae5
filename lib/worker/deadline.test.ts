import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withDeadline } from "./deadline.ts";

const soon = { wallSeconds: 0.01, cpuSeconds: 0.02, everySeconds: 0.005 };

describe("the last resort against a decode that never ends (R-40)", () => {
  it("ends the process that burns its CPU", async () => {
    const ended = Promise.withResolvers<void>();
    const stuck = withDeadline(
      async () => {
        for (let done = false; !done; ) {
          const until = performance.now() + 5;
          while (performance.now() < until);
          done = await Promise.race([
            ended.promise.then(() => true),
            new Promise<false>((resolve) => setImmediate(() => resolve(false))),
          ]);
        }
      },
      () => ended.resolve(),
      soon,
    );
    await stuck;
  });
  it("leaves work alone that merely waits for its turn on a crowded machine", async () => {
    let ended = false;
    const waiting = new Promise<string>((resolve) => setTimeout(() => resolve("done"), 60));
    const patient = { ...soon, cpuSeconds: 3600 };
    assert.equal(
      await withDeadline(
        () => waiting,
        () => (ended = true),
        patient,
      ),
      "done",
    );
    assert.equal(ended, false);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pixelRoom } from "./pixels.ts";

/** Work that ends when told to, and tells whether it has begun. */
function held() {
  const gate = Promise.withResolvers<void>();
  let begun = false;
  return {
    work: async () => {
      begun = true;
      await gate.promise;
    },
    end: () => gate.resolve(),
    begun: () => begun,
  };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("room for pixels", () => {
  it("never holds more pixels than it has", async () => {
    const room = pixelRoom(100);
    const [a, b] = [held(), held()];
    const runs = [room(60, a.work), room(60, b.work)];
    await turn();
    assert.deepEqual([a.begun(), b.begun()], [true, false]);
    a.end();
    await turn();
    assert.equal(b.begun(), true);
    b.end();
    await Promise.all(runs);
  });
  it("lets a picture larger than the room in alone", async () => {
    const room = pixelRoom(100);
    const [huge, small] = [held(), held()];
    const runs = [room(1000, huge.work), room(1, small.work)];
    await turn();
    assert.deepEqual([huge.begun(), small.begun()], [true, false]);
    huge.end();
    small.end();
    await Promise.all(runs);
  });
  it("does not let small pictures overtake a large one for ever", async () => {
    const room = pixelRoom(100);
    const [first, large, small] = [held(), held(), held()];
    const runs = [room(50, first.work), room(80, large.work), room(10, small.work)];
    await turn();
    assert.deepEqual([large.begun(), small.begun()], [false, false]);
    for (const one of [first, large, small]) one.end();
    await Promise.all(runs);
  });
  it("gives the room back when the work fails", async () => {
    const room = pixelRoom(10);
    await assert.rejects(room(10, async () => Promise.reject(new Error("no"))));
    assert.equal(await room(10, async () => "in"), "in");
  });
});

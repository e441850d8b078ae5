import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { AskedTooMuch, runApart } from "./apart.ts";

const stuck = async (word: string, seconds: number) => {
  const { end, output } = await runApart(
    { file: "stuck-fixture.ts", arguments: [word], packages: [] },
    { seconds, cpuSeconds: 30, memoryBytesMax: 1024 ** 3, outputBytesMax: 100 },
    Buffer.alloc(0),
  );
  return [end, output.toString()];
};

describe("a program that works apart and cannot end (Node may wait for its own threads at exit)", () => {
  it("is taken by its last word, whatever holds it up afterwards", async () => {
    assert.deepEqual(await stuck("done", 30), ["done", "pixels"]);
    assert.deepEqual(await stuck("failed", 30), ["failed", "pixels"]);
  });

  it("and says nothing has stalled, which is told apart from work that was too much", async () => {
    assert.deepEqual(await stuck("", 3), [existsSync("/proc/self/stat") ? "stalled" : "late", "pixels"]);
  });

  it("is ended when it asks for what it was given already", async () => {
    await assert.rejects(stuck("[0,1]", 30), AskedTooMuch);
  });
});

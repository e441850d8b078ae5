/** Reading from a disk that has lost something. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Bodies } from "./bodies.ts";
import { bytesOf } from "./reading.ts";

describe("a body that is shorter than the index says", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tintype-reading-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("fails the one who reads it, however slowly, and nothing else", async () => {
    const bodies = await Bodies.open(folder);
    const bytes = 300 * 1024;
    const writer = await bodies.create(bytes);
    await writer.write(randomBytes(bytes));
    await writer.finish();
    await writer.seal();
    await truncate(path.join(folder, "bodies", writer.name.slice(0, 2), writer.name), bytes - 1);
    const read = bytesOf({ bodies }, [{ body: writer.name, bytes }], { start: 0, end: bytes - 1 });
    assert.equal((await read.next()).value?.length, 256 * 1024);
    // The read ahead fails now, while nobody waits for it; an unhandled rejection would end the process.
    await delay(100);
    await assert.rejects(read.next(), /shorter than the index says/);
    await bodies.close();
  });
});

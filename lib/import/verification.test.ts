import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { type Verdict, verification } from "./verification.ts";

let database: TestDatabase;

before(async () => {
  database = await testDatabase();
});
after(() => database?.close());

describe("waiting for verdicts", () => {
  it("comes to an end when another run has begun the same anew and its row is no more", async () => {
    const stop = new AbortController();
    const told: [string, Verdict][] = [];
    const verdicts = verification<string>(database.db, {
      openMax: 1,
      // Were it not told, this would wait for ever.
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(5_000)]),
      onVerdict: (what, verdict) => told.push([what, verdict]),
      onSilence: () => {},
    });
    await verdicts.add(randomUUID(), "first.jpg");
    await verdicts.add(randomUUID(), "second.jpg");
    assert.deepEqual(await verdicts.settled(), []);
    stop.abort();
    assert.deepEqual(told, [
      ["first.jpg", { verdict: "superseded" }],
      ["second.jpg", { verdict: "superseded" }],
    ]);
  });
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type TestDatabase, testDatabase } from "../testing.ts";
import { alone, copyOut } from "./alone.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database?.close());

test("tables of every size are read slowly one after the other, and the connection answers after each", async () => {
  const lengths: number[] = [];
  await alone(database.url, { begin: "read only", name: "slow" }, async (tx) => {
    for (let rows = 100; rows <= 400; rows += 20) {
      let bytes = 0;
      const copy = `copy (select repeat('x', 499) from generate_series(1, ${rows})) to stdout`;
      for await (const piece of copyOut(tx, copy)) {
        // All that is on its way arrives meanwhile, the end with it.
        if (bytes === 0) await wait(20);
        bytes += piece.length;
      }
      lengths.push(bytes);
      const [answer] = await tx.unsafe<{ one: number }[]>("select 1 as one");
      assert.equal(answer?.one, 1);
    }
  });
  assert.deepEqual(
    lengths,
    Array.from({ length: 16 }, (_, n) => (100 + n * 20) * 500),
  );
});

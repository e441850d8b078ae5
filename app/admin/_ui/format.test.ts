import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBytes } from "./format.ts";

test("sizes read as people say them, from nothing to gigabytes", () => {
  assert.deepEqual([0, 1, 999, 1_500, 2_000_000_000].map(formatBytes), [
    "0 bytes",
    "1 byte",
    "999 bytes",
    "1.5 kB",
    "2 GB",
  ]);
});

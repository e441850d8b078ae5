/** What several transfers at once leave behind when they are interrupted: nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { parseSettings, required } from "#lib/env.ts";
import type { Place } from "./group.ts";
import { type Transfer, transfer } from "./transfer.ts";

const none = (): never => {
  throw new Error("Nothing is asked of the store here.");
};

test("after Ctrl-C every transfer has taken back what it had half-done before the command ends", async () => {
  const interruption = new AbortController();
  const { signal } = interruption;
  const settings = parseSettings({ S3_BUCKET: "pictures", S3_REGION: "ap-northeast-2" });
  const place: Place = {
    settings: { ...settings, bucket: required(settings.bucket, "S3_BUCKET") },
    where: "nowhere",
    json: true,
    storage: none,
    bucket: none,
    again: "",
    command: (text) => text,
    signal,
    careful: (work) => work(),
  };
  let tidied = 0;
  const one = (n: number): Transfer => ({
    name: String(n),
    bytes: 1,
    json: {},
    async run() {
      await wait(10_000, undefined, { signal }).catch(() => undefined);
      await wait(20 * n);
      tidied += 1;
      throw new Error("interrupted");
    },
  });
  const transfers = async function* (): AsyncGenerator<Transfer> {
    for (let n = 1; n <= 8; n++) yield one(n);
    throw new Error("The list is not asked for more.");
  };
  setTimeout(() => interruption.abort(), 20);
  const words = { done: "Stored" };
  await assert.rejects(transfer(place, transfers(), { total: undefined, single: false, words }));
  assert.equal(tidied, 8);
});

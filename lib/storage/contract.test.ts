import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { StoreUnderTest } from "./contract/subject.ts";
import { contract, embedded, rgw16 } from "./contract.ts";
import { startStore } from "./embedded/server.ts";

const open = async (): Promise<StoreUnderTest> => {
  const folder = await mkdtemp(path.join(tmpdir(), "tintype-contract-"));
  const credentials = { accessKeyId: "CONTRACT", secretAccessKey: randomBytes(20).toString("hex") };
  const region = "ap-northeast-2";
  const store = await startStore({ folder, host: "127.0.0.1", port: 0, credentials, region });
  return {
    bucket: {
      bucket: "tintype-contract",
      region,
      endpoint: store.url,
      publicEndpoint: store.url,
      credentials,
      forcePathStyle: true,
      location: "",
    },
    async close() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
};

contract("embedded store", open, embedded);

test("the differences of both stores from S3 are told in docs/stores.md, and no others", async () => {
  const text = await readFile(path.join(import.meta.dirname, "..", "..", "docs", "stores.md"), "utf8");
  const rows = [...text.matchAll(/^\| ([a-zA-Z-]+ [^|]+) \|( yes)? \|( yes)? \|/gm)];
  const told = (column: number) => rows.filter((row) => row[column] !== undefined).map((row) => row[1]);
  assert.deepEqual(told(2), rgw16);
  assert.deepEqual(told(3), embedded);
});

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { StoreUnderTest } from "./contract/subject.ts";
import { contract, embedded } from "./contract.ts";
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

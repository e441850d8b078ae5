/** For tests: a store whose folder static/ is open to everybody, and build folders as next leaves them. */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BucketSettings } from "#lib/env.ts";
import { startStore } from "#lib/storage/embedded/server.ts";
import type { Storage } from "#lib/storage/port.ts";
import { openStorage } from "#lib/storage/s3.ts";

export type OpenStore = {
  bucket: BucketSettings;
  storage: Storage;
  /** STATIC_URL for it. */
  staticUrl: string;
  close(): Promise<void>;
};

export async function openStore(): Promise<OpenStore> {
  const folder = await mkdtemp(path.join(tmpdir(), "tintype-static-store-"));
  const region = "ap-northeast-2";
  const credentials = { accessKeyId: "static", secretAccessKey: randomBytes(20).toString("hex") };
  const open = [{ bucket: "tintype-test", prefix: "site/static/" }];
  const store = await startStore({ folder, host: "127.0.0.1", port: 0, credentials, region, open });
  const bucket: BucketSettings = {
    bucket: "tintype-test",
    region,
    endpoint: store.url,
    publicEndpoint: store.url,
    credentials,
    forcePathStyle: true,
    location: "site/",
  };
  const storage = openStorage(bucket);
  await storage.provision({ origins: ["http://localhost:3000"] });
  return {
    bucket,
    storage,
    staticUrl: `${store.url}/tintype-test/site/static`,
    async close() {
      storage.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Writes files below a folder; names may have slashes. */
export async function lay(folder: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

/** A folder as `next build` leaves it, as far as a push looks. */
export async function layBuild(
  folder: string,
  build: { id: string; staticUrl?: string; chunks: Record<string, string | Buffer> },
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await lay(folder, {
    BUILD_ID: build.id,
    "required-server-files.json": JSON.stringify({ config: { assetPrefix: build.staticUrl ?? "" } }),
    [`static/${build.id}/_buildManifest.js`]: `self.__BUILD_MANIFEST = {"id":"${build.id}"};`,
  });
  await lay(path.join(folder, "static", "chunks"), build.chunks);
}

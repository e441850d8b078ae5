/** The store as a process of its own, started by the supervisor. */
import path from "node:path";
import { required, SettingsError, settings } from "../../env.ts";
import { log } from "../../log.ts";
import { keepMemoryFlat } from "./memory.ts";
import { openPrefixOf } from "./open-prefix.ts";
import { sentenceFor } from "./sentences.ts";
import { type RunningStore, startStore } from "./server.ts";

const advice = { folder: "TINTYPE_DATA", host: "TINTYPE_STORE_HOST", port: "TINTYPE_STORE_PORT" };

async function start(): Promise<RunningStore> {
  const { storeHost, storePort, storeRefusesPost, dataFolder, bucket, staticUrl } = settings();
  const {
    bucket: name,
    credentials,
    region,
    endpoint,
    publicEndpoint,
    location,
  } = required(bucket, "S3_BUCKET");
  const domain = publicEndpoint === undefined ? [] : [new URL(publicEndpoint).hostname];
  return startStore({
    folder: path.join(dataFolder, "store"),
    host: storeHost,
    port: storePort,
    credentials: required(credentials, "S3_ACCESS_KEY_ID"),
    region,
    refusePost: storeRefusesPost,
    open: [publicEndpoint, endpoint].flatMap((base) => openPrefixOf(staticUrl, base ?? "", name, location)),
    domains: [...new Set(["localhost", ...domain.filter((name) => /[a-z]/i.test(name))])],
  });
}

async function main(): Promise<void> {
  keepMemoryFlat();
  let store: RunningStore;
  try {
    store = await start();
  } catch (error) {
    const at =
      error instanceof SettingsError
        ? { folder: "", host: "", port: 0 }
        : {
            folder: path.join(settings().dataFolder, "store"),
            host: settings().storeHost,
            port: settings().storePort,
          };
    process.stderr.write(`${sentenceFor(error, at, advice)}\n`);
    process.exit(1);
  }
  log("store").info({ url: store.url }, "the store is listening");

  const stop = (): void => {
    store.close().then(
      () => process.exit(0),
      (err: unknown) => {
        log("store").error({ err }, "the store did not stop cleanly");
        process.exit(1);
      },
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  // A supervisor that was killed leaves nobody to stop this process.
  process.once("disconnect", stop);
  process.send?.("ready");
}

await main();

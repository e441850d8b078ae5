/** The store as a process of its own, started by the supervisor. */
import path from "node:path";
import { required, SettingsError, settings } from "../../env.ts";
import { log } from "../../log.ts";
import { openPrefixOf } from "./open-prefix.ts";
import { systemCode } from "./s3-error.ts";
import { type RunningStore, startStore } from "./server.ts";

/** What went wrong in a sentence; undefined for what nobody foresaw. */
function sentenceFor(error: unknown, at: { folder: string; host: string; port: number }): string | undefined {
  if (error instanceof SettingsError) return error.message;
  if (error instanceof Error && error.name === "StoreInUse")
    return `The store folder ${at.folder} is in use by another Tintype. Stop that one first, or set TINTYPE_DATA.`;
  switch (systemCode(error)) {
    case "EADDRINUSE":
      return `Port ${at.port} of ${at.host} is taken, so the store cannot start. Set TINTYPE_STORE_PORT to a free one.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${at.host} is not an address of this machine, so the store cannot start. Set TINTYPE_STORE_HOST.`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOTDIR":
    case "EEXIST":
      return `The store cannot write to ${at.folder} or listen on port ${at.port}: ${message(error)}.`;
    case "ERR_SQLITE_ERROR":
      return `The store cannot use its index in ${at.folder}: ${message(error)}.`;
    case "ENOSPC":
      return `The disk under ${at.folder} is full.`;
    default:
      return undefined;
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function start(): Promise<RunningStore> {
  const { storeHost, storePort, storeRefusesPost, dataFolder, bucket, staticUrl } = settings();
  const { bucket: name, credentials, region, endpoint, publicEndpoint } = required(bucket, "S3_BUCKET");
  const domain = publicEndpoint === undefined ? [] : [new URL(publicEndpoint).hostname];
  return startStore({
    folder: path.join(dataFolder, "store"),
    host: storeHost,
    port: storePort,
    credentials: required(credentials, "S3_ACCESS_KEY_ID"),
    region,
    refusePost: storeRefusesPost,
    open: [publicEndpoint, endpoint].flatMap((base) => openPrefixOf(staticUrl, base ?? "", name)),
    domains: [...new Set(["localhost", ...domain.filter((name) => /[a-z]/i.test(name))])],
  });
}

async function main(): Promise<void> {
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
    const sentence = sentenceFor(error, at) ?? `The store cannot start: ${message(error)}`;
    process.stderr.write(`${sentence}\n`);
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

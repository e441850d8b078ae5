/** From the settings a person wrote to the complete environment every process is started with. */
import type { Settings } from "#lib/env.ts";
import type { Secrets } from "./data-folder.ts";
import { Refusal } from "./refusal.ts";

export type Environment = Record<string, string>;

/** Of the built-in store; an own bucket has an own name. */
const storeBucket = "tintype";
const storeRegion = "ap-northeast-2";

/** Addresses that mean "all interfaces" cannot be connected to by that name. */
const reachable = (host: string): string => {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
};

const withPort = (url: string, port: number): string => {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.origin;
};

/**
 * Where browsers reach the built-in store: the host they already know, on the store's port. Throws Refusal when the
 * site is https: a browser would refuse pictures from a store that is not.
 */
export function publicStoreUrl(settings: Settings, given: string | undefined): string {
  if (given !== undefined && given !== "") return given;
  if (settings.appUrl.startsWith("https:"))
    throw new Refusal(
      `APP_URL is https, so browsers need the built-in store by https too: let your proxy serve port ${settings.storePort} and set S3_PUBLIC_ENDPOINT to that address, or set S3_BUCKET to use a bucket elsewhere.`,
    );
  return withPort(settings.appUrl, settings.storePort);
}

/** The variables that settings leave open. `databaseUrl` is the built-in server's, or undefined with one's own. */
export function completeEnvironment(
  settings: Settings,
  secrets: Secrets,
  databaseUrl: string | undefined,
  given: Record<string, string | undefined>,
): Environment {
  return {
    NODE_ENV: "production",
    APP_URL: settings.appUrl,
    TINTYPE_DATA: settings.dataFolder,
    AUTH_SECRET: settings.authSecret ?? secrets.authSecret,
    // Commands beside a running Tintype must not build its pages for another address.
    ...(settings.staticUrl === undefined ? {} : { STATIC_URL: settings.staticUrl }),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(settings.bucket === undefined ? storeEnvironment(settings, secrets, given.S3_PUBLIC_ENDPOINT) : {}),
  };
}

function storeEnvironment(
  settings: Settings,
  secrets: Secrets,
  publicEndpoint: string | undefined,
): Environment {
  return {
    S3_BUCKET: storeBucket,
    S3_REGION: storeRegion,
    S3_ENDPOINT: `http://${reachable(settings.storeHost)}:${settings.storePort}`,
    S3_PUBLIC_ENDPOINT: publicStoreUrl(settings, publicEndpoint),
    S3_ACCESS_KEY_ID: secrets.store.accessKeyId,
    S3_SECRET_ACCESS_KEY: secrets.store.secretAccessKey,
    // A profile for other programs of this shell would contradict the keys above.
    AWS_PROFILE: "",
    S3_FORCE_PATH_STYLE: "true",
    // The store on this machine has no certificate; who may reach it is decided by HOST and APP_URL.
    S3_ALLOW_HTTP: "true",
    TINTYPE_STORE_HOST: settings.storeHost,
    TINTYPE_STORE_PORT: String(settings.storePort),
  };
}

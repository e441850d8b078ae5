/**
 * Credentials for signing, ready without waiting. Fixed keys come from the settings; otherwise the SDK's default
 * chain (profile, role, instance) is asked at boot and again well before what it gave runs out.
 */
import type { BucketSettings } from "../env.ts";
import { StorageError } from "./port.ts";

type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
export type BucketCredentials = {
  /** Asks the chain once and keeps asking in the background. Resolves at once for fixed keys. */
  load(): Promise<void>;
  current(): Keys;
};

/** Temporary credentials are renewed this long before they end, so that no signature outlives its key by surprise. */
const renewBeforeMs = 10 * 60_000;
const retryMs = 30_000;

function chain(): BucketCredentials {
  let keys: Keys | undefined;
  const load = async (): Promise<void> => {
    // Loaded only where it is asked: with fixed keys nobody pays for the whole chain.
    const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
    const found = await defaultProvider()({ forceRefresh: true });
    keys = found;
    if (found.expiration !== undefined) renewIn(found.expiration.getTime() - Date.now() - renewBeforeMs);
  };
  const renewIn = (ms: number): void => {
    setTimeout(() => load().catch(() => renewIn(retryMs)), Math.max(ms, retryMs)).unref();
  };
  return {
    load,
    current() {
      if (keys === undefined) throw new StorageError("denied", "No credentials for the bucket were found.");
      return keys;
    },
  };
}

const holder = globalThis as typeof globalThis & { tintypeCredentials?: BucketCredentials };

/** The credentials of this process. */
export function bucketCredentials(bucket: BucketSettings): BucketCredentials {
  const fixed = bucket.credentials;
  if (fixed !== undefined) return { load: async () => {}, current: () => fixed };
  holder.tintypeCredentials ??= chain();
  return holder.tintypeCredentials;
}

/**
 * The credentials of this process, for the SDK's clients and for signing without waiting. Fixed keys come from the
 * settings; otherwise the SDK's default chain (environment, profile, role, instance) is asked, at boot and again well
 * before what it gave runs out.
 */
import type { BucketSettings } from "../env.ts";
import { StorageError } from "./port.ts";

type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string; expiration?: Date };
export type BucketCredentials = {
  /** Asks the chain once and keeps asking in the background. Resolves at once for fixed keys. */
  load(): Promise<void>;
  /** What was loaded. */
  current(): Keys;
  /** What is valid now, asked for when nothing is known yet; for the SDK's clients. */
  provide(options?: { forceRefresh?: boolean }): Promise<Keys>;
};

/** Temporary credentials are renewed this long before they end, so that no signature outlives its key by surprise. */
const renewBeforeMs = 10 * 60_000;
const retryMs = 30_000;
/** A timer set for longer would go off at once, again and again. */
const timerMsMax = 2 ** 31 - 1;

function chain(): BucketCredentials {
  let keys: Keys | undefined;
  let asked: Promise<Keys> | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** One question at a time: a role's service answers slowly and counts. */
  const ask = (): Promise<Keys> => {
    asked ??= find().finally(() => {
      asked = undefined;
    });
    return asked;
  };
  const find = async (): Promise<Keys> => {
    // Loaded only where it is asked: with fixed keys nobody pays for the whole chain.
    const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
    keys = await defaultProvider()({ forceRefresh: true });
    return keys;
  };
  const load = async (): Promise<void> => {
    const { expiration } = await ask();
    if (expiration !== undefined) renewIn(expiration.getTime() - Date.now() - renewBeforeMs);
  };
  const renewIn = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(
      () => load().catch(() => renewIn(retryMs)),
      Math.min(Math.max(ms, retryMs), timerMsMax),
    ).unref();
  };
  const isFresh = ({ expiration }: Keys): boolean =>
    expiration === undefined || expiration.getTime() - Date.now() > renewBeforeMs;
  return {
    load,
    current() {
      if (keys === undefined) throw new StorageError("denied", "No credentials for the bucket were found.");
      return keys;
    },
    async provide(options) {
      const known = keys;
      if (known !== undefined && options?.forceRefresh !== true && isFresh(known)) return known;
      try {
        return await ask();
      } catch (error) {
        // Whoever gives out roles may be silent for a moment; what is known may still be good for minutes.
        if (known?.expiration !== undefined && known.expiration.getTime() > Date.now()) return known;
        throw error;
      }
    },
  };
}

const holder = globalThis as typeof globalThis & { tintypeCredentials?: BucketCredentials };

/** The credentials for a bucket: its own keys, or those that the chain gives this process. */
export function bucketCredentials(bucket: BucketSettings): BucketCredentials {
  const fixed = bucket.credentials;
  if (fixed !== undefined) return { load: async () => {}, current: () => fixed, provide: async () => fixed };
  holder.tintypeCredentials ??= chain();
  return holder.tintypeCredentials;
}

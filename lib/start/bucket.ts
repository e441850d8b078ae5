/** The bucket is there, browsers may post to it, and it tells "absent" from "forbidden": or the start is refused. */
import type { BucketSettings } from "#lib/env.ts";
import { StorageError } from "#lib/storage/port.ts";
import { openStorage } from "#lib/storage/s3.ts";
import { Refusal } from "./refusal.ts";

const skewMs = 60_000;

/** Throws Refusal with the store's own sentence; returns what is worth a warning. */
export async function prepareBucket(bucket: BucketSettings, origin: string): Promise<string[]> {
  const storage = openStorage(bucket);
  const where = `${bucket.bucket} at ${bucket.endpoint ?? `AWS ${bucket.region}`}`;
  const notes: string[] = [];
  try {
    try {
      await storage.provision({ origins: [origin] });
    } catch (error) {
      // Someone else's bucket may be set up by someone else; the probe decides whether it can be used.
      if (!(error instanceof StorageError) || error.code === "unavailable") throw error;
      notes.push(
        `The CORS rule of the bucket ${where} could not be set: ${error.message} Uploads need one that allows POST from ${origin}.`,
      );
    }
    const { clockSkewMs } = await storage.probe();
    if (Math.abs(clockSkewMs) > skewMs)
      notes.push(
        `The clock of the store differs from this machine's by ${Math.round(clockSkewMs / 1000)} s.`,
      );
    return notes;
  } catch (error) {
    if (error instanceof StorageError)
      throw new Refusal(`The bucket ${where} cannot be used. ${error.message}`, { cause: error });
    throw error;
  } finally {
    storage.close();
  }
}

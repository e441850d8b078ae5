/** What the commands that keep the gallery share: both places opened, Ctrl-C heard, failures told in a sentence. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { InvalidArgumentError } from "commander";
import type { Db } from "#lib/database.ts";
import type { BucketSettings } from "#lib/env.ts";
import { Refusal } from "#lib/start/refusal.ts";
import type { Storage } from "#lib/storage/port.ts";
import { interruption } from "./bringing.ts";

const interruptedCode = 130;

/** Reads a number of an option. */
export const numberFrom =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < least || value > most)
      throw new InvalidArgumentError(`It is a number from ${least} to ${most}.`);
    return value;
  };

export type Places = {
  db: Db;
  storage: Storage;
  folder: string;
  bucket: BucketSettings;
  signal: AbortSignal;
};

/** With bucket and Ctrl-C seen to, and failures of the store in a sentence. */
export async function withPlaces(work: (places: Places) => Promise<void>): Promise<void> {
  const { withBucket } = await import("#lib/start/services.ts");
  const { database } = await import("#lib/database.ts");
  const { required, settings } = await import("#lib/env.ts");
  const { storage } = await import("#lib/storage/current.ts");
  const { StorageError } = await import("#lib/storage/port.ts");
  const { ReportRefused } = await import("#lib/reconcile/report.ts");
  const { BackupRefused } = await import("#lib/backup/shape.ts");
  const end = await withBucket();
  const { signal, over } = interruption();
  try {
    const folder = path.join(settings().dataFolder, "reconcile");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await work({
      db: database().db,
      storage: storage(),
      folder,
      bucket: required(settings().bucket, "S3_BUCKET"),
      signal,
    });
    if (signal.aborted) process.exitCode = interruptedCode;
  } catch (error) {
    if (error instanceof ReportRefused || error instanceof BackupRefused)
      throw new Refusal(error.message, { cause: error });
    if (error instanceof StorageError)
      throw new Refusal(`${error.message} The same command goes on from where it was.`, { cause: error });
    throw error;
  } finally {
    over();
    await end();
  }
}

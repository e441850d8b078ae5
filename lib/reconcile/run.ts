/**
 * One comparison from its beginning or from where it was stopped to its report, which grows line by line in a folder of
 * its own: however much is found, memory stays flat.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { BucketSettings } from "../env.ts";
import type { Storage } from "../storage/port.ts";
import type { Finding } from "./finding.ts";
import { fingerprint, type ReportHead, reportAgeMax } from "./report.ts";
import { parts, scan, type Tally } from "./scan.ts";

const checkpointShape = z.strictObject({
  head: z.unknown(),
  place: z.strictObject({ part: z.enum(parts), after: z.string() }),
  /** How long the report was by then, in bytes: what was written after it is told again. */
  bytes: z.number(),
  findings: z.number(),
  tally: z.strictObject({ objects: z.number(), rows: z.number(), bytesRead: z.number() }),
});
type Checkpoint = z.infer<typeof checkpointShape>;

export type ReconcileOptions = {
  bucket: BucketSettings;
  /** Holds the report and the place where a comparison was stopped. */
  folder: string;
  ageSeconds: number;
  hashPercent: number;
  /** From the beginning, whatever was begun before. */
  fresh: boolean;
  signal: AbortSignal;
  onProgress: (tally: Tally & { findings: number; resumed: boolean }) => void;
};

export type Reconciled = {
  /** The report; without its last line when the comparison was stopped. */
  file: string;
  findings: number;
  tally: Tally;
  complete: boolean;
};

/** A comparison that was stopped is gone on with for this long; what it told first is then as old as that. */
const resumeSecondsMax = reportAgeMax / 2;

/** Compares everything and writes the report. Throws StorageError. */
export async function reconcile(db: Db, storage: Storage, options: ReconcileOptions): Promise<Reconciled> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const file = path.join(options.folder, "report.jsonl");
  const place = path.join(options.folder, "checkpoint.json");
  const print = await fingerprint(db, options.bucket);
  const before = options.fresh ? undefined : await readCheckpoint(place, file, print, options);
  const head: ReportHead = before?.head ?? {
    tintype: "reconcile",
    version: 1,
    began: new Date().toISOString(),
    fingerprint: print,
    ageSeconds: options.ageSeconds,
    hashPercent: options.hashPercent,
  };
  const report = await Lines.open(file, before?.checkpoint);
  if (before === undefined) await report.add(head);
  const tally: Tally = before?.checkpoint.tally ?? { objects: 0, rows: 0, bytesRead: 0 };
  let findings = before?.checkpoint.findings ?? 0;
  try {
    await scan(db, storage, {
      ageSeconds: options.ageSeconds,
      hashPercent: options.hashPercent,
      signal: options.signal,
      from: before?.checkpoint.place,
      tally,
      onFinding: async (finding: Finding) => {
        findings += 1;
        await report.add(finding);
      },
      onPlace: async (reached) => {
        const bytes = await report.flush();
        const checkpoint: Checkpoint = { head, place: reached, bytes, findings, tally };
        await writeFile(`${place}.new`, JSON.stringify(checkpoint), { mode: 0o600 });
        await rename(`${place}.new`, place);
        options.onProgress({ ...tally, findings, resumed: before !== undefined });
      },
    });
    await report.flush();
    if (!options.signal.aborted) {
      await report.add({ end: true, findings, ...tally, sha256: await digestOf(file) });
      await report.flush();
      await rm(place, { force: true });
    }
  } finally {
    await report.close();
  }
  return { file, findings, tally, complete: !options.signal.aborted };
}

async function readCheckpoint(
  place: string,
  file: string,
  print: string,
  options: ReconcileOptions,
): Promise<{ checkpoint: Checkpoint; head: ReportHead } | undefined> {
  const read = checkpointShape.safeParse(await json(place));
  if (!read.success) return undefined;
  const head = read.data.head as ReportHead;
  const size = await stat(file).then(
    (found) => found.size,
    () => -1,
  );
  const fits =
    head.fingerprint === print &&
    head.ageSeconds === options.ageSeconds &&
    head.hashPercent === options.hashPercent &&
    Date.now() - Date.parse(head.began) < resumeSecondsMax * 1000 &&
    size >= read.data.bytes;
  return fits ? { checkpoint: read.data, head } : undefined;
}

async function json(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    // None, or one that a full disk cut off: the comparison then begins anew.
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error)) return undefined;
    throw error;
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest("hex");
}

/** Appends lines, some at a time. */
class Lines {
  readonly #file: FileHandle;
  #bytes: number;
  #held = "";

  private constructor(file: FileHandle, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  static async open(file: string, from: { bytes: number } | undefined): Promise<Lines> {
    const handle = await open(file, from === undefined ? "w" : "r+", 0o600);
    await handle.truncate(from?.bytes ?? 0);
    return new Lines(handle, from?.bytes ?? 0);
  }

  async add(value: object): Promise<void> {
    this.#held += `${JSON.stringify(value)}\n`;
    if (this.#held.length > 65_536) await this.flush();
  }

  /** Answers how many bytes there are. */
  async flush(): Promise<number> {
    const text = Buffer.from(this.#held);
    this.#held = "";
    let written = 0;
    while (written < text.length) {
      const { bytesWritten } = await this.#file.write(text, written, text.length - written, this.#bytes);
      written += bytesWritten;
      this.#bytes += bytesWritten;
    }
    return this.#bytes;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

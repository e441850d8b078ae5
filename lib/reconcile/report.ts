/**
 * The report of a scan: one JSON object a line, the first saying of what, the last that this is all of it. What acts on a
 * report later trusts neither its age nor its completeness nor that it speaks of this gallery.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { databaseIdentity } from "#db/queries/reconcile.ts";
import type { BucketSettings } from "../env.ts";
import { type Finding, findingShape } from "./finding.ts";

/** A report is acted on for this long, in seconds: a day. */
export const reportAgeMax = 86_400;

const headShape = z.strictObject({
  tintype: z.literal("reconcile"),
  version: z.literal(1),
  began: z.iso.datetime(),
  /** Of database and bucket, so that a report of another gallery is not mistaken for one of this. */
  fingerprint: z.string(),
  ageSeconds: z.number(),
  hashPercent: z.number(),
});
export type ReportHead = z.infer<typeof headShape>;
const endShape = z.strictObject({
  end: z.literal(true),
  findings: z.number(),
  objects: z.number(),
  rows: z.number(),
  bytesRead: z.number(),
  /** Of all lines before this one. */
  sha256: z.string(),
});
export type ReportEnd = z.infer<typeof endShape>;

export class ReportRefused extends Error {
  override readonly name = "ReportRefused";
}

/** Which database and which bucket, in 64 hexadecimal digits: no address or name is told. */
export async function fingerprint(db: Db, bucket: BucketSettings): Promise<string> {
  const said = [await databaseIdentity(db), bucket.endpoint ?? bucket.region, bucket.bucket, bucket.location];
  return createHash("sha256").update(JSON.stringify(said)).digest("hex");
}

/** The lines of a report, one at a time. Throws ReportRefused for a line that is none. */
export async function* readReport(file: string): AsyncGenerator<Finding> {
  for await (const { value } of linesOf(file)) {
    const finding = findingShape.safeParse(value);
    if (finding.success) yield finding.data;
  }
}

/**
 * Whether a report may be acted on: whole, unchanged, of this gallery and young enough. Throws ReportRefused with a
 * sentence otherwise.
 */
export async function trustReport(file: string, is: { fingerprint: string; now: Date }): Promise<ReportHead> {
  const hash = createHash("sha256");
  let head: ReportHead | undefined;
  let end: ReportEnd | undefined;
  for await (const { text, value } of linesOf(file)) {
    if (end !== undefined) throw new ReportRefused("The report goes on after its end: it was changed.");
    if (head === undefined) {
      const read = headShape.safeParse(value);
      if (!read.success) throw new ReportRefused("This is not a report of tintype reconcile.");
      head = read.data;
    } else {
      const read = endShape.safeParse(value);
      if (read.success) {
        end = read.data;
        continue;
      }
      if (!findingShape.safeParse(value).success)
        throw new ReportRefused("A line of the report is none of tintype reconcile: it was changed.");
    }
    hash.update(`${text}\n`);
  }
  if (head === undefined) throw new ReportRefused("This is not a report of tintype reconcile.");
  if (end === undefined)
    throw new ReportRefused(
      "The report has no end: the comparison was stopped. Let it come to its end first.",
    );
  if (end.sha256 !== hash.digest("hex")) throw new ReportRefused("The report was changed after it was made.");
  if (head.fingerprint !== is.fingerprint)
    throw new ReportRefused(
      "The report is of another database or bucket, or of this database before it was restored. Make a new one: tintype reconcile",
    );
  const age = (is.now.getTime() - Date.parse(head.began)) / 1000;
  if (age > reportAgeMax || age < -60)
    throw new ReportRefused("The report is older than a day. Make a new one: tintype reconcile");
  return head;
}

async function* linesOf(file: string): AsyncGenerator<{ text: string; value: unknown }> {
  const lines = createInterface({
    input: createReadStream(file, "utf8"),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const text of lines) {
    if (text === "") continue;
    yield { text, value: parsed(text) };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ReportRefused("A line of the report cannot be read: it was changed or cut off.", { cause });
  }
}

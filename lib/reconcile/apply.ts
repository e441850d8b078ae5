/** From a report to what is done about it. */
import { countKept } from "#db/queries/reconcile.ts";
import { type Acted, type Acting, act } from "./act.ts";
import { type Finding, isGiving } from "./finding.ts";
import { ReportRefused, readReport } from "./report.ts";

export type ApplyOptions = {
  signal: AbortSignal;
  onActed: (finding: Finding, acted: Acted, why?: string) => void;
};

/** So many missing originals are an accident; more, with most of the pictures, are another bucket. */
const missingMax = 20;

/**
 * Throws ReportRefused when database and bucket do not seem to belong together: a mistyped bucket or an empty database
 * must not put thousands of good objects away.
 */
export async function refuseStrangers(db: Acting["db"], file: string): Promise<void> {
  let missing = 0;
  let strange = 0;
  for await (const finding of readReport(file)) {
    if (finding.class === "missing_original") missing += 1;
    if (finding.class === "orphan_original") strange += 1;
  }
  if (missing <= missingMax && strange === 0) return;
  const kept = await countKept(db, Math.max(missing * 2, 1) + 1);
  if (missing > missingMax && missing * 2 > kept)
    throw new ReportRefused(
      `Most of the pictures in the database are not in this bucket (${missing} are missing). Is it the right one? Nothing was changed. Check S3_BUCKET and S3_PREFIX; if the bucket itself was lost, bring it back from its own backup or versions first.`,
    );
  if (kept === 0 && strange > 0)
    throw new ReportRefused(
      `The database knows no picture, and the bucket has ${strange}. Nothing was changed. If the database was lost, bring it back first: tintype restore --from-bucket`,
    );
}

/** Works through a report twice: what gives something back, then what takes something away. */
export async function apply(work: Acting, file: string, options: ApplyOptions): Promise<void> {
  await refuseStrangers(work.db, file);
  for (const giving of [true, false])
    for await (const finding of readReport(file)) {
      if (options.signal.aborted) return;
      if (isGiving(finding.remedy) !== giving) continue;
      const { acted, why } = await act(work, finding);
      options.onActed(finding, acted, why);
    }
}

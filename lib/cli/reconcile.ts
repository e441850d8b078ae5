/** `tintype reconcile` */
import { type Command, Option } from "commander";
import type { Acted } from "#lib/reconcile/act.ts";
import type { Finding, FindingClass } from "#lib/reconcile/finding.ts";
import { Refusal } from "#lib/start/refusal.ts";
import { csvLine } from "./csv.ts";
import { count, many, note, printable, say, sayJson, size } from "./output.ts";
import { fromHere } from "./place.ts";
import { numberFrom, type Places, withPlaces } from "./places.ts";

/** Database and bucket disagree: not 1, which is a command that failed, nor 2, which is one that was misspelt. */
export const driftCode = 3;

const help = `
Every original, rendition and upload of the database is looked for in the bucket, and every object below media/, derived/
and incoming/ in the database. The report says what only one of them has, what differs, and what has been waiting for too
long. Objects younger than --age hours are left alone: they may be on their way. Memory stays the same for any number.

Without --apply nothing is changed. With it, each finding is looked at once more in both places and then
  adopted       an original without a picture becomes a private picture, after the usual verification
  brought back  a missing original that is in quarantine
  made anew     missing renditions, by the worker
  put away      other objects without a row move below quarantine/; "tintype quarantine" brings them back
  corrected     sums of space used, ends of days in the trash, jobs that gave up
No original is ever overwritten or deleted. What is missing or damaged and in no quarantine is for you: restore it from a
backup or a version of the bucket.

Stopped with Ctrl-C or by a crash, the same command goes on where it was, for half a day. --from acts on a report that
you have read, if it is of this database and bucket, whole, unchanged and less than a day old.

The exit code is 0 when both agree, 3 when something was found (with --apply: and not all of it mended), 1 when the
comparison failed, 130 after Ctrl-C.

Examples:
  $ tintype reconcile                               look only
  $ tintype reconcile --hash 5 --format json        read every twentieth original whole; one JSON object a line
  $ tintype reconcile --format csv > drift.csv
  $ tintype reconcile --apply
  $ tintype reconcile --apply --from .tintype/reconcile/report.jsonl`;

type Options = {
  apply?: true;
  from?: string;
  hash?: number | true;
  age: number;
  format: "text" | "csv" | "json";
  fresh?: true;
  owner?: string;
};

export function registerReconcile(program: Command): void {
  program
    .command("reconcile")
    .description("compare the database with the bucket, both ways")
    .option("--apply", "mend what can be mended; without this nothing is changed")
    .option("--from <file>", "with --apply: act on this report instead of comparing anew")
    .option(
      "--hash [percent]",
      "read so many of the originals whole and compare their SHA-256 (100)",
      numberFrom(0, 100),
    )
    .option("--age <hours>", "leave objects alone that are younger", numberFrom(1, 10_000), 24)
    .addOption(
      new Option("--format <format>", "how to report").choices(["text", "csv", "json"]).default("text"),
    )
    .option("--fresh", "begin anew, also when a comparison was stopped half way")
    .option("--owner <email>", "whose the adopted pictures become that do not say (the gallery's owner)")
    .addHelpText("after", help)
    .action((options: Options) => withPlaces((places) => run(places, options)));
}

const labels: Record<FindingClass, string> = {
  missing_original: "originals are missing in the bucket",
  missing_rendition: "pictures have lost renditions",
  orphan_original: "originals have no picture in the database",
  orphan_rendition: "renditions have no picture in the database",
  size_mismatch: "originals have another size than was verified",
  hash_mismatch: "originals have other bytes than were verified",
  stale_staging: "objects in incoming/ that no upload waits for",
  abandoned_multipart: "uploads in parts that nobody goes on with",
  impossible_row: "rows that cannot be",
  quota_drift: "accounts whose space used is not the sum of their pictures",
  purge_overdue: "removals that are overdue",
  dead_job: "jobs that gave up",
  unknown: "questions that the store did not answer",
};
const namesMax = 20;

async function run(places: Places, options: Options): Promise<void> {
  const { apply } = await import("#lib/reconcile/apply.ts");
  const { quarantineRound } = await import("#lib/reconcile/quarantine.ts");
  if (options.from !== undefined && options.apply !== true)
    throw new Refusal("--from is for acting on a report: say --apply as well.");
  const file =
    options.from === undefined ? await compare(places, options) : await trusted(places, options.from);
  if (file === undefined) return;
  if (options.apply !== true) {
    if (await tell(file, options.format)) process.exitCode = driftCode;
    return;
  }
  const { ownerOf } = await import("./bringing.ts");
  const owner = await ownerOf(places.db, options.owner).catch((error: unknown) => {
    // Without an owner there is nobody to adopt for; everything else can be done all the same.
    if (error instanceof Refusal && options.owner === undefined) return undefined;
    throw error;
  });
  const outcome = outcomes(options.format);
  await apply(
    {
      db: places.db,
      storage: places.storage,
      round: quarantineRound(),
      ageSeconds: options.age * 3_600,
      ownerId: owner?.id,
    },
    file,
    { signal: places.signal, onActed: outcome.take },
  );
  if (outcome.tell()) process.exitCode = driftCode;
}

/** The report of a comparison that came to its end; `undefined` after Ctrl-C. */
async function compare(places: Places, options: Options): Promise<string | undefined> {
  const { reconcile } = await import("#lib/reconcile/run.ts");
  const began = performance.now();
  const live = process.stderr.isTTY === true;
  let resumed = false;
  const done = await reconcile(places.db, places.storage, {
    folder: places.folder,
    bucket: places.bucket,
    ageSeconds: options.age * 3_600,
    hashPercent: options.hash === undefined ? 0 : options.hash === true ? 100 : options.hash,
    fresh: options.fresh === true,
    signal: places.signal,
    onProgress: (at) => {
      if (at.resumed && !resumed)
        note("Going on where the last comparison was stopped; --fresh begins anew.");
      resumed = at.resumed;
      if (live)
        process.stderr.write(
          `\r\u001b[2K${count(at.objects)} objects, ${count(at.rows)} rows, ${many(at.findings, "finding")}`,
        );
    },
  });
  if (live) process.stderr.write("\r\u001b[2K");
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const read = done.tally.bytesRead > 0 ? `, ${size(done.tally.bytesRead)} read` : "";
  note(
    `${many(done.tally.objects, "object")} and ${many(done.tally.rows, "row")} compared in ${seconds} s${read}. The report is ${done.file}`,
  );
  if (done.complete) return done.file;
  note("Stopped before the end. The same command goes on from here.");
  return undefined;
}

async function trusted(places: Places, given: string): Promise<string> {
  const { fingerprint, trustReport } = await import("#lib/reconcile/report.ts");
  const file = fromHere(given);
  await trustReport(file, { fingerprint: await fingerprint(places.db, places.bucket), now: new Date() });
  return file;
}

/** Writes a report in the format asked for. True when it has findings. */
async function tell(file: string, format: Options["format"]): Promise<boolean> {
  const { readReport } = await import("#lib/reconcile/report.ts");
  const groups = new Map<FindingClass, { n: number; bytes: number; lines: string[] }>();
  let found = 0;
  if (format === "csv") say(csvLine(["class", "remedy", "key", "bytes", "id", "note"]));
  for await (const finding of readReport(file)) {
    found += 1;
    if (format === "json") sayJson(finding);
    else if (format === "csv") say(csvOf(finding));
    else {
      const group = groups.get(finding.class) ?? { n: 0, bytes: 0, lines: [] };
      groups.set(finding.class, group);
      group.n += 1;
      group.bytes += finding.bytes ?? 0;
      if (group.lines.length < namesMax) group.lines.push(lineOf(finding));
    }
  }
  if (format === "json") sayJson({ summary: { findings: found } });
  if (format !== "text") return found > 0;
  if (found === 0) say("The database and the bucket agree.");
  for (const [name, group] of groups) {
    say(`${count(group.n).padStart(8)}  ${labels[name]}${group.bytes > 0 ? `, ${size(group.bytes)}` : ""}`);
    for (const line of group.lines) say(`            ${line}`);
    if (group.n > group.lines.length)
      say(`            … and ${many(group.n - group.lines.length, "more", "more")}; --format json names all`);
  }
  if (found > 0)
    say(
      `\nNothing was changed. To mend what can be mended: tintype reconcile --apply --from ${shellQuoted(file)}`,
    );
  return found > 0;
}

const shellQuoted = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
const lineOf = ({ key, id, note: why }: Finding): string =>
  [key === undefined ? id : printable(key), why].filter((text) => text !== undefined).join("  ");
const csvOf = (one: Finding): string =>
  csvLine([one.class, one.remedy, one.key ?? "", String(one.bytes ?? ""), one.id ?? "", one.note]);

/** Counts what was done, and tells it. */
function outcomes(format: Options["format"]) {
  const counts: Record<Acted, number> = { done: 0, settled: 0, left: 0, failed: 0 };
  const open: string[] = [];
  if (format === "csv") say(csvLine(["outcome", "class", "remedy", "key", "bytes", "id", "note"]));
  return {
    take(finding: Finding, acted: Acted, why?: string): void {
      counts[acted] += 1;
      if (format === "json") sayJson({ outcome: acted, ...finding, ...(why === undefined ? {} : { why }) });
      else if (format === "csv") say(`${acted},${csvOf(finding)}`);
      else if ((acted === "left" || acted === "failed") && open.length < namesMax)
        open.push(`${lineOf(finding)}${why === undefined ? "" : ` ${why}`}`);
    },
    /** True when something is still as it was found. */
    tell(): boolean {
      const trouble = counts.left + counts.failed > 0;
      if (format === "json") sayJson({ summary: counts });
      if (format !== "text") return trouble;
      if (counts.done + counts.settled + counts.left + counts.failed === 0)
        say("The database and the bucket agree.");
      if (counts.done > 0) say(`${many(counts.done, "finding")} mended, or handed to the worker.`);
      if (counts.settled > 0) say(`${many(counts.settled, "finding")} had settled by itself.`);
      if (counts.failed > 0)
        say(`${many(counts.failed, "finding")} could not be mended now; try again later.`);
      if (counts.left > 0) say(`${many(counts.left, "finding")} need a person:`);
      for (const line of open) say(`    ${line}`);
      if (counts.left + counts.failed > open.length && open.length > 0) say("    …; --format json names all");
      return trouble;
    },
  };
}

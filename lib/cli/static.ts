/** `tintype static push` */
import path from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { Refusal } from "#lib/start/refusal.ts";
import type { Encoding } from "#lib/static/describe.ts";
import type { Planned, Sent } from "#lib/static/push.ts";
import { StorageError } from "#lib/storage/port.ts";
import { confirmed } from "./ask.ts";
import { many, note, printable, say, sayJson, size } from "./output.ts";
import { progress } from "./progress.ts";

const project = path.join(import.meta.dirname, "..", "..");

const examples = `
Examples:
  $ tintype static push --dry-run                 what would be sent, replaced and removed
  $ tintype static push                           asks before it replaces what is there
  $ tintype static push --no-input --prune        for a deployment: before the new version starts

The files of the build go to static/_next/static/ of the bucket and are kept by browsers for a year, since their names
change with them. The files of public/ go to static/ and are asked for again after five minutes; names that begin with
a dot are left out. STATIC_URL tells the pages where all this is; docs/settings.md explains it.`;

type PushOptions = {
  input: boolean;
  build: boolean;
  dryRun?: true;
  prune?: true;
  json?: true;
  keepDays: number;
  encoding: "auto" | Encoding;
};

export function registerStatic(program: Command): void {
  program
    .command("static")
    .description("scripts, styles and public files, served from the bucket")
    .command("push")
    .description("send the files of the build and of public/ to static/ of the bucket; only what changed")
    .option("--dry-run", "tell what would be done, and do nothing")
    .option("--no-input", "replace objects without asking")
    .option("--no-build", "send the build that is there, whatever the sources say")
    .option("--prune", "remove what only older builds use, of what was pushed before")
    .option("--keep-days <days>", "with --prune: keep what was pushed within these days", days, 7)
    .addOption(
      new Option(
        "--encoding <name>",
        "how text is packed; auto is br when STATIC_URL is https, otherwise gzip",
      )
        .choices(["auto", "gzip", "br", "none"])
        .default("auto"),
    )
    .option("--json", "one JSON object with all that was done")
    .addHelpText("after", examples)
    .action(async (options: PushOptions) => {
      const { withBucket } = await import("#lib/start/services.ts");
      const end = await withBucket();
      try {
        await run(options);
      } catch (error) {
        throw error instanceof StorageError ? new Refusal(error.message, { cause: error }) : error;
      } finally {
        await end();
      }
    });
}

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 3650)
    throw new InvalidArgumentError("Days are a whole number from 0 to 3650.");
  return value;
}

async function run(options: PushOptions): Promise<void> {
  const { settings } = await import("#lib/env.ts");
  const { storage } = await import("#lib/storage/current.ts");
  const { buildFolder } = await import("#lib/start/build-folder.ts");
  const { buildId, refuseOtherBuild } = await import("#lib/static/built.ts");
  const { staticFiles } = await import("#lib/static/files.ts");
  const { planPush, push } = await import("#lib/static/push.ts");
  const { planPrune, prune, writeRecord } = await import("#lib/static/record.ts");

  const { staticUrl } = settings();
  if (options.build) await buildIfNeeded();
  else await refuseOtherBuild(process.env);
  const folder = buildFolder(process.env);
  const files = await staticFiles({ build: folder, public: path.join(project, "public") });
  const record = { buildId: await buildId(folder), keys: files.map((file) => file.key) };
  // Browsers take brotli over https only.
  const auto: Encoding = staticUrl?.startsWith("https:") ? "br" : "gzip";
  const plan = await planPush(storage(), files, {
    encoding: options.encoding === "auto" ? auto : options.encoding,
  });
  const { keepDays } = options;

  if (options.dryRun) {
    const gone = options.prune ? (await planPrune(storage(), { keepDays, current: record })).keys : [];
    report(options, { buildId: record.buildId, plan, sent: [], removed: gone, failed: [] });
    return;
  }
  await agreed(plan, options);
  await writeRecord(storage(), record);
  const due = plan.filter((file) => file.state !== "same").reduce((sum, file) => sum + file.bytes, 0);
  const bar = progress(due);
  const { sent, failed } = await push(storage(), plan, (file) => {
    bar.at(file.key);
    bar.add(file.bytes);
  });
  bar.end();
  let removed: string[] = [];
  if (options.prune && failed.length === 0) {
    const goes = await planPrune(storage(), { keepDays });
    failed.push(...(await prune(storage(), goes)));
    removed = goes.keys.filter((key) => failed.every((one) => one.key !== key));
  }
  report(options, { buildId: record.buildId, plan, sent, removed, failed });
  if (failed.length > 0)
    throw new Refusal(
      `${many(failed.length, "file")} did not make it: ${failed
        .slice(0, 5)
        .map(({ key, reason }) => `${key}: ${reason}`)
        .join("\n")}\nRun the command again: it goes on where this one stopped.`,
    );
  await check(staticUrl, { folder, id: record.buildId });
}

async function buildIfNeeded(): Promise<void> {
  const { build, isBuilt } = await import("#lib/start/build.ts");
  if (await isBuilt(process.env)) return;
  const { dataFolder } = await import("#lib/start/data-folder.ts");
  const { readRun } = await import("#lib/start/run-file.ts");
  const { isAlive } = await import("#lib/start/alive.ts");
  const { settings } = await import("#lib/env.ts");
  const running = await readRun(dataFolder(settings().dataFolder));
  // A Tintype that was killed has left its note behind.
  const { buildFolder } = await import("#lib/start/build-folder.ts");
  const isServed = (running?.build ?? buildFolder(process.env)) === buildFolder(process.env);
  if (running?.state === "running" && isServed && (await isAlive(running.pid)))
    throw new Refusal(
      "The pages have to be built anew, and a running Tintype is serving from that folder: stop it first, or build elsewhere with TINTYPE_BUILD.",
    );
  note("Building the pages: about a minute …");
  await build(process.env);
}

/** Throws Refusal unless nothing is replaced, or a person or --no-input agrees. */
async function agreed(plan: Planned[], options: PushOptions): Promise<void> {
  const changed = plan.filter((file) => file.state === "changed").length;
  if (changed === 0) return;
  const goesOn = await confirmed(
    `This will overwrite ${many(changed, "existing object")}. Continue?`,
    { input: options.input },
    "Say --no-input to go on without being asked, or --dry-run to see which.",
  );
  if (!goesOn) throw new Refusal("Nothing was sent.");
}

type Report = {
  buildId: string;
  plan: Planned[];
  sent: Sent[];
  removed: string[];
  failed: { key: string; reason: string }[];
};

function report(options: PushOptions, { buildId, plan, sent, removed, failed }: Report): void {
  const dryRun = options.dryRun === true;
  if (options.json) {
    const files = plan.map(({ key, state, bytes }) => {
      const gone = sent.find((one) => one.key === key);
      return { key, state, bytes, sent: gone !== undefined, encoding: gone?.encoding ?? null };
    });
    sayJson({ buildId, dryRun, files, removed, failed });
    return;
  }
  const due = plan.filter((file) => file.state !== "same");
  if (dryRun) {
    for (const { key, state, bytes } of due) say(`${state.padEnd(8)} ${printable(key)}  ${size(bytes)}`);
    for (const key of removed) say(`remove   ${printable(key)}`);
  }
  const changed = due.filter((file) => file.state === "changed").length;
  const parts = [
    dryRun
      ? `${due.length} of ${many(plan.length, "file")} would be sent`
      : `${many(sent.length, "file")} sent (${size(sent.reduce((sum, one) => sum + one.bytes, 0))})`,
    `${changed} of them over an existing object`,
    `${plan.length - due.length} already there`,
    ...(options.prune ? [`${removed.length} ${dryRun ? "would be removed" : "removed"}`] : []),
  ];
  say(`${parts.join(", ")}.`);
}

/** Throws Refusal when browsers would not get what was just sent. */
async function check(staticUrl: string | undefined, build: { folder: string; id: string }): Promise<void> {
  if (staticUrl === undefined) {
    const { settings } = await import("#lib/env.ts");
    const { bucket } = settings();
    const { bucketBase } = await import("#lib/delivery/index.ts");
    if (bucket !== undefined)
      note(
        `STATIC_URL is not set, so pages load these files from the site itself. To use the bucket's, set STATIC_URL=${bucketBase(bucket)}/${bucket.location}static (or a CDN before it), push again, then start.`,
      );
    return;
  }
  const { checkStatic } = await import("#lib/static/check.ts");
  const problem = await checkStatic(staticUrl, build);
  if (problem !== undefined) throw new Refusal(`Everything was sent, but ${problem}`);
}

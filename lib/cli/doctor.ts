/** `tintype doctor`, which is also `tintype storage doctor`: examines the bucket and says what to change. */
import { Command } from "commander";
import type { Finding, Subject } from "#lib/doctor/index.ts";
import { buildFolder } from "#lib/start/build-folder.ts";
import { Refusal } from "#lib/start/refusal.ts";
import { buildId } from "#lib/static/built.ts";
import { say } from "./output.ts";
import { addPlaceOptions, at, type Place } from "./storage/group.ts";

const examples = `
Every probe is real: the doctor writes, reads and removes objects of its own (probe-… under incoming/, media/ and
derived/), asks as a stranger, and asks as a browser would. It touches nothing else, and changes nothing.

Exit code: 0 when nothing is wrong (warnings do not count without --strict), 1 when something is, 2 when the command
line is.

Examples:
  $ tintype doctor                                          the bucket of this Tintype
  $ tintype doctor --browser-origin https://photos.example.com --browser-origin https://www.example.com
  $ tintype storage doctor --json | jq 'select(.verdict == "fail")'
  $ tintype storage doctor --bucket photos --region ap-northeast-2 --profile me`;

type Options = { browserOrigin?: string[]; strict?: true; json?: true; bucket?: string; endpoint?: string };

function origin(text: string, before: string[] = []): string[] {
  const isOrigin = URL.canParse(text) && /^https?:\/\//.test(text);
  if (!isOrigin)
    throw new Refusal(`An origin is a scheme and a host, such as https://photos.example.com, not ${text}.`);
  return [...before, new URL(text).origin];
}

const makeDoctor = (): Command =>
  new Command("doctor")
    .description("examine the bucket: what works, what is wrong and the exact change to make")
    .option(
      "--browser-origin <origin>",
      "a page's address that uploads come from, besides APP_URL; may be repeated",
      origin,
    )
    .option("--strict", "warnings fail too")
    .addHelpText("after", examples)
    .action(async (_options: unknown, action: Command) => {
      await at(action, (place) => examineAt(place, action.optsWithGlobals<Options>()));
    });

/** `tintype doctor`, and `tintype storage doctor` where there is that group. */
export function registerDoctor(program: Command): void {
  program.addCommand(addPlaceOptions(makeDoctor()));
  program.commands.find((command) => command.name() === "storage")?.addCommand(makeDoctor());
}

async function examineAt(place: Place, options: Options): Promise<void> {
  const [{ diagnose }, { findingJson, findingText, summary }] = await Promise.all([
    import("#lib/doctor/index.ts"),
    import("#lib/doctor/report.ts"),
  ]);
  const { settings, where, json, signal } = place;
  const library =
    options.bucket === undefined && options.endpoint === undefined ? await openLibrary() : undefined;
  const subject: Subject = {
    ...settings,
    origins: [...new Set([new URL(settings.appUrl).origin, ...(options.browserOrigin ?? [])])],
    db: library?.db,
    build: await built(),
  };
  const look = { colour: process.stdout.hasColors?.() ?? false, columns: process.stdout.columns ?? 100 };
  const findings: Finding[] = [];
  if (!json) say(`Examining ${where}.\n`);
  try {
    await place.careful(async () => {
      for await (const seen of diagnose(subject, { signal })) {
        const finding = addressed(seen, place);
        // What waits for something else to be mended would bury it under a page of lines.
        if (json || finding.because === undefined)
          say(json ? findingJson(finding) : findingText(finding, look, findings));
        findings.push(finding);
      }
    });
  } finally {
    await library?.sql.end({ timeout: 2 });
  }
  signal.throwIfAborted();
  if (!json) say(`\n${summary(findings)}`);
  const bad = findings.some(
    ({ verdict }) => verdict === "fail" || (options.strict === true && verdict === "warn"),
  );
  if (bad) process.exitCode = 1;
}

/** The commands of a change name the bucket that was examined; without options they would change another one. */
function addressed(finding: Finding, place: Place): Finding {
  const { change } = finding;
  if (change?.run === undefined) return finding;
  return { ...finding, change: { ...change, run: change.run.split("\n").map(place.command).join("\n") } };
}

/** The pages that were built on this machine, if any. */
async function built(): Promise<Subject["build"]> {
  const folder = buildFolder(process.env);
  try {
    return { folder, id: await buildId(folder) };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** The database when one is set or runs; a doctor starts none and changes none. */
/** Loaded only when there is a database: every storage command loads this file. */
async function openLibrary(): Promise<ReturnType<typeof import("#db/client.ts")["connect"]> | undefined> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === "") return undefined;
  const { connect } = await import("#db/client.ts");
  // Asked once: there is nothing to keep, and any pooler takes it.
  return connect(url, { max: 1, name: "tintype-doctor", prepare: false });
}

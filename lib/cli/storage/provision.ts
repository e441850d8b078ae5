/** `tintype storage provision`, and the same for one setting at a time: what is, what will be, and then doing it. */
import { type Command, InvalidArgumentError } from "commander";
import type { BucketPolicyOptions } from "#lib/iam.ts";
import { notInStore, planProvision, type Step, type StepName } from "#lib/provision-plan.ts";
import { Refusal } from "#lib/start/refusal.ts";
import { absentKey, isIncomingKey } from "#lib/storage/keys.ts";
import { StorageError } from "#lib/storage/port.ts";
import { type Asking, confirmed } from "../ask.ts";
import { many, note, printable, reason, say, sayJson, styled } from "../output.ts";
import { at, type Place } from "./group.ts";

export type ApplyOptions = Asking & { dryRun?: true; origin?: string[] } & BucketPolicyOptions;

export function registerProvision(storage: Command): void {
  applyOptions(storage.command("provision"))
    .option("--origin <url>", "an address of the site, instead of APP_URL; may be said again", addOrigin)
    .description(
      "make the bucket and set it up: CORS, lifecycle, public access, ownership; shows the plan and asks first",
    )
    .addHelpText(
      "after",
      `
Nothing that others have set is removed, and a second time changes nothing.

Examples:
  $ tintype storage provision --dry-run
  $ tintype storage provision --bucket my-photos --region ap-northeast-2 --origin https://photos.example.com
  $ tintype storage provision --yes`,
    )
    .action((options: ApplyOptions, command: Command) =>
      at(command, (place) =>
        provision(place, options, ["bucket", "cors", "lifecycle", "public-access", "ownership"]),
      ),
    );
}

export const applyOptions = (command: Command): Command =>
  command
    .option("-n, --dry-run", "only show the plan")
    .option("-y, --yes", "without asking")
    .option("--no-input", "the same, for scripts");

export function addOrigin(text: string, before: string[] = []): string[] {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError("Write an address such as https://photos.example.com.");
  return [...before, new URL(text).origin];
}

const titles: Record<StepName, string> = {
  bucket: "bucket",
  cors: "CORS",
  lifecycle: "lifecycle",
  "public-access": "public access",
  ownership: "ownership",
  policy: "policy",
};

/** Plans, shows, asks, does. Throws Refusal when a step could not be taken. */
export async function provision(
  place: Place,
  options: ApplyOptions,
  steps: readonly StepName[],
): Promise<void> {
  const bucket = await place.bucket();
  const plan = await planProvision(bucket, place.settings, {
    ...options,
    steps,
    canStore: () => canStore(place),
    foreignKey: () => foreignKey(place),
    ...(options.origin === undefined ? {} : { origins: options.origin }),
  });
  const changes = plan.filter(({ state }) => state === "change");
  if (place.json && options.dryRun === true) for (const step of plan) sayStep(step, step.state);
  if (!place.json) showPlan(place, plan);
  if (options.dryRun === true) return;
  const [only, ...more] = plan;
  if (only?.state === "unsupported" && more.length === 0)
    throw new Refusal(`This store has no ${titles[only.name]} settings; nothing was changed.`);
  if (changes.length === 0) {
    if (place.json) for (const step of plan) sayStep(step, step.state);
    refuseUnknown(plan);
    return;
  }
  if (
    !(await confirmed(
      {
        fact: `${many(changes.length, "change")} to make.`,
        question: "Go on?",
        wayOn: "Nobody can be asked here: say --yes to make them.",
      },
      options,
    ))
  )
    throw new Refusal("Nothing was changed.");
  await take(place, plan);
}

/** One step after the other; what the store does not have is said and left out. */
async function take(place: Place, plan: Step[]): Promise<void> {
  let failed = 0;
  for (const step of plan) {
    if (step.state !== "change") {
      if (place.json) sayStep(step, step.state);
      continue;
    }
    const { problem, remark } = await step.apply().then(
      (text) => ({ remark: text, problem: undefined }),
      (error: unknown) => ({ remark: undefined, problem: error }),
    );
    if (problem === undefined) {
      if (place.json) sayStep(remark === undefined ? step : { ...step, why: remark }, "changed");
      else say(`${styled("green", "✓")} ${titles[step.name]}${remark === undefined ? "" : `: ${remark}`}`);
      continue;
    }
    const isUnsupported = problem instanceof StorageError && problem.code === "unsupported";
    if (!isUnsupported) failed += 1;
    if (place.json) sayStep({ ...step, why: reason(problem) }, isUnsupported ? "unsupported" : "failed");
    else if (isUnsupported) note(`${styled("dim", "–", process.stderr)} ${titles[step.name]}: ${notInStore}`);
    else note(`${styled("red", "✗", process.stderr)} ${titles[step.name]}: ${reason(problem)}`);
    // Without the bucket there is nothing to set up.
    if (step.name === "bucket") break;
  }
  if (failed > 0) throw new Refusal(`${many(failed, "change")} could not be made; the reasons are above.`);
  refuseUnknown(plan);
}

/** Stores and removes an object where uploads arrive. */
async function canStore(place: Place): Promise<boolean> {
  const storage = await place.storage();
  const key = absentKey();
  try {
    await storage.put(key, new Uint8Array(), { contentType: "application/octet-stream" });
  } catch (error) {
    if (error instanceof StorageError && error.code === "denied") return false;
    throw error;
  }
  await storage.delete(key);
  return true;
}

/** So many objects tell whether other programs use the folder. */
const lookedAtMax = 5_000;

async function foreignKey(place: Place): Promise<string | undefined> {
  const storage = await place.storage();
  let seen = 0;
  for await (const { key } of storage.list("incoming/")) {
    // Consoles keep an empty object under the name of a folder; a doctor that was killed leaves its probes.
    const isOurs = key === "incoming/" || key.startsWith("incoming/probe-") || isIncomingKey(key);
    if (!isOurs) return key;
    if (++seen === lookedAtMax) return undefined;
  }
  return undefined;
}

function refuseUnknown(plan: Step[]): void {
  const unknown = plan.filter(({ state }) => state === "denied");
  if (unknown.length > 0)
    throw new Refusal(
      `The credentials may not see ${unknown.map(({ name }) => titles[name]).join(", ")}. tintype storage policy show --for provisioner prints what they need.`,
    );
}

const sayStep = ({ name, is, willBe, why }: Step, state: string): void =>
  sayJson({ step: name, state, is, willBe, ...(why === undefined ? {} : { why }) });

const marks: Record<Step["state"], string> = { ok: "✓", change: "~", unsupported: "–", denied: "?" };
const colours = { ok: "green", change: "yellow", unsupported: "dim", denied: "red" } as const;

function showPlan(place: Place, plan: Step[]): void {
  say(`${place.where[0]?.toUpperCase()}${place.where.slice(1)}`);
  const width = Math.max(...plan.map(({ name }) => titles[name].length));
  for (const step of plan) {
    const begin = `  ${styled(colours[step.state], marks[step.state])} ${titles[step.name].padEnd(width)}`;
    const indent = " ".repeat(width + 6);
    if (step.state === "change") {
      say(`${begin}  now      ${step.is}`);
      say(`${indent}will be  ${styled("bold", step.willBe)}`);
    } else if (step.state === "denied") say(`${begin}  ${step.is}: ${step.why ?? ""}`);
    else say(`${begin}  ${step.is}`);
    if ((step.state === "change" || step.state === "ok") && step.why !== undefined)
      say(`${indent}${styled("yellow", "!")} ${printable(step.why)}`);
  }
  if (!plan.some(({ state }) => state === "change")) say("Nothing to change.");
}

/** `tintype storage cors | lifecycle | policy`, each show and apply */
import { type Command, InvalidArgumentError, Option } from "commander";
import { bucketPolicy, iamPolicies, type Role, roles } from "#lib/iam.ts";
import { wantedCors, wantedLifecycle } from "#lib/provision.ts";
import { corsInWords, lifecycleInWords } from "#lib/provision-words.ts";
import { isSameCors } from "#lib/storage/cors-rule.ts";
import { many, note, say, sayJson, styled } from "../output.ts";
import { at, type Place } from "./group.ts";
import { type ApplyOptions, addOrigin, applyOptions, provision } from "./provision.ts";

export function registerRules(storage: Command): void {
  registerCors(storage);
  registerLifecycle(storage);
  registerPolicy(storage);
}

function registerCors(storage: Command): void {
  const cors = storage
    .command("cors")
    .description("which sites' pages may send to the bucket")
    .addHelpText(
      "afterAll",
      `
Examples:
  $ tintype storage cors show
  $ tintype storage cors apply --origin https://photos.example.com --origin https://www.example.com`,
    );
  cors
    .command("show")
    .description("the rules of the bucket, and whether Tintype's is among them")
    .option("--origin <url>", "an address of the site, instead of APP_URL; may be said again", addOrigin)
    .action((options: { origin?: string[] }, command: Command) =>
      at(command, (place) => showCors(place, options.origin)),
    );
  applyOptions(cors.command("apply"))
    .description("add Tintype's rule, or bring it up to date; others' rules stay")
    .option("--origin <url>", "an address of the site, instead of APP_URL; may be said again", addOrigin)
    .action((options: ApplyOptions, command: Command) =>
      at(command, (place) => provision(place, options, ["cors"])),
    );
}

async function showCors(place: Place, origins: string[] | undefined): Promise<void> {
  const rules = await (await place.bucket()).cors();
  const wanted = wantedCors(place.settings, origins);
  const isIn = wanted.every((rule) => rules.some((one) => isSameCors(one, rule)));
  if (place.json) {
    for (const rule of rules) sayJson(rule);
    return;
  }
  if (rules.length === 0) note(`There is no CORS rule on ${place.where}.`);
  for (const rule of rules) {
    say(corsInWords(rule));
    const more = [
      ...(rule.id === undefined ? [] : [`id ${rule.id}`]),
      `headers ${rule.headers.join(", ") || "none"}`,
      `exposes ${rule.expose.join(", ") || "nothing"}`,
      ...(rule.maxAgeSeconds === undefined ? [] : [`kept for ${rule.maxAgeSeconds} s`]),
    ];
    say(styled("dim", `  ${more.join("; ")}`));
  }
  note(
    isIn
      ? `Pages of ${wanted.flatMap((rule) => rule.origins).join(", ")} may upload.`
      : `Pages of ${wanted.flatMap((rule) => rule.origins).join(", ")} may not upload. Next: ${place.command("tintype storage cors apply")}`,
  );
}

function registerLifecycle(storage: Command): void {
  const lifecycle = storage
    .command("lifecycle")
    .description("what the store removes by itself")
    .addHelpText(
      "afterAll",
      "\nExamples:\n  $ tintype storage lifecycle show\n  $ tintype storage lifecycle apply --yes",
    );
  lifecycle
    .command("show")
    .description("the rules of the bucket, and those of Tintype that are missing")
    .action((_options, command: Command) => at(command, showLifecycle));
  applyOptions(lifecycle.command("apply"))
    .description("add Tintype's rules, or bring them up to date; others' rules stay")
    .action((options: ApplyOptions, command: Command) =>
      at(command, (place) => provision(place, options, ["lifecycle"])),
    );
}

async function showLifecycle(place: Place): Promise<void> {
  const rules = await (await place.bucket()).lifecycle();
  if (place.json) {
    for (const rule of rules) sayJson(rule);
    return;
  }
  if (rules.length === 0) note(`There is no lifecycle rule on ${place.where}.`);
  const width = Math.max(0, ...rules.map(({ id }) => id.length));
  for (const rule of rules) say(`${styled("dim", rule.id.padEnd(width))}  ${lifecycleInWords(rule)}`);
  const missing = wantedLifecycle(place.settings).filter(({ id }) => !rules.some((rule) => rule.id === id));
  if (missing.length > 0)
    note(
      `Missing: ${missing.map(lifecycleInWords).join("; ")}. Next: ${place.command("tintype storage lifecycle apply")}`,
    );
}

type PolicyOptions = {
  for?: Role | "bucket";
  workerArn?: string[];
  distributionArn?: string;
  adopted?: string[];
  kmsKeyArn?: string;
};

const addArn = (text: string, before: string[] = []): string[] => [...before, arn(text)];

function arn(text: string): string {
  if (!/^arn:[a-z0-9-]+:[a-z0-9-]+:/.test(text))
    throw new InvalidArgumentError("Write a whole ARN, such as arn:aws:iam::123456789012:role/worker.");
  return text;
}

function registerPolicy(storage: Command): void {
  const policy = storage
    .command("policy")
    .description("who may do what: for each key no more than it needs, and the bucket's own rules")
    .addHelpText(
      "afterAll",
      `
Examples:
  $ tintype storage policy show --for web > web.json
  $ aws iam put-user-policy --user-name tintype-web --policy-name tintype --policy-document file://web.json
  $ tintype storage policy show --for bucket --worker-arn arn:aws:iam::123456789012:role/tintype-worker
  $ tintype storage policy apply --distribution-arn arn:aws:cloudfront::123456789012:distribution/E1EXAMPLE`,
    );
  policy
    .command("show")
    .description("the policies as JSON; start is web and worker with one key")
    .addOption(new Option("--for <whom>", "one of them alone").choices([...roles, "bucket"]))
    .option("--worker-arn <arn>", "the only one that may write pictures; may be said again", addArn)
    .option("--distribution-arn <arn>", "the CloudFront distribution that serves the pictures", arn)
    .option(
      "--adopted <prefix>",
      "where adopted originals lie; may be said again",
      (text, before: string[] = []) => [...before, text],
    )
    .option("--kms-key-arn <arn>", "the key that the bucket encrypts with", arn)
    .action((options: PolicyOptions, command: Command) =>
      at(command, async (place) => showPolicy(place, options)),
    );
  applyOptions(policy.command("apply"))
    .description("give the bucket its policy; others' statements stay")
    .option("--worker-arn <arn>", "the only one that may write pictures; may be said again", addArn)
    .option("--distribution-arn <arn>", "the CloudFront distribution that serves the pictures", arn)
    .action((options: ApplyOptions & PolicyOptions, command: Command) =>
      at(command, (place) => provision(place, { ...options, ...arnsOf(options) }, ["policy"])),
    );
}

const arnsOf = (options: PolicyOptions): { workerArns: string[]; distributionArn: string | undefined } => ({
  workerArns: options.workerArn ?? [],
  distributionArn: options.distributionArn,
});

function showPolicy(place: Place, options: PolicyOptions): void {
  const all = {
    ...iamPolicies(place.settings, { adopted: options.adopted ?? [], kmsKeyArn: options.kmsKeyArn }),
    bucket: bucketPolicy(place.settings, arnsOf(options)),
  };
  const shown = options.for === undefined ? all : all[options.for];
  if (place.json) sayJson(shown);
  else say(JSON.stringify(shown, undefined, 2));
  const asksBucket = options.for === undefined || options.for === "bucket";
  if (asksBucket && options.workerArn === undefined)
    note("Without --worker-arn the bucket's policy does not say who alone may write pictures.");
  const { mode, windowSeconds } = place.settings.delivery;
  // a role's keys are changed every few hours, and what they signed ends with them.
  if ((options.for === "web" || options.for === "start") && mode === "s3-presigned")
    note(
      `It signs addresses that open for up to ${many((windowSeconds * 2) / 60, "minute")}, and never longer than its credentials last: about 6 hours for a role, 36 for a session, 7 days for a user's keys.`,
    );
  if (asksBucket && mode.startsWith("cloudfront") && options.distributionArn === undefined)
    note("MEDIA_URL_MODE is CloudFront's: say --distribution-arn, so that it may read the pictures.");
}

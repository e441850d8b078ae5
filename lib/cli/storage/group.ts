/**
 * What every command of `tintype storage` shares: options that stand for settings, the place they lead to, and how a
 * failure is told.
 */
import { type Command, Option } from "commander";
import { parseSettings, required, SettingsError } from "#lib/env.ts";
import type { Setup } from "#lib/provision.ts";
import { Refusal } from "#lib/start/refusal.ts";
import { type Bucket, type Storage, StorageError } from "#lib/storage/port.ts";

/** Options of the group and the settings they stand for. */
const variables = {
  bucket: "S3_BUCKET",
  region: "S3_REGION",
  endpoint: "S3_ENDPOINT",
  profile: "AWS_PROFILE",
  prefix: "S3_PREFIX",
} as const;
type Override = keyof typeof variables;
type GroupOptions = Partial<Record<Override, string>> & { json?: true };

const keyVariables = [
  "S3_ACCESS_KEY_ID",
  "S3_SECRET_ACCESS_KEY",
  "S3_SESSION_TOKEN",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
];

/** The exit code when a question could not be answered: neither yes nor no. */
export const unknownCode = 2;
const interruptedCode = 130;

/** A refusal with an exit code of its own. */
export class ExitRefusal extends Refusal {
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export function addPlaceOptions(group: Command): Command {
  return group
    .addOption(new Option("--bucket <name>", "another bucket than S3_BUCKET; its keys start at its root"))
    .addOption(new Option("--region <region>", "its region, such as ap-northeast-2 (S3_REGION)"))
    .addOption(new Option("--endpoint <url>", "a store that is not AWS (S3_ENDPOINT)"))
    .addOption(new Option("--profile <name>", "a profile of ~/.aws, as aws configure made it (AWS_PROFILE)"))
    .addOption(new Option("--prefix <folder>", "keys are relative to this folder (S3_PREFIX)"))
    .addOption(new Option("--json", "for programs: one JSON object a line"));
}

const isSet = (name: string): boolean => (process.env[name] ?? "") !== "";

/** Puts the options of the group where the settings are read. Throws Refusal when they lead nowhere. */
export async function takeOptions(action: Command): Promise<void> {
  const options: GroupOptions = action.optsWithGlobals();
  // The settings of a store without those of a bucket: `bucket create` is what comes before S3_BUCKET.
  const elsewhere =
    [options.bucket, options.region, options.endpoint, options.profile].some(
      (value) => value !== undefined,
    ) || ["S3_ENDPOINT", "S3_REGION"].some(isSet);
  if (options.bucket !== undefined && options.bucket !== process.env.S3_BUCKET) delete process.env.S3_PREFIX;
  // What belongs to the configured store says nothing about another one.
  if (options.endpoint !== undefined)
    for (const name of ["S3_PUBLIC_ENDPOINT", "S3_FORCE_PATH_STYLE"]) delete process.env[name];
  if (options.profile !== undefined) for (const name of keyVariables) delete process.env[name];
  for (const [option, variable] of Object.entries(variables)) {
    const value = options[option as Override];
    if (value !== undefined) process.env[variable] = value;
  }
  if (!elsewhere) return;
  const named = namesBucket(action);
  if (!isSet("S3_BUCKET")) {
    if (!named) throw new Refusal("Which bucket? Say --bucket <name>, or set S3_BUCKET.");
    process.env.S3_BUCKET = "any-bucket";
  }
  if (!isSet("S3_REGION")) process.env.S3_REGION = await usualRegion(options);
}

/** `bucket list` needs no bucket, and `bucket create` names its own. */
const namesBucket = (action: Command): boolean => action.parent?.name() === "bucket";

/** The region that AWS's own tools would take. Throws Refusal when there is none. */
async function usualRegion(options: GroupOptions): Promise<string> {
  const { usualRegion: find } = await import("#lib/storage/profile.ts");
  const found = await find(options.profile);
  if (found !== undefined) return found;
  // Stores of other makers mostly do not care.
  if (options.endpoint !== undefined || isSet("S3_ENDPOINT")) return "us-east-1";
  throw new Refusal(
    "Which region is the bucket in? Say --region, such as --region ap-northeast-2, or set S3_REGION.",
  );
}

/** A complaint about a setting that an option stands for names the option. */
export function inOptions(error: unknown, action: Command): unknown {
  if (!(error instanceof SettingsError)) return error;
  const options: GroupOptions = action.optsWithGlobals();
  const given = Object.entries(variables).filter(([option]) => options[option as Override] !== undefined);
  return new SettingsError(
    error.problems.map((problem) =>
      given.reduce(
        (text, [option, variable]) => text.replace(new RegExp(`^${variable}\\b`), `--${option}`),
        problem,
      ),
    ),
  );
}

export type Place = {
  settings: Setup;
  /** In words: "the bucket photos at AWS ap-northeast-2". */
  where: string;
  json: boolean;
  storage(): Promise<Storage>;
  bucket(): Promise<Bucket>;
  /** The options that led here, to be repeated in a command that is proposed: " --profile work" or "". */
  again: string;
  /** A proposed command ("tintype storage …") with every option that led here and that it does not name itself. */
  command(text: string): string;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Work that undoes its traces when the signal comes is given the time to. */
  careful<T>(work: () => Promise<T>): Promise<T>;
};

/**
 * Opens the place the settings lead to, does the work there and closes it. `name` is a bucket other than the
 * configured one. Throws Refusal with the store's own sentence.
 */
export async function at<T>(action: Command, work: (place: Place) => Promise<T>, name?: string): Promise<T> {
  const isBuiltIn = !isSet("S3_BUCKET");
  const end = isBuiltIn ? await builtInStore() : async () => {};
  const interruption = new Interruption();
  const opened: { close(): void }[] = [];
  try {
    return await work(placeOf(action, { isBuiltIn, name, interruption, opened }));
  } catch (error) {
    if (interruption.signal.aborted) throw new ExitRefusal(interruptedCode, "Interrupted.", { cause: error });
    throw error instanceof StorageError ? new Refusal(inWords(error), { cause: error }) : error;
  } finally {
    interruption.end();
    for (const one of opened) one.close();
    await end();
  }
}

/** A profile without credentials is mostly one whose name is misspelt. */
function inWords(error: StorageError): string {
  const { AWS_PROFILE: profile = "" } = process.env;
  const isUnknown = error.cause instanceof Error && error.cause.name === "CredentialsProviderError";
  if (!isUnknown || profile === "") return error.message;
  return `There are no credentials in the profile ${profile} of ~/.aws; aws configure --profile ${profile} writes them.`;
}

async function builtInStore(): Promise<() => Promise<void>> {
  const { withBucket } = await import("#lib/start/services.ts");
  return withBucket();
}

function placeOf(
  action: Command,
  given: {
    isBuiltIn: boolean;
    name: string | undefined;
    interruption: Interruption;
    opened: { close(): void }[];
  },
): Place {
  const settings = parseSettings(process.env);
  const configured = required(settings.bucket, "S3_BUCKET");
  const bucket =
    given.name === undefined || given.name === configured.bucket
      ? configured
      : { ...configured, bucket: given.name, location: "" };
  const options: GroupOptions = action.optsWithGlobals();
  // The SDK takes a third of a second to load.
  const open = async <O extends { close(): void }>(
    make: (port: typeof import("#lib/storage/s3.ts")) => O,
  ): Promise<O> => {
    const made = make(await import("#lib/storage/s3.ts"));
    given.opened.push(made);
    return made;
  };
  let storage: Promise<Storage> | undefined;
  let itself: Promise<Bucket> | undefined;
  const store = given.isBuiltIn ? "in the built-in store" : `at ${bucket.endpoint ?? `AWS ${bucket.region}`}`;
  return {
    settings: { ...settings, bucket },
    where: `the bucket ${bucket.bucket} ${store}`,
    json: options.json === true,
    again: (["endpoint", "profile"] as const)
      .map((name) => (options[name] === undefined ? "" : ` --${name} ${options[name]}`))
      .join(""),
    command: (text) =>
      text.startsWith("tintype storage ")
        ? `${text}${(Object.keys(variables) as Override[])
            .filter(
              (name) =>
                options[name] !== undefined && !text.includes(name === "bucket" ? " bucket " : ` --${name} `),
            )
            .map((name) => ` --${name} ${options[name]}`)
            .join("")}`
        : text,
    storage: () => {
      storage ??= open(({ openStorage }) => openStorage(bucket));
      return storage;
    },
    bucket: () => {
      itself ??= open(({ openBucket }) => openBucket(bucket));
      return itself;
    },
    signal: given.interruption.signal,
    careful: (work) => given.interruption.careful(work),
  };
}

/** Ctrl-C ends a command at once, unless something half-done has to be taken back first. */
class Interruption {
  readonly #controller = new AbortController();
  readonly #patienceMs = 5_000;
  /** One Ctrl-C arrives up to three times: from the terminal, from npm and from the launcher. */
  readonly #sameKeyMs = 500;
  #careful = 0;
  #since = 0;

  constructor() {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, this.#interrupt);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #interrupt = (): void => {
    if (this.#careful === 0) process.exit(interruptedCode);
    if (this.signal.aborted) {
      // A second time means "now".
      if (performance.now() - this.#since > this.#sameKeyMs) process.exit(interruptedCode);
      return;
    }
    this.#since = performance.now();
    this.#controller.abort();
    setTimeout(() => process.exit(interruptedCode), this.#patienceMs).unref();
  };

  async careful<T>(work: () => Promise<T>): Promise<T> {
    this.#careful += 1;
    try {
      return await work();
    } finally {
      this.#careful -= 1;
    }
  }

  end(): void {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, this.#interrupt);
  }
}

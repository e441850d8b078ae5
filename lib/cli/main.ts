/** The `tintype` command. Expected failures are one sentence and exit code 1; a wrong command line is code 2. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";
import { Command, CommanderError } from "commander";
import { parseSettings, SettingsError } from "#lib/env.ts";
import { TintypeError } from "#lib/errors.ts";
import { systemDataFolder } from "#lib/start/default-folder.ts";
import { Refusal } from "#lib/start/refusal.ts";
import { ExitRefusal, inOptions, takeOptions } from "./storage/group.ts";

const project = path.join(import.meta.dirname, "..", "..");
/** Commands that see to their own database. */
const independent = ["start", "build", "web", "worker", "store", "storage", "static", "completion", "doctor"];

/** In the order of the help. A command loads its own group only: the database alone takes half a second to load. */
const groups: [names: string[], register: (program: Command) => Promise<unknown>][] = [
  [["start"], async (program) => (await import("./start.ts")).registerStart(program)],
  [
    ["build", "web", "worker"],
    async (program) => (await import("./processes.ts")).registerProcesses(program),
  ],
  [["store"], async (program) => (await import("./store.ts")).registerStore(program)],
  [["migrate", "setup-link"], async (program) => (await import("./data.ts")).registerData(program)],
  [["user"], async (program) => (await import("./user.ts")).registerUser(program)],
  [["import"], async (program) => (await import("./import.ts")).registerImport(program)],
  [["sample"], async (program) => (await import("./sample.ts")).registerSample(program)],
  [["adopt"], async (program) => (await import("./adopt.ts")).registerAdopt(program)],
  [["storage"], async (program) => (await import("./storage/storage.ts")).registerStorage(program)],
  [["static"], async (program) => (await import("./static.ts")).registerStatic(program)],
  [["doctor", "storage"], async (program) => (await import("./doctor.ts")).registerDoctor(program)],
  [["reconcile"], async (program) => (await import("./reconcile.ts")).registerReconcile(program)],
  [["backup"], async (program) => (await import("./backup.ts")).registerBackup(program)],
  [["restore"], async (program) => (await import("./restore.ts")).registerRestore(program)],
  [["quarantine"], async (program) => (await import("./quarantine.ts")).registerQuarantine(program)],
  // It speaks of all the others.
  [[], async (program) => (await import("./completion.ts")).registerCompletion(program)],
];

/** Help, completion and a misspelt name are answered from all of them. */
async function register(program: Command, name: string): Promise<void> {
  const own = groups.filter(([names]) => names.includes(name));
  for (const [, add] of own.length > 0 ? own : groups) await add(program);
}

/** What a program that SIGPIPE ends would leave. */
const closedPipeCode = 141;

const examples = `
Examples:
  $ npm start                              everything on this machine, at http://localhost:3000
  $ PORT=8080 npm start                    the same on another port
  $ npm run tintype -- user list           who has an account
  $ npm run tintype -- setup-link          a new link for the first account
  $ npm run tintype -- storage ls          what is in the bucket

Settings are environment variables or lines of a .env file; .env.example explains each.`;

async function main(args: string[]): Promise<void> {
  const file = path.join(project, ".env");
  const fileSettings = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  // What the shell says goes before what the file says.
  for (const [name, value] of Object.entries(fileSettings)) process.env[name] ??= value;
  const authorities = fileSettings.NODE_EXTRA_CA_CERTS ?? "";
  if (authorities !== "" && process.env.NODE_EXTRA_CA_CERTS === authorities)
    (await import("#lib/start/authority.ts")).trustAuthorities(authorities);
  if ((process.env.TINTYPE_DATA ?? "") === "" && (process.env.DATABASE_URL ?? "") === "") {
    const elsewhere = systemDataFolder(process.cwd(), process.getuid?.() === 0);
    if (elsewhere !== undefined) process.env.TINTYPE_DATA = elsewhere;
  }
  const program = new Command("tintype")
    .description("A media gallery on your own S3 bucket.")
    .exitOverride()
    .addHelpText("after", examples);
  let end = async (): Promise<void> => {};
  program.hook("preAction", async (_program, action) => {
    const name = topName(action, program);
    // Pages are built where the settings of the machine that serves them are not known; the store alone has its own.
    if (name === "storage" || name === "doctor") await takeOptions(action);
    if (!["build", "store", "completion"].includes(name)) check(action, Object.keys(fileSettings));
    if (independent.includes(name)) return;
    const { withDatabase } = await import("#lib/start/services.ts");
    end = await withDatabase();
  });
  await register(program, args[0] ?? "");
  try {
    await program.parseAsync(args, { from: "user" });
  } finally {
    await end();
  }
}

/** Throws SettingsError naming every broken setting, or the option that stands for it. */
function check(action: Command, fileNames: string[]): void {
  try {
    parseSettings(process.env, fileNames);
  } catch (error) {
    throw inOptions(error, action);
  }
}

/** `user` for `tintype user add`. */
function topName(command: Command, program: Command): string {
  let top = command;
  while (top.parent !== null && top.parent !== program) top = top.parent;
  return top.name();
}

/** Tells a failure in words and returns the exit code for it. */
function tell(error: unknown): number {
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  if (error instanceof CommanderError) {
    // Commander has told it itself; help and version are no failures.
    if (error.exitCode === 0) return 0;
    return error.code === "commander.error" ? 1 : 2;
  }
  if (error instanceof SettingsError) for (const problem of error.problems) say(problem);
  else if (error instanceof Refusal || error instanceof TintypeError) say(error.message);
  else say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return error instanceof ExitRefusal ? error.exitCode : 1;
}

/** Waits until what was written has left: process.exit drops what a slow reader has not taken from a pipe. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write("", () => resolve());
  });

// Whoever reads our output may stop, as `head` does: that is their right and no failure to be told.
process.stdout.on("error", (error) => {
  if (!("code" in error) || error.code !== "EPIPE") throw error;
  process.exit(closedPipeCode);
});

try {
  await main(process.argv.slice(2));
} catch (error) {
  const code = tell(error);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // What the failed command had open, the launcher's channel above all, would keep this process alive.
  process.exit(code);
}

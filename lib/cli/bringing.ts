/** What `import` and `adopt` share: whose the pictures become, a worker beside them, and Ctrl-C. */
import { setMaxListeners } from "node:events";
import { type Command, Option } from "commander";
import type { Db } from "#lib/database.ts";
import { isDatabaseGone } from "#lib/database-gone.ts";
import { type RejectCode, type Visibility, visibilities } from "#lib/media.ts";
import { Refusal } from "#lib/start/refusal.ts";
import { StorageError } from "#lib/storage/port.ts";
import { words } from "#lib/words.ts";
import { note } from "./output.ts";

/** One Ctrl-C arrives up to three times: from the terminal, from npm and from the launcher. */
const sameKeyMs = 500;
const interruptedCode = 130;

export type BringingOptions = {
  owner?: string;
  visibility?: Visibility;
  exclude?: string[];
  wait: boolean;
  json?: true;
};

/** The options that both commands have. */
export const withBringingOptions = (command: Command): Command =>
  command
    .option("--owner <email>", "whose pictures they become (the gallery's owner)")
    .addOption(
      new Option("--visibility <who>", "who may see them (what the gallery does with uploads)").choices(
        visibilities,
      ),
    )
    .option(
      "--exclude <pattern>",
      'leave out names such as "*.thumb.jpg" or folders such as "cache/**"; * stays within a name, ** does not; may be said again',
      (pattern: string, before: string[] = []) => [...before, pattern],
    )
    .option("--no-wait", "do not wait until the worker has verified everything")
    .option("--json", "one JSON object a line: every picture, then a summary");

/** The account, checked before anything is begun. Throws Refusal. */
export async function ownerOf(db: Db, email: string | undefined): Promise<{ id: string; email: string }> {
  // Here, and not above: help and completion do without the database.
  const { findGalleryOwner, userByEmail } = await import("#lib/import/owner.ts");
  const user = email === undefined ? await findGalleryOwner(db) : await userByEmail(db, email);
  if (user === undefined)
    throw new Refusal(
      email === undefined
        ? "The gallery has no owner yet. Make the account with the link of: tintype setup-link. Or say whose pictures these are: --owner <email>."
        : `There is no account of ${email}. tintype user list shows those there are.`,
    );
  if (user.role === "viewer")
    throw new Refusal(`${user.email} may only look: give another role with: tintype user role.`);
  return user;
}

/** Throws Refusal for one that the gallery does not show. */
export function checkVisibility(wanted: Visibility | undefined, allowed: readonly Visibility[]): void {
  if (wanted !== undefined && !allowed.includes(wanted))
    throw new Refusal(
      `This gallery shows nothing as ${wanted}: MEDIA_VISIBILITIES allows ${allowed.join(", ")}.`,
    );
}

/** Ends what is under way at the first Ctrl-C, everything at the second. */
export function interruption(): { signal: AbortSignal; over(): void } {
  const controller = new AbortController();
  // Every pause of every picture listens.
  setMaxListeners(0, controller.signal);
  let first = 0;
  const onSignal = (): void => {
    if (first === 0) {
      first = performance.now();
      note("\nStopping; what is on its way is brought to an end. Ctrl-C once more stops at once.");
      controller.abort();
    } else if (performance.now() - first > sameKeyMs) process.exit(interruptedCode);
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    over() {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

/**
 * A worker for the length of the command, where no Tintype runs that has one. `builtIn`: the database is the built-in
 * one, so that nobody else's worker can reach it.
 */
export async function workerBeside(builtIn: boolean): Promise<() => Promise<void>> {
  const { settings } = await import("#lib/env.ts");
  const { dataFolder } = await import("#lib/start/data-folder.ts");
  const { readRun } = await import("#lib/start/run-file.ts");
  const folder = dataFolder(settings().dataFolder);
  if (!builtIn || (await readRun(folder))?.state === "running") return async () => {};
  const { startPart } = await import("#lib/start/part.ts");
  const { ownPrograms } = await import("#lib/start/start.ts");
  const part = startPart({
    name: "worker",
    program: ownPrograms.worker,
    // glibc keeps an arena a thread otherwise, and libvips' buffers never go back to the system.
    environment: { ...process.env, MALLOC_ARENA_MAX: "1" },
    logs: folder.logs,
    onTrouble: note,
    onLost: note,
  });
  await part.ready;
  return () => part.stop();
}

export const silence =
  "Nothing was verified for a minute. Does a worker run? Start one with: tintype worker. Everything goes on by itself when there is one; Ctrl-C stops waiting, and what is in the bucket is verified later.";

const rejectWords = words("rejects");
export const rejectSentence = (code: RejectCode): string => rejectWords(code);

/** Runs with bucket, worker and Ctrl-C seen to, and puts a failure of store or database into a sentence. */
export async function bringing(
  how: { builtIn: boolean; worker: boolean },
  run: (signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const { withBucket } = await import("#lib/start/services.ts");
  const endBucket = await withBucket();
  const { signal, over } = interruption();
  let endWorker = async (): Promise<void> => {};
  try {
    if (how.worker) endWorker = await workerBeside(how.builtIn);
    const trouble = await run(signal);
    if (signal.aborted) process.exitCode = interruptedCode;
    else if (trouble) process.exitCode = 1;
  } catch (error) {
    // It says for itself how things stand.
    if (error instanceof Refusal) throw error;
    const why =
      error instanceof StorageError
        ? error.message
        : isDatabaseGone(error)
          ? "The database does not answer any more."
          : undefined;
    if (why === undefined) throw error;
    throw new Refusal(`${why} What was done so far stays; the same command goes on from there.`, {
      cause: error,
    });
  } finally {
    await endWorker();
    await endBucket();
    over();
  }
}

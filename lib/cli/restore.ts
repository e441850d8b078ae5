/** `tintype restore` */
import type { Command } from "commander";
import type { Place } from "#lib/backup/place.ts";
import type { RebuildEvent, RebuildOutcome } from "#lib/backup/rebuild.ts";
import type { Contents } from "#lib/backup/restore.ts";
import { isDatabaseGone } from "#lib/database-gone.ts";
import { Refusal } from "#lib/start/refusal.ts";
import { confirmed } from "./ask.ts";
import { bringing, ownerOf, rejectSentence, silence } from "./bringing.ts";
import { many, note, printable, say, size, when } from "./output.ts";
import { fromHere } from "./place.ts";
import { type Group, Report } from "./report.ts";

const help = `
Every byte of the backup is read and checked before anything is changed, and all of it comes in one transaction or none:
a restore that is ended half way, with Ctrl-C or otherwise, leaves what was there, and can be begun again.
A backup of an older version is put up with the tables of that version and then brought to those of this one. The
database has to be empty: a gallery that is there already is replaced with --force only, after a question, and what was
in it is then gone. Stop Tintype first. Sessions are not in a backup: everybody signs in again.

--from-bucket is for a database that is lost: it takes the newest backup below backup/, and then every original in the
bucket that the backup does not know. Those are verified by the worker like uploads and become private pictures of
whoever uploaded them. Where there is no backup at all, make the owner's account first (tintype setup-link); titles and
albums are then lost, the pictures are not.

A bucket that is younger or older than the backup is no obstacle. What they disagree about is told by: tintype reconcile

Examples:
  $ tintype restore                                  the newest backup in the bucket
  $ tintype restore --from /mnt/disk 2026-11-23T03-00-00Z-abc…
  $ tintype restore --from-bucket
  $ DATABASE_URL=postgres://localhost/trial tintype restore      a rehearsal, beside the real one`;

type Options = {
  from?: string;
  fromBucket?: true;
  force?: true;
  yes?: true;
  owner?: string;
  wait: boolean;
  json?: true;
};

export function registerRestore(program: Command): void {
  const builtIn = (process.env.DATABASE_URL ?? "") === "";
  program
    .command("restore")
    .argument("[name]", "which backup (the newest)")
    .description("bring the database back from a backup, or from the bucket alone")
    .option("--from <folder>", "a folder instead of the bucket")
    .option("--from-bucket", "also bring back what is in the bucket and not in the backup")
    .option("--force", "replace the gallery that the database holds; asks first")
    .option("--yes", "do not ask")
    .option("--owner <email>", "whose the pictures become that do not say (the gallery's owner)")
    .option("--no-wait", "do not wait until the worker has verified everything")
    .option("--json", "one JSON object a line: every picture, then a summary")
    .addHelpText("after", help)
    .action((name: string | undefined, options: Options) =>
      bringing({ builtIn, worker: false }, (signal) => run(name, options, { builtIn, signal })),
    );
}

async function run(
  name: string | undefined,
  options: Options,
  { builtIn, signal }: { builtIn: boolean; signal: AbortSignal },
): Promise<boolean> {
  const { inBucket, inFolder, isAhead } = await import("#lib/backup/place.ts");
  const { contentsOf, isEmpty, newest } = await import("#lib/backup/restore.ts");
  const { required, settings } = await import("#lib/env.ts");
  const { storage } = await import("#lib/storage/current.ts");
  const url = required(settings().databaseUrl, "DATABASE_URL");
  const place = options.from === undefined ? inBucket(storage()) : inFolder(fromHere(options.from));
  const chosen = name ?? (await newest(place))?.name;
  if (name === undefined && chosen !== undefined && isAhead(chosen, new Date()))
    throw new Refusal(
      `By its name, ${chosen} is not made yet: a clock was ahead then, or this machine's is behind now. Younger ones may be ` +
        "listed before it. Look with tintype backup --list, and name the one you want.",
    );
  const contents = await contentsOf(url);
  if (chosen === undefined && options.fromBucket !== true)
    throw new Refusal(`There is no whole backup in ${place.told}.`);
  // With --from-bucket, a database that lives is only completed.
  if (chosen !== undefined && (options.fromBucket !== true || options.force === true || isEmpty(contents))) {
    if (!(await put(url, place, chosen, { ...options, contents, signal }))) return true;
  } else if (chosen === undefined)
    note(`There is no whole backup in ${place.told}: only originals can be brought back.`);
  return options.fromBucket === true ? fromBucket(options, { builtIn, signal }) : false;
}

/** False when the person said no, or stopped it. */
async function put(
  url: string,
  place: Place,
  name: string,
  options: Options & { contents: Contents | undefined; signal: AbortSignal },
): Promise<boolean> {
  const { isEmpty, othersAt, restore } = await import("#lib/backup/restore.ts");
  const { BackupRefused } = await import("#lib/backup/shape.ts");
  if ((await othersAt(url)) > 0)
    throw new Refusal("Tintype is running on this database. Stop it first; nothing was changed.");
  if (options.force === true && !isEmpty(options.contents)) {
    const { media = 0, users = 0 } = options.contents ?? {};
    const fact = `The database holds ${many(media, "picture")} and ${many(users, "account")}. All of that is replaced by the backup ${name}, and cannot be brought back from it.`;
    const wayOn = "Make a backup of it first (tintype backup --to <folder>), then say --yes as well.";
    if (!(await confirmed({ fact, question: "Replace it?", wayOn }, options))) return false;
  }
  try {
    const restored = await restore(url, place, name, {
      force: options.force === true,
      signal: options.signal,
    });
    const text = `The database is as it was on ${when(new Date(restored.made))}: ${many(restored.media, "picture")}, ${many(restored.users, "account")}.`;
    (options.json === true ? note : say)(text);
    if (options.fromBucket !== true)
      note("What the bucket has gained or lost since is told by: tintype reconcile");
  } catch (error) {
    if (error instanceof BackupRefused) throw new Refusal(error.message, { cause: error });
    if (error === options.signal.reason) {
      note("Stopped. The database is as it was before.");
      return false;
    }
    // Whether it had heard of the end, nobody can say who has not heard its answer.
    if (isDatabaseGone(error))
      throw new Refusal(
        "The database does not answer any more. A restore comes as a whole or not at all: look whether the gallery is as it was before or as the backup has it, and say the same again.",
        { cause: error },
      );
    throw error;
  }
  return true;
}

const groups: Record<RebuildOutcome, Group> = {
  back: { label: "brought back, private" },
  queued: { label: "to be verified by the worker" },
  known: { label: "known from the backup" },
  duplicate: { label: "the same as another picture, left where they are", names: true },
  refused: { label: "refused, left as they are", names: true, trouble: true },
  no_room: { label: "beyond what their owner may keep", names: true, trouble: true },
  gone: { label: "not in the bucket any more", names: true, trouble: true },
};

async function fromBucket(
  options: Options,
  { builtIn, signal }: { builtIn: boolean; signal: AbortSignal },
): Promise<boolean> {
  const { workerBeside } = await import("./bringing.ts");
  const { rebuild } = await import("#lib/backup/rebuild.ts");
  const { database } = await import("#lib/database.ts");
  const { storage } = await import("#lib/storage/current.ts");
  const { db } = database();
  const owner = await ownerOf(db, options.owner);
  const endWorker = options.wait ? await workerBeside(builtIn) : async () => {};
  const report = new Report<RebuildOutcome, RebuildEvent>({
    groups,
    describe: (event) => describe(event),
    json: options.json === true,
  });
  try {
    await rebuild(db, storage(), {
      ownerId: owner.id,
      wait: options.wait,
      signal,
      onEvent: report.take,
      onSilence: () => report.remark(silence),
    });
  } finally {
    report.end();
    await endWorker();
  }
  return report.tell({ interrupted: signal.aborted, empty: "There is no original in the bucket." });
}

const describe = ({ key, bytes, code }: RebuildEvent): string =>
  `${printable(key)}, ${size(bytes)}${code === undefined ? "" : `: ${rejectSentence(code)}`}`;

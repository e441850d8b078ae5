/** `tintype backup` */
import type { Command } from "commander";
import type { Place } from "#lib/backup/place.ts";
import { Refusal } from "#lib/start/refusal.ts";
import { count, many, note, say, sayJson, size, when } from "./output.ts";
import { fromHere } from "./place.ts";
import { numberFrom, withPlaces } from "./places.ts";

const help = `
A backup is the database as it was at one moment, and a manifest of the gallery as gzipped JSON lines for any other
program, with checksums of both. It does not hold the pictures: those are in the bucket, under keys that do not change.
People go on meanwhile, and memory stays the same for any number of pictures. Without --to it goes into the bucket below
backup/, from where "tintype restore" takes it; a folder (--to) may be on another disk or machine.

What lets somebody in is not in it: no sessions, no invitations. Passwords are, as hashes; keep a folder to yourself.

Tintype makes one every day by itself and keeps seven: BACKUP_EVERY and BACKUP_KEEP say otherwise.

Examples:
  $ tintype backup                          into the bucket
  $ tintype backup --to /mnt/disk --keep 30
  $ tintype backup --list
  $ tintype backup --verify                 read the newest one whole, and compare its checksums`;

type Options = { to?: string; keep?: number; list?: true; verify?: true; json?: true };

export function registerBackup(program: Command): void {
  program
    .command("backup")
    .description("keep a copy of the database, in the bucket or a folder")
    .option("--to <folder>", "a folder instead of the bucket")
    .option("--keep <n>", "afterwards remove all but the newest so many", numberFrom(1, 10_000))
    .option("--list", "show the backups there are, and do nothing else")
    .option("--verify", "check the newest backup, and do nothing else")
    .option("--json", "one JSON object a line")
    .addHelpText("after", help)
    .action((options: Options) =>
      withPlaces(async ({ storage }) => {
        const { inBucket, inFolder } = await import("#lib/backup/place.ts");
        const place = options.to === undefined ? inBucket(storage) : inFolder(fromHere(options.to));
        await (options.list
          ? list(place, options)
          : options.verify
            ? verify(place, options)
            : make(place, options));
      }),
    );
}

async function make(place: Place, { keep, json }: Options): Promise<void> {
  const { backup } = await import("#lib/backup/backup.ts");
  const { required, settings } = await import("#lib/env.ts");
  const began = performance.now();
  const made = await backup(required(settings().databaseUrl, "DATABASE_URL"), place, { keep });
  const seconds = (performance.now() - began) / 1000;
  if (json) return sayJson({ ...made, seconds });
  say(made.name);
  note(`${many(made.rows, "row")}, ${size(made.bytes)}, in ${place.told}; ${seconds.toFixed(1)} s.`);
  if (made.removed.length > 0) note(`${many(made.removed.length, "older backup")} removed.`);
}

async function list(place: Place, { json }: Options): Promise<void> {
  const { timeOf } = await import("#lib/backup/place.ts");
  const found = await place.list();
  for (const one of found)
    if (json) sayJson({ ...one, made: timeOf(one.name) });
    else
      say(
        `${when(timeOf(one.name))}  ${size(one.bytes).padStart(10)}  ${one.name}${one.whole ? "" : "  not finished"}`,
      );
  if (found.length === 0 && !json) say(`There is no backup in ${place.told}.`);
}

async function verify(place: Place, { json }: Options): Promise<void> {
  const { newest, verifyBackup } = await import("#lib/backup/restore.ts");
  const found = await newest(place);
  if (found === undefined) throw new Refusal(`There is no whole backup in ${place.told}.`);
  const backup = await verifyBackup(place, found.name);
  const rows = backup.tables.reduce((sum, table) => sum + table.rows, 0);
  if (json) sayJson({ name: found.name, made: backup.made, rows, bytes: found.bytes });
  else say(`${found.name} is whole: ${count(rows)} rows of ${when(new Date(backup.made))}.`);
}

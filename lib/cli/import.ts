/** `tintype import` */
import path from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { ImportEvent, ImportOutcome } from "#lib/import/run.ts";
import {
  type BringingOptions,
  bringing,
  checkVisibility,
  ownerOf,
  rejectSentence,
  silence,
  withBringingOptions,
} from "./bringing.ts";
import { printable, size } from "./output.ts";
import { fromHere } from "./place.ts";
import { type Group, Report } from "./report.ts";

const concurrencyMax = 32;

const help = `
Every file is told by its first bytes, hashed, and left out when its owner has the same picture already; everything else
goes to the bucket and is verified like an upload. The folders are only read: nothing in them is changed, moved or
deleted. Links are not followed; hidden files and sidecars (.xmp, .aae, .json …) are counted and left out.

Ctrl-C, a crash or kill -9 at any moment: the same command goes on from there. Pictures that were deleted in the gallery
do not come back unless --again says so. Where no Tintype runs on this machine, a worker runs beside the command.

The exit code is 0 when everything of a kind that Tintype takes is in the gallery, 1 when some of it could not be
brought, 130 after Ctrl-C.

Examples:
  $ tintype import ~/Pictures --dry-run                 what would be brought
  $ tintype import ~/Pictures "/mnt/old disk/DCIM"
  $ tintype import /srv/archive --owner ann@example.org --visibility public
  $ tintype import /srv/archive --json > import.jsonl   one line a file, for programs`;

type Options = BringingOptions & { dryRun?: true; again?: true; concurrency: number };

export function registerImport(program: Command): void {
  const builtIn = (process.env.DATABASE_URL ?? "") === "";
  withBringingOptions(
    program
      .command("import")
      .argument("<folder...>", "folders or single files")
      .description("bring the pictures of folders on this machine into the gallery"),
  )
    .option("--dry-run", "look and hash, and bring nothing")
    .option("--again", "bring what was deleted or refused before")
    .option("--concurrency <n>", "files read and sent at once", atOnce, 8)
    .addHelpText("after", help)
    .action((folders: string[], options: Options) =>
      bringing({ builtIn, worker: options.dryRun !== true && options.wait }, (signal) =>
        run(folders.map(fromHere), options, signal),
      ),
    );
}

function atOnce(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > concurrencyMax)
    throw new InvalidArgumentError(`A whole number from 1 to ${concurrencyMax}.`);
  return value;
}

const groups = (bytesMax: number): Record<ImportOutcome, Group> => ({
  imported: { label: "imported" },
  queued: { label: "in the bucket, to be verified by the worker" },
  new: { label: "would be imported" },
  known: { label: "in the gallery already" },
  again: { label: "the same picture once more, or under way already" },
  deleted_before: { label: "deleted from the gallery before; --again brings them back", names: true },
  refused_before: { label: "refused before; --again tries once more", names: true },
  refused: { label: "refused", names: true, trouble: true },
  too_large: {
    label: `larger than ${size(bytesMax)} (UPLOAD_MAX_BYTES; videos: UPLOAD_VIDEO_MAX_BYTES)`,
    names: true,
    trouble: true,
  },
  no_room: { label: "beyond what their owner may keep", names: true, trouble: true },
  changed: { label: "written to while they were read; run this again", names: true, trouble: true },
  unreadable: { label: "unreadable", names: true, trouble: true },
  gone: {
    label: "gone from the bucket before they were verified; run this again",
    names: true,
    trouble: true,
  },
  other_kind: { label: "of kinds that Tintype does not take", names: true },
  not_picture: { label: "no pictures", names: true },
  empty: { label: "empty", names: true },
  special: { label: "neither files nor folders", names: true },
  link: { label: "links, not followed" },
  sidecar: { label: "sidecars, not read yet" },
  excluded: { label: "left out by --exclude" },
  hidden: { label: "hidden, or made by the system" },
});

async function run(folders: string[], options: Options, signal: AbortSignal): Promise<boolean> {
  const { settings } = await import("#lib/env.ts");
  const { database } = await import("#lib/database.ts");
  const { storage } = await import("#lib/storage/current.ts");
  const { countFiles, importFolders } = await import("#lib/import/run.ts");
  const { db } = database();
  const excluded = options.exclude === undefined ? {} : { exclude: options.exclude };
  const owner = await ownerOf(db, options.owner);
  checkVisibility(options.visibility, settings().visibilities);
  const report = new Report<ImportOutcome, ImportEvent>({
    groups: groups(settings().uploads.bytesMax),
    describe: (event) => described(event),
    json: options.json === true,
  });
  try {
    // Beside the work: a bar needs to know the end.
    void countFiles(folders, { ...excluded, signal }).then((total) => report.expect(total));
    await importFolders(db, storage(), {
      ownerId: owner.id,
      folders,
      ...excluded,
      visibility: options.visibility,
      again: options.again === true,
      dryRun: options.dryRun === true,
      wait: options.wait,
      concurrency: options.concurrency,
      signal,
      onEvent: report.take,
      onSilence: () => report.remark(silence),
    });
  } finally {
    report.end();
  }
  const trouble = report.tell({ interrupted: signal.aborted, empty: "There is no file." });
  if (signal.aborted) report.remark("Stopped before the end. The same command goes on from here.");
  return trouble;
}

function described(event: ImportEvent): string {
  const here = process.env.TINTYPE_CALLED_FROM ?? process.cwd();
  const near = path.relative(here, event.path);
  const name = printable(near.startsWith("..") ? event.path : near);
  if (event.code !== undefined) return `${name}: ${rejectSentence(event.code)}`;
  if (event.outcome === "too_large") return `${name}: ${size(event.bytes)}`;
  return event.why === undefined || event.why === "" ? name : `${name}: ${event.why}`;
}

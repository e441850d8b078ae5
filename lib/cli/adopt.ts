/** `tintype adopt` */
import type { Command } from "commander";
import type { AdoptEvent, AdoptOutcome } from "#lib/adopt/run.ts";
import { Refusal } from "#lib/start/refusal.ts";
import {
  type BringingOptions,
  bringing,
  checkVisibility,
  ownerOf,
  rejectSentence,
  silence,
  withBringingOptions,
} from "./bringing.ts";
import { many, note, printable, say, size } from "./output.ts";
import { type Group, Report } from "./report.ts";

const help = `
Pictures that another program put into the bucket become pictures of the gallery where they lie. Without --apply nothing
is done: you see what would be adopted and what would be left out, and why. With --apply the worker reads every object
once, verifies it like an upload and writes renditions of its own below derived/. No object of yours is moved, copied,
rewritten or deleted, whatever the verdict. Keys are relative to S3_PREFIX; what lies outside of it cannot be adopted.

From then on the gallery owns what it adopted: a picture that someone deletes in it goes to the trash, and when its days
there are over the object is deleted from the bucket like that of any other picture. With --keep the object stays where
it is for good; only the picture in the gallery and its renditions go.

Run it again at any time, after Ctrl-C, a crash or for what was added since: what is known is left out. Let the program
that wrote the objects no longer replace them: what is shown is what was verified.

The exit code is 0 when everything of a type that Tintype takes is in the gallery, 1 when some of it could not be
adopted, 130 after Ctrl-C.

Examples:
  $ tintype adopt --prefix media/                        look only
  $ tintype adopt --prefix media/ --exclude "cache/**" --apply
  $ tintype adopt --prefix media/photos/2019/ --apply --keep --owner ann@example.org
  $ tintype adopt --prefix "" --look --json > plan.jsonl  the whole bucket, by first bytes instead of names`;

type Options = BringingOptions & { prefix: string; apply?: true; again?: true; look?: true; keep?: true };

export function registerAdopt(program: Command): void {
  const builtIn = (process.env.DATABASE_URL ?? "") === "";
  withBringingOptions(
    program
      .command("adopt")
      .description("index pictures that are in the bucket already, where they lie")
      .requiredOption("--prefix <prefix>", 'the beginning of their keys, such as media/; "" for all'),
  )
    .option("--apply", "do it; without this nothing is done")
    .option("--keep", "leave the objects in the bucket when their pictures are deleted")
    .option("--look", "tell pictures by their first bytes instead of by their names; one request an object")
    .option("--again", "adopt what was refused, or deleted and kept, before")
    .addHelpText("after", help)
    .action((options: Options) => {
      checkPrefix(options.prefix);
      return bringing({ builtIn, worker: options.apply === true && options.wait }, (signal) =>
        run(options, signal),
      );
    });
}

function checkPrefix(prefix: string): void {
  if (/^\w+:\/\//.test(prefix))
    throw new Refusal(
      "The prefix is the beginning of a key, such as media/, not an address: S3_BUCKET names the bucket.",
    );
  if (prefix.startsWith("/"))
    throw new Refusal(`Keys do not begin with a slash: say --prefix ${prefix.replace(/^\/+/, "") || '""'}.`);
}

const groups = (bytesMax: number): Record<AdoptOutcome, Group> => ({
  adopted: { label: "adopted" },
  queued: { label: "to be verified by the worker" },
  new: { label: "would be adopted" },
  known: { label: "in the gallery already" },
  in_trash: { label: "in the trash of the gallery", names: true },
  busy: { label: "under way already" },
  duplicate: { label: "the same as another picture in the gallery, left where they are", names: true },
  deleted_before: { label: "deleted from the gallery before; --again brings them back", names: true },
  refused_before: { label: "refused before and the same since; --again tries once more", names: true },
  refused: { label: "refused, left as they are", names: true, trouble: true },
  too_large: {
    label: `larger than ${size(bytesMax)} (UPLOAD_MAX_BYTES; videos: UPLOAD_VIDEO_MAX_BYTES)`,
    names: true,
    trouble: true,
  },
  no_room: { label: "beyond what their owner may keep", names: true, trouble: true },
  gone: { label: "not in the bucket any more", names: true, trouble: true },
  unusable_key: {
    label:
      "with keys that mean more than one place (.., //, \\ or control characters): copy them to plain keys first",
    names: true,
    trouble: true,
  },
  other_type: { label: "of types that Tintype does not take", names: true },
  empty: { label: "empty", names: true },
  excluded: { label: "left out by --exclude" },
  folder: { label: "marks of folders" },
  tintypes_own: { label: "below incoming/, derived/ or static/, which are Tintype's own", names: true },
});

async function run(options: Options, signal: AbortSignal): Promise<boolean> {
  const { settings } = await import("#lib/env.ts");
  const { database } = await import("#lib/database.ts");
  const { storage } = await import("#lib/storage/current.ts");
  const { adoptObjects, countObjects } = await import("#lib/adopt/run.ts");
  const { db } = database();
  const apply = options.apply === true;
  const owner = await ownerOf(db, options.owner);
  checkVisibility(options.visibility, settings().visibilities);
  const types = new Map<string, { n: number; bytes: number }>();
  const report = new Report<AdoptOutcome, AdoptEvent>({
    groups: groups(settings().uploads.bytesMax),
    describe: (event) => described(event),
    json: options.json === true,
  });
  const take = (event: AdoptEvent): void => {
    report.take(event);
    if (event.outcome !== "new" || event.type === undefined) return;
    const known = types.get(event.type) ?? { n: 0, bytes: 0 };
    types.set(event.type, { n: known.n + 1, bytes: known.bytes + event.bytes });
  };
  try {
    // A thousand objects a request, beside the work. What goes wrong here goes wrong there as well, and is told there.
    if (apply && options.wait)
      void countObjects(storage(), options.prefix, signal).then(
        (total) => report.expect(total),
        () => {},
      );
    await adoptObjects(db, storage(), {
      ownerId: owner.id,
      prefix: options.prefix,
      ...(options.exclude === undefined ? {} : { exclude: options.exclude }),
      apply,
      again: options.again === true,
      look: options.look === true,
      keep: options.keep === true,
      visibility: options.visibility,
      wait: options.wait,
      signal,
      onEvent: take,
      onSilence: () => report.remark(silence),
    });
  } finally {
    report.end();
  }
  const trouble = report.tell({
    interrupted: signal.aborted,
    empty: `There is no object whose key begins with "${printable(options.prefix)}".`,
  });
  if (signal.aborted) report.remark("Stopped before the end. The same command goes on from here.");
  else if (!apply && options.json !== true) explain(types, options, owner.email, settings().trashSeconds);
  return apply && trouble;
}

const daySeconds = 86_400;

/** What --apply would mean, at the end of a look. */
function explain(
  types: Map<string, { n: number; bytes: number }>,
  options: Options,
  owner: string,
  trashSeconds: number,
): void {
  if (types.size === 0) return;
  for (const [type, { n, bytes }] of [...types].sort((a, b) => b[1].n - a[1].n))
    say(`      ${type}: ${many(n, "object")}, ${size(bytes)}`);
  const end =
    options.keep === true
      ? "Their objects stay in the bucket even when their pictures are deleted."
      : `A picture deleted in the gallery is deleted from the bucket ${many(Math.round(trashSeconds / daySeconds), "day")} later; --keep leaves the object.`;
  note(`\nNothing was done. With --apply they become pictures of ${owner}, where they lie. ${end}`);
}

function described(event: AdoptEvent): string {
  const name = printable(event.key);
  // The rest of what people who upload are told would send them back to their computer, or say that it was not kept.
  if (event.code === "internal") return `${name}: it could not be read or processed after several tries`;
  if (event.code !== undefined) return `${name}: ${rejectSentence(event.code).replace(/\..*/s, "")}`;
  if (event.outcome === "too_large") return `${name}: ${size(event.bytes)}`;
  return event.outcome === "other_type" && event.type !== undefined ? `${name}: ${event.type}` : name;
}

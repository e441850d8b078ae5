/** `tintype storage ls | stat | exists | cp` */
import type { Command } from "commander";
import { Refusal } from "#lib/start/refusal.ts";
import { type ObjectHead, type Storage, StorageError } from "#lib/storage/port.ts";
import { confirmed } from "../ask.ts";
import { many, note, printable, say, sayJson, size, styled, when } from "../output.ts";
import { at, ExitRefusal, type Place, unknownCode } from "./group.ts";
import { keyOf, nameOf, objectJson, prefixOf, sayFolder, sayObject } from "./keys.ts";

export function registerObjects(storage: Command): void {
  storage
    .command("ls")
    .argument("[prefix]", "a folder; everything when not given", "")
    .description("what is in the bucket, a folder at a time")
    .option("-r, --recursive", "everything below it")
    .option("-b, --bytes", "sizes in bytes")
    .addHelpText(
      "after",
      `
Examples:
  $ tintype storage ls
  $ tintype storage ls -r media/
  $ tintype storage ls -r --json | jq -s 'map(.bytes) | add'`,
    )
    .action((prefix: string, options: ListOptions, command: Command) =>
      at(command, (place) => list(place, prefix, options)),
    );
  storage
    .command("stat")
    .argument("<key>")
    .description("everything that is kept with an object")
    .addHelpText("after", "\nExample:\n  $ tintype storage stat media/picture.jpg")
    .action((key: string, _options, command: Command) => at(command, (place) => stat(place, keyOf(key))));
  storage
    .command("exists")
    .argument("<key>")
    .description("exit code 0 when it is there, 1 when it is not, 2 when that cannot be found out")
    .option("-q, --quiet", "only the exit code")
    .addHelpText(
      "after",
      "\nExample:\n  $ tintype storage exists -q backup.tar || tintype storage put backup.tar",
    )
    .action((key: string, options: { quiet?: true }, command: Command) => exists(key, options, command));
  storage
    .command("cp")
    .argument("<from>")
    .argument("<to>", "a key, or a folder when it ends with /")
    .description("copy inside the bucket; the bytes do not travel")
    .option("-r, --recursive", "everything below a folder")
    .option("-f, --force", "over what is there")
    .option("--if-absent", "leave out what is there")
    .addHelpText(
      "after",
      `
Examples:
  $ tintype storage cp media/a.jpg backup/
  $ tintype storage cp -r media/ backup/2026/ --if-absent`,
    )
    .action((from: string, to: string, options: CopyOptions, command: Command) =>
      at(command, (place) => copy(place, from, to, options)),
    );
}

type ListOptions = { recursive?: true; bytes?: true };

async function list(place: Place, text: string, options: ListOptions): Promise<void> {
  const storage = await place.storage();
  const prefix = prefixOf(text);
  const { json } = place;
  const total = { folders: 0, objects: 0, bytes: 0 };
  const took = (object: ObjectHead): void => {
    total.objects += 1;
    total.bytes += object.bytes;
  };
  if (options.recursive === true)
    for await (const object of storage.list(prefix)) {
      took(object);
      sayObject(object, { ...options, json });
    }
  else
    for await (const entry of storage.listFolder(prefix))
      if ("folder" in entry) {
        total.folders += 1;
        sayFolder(entry.folder, { json, name: entry.folder.slice(prefix.length) });
      } else {
        took(entry.object);
        sayObject(entry.object, { ...options, json, name: entry.object.key.slice(prefix.length) });
      }
  if (total.objects + total.folders === 0) await sayNothing(place, storage, text, options);
  else if (!json && process.stdout.isTTY === true)
    note(
      styled(
        "dim",
        [
          ...(total.folders === 0 ? [] : [many(total.folders, "folder")]),
          ...(total.objects === 0 ? [] : [many(total.objects, "object"), size(total.bytes)]),
        ].join(", "),
        process.stderr,
      ),
    );
}

/** The name was no folder: an object, nothing at all, or the bucket is empty. */
async function sayNothing(place: Place, storage: Storage, text: string, options: ListOptions): Promise<void> {
  const { json } = place;
  if (prefixOf(text) === "") {
    if (!json) note(`There is nothing in ${place.where}${inLocation(place)}.`);
    return;
  }
  const object = text.endsWith("/") ? undefined : await storage.head(keyOf(text));
  if (object === undefined)
    throw new Refusal(`There is nothing under ${printable(text)} in ${place.where}${inLocation(place)}.`);
  sayObject(object, { ...options, json });
}

const inLocation = (place: Place): string =>
  place.settings.bucket.location === "" ? "" : `, in ${place.settings.bucket.location}`;

/** Throws Refusal in the words of every command that names one object. */
export const missing = (place: Place, key: string): Refusal =>
  new Refusal(`There is no object ${printable(key)} in ${place.where}${inLocation(place)}.`);

async function stat(place: Place, key: string): Promise<void> {
  const object = await (await place.storage()).describe(key);
  if (object === undefined) throw missing(place, key);
  if (place.json) {
    sayJson({
      ...objectJson(object),
      contentType: object.contentType ?? null,
      cacheControl: object.cacheControl ?? null,
      contentDisposition: object.contentDisposition ?? null,
      contentEncoding: object.contentEncoding ?? null,
      metadata: object.metadata ?? {},
    });
    return;
  }
  const lines: [string, string | undefined][] = [
    ["key", object.key],
    ["size", `${size(object.bytes)}${object.bytes < 1000 ? "" : ` (${many(object.bytes, "byte")})`}`],
    ["type", object.contentType],
    ["modified", when(object.modified)],
    ["etag", object.etag.replaceAll('"', "")],
    ["cache-control", object.cacheControl],
    ["content-disposition", object.contentDisposition],
    ["content-encoding", object.contentEncoding],
    ...Object.entries(object.metadata ?? {}),
  ];
  const shown = lines.filter((line): line is [string, string] => line[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  for (const [name, value] of shown) say(`${styled("dim", name.padEnd(width))}  ${printable(value)}`);
}

/** R-33: what cannot be found out is neither "there" nor "not there". */
async function exists(text: string, options: { quiet?: true }, command: Command): Promise<void> {
  const unknown = (error: unknown): never => {
    // Ctrl-C has a code of its own.
    if (error instanceof ExitRefusal) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ExitRefusal(unknownCode, why, { cause: error });
  };
  await at(command, async (place) => {
    const key = keyOf(text);
    const found = await (await place.storage()).exists(key);
    if (place.json) sayJson({ key, exists: found });
    else if (options.quiet !== true) say(`${printable(key)} ${found ? "is there" : "is not there"}.`);
    process.exitCode = found ? 0 : 1;
  }).catch(unknown);
}

type CopyOptions = { recursive?: true; force?: true; ifAbsent?: true };

async function copy(place: Place, from: string, to: string, options: CopyOptions): Promise<void> {
  const storage = await place.storage();
  const tally = { copied: 0, skipped: 0 };
  const one = async (source: string, target: string): Promise<void> => {
    if (source === target) throw new Refusal(`${printable(source)} would be copied onto itself.`);
    const done = await copyOne(storage, source, target, options);
    if (done === "absent") throw missing(place, source);
    tally[done] += 1;
    if (place.json) sayJson({ from: source, key: target, state: done });
    else if (done === "skipped") note(`${printable(target)} is there already and was left as it is.`);
  };
  if (options.recursive !== true) {
    const key = keyOf(from);
    await one(key, /(^|\/)$/.test(to) ? `${prefixOf(to)}${nameOf(key)}` : keyOf(to));
  } else {
    const [source, target] = [prefixOf(from), prefixOf(to)];
    if (target.startsWith(source))
      throw new Refusal(`${printable(to)} is inside ${printable(from)}: the copies would be copied again.`);
    for await (const object of storage.list(source))
      await one(object.key, `${target}${object.key.slice(source.length)}`);
    if (tally.copied + tally.skipped === 0) throw new Refusal(`There is nothing under ${printable(from)}.`);
  }
  if (!place.json && (tally.copied > 0 || options.recursive === true))
    say(`Copied ${many(tally.copied, "object")}.`);
}

async function copyOne(
  storage: Storage,
  from: string,
  to: string,
  options: CopyOptions,
): Promise<"copied" | "skipped" | "absent"> {
  const copied = async (ifAbsent: boolean): Promise<"copied" | "absent"> =>
    (await storage.copy(from, to, { ifAbsent })) === undefined ? "absent" : "copied";
  if (options.force === true) return copied(false);
  try {
    return await copied(true);
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== "conflict") throw error;
    if (options.ifAbsent === true) return "skipped";
    return (await mayOverwrite(to)) ? copied(false) : "skipped";
  }
}

/** Nothing is overwritten in silence: asked at a terminal, refused elsewhere. */
const mayOverwrite = (name: string): Promise<boolean> =>
  confirmed(
    {
      fact: `${printable(name)} is there already.`,
      question: "Overwrite it?",
      wayOn: "Say --force to overwrite it, or --if-absent to leave it as it is.",
    },
    {},
  );

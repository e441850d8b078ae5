/** `tintype storage rm`: objects out of the bucket, for good. */
import type { Command } from "commander";
import { Refusal } from "#lib/start/refusal.ts";
import type { Storage } from "#lib/storage/port.ts";
import { type Asking, confirmed, type Question } from "../ask.ts";
import { count, listed, many, note, printable, say, sayJson, size } from "../output.ts";
import { at, type Place } from "./group.ts";
import { keyOf, prefixOf } from "./keys.ts";
import { missing } from "./objects.ts";

const batch = 1000;
const namesShown = 3;
/** What the gallery's rows point at. */
const ofTheGallery = /^(media|derived|incoming)\//;

type Options = Asking & { recursive?: true; force?: true; dryRun?: true };

export function registerRm(storage: Command): void {
  storage
    .command("rm")
    .argument("<key...>", "objects, or with -r folders; / is everything")
    .description("remove objects for good; folders and pictures of the gallery are asked about")
    .option("-r, --recursive", "everything below a folder")
    .option("-f, --force", "no complaint about what is not there")
    .option("-n, --dry-run", "only say what would be removed")
    .option("-y, --yes", "without asking")
    .option("--no-input", "the same, for scripts")
    .addHelpText(
      "after",
      `
Examples:
  $ tintype storage rm backup/2024.tar
  $ tintype storage rm -r backup/2024/ --dry-run
  $ tintype storage rm -r backup/2024/ --yes`,
    )
    .action((keys: string[], options: Options, command: Command) =>
      at(command, (place) =>
        options.recursive === true ? removeFolders(place, keys, options) : removeKeys(place, keys, options),
      ),
    );
}

async function removeKeys(place: Place, texts: string[], options: Options): Promise<void> {
  const storage = await place.storage();
  const keys: string[] = [];
  for (const key of texts.map(keyOf)) {
    if (await storage.exists(key)) keys.push(key);
    else if (options.force !== true) throw missing(place, key);
  }
  const shown = keys.filter((key) => ofTheGallery.test(key));
  if (options.dryRun === true) {
    for (const key of keys) tell(place, key, "would be removed");
    return;
  }
  if (shown.length > 0 && !(await confirmed(missedByGallery(shown), options)))
    throw new Refusal("Nothing was removed.");
  const gone = await removeAll(place, storage, keys);
  if (!place.json && (keys.length > 0 || options.force !== true)) say(`Removed ${many(gone, "object")}.`);
}

function missedByGallery(keys: string[]): Question {
  const names = keys.slice(0, namesShown).map(printable);
  const rest = keys.length - names.length;
  const it = keys.length === 1 ? "it" : "them";
  return {
    fact: `The gallery may show ${listed(rest > 0 ? [...names, `${count(rest)} more`] : names)}, and would miss ${it}.`,
    question: `Remove ${it} all the same?`,
  };
}

async function removeFolders(place: Place, texts: string[], options: Options): Promise<void> {
  const storage = await place.storage();
  let removed = 0;
  for (const text of texts) {
    const prefix = prefixOf(text);
    const total = { objects: 0, bytes: 0 };
    for await (const object of storage.list(prefix)) {
      total.objects += 1;
      total.bytes += object.bytes;
      if (options.dryRun === true) tell(place, object.key, "would be removed");
    }
    if (total.objects === 0) {
      if (options.force === true) continue;
      throw new Refusal(`There is nothing under ${printable(text)} in ${place.where}.`);
    }
    const what = `${many(total.objects, "object")} (${size(total.bytes)})`;
    const { location } = place.settings.bucket;
    const from = `${prefix === "" && location === "" ? "all of" : `${location}${prefix} in`} ${place.where}`;
    if (options.dryRun === true) {
      if (!place.json) note(`${what} would be removed from ${from}.`);
      continue;
    }
    const warning =
      prefix === "" || ofTheGallery.test(prefix) ? " The gallery would miss the pictures among them." : "";
    const fact = `This removes ${what} from ${from}.${warning}`;
    if (!(await confirmed({ fact, question: "Remove them for good?" }, options)))
      throw new Refusal(
        removed === 0
          ? "Nothing was removed."
          : `The ${many(removed, "object")} before are gone; no more was removed.`,
      );
    removed += await removeBelow(place, storage, prefix);
  }
  if (!place.json && options.dryRun !== true) say(`Removed ${many(removed, "object")}.`);
}

async function removeBelow(place: Place, storage: Storage, prefix: string): Promise<number> {
  let removed = 0;
  let keys: string[] = [];
  for await (const { key } of storage.list(prefix)) {
    keys.push(key);
    if (keys.length < batch) continue;
    removed += await removeAll(place, storage, keys);
    keys = [];
  }
  return removed + (await removeAll(place, storage, keys));
}

/** How many are gone. Throws Refusal naming those that are not. */
async function removeAll(place: Place, storage: Storage, keys: string[]): Promise<number> {
  const left = await storage.deleteMany(keys);
  const stayed = new Set(left.map(({ key }) => key));
  if (place.json) for (const key of keys) sayJson({ key, state: stayed.has(key) ? "failed" : "removed" });
  for (const { key, error } of left) note(`${printable(key)}: ${error.message}`);
  if (left.length > 0) throw new Refusal(`${many(left.length, "object")} could not be removed.`);
  return keys.length;
}

const tell = (place: Place, key: string, state: string): void => {
  if (place.json) sayJson({ key, state });
  else say(`${printable(key)} ${state}.`);
};

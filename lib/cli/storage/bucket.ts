/** `tintype storage bucket create | list | delete` */
import type { Command } from "commander";
import { Refusal } from "#lib/start/refusal.ts";
import { StorageError } from "#lib/storage/port.ts";
import { type Asking, confirmed } from "../ask.ts";
import { note, printable, say, sayJson, when } from "../output.ts";
import { faultsOf, nameLike } from "./bucket-name.ts";
import { at, type Place } from "./group.ts";

const examples = `
Examples:
  $ tintype storage bucket create my-photos --region ap-northeast-2
  $ tintype storage bucket create backup --endpoint https://s3.example.com --profile backup
  $ tintype storage bucket list --json
  $ tintype storage bucket delete my-old-photos`;

export function registerBucket(storage: Command): void {
  const bucket = storage
    .command("bucket")
    .description("make, list and remove whole buckets")
    .addHelpText("afterAll", examples);
  bucket
    .command("create")
    .argument("<name>", "3 to 63 lower-case letters, digits, hyphens and dots")
    .description("make a bucket in the region, closed to everybody else")
    .action((name: string, _options, command: Command) => {
      checkName(name);
      return at(command, (place) => create(place, name), name);
    });
  bucket
    .command("list")
    .description("all buckets of these credentials")
    .action((_options, command: Command) => at(command, list));
  bucket
    .command("delete")
    .argument("<name>")
    .description("remove an empty bucket")
    .option("-y, --yes", "without asking")
    .option("--no-input", "the same, for scripts")
    .action((name: string, options: Asking, command: Command) =>
      at(command, (place) => remove(place, name, options), name),
    );
}

function checkName(name: string): void {
  const faults = faultsOf(name);
  if (faults.length === 0) return;
  const like = nameLike(name);
  throw new Refusal(
    `${JSON.stringify(name)} cannot be the name of a bucket: ${faults.join("; ")}.${like === undefined ? "" : ` Perhaps ${like}?`}`,
  );
}

async function create(place: Place, name: string): Promise<void> {
  const { region, endpoint } = place.settings.bucket;
  // The host of a region that does not exist is only ever "not found".
  if (endpoint === undefined && !/^[a-z]{2,4}(-[a-z]+)+-\d+$/.test(region))
    throw new Refusal(`AWS has no region ${JSON.stringify(region)}; one is called ap-northeast-2.`);
  const bucket = await place.bucket();
  const done = await bucket.create().catch((error: unknown) => {
    if (error instanceof StorageError && error.code === "conflict")
      throw new Refusal(
        `The name ${name} is taken: everybody's buckets share one set of names, so another one is needed.`,
        { cause: error },
      );
    throw error;
  });
  if (place.json) {
    sayJson({ bucket: name, region, state: done });
    return;
  }
  if (done === "exists") {
    say(`There is ${place.where} already, and these credentials may use it.`);
    return;
  }
  say(`Made ${place.where}.`);
  if (name.includes("."))
    note(
      "The dot in its name keeps it from having an https host name of its own; it is addressed by its path.",
    );
  note(`Next: tintype storage provision --bucket ${name} --region ${region}${place.again}`);
}

async function list(place: Place): Promise<void> {
  const bucket = await place.bucket();
  const found = await bucket.all();
  if (found.length === 0 && !place.json) note("These credentials have no bucket.");
  for (const { name, created } of found) {
    if (place.json) sayJson({ bucket: name, created: created?.toISOString() ?? null });
    else say(`${created === undefined ? " ".repeat(16) : when(created)}  ${name}`);
  }
}

async function remove(place: Place, name: string, asking: Asking): Promise<void> {
  const bucket = await place.bucket();
  if ((await bucket.state()) === "absent") throw new Refusal(`There is no bucket ${name}.`);
  const storage = await place.storage();
  for await (const object of storage.list(""))
    throw new Refusal(
      `The bucket ${name} is not empty (${printable(object.key)} is in it, for one). Empty it first: tintype storage rm -r / --bucket ${name}${place.again}`,
    );
  if (
    !(await confirmed(
      { fact: `Removing ${place.where} frees its name for others.`, question: "Remove it?" },
      asking,
    ))
  )
    throw new Refusal("Nothing was removed.");
  await bucket.remove().catch((error: unknown) => {
    if (error instanceof StorageError && error.code === "conflict")
      throw new Refusal(
        `The bucket ${name} is not empty: older versions or unfinished uploads are still in it.`,
        { cause: error },
      );
    throw error;
  });
  if (place.json) sayJson({ bucket: name, state: "removed" });
  else say(`Removed ${place.where}.`);
}

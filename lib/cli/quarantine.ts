/** `tintype quarantine` */
import type { Command } from "commander";
import { Refusal } from "#lib/start/refusal.ts";
import { confirmed } from "./ask.ts";
import { many, note, printable, say, sayJson, size, when } from "./output.ts";
import { numberFrom, type Places, withPlaces } from "./places.ts";

export function registerQuarantine(program: Command): void {
  const group = program
    .command("quarantine")
    .description("objects that reconcile --apply put away")
    .addHelpText(
      "after",
      `
Examples:
  $ tintype quarantine list
  $ tintype quarantine restore media/                   everything that lay below media/
  $ tintype quarantine empty --older-than 90            delete for good what came more than 90 days ago`,
    );
  group
    .command("list")
    .argument("[prefix]", "the beginning of where they lay", "")
    .description("what is there, oldest first")
    .option("--json", "one JSON object a line")
    .action((prefix: string, options: { json?: true }) =>
      withPlaces((places) => list(places, prefix, options.json === true)),
    );
  group
    .command("restore")
    .argument("<prefix>", "the beginning of where they lay")
    .description("put objects back where they lay; what lies there now stays")
    .action((prefix: string) => withPlaces((places) => restore(places, prefix)));
  group
    .command("empty")
    .description("delete what is in quarantine for good; asks first")
    .option("--older-than <days>", "only what came so many days ago", numberFrom(0, 36_500), 30)
    .option("--yes", "do not ask")
    .action((options: { olderThan: number; yes?: true }) => withPlaces((places) => empty(places, options)));
}

async function list({ storage, signal }: Places, prefix: string, json: boolean): Promise<void> {
  const { listQuarantine } = await import("#lib/reconcile/quarantine.ts");
  let found = 0;
  for await (const one of listQuarantine(storage)) {
    if (signal.aborted) return;
    if (!one.from.startsWith(prefix)) continue;
    found += 1;
    if (json) sayJson(one);
    else say(`${when(one.since)}  ${size(one.bytes).padStart(12)}  ${printable(one.from)}`);
  }
  if (found === 0 && !json) say("Nothing is in quarantine.");
}

async function restore({ storage, signal }: Places, prefix: string): Promise<void> {
  const { bringBack, listQuarantine } = await import("#lib/reconcile/quarantine.ts");
  let back = 0;
  let taken = 0;
  for await (const one of listQuarantine(storage)) {
    if (signal.aborted) break;
    if (!one.from.startsWith(prefix)) continue;
    const result = await bringBack(storage, one);
    if (result === "back") back += 1;
    if (result !== "taken") continue;
    taken += 1;
    note(`Something lies at ${printable(one.from)} already; it stays, and so does the one in quarantine.`);
  }
  if (back + taken === 0) throw new Refusal(`Nothing in quarantine lay at ${printable(prefix)}.`);
  say(`${many(back, "object")} put back.`);
  if (taken > 0) process.exitCode = 1;
}

async function empty({ storage, signal }: Places, options: { olderThan: number; yes?: true }): Promise<void> {
  const { listQuarantine } = await import("#lib/reconcile/quarantine.ts");
  const before = Date.now() - options.olderThan * 86_400_000;
  let found = 0;
  let bytes = 0;
  for await (const one of listQuarantine(storage))
    if (one.since.getTime() <= before) {
      found += 1;
      bytes += one.bytes;
    }
  if (found === 0) {
    say(`Nothing has been in quarantine for ${many(options.olderThan, "day")}.`);
    return;
  }
  const fact = `${many(found, "object")} (${size(bytes)}) would be deleted for good.`;
  if (!(await confirmed({ fact, question: "Delete them?" }, options))) return;
  let deleted = 0;
  for await (const one of listQuarantine(storage)) {
    if (signal.aborted) break;
    if (one.since.getTime() > before) continue;
    await storage.delete(one.key);
    deleted += 1;
  }
  say(`${many(deleted, "object")} deleted.`);
}

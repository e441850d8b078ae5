/** `tintype storage put`: files, folders and standard input into the bucket. */
import { createReadStream, Dir, Stats } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import path from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import mime from "mime";
import { Refusal } from "#lib/start/refusal.ts";
import {
  type ObjectMeta,
  type OpenStream,
  type SizedStream,
  type Storage,
  StorageError,
} from "#lib/storage/port.ts";
import { note, printable } from "../output.ts";
import { fromHere } from "../place.ts";
import type { Progress } from "../progress.ts";
import { at, type Place } from "./group.ts";
import { keyOf, nameOf, prefixOf } from "./keys.ts";
import { type Transfer, type TransferOptions, transfer } from "./transfer.ts";

type Options = TransferOptions & {
  recursive?: true;
  type?: string;
  cacheControl?: string;
  contentDisposition?: string;
  contentEncoding?: string;
  meta?: Record<string, string>;
};

export function registerPut(storage: Command): void {
  storage
    .command("put")
    .argument(
      "<source...>",
      "files, - for standard input; the last of several is the key, or a folder with / at its end",
    )
    .description("store files under keys; nothing is overwritten unless it is said so")
    .option("-r, --recursive", "folders, with everything in them")
    .option("-f, --force", "over what is there")
    .option("--if-absent", "leave out what is there")
    .option("--type <type>", "the content type, instead of the one the name says")
    .option("--cache-control <value>", "how long browsers keep it, such as max-age=3600")
    .option("--content-disposition <value>", "such as 'attachment; filename=\"a.jpg\"'")
    .option("--content-encoding <value>", "such as gzip, for bytes that are compressed already")
    .option("--meta <name=value>", "kept with the object; may be said again", addMeta)
    .addHelpText(
      "after",
      `
Examples:
  $ tintype storage put picture.jpg                            as picture.jpg
  $ tintype storage put picture.jpg backup/2026/               as backup/2026/picture.jpg
  $ tintype storage put *.jpg backup/ --if-absent
  $ tintype storage put -r photos/ backup/photos/              what is in photos/, with its folders
  $ pg_dump tintype | tintype storage put - backup/tintype.sql --type application/sql`,
    )
    .action((sources: string[], options: Options, command: Command) =>
      at(command, (place) => put(place, sources, options)),
    );
}

function addMeta(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([a-zA-Z0-9-]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("Write it as name=value.");
  return { ...before, [name.toLowerCase()]: value };
}

async function put(place: Place, args: string[], options: Options): Promise<void> {
  const target = args.length > 1 ? args.at(-1) : undefined;
  const sources = args.length > 1 ? args.slice(0, -1) : args;
  if (sources.length > 1 && !/(^|\/)$/.test(target ?? ""))
    throw new Refusal(
      `Several files go into a folder: end ${JSON.stringify(target)} with / to say that it is one.`,
    );
  if (sources.includes("-")) {
    if (sources.length > 1 || target === undefined)
      throw new Refusal("Standard input needs a key of its own: tintype storage put - <key>");
    return putInput(place, keyOf(target), options);
  }
  const storage = await place.storage();
  const found = (): AsyncGenerator<Source> => sourcesOf(sources, target, options.recursive === true);
  let single = false;
  let total: number | undefined;
  // A bar wants to know the whole; without one nobody does.
  if (process.stderr.isTTY === true || sources.length === 1) {
    let objects = 0;
    total = 0;
    for await (const source of found()) {
      if (source.trouble !== undefined && "leftOut" in source.trouble) continue;
      objects += 1;
      total += source.bytes;
      if (process.stderr.isTTY !== true && objects > 1) break;
    }
    single = objects === 1 && sources.length === 1 && options.recursive !== true;
  }
  const transfers = async function* (): AsyncGenerator<Transfer> {
    for await (const source of found())
      if (source.trouble !== undefined && "leftOut" in source.trouble) note(source.trouble.leftOut);
      else yield fileTransfer(place, storage, source, options);
  };
  await transfer(place, transfers(), { ...options, total, single, words });
}

const words = { done: "Stored" };

type Source = {
  file: string;
  key: string;
  bytes: number;
  /** Not stored: why it cannot be read, or what it is that is no file. */
  trouble?: { cannotRead: string } | { leftOut: string };
};

/** Every file with its key; folders only when they were meant. */
async function* sourcesOf(
  sources: string[],
  target: string | undefined,
  recursive: boolean,
): AsyncGenerator<Source> {
  for (const source of sources) {
    const file = fromHere(source);
    const facts = await stat(file).catch((error: unknown) => {
      throw new Refusal(`${printable(source)} cannot be read: ${whyNot(error)}.`, { cause: error });
    });
    const name = path.basename(file);
    if (!facts.isDirectory()) {
      const key =
        target === undefined ? name : /(^|\/)$/.test(target) ? `${prefixOf(target)}${name}` : keyOf(target);
      yield { file, key, bytes: facts.size };
      continue;
    }
    if (!recursive) throw new Refusal(`${printable(source)} is a folder; say -r to send everything in it.`);
    const prefix = target === undefined ? `${name}/` : prefixOf(target);
    yield* filesIn(file, sources.length > 1 ? `${prefix}${name}/` : prefix);
  }
}

async function* filesIn(folder: string, prefix: string): AsyncGenerator<Source> {
  const unread = (file: string, key: string, error: unknown): Source => ({
    file,
    key,
    bytes: 0,
    trouble: { cannotRead: `${printable(file)} cannot be read: ${whyNot(error)}` },
  });
  const entries = await opendir(folder).catch((error: unknown) => error);
  if (!(entries instanceof Dir)) {
    yield unread(folder, prefix, entries);
    return;
  }
  for await (const entry of entries) {
    const file = path.join(folder, entry.name);
    const key = `${prefix}${entry.name}`;
    if (entry.isDirectory()) {
      yield* filesIn(file, `${key}/`);
      continue;
    }
    const facts = await stat(file).catch((error: unknown) => error);
    if (!(facts instanceof Stats)) yield unread(file, key, facts);
    else if (facts.isFile()) yield { file, key, bytes: facts.size };
    else {
      // A link to a folder may lead back into itself.
      const leftOut = `${printable(file)} is neither a file nor a folder of its own, and was left out.`;
      yield { file, key, bytes: 0, trouble: { leftOut } };
    }
  }
}

const whyNot = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return error instanceof Error ? error.message : String(error);
};

function metaOf(key: string, options: Options): ObjectMeta {
  return {
    contentType: options.type ?? mime.getType(nameOf(key)) ?? "application/octet-stream",
    ...(options.cacheControl === undefined ? {} : { cacheControl: options.cacheControl }),
    ...(options.contentDisposition === undefined ? {} : { contentDisposition: options.contentDisposition }),
    ...(options.contentEncoding === undefined ? {} : { contentEncoding: options.contentEncoding }),
    ...(options.meta === undefined ? {} : { metadata: options.meta }),
  };
}

const fileTransfer = (place: Place, storage: Storage, source: Source, options: Options): Transfer => ({
  name: source.key,
  bytes: source.bytes,
  json: { key: source.key },
  run: async (over, bar) => {
    // Told with the others that failed: what could not be read is not stored, and the exit code has to say so.
    if (source.trouble !== undefined && "cannotRead" in source.trouble)
      throw new Refusal(`${source.trouble.cannotRead}.`);
    const body: SizedStream = {
      stream: untilInterrupted(createReadStream(source.file), place.signal),
      bytes: source.bytes,
      onStored: bar.add,
    };
    return store(place, storage, source.key, { body, over, options });
  },
});

async function store(
  place: Place,
  storage: Storage,
  key: string,
  what: { body: SizedStream | OpenStream; over: boolean; options: Options },
): Promise<"done" | "taken"> {
  try {
    await place.careful(() =>
      storage.put(key, what.body, { ...metaOf(key, what.options), ifAbsent: !what.over }),
    );
    return "done";
  } catch (error) {
    if (!what.over && error instanceof StorageError && error.code === "conflict") return "taken";
    throw error;
  }
}

/** Stops in the middle when the person does, so that what was begun is taken back. */
async function* untilInterrupted(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    signal.throwIfAborted();
    yield piece;
  }
}

/** A pipe cannot be asked a second time, so the key is looked at first. */
async function putInput(place: Place, key: string, options: Options): Promise<void> {
  const storage = await place.storage();
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of process.stdin) {
      place.signal.throwIfAborted();
      const whole = Buffer.from(piece);
      bytes += whole.byteLength;
      yield whole;
    }
  };
  const run = async (over: boolean, bar: Progress): Promise<"done" | "taken"> => {
    if (!over && (await storage.exists(key))) return "taken";
    const body: OpenStream = { stream: counted(), onStored: bar.add };
    return store(place, storage, key, { body, over, options });
  };
  const input = {
    name: key,
    get bytes() {
      return bytes;
    },
    json: { key },
    run,
  };
  const transfers = async function* (): AsyncGenerator<Transfer> {
    yield input;
  };
  await transfer(place, transfers(), { ...options, total: undefined, single: true, words });
}

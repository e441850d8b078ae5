/** `tintype storage get`: objects into files and folders, or to standard output. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import pLimit from "p-limit";
import { Refusal } from "#lib/start/refusal.ts";
import { type ObjectHead, type Storage, StorageError } from "#lib/storage/port.ts";
import { printable } from "../output.ts";
import { fromHere } from "../place.ts";
import { type Progress, progress } from "../progress.ts";
import { at, type Place } from "./group.ts";
import { keyOf, nameOf, prefixOf } from "./keys.ts";
import { missing } from "./objects.ts";
import { type Transfer, type TransferOptions, transfer } from "./transfer.ts";

/** A large object comes over several connections, a piece each; one alone seldom fills the line. */
const pieceBytes = 32 * 1024 ** 2;
const piecesAtOnce = 4;

type Options = TransferOptions & { recursive?: true };

export function registerGet(storage: Command): void {
  storage
    .command("get")
    .argument("<key>", "an object, or with -r a folder")
    .argument("[file]", "where to; - for standard output; its own name when not given")
    .description("fetch objects; a file is whole or not there, and none is overwritten unless it is said so")
    .option("-r, --recursive", "everything below a folder")
    .option("-f, --force", "over files that are there")
    .option("--if-absent", "leave out files that are there")
    .addHelpText(
      "after",
      `
Examples:
  $ tintype storage get backup/picture.jpg                     into picture.jpg
  $ tintype storage get backup/tintype.sql - | psql tintype
  $ tintype storage get -r media/ ~/pictures/ --if-absent`,
    )
    .action((key: string, file: string | undefined, options: Options, command: Command) =>
      at(command, (place) =>
        options.recursive === true ? getFolder(place, key, file, options) : getOne(place, key, file, options),
      ),
    );
}

const words = { done: "Fetched" };

async function getOne(place: Place, text: string, file: string | undefined, options: Options): Promise<void> {
  const key = keyOf(text);
  const storage = await place.storage();
  if (file === "-") return toOutput(place, storage, key);
  const head = await storage.head(key);
  if (head === undefined) throw missing(place, key);
  const target = await targetOf(key, file);
  const transfers = async function* (): AsyncGenerator<Transfer> {
    yield fileTransfer(place, storage, head, target);
  };
  await transfer(place, transfers(), { ...options, total: head.bytes, single: true, words });
}

/** A folder that is there, or a name that can only mean one, takes the object under its own name. */
async function targetOf(key: string, file: string | undefined): Promise<string> {
  if (file === undefined) return fromHere(nameOf(key));
  const target = fromHere(file);
  const isFolder = await stat(target).then(
    (facts) => facts.isDirectory(),
    () => /[/\\]$/.test(file),
  );
  return isFolder ? path.join(target, nameOf(key)) : target;
}

async function getFolder(
  place: Place,
  text: string,
  folder: string | undefined,
  options: Options,
): Promise<void> {
  if (folder === "-") throw new Refusal("A folder cannot go to standard output.");
  const prefix = prefixOf(text);
  const root = fromHere(folder ?? nameOf(prefix.replace(/\/$/, "")));
  const storage = await place.storage();
  let total: number | undefined;
  if (process.stderr.isTTY === true) {
    total = 0;
    for await (const { bytes } of storage.list(prefix)) total += bytes;
  }
  let found = false;
  const transfers = async function* (): AsyncGenerator<Transfer> {
    for await (const object of storage.list(prefix)) {
      found = true;
      // Consoles keep an empty object under a folder's own name.
      if (object.key.endsWith("/")) continue;
      const target = path.join(root, ...object.key.slice(prefix.length).split("/"));
      yield fileTransfer(place, storage, object, target, root);
    }
    if (!found) throw new Refusal(`There is nothing under ${printable(text)} in ${place.where}.`);
  };
  await transfer(place, transfers(), { ...options, total, single: false, words });
}

/** `root` is the folder that a key from the bucket must not lead out of. */
function fileTransfer(
  place: Place,
  storage: Storage,
  object: ObjectHead,
  target: string,
  root = path.dirname(target),
): Transfer {
  return {
    name: object.key,
    bytes: object.bytes,
    json: { key: object.key, file: target },
    async run(over, bar) {
      if (!target.startsWith(root.endsWith(path.sep) ? root : `${root}${path.sep}`))
        throw new Refusal(`The key ${printable(object.key)} would be written outside ${root}.`);
      if (!over && (await isThere(target))) return "taken";
      return place.careful(() => fetchInto(place, storage, object, { target, over, bar }));
    },
  };
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** Under another name until it is whole. */
async function fetchInto(
  place: Place,
  storage: Storage,
  object: ObjectHead,
  how: { target: string; over: boolean; bar: Progress },
): Promise<"done" | "taken"> {
  const folder = path.dirname(how.target);
  const half = path.join(folder, `.tintype-${randomBytes(6).toString("hex")}.part`);
  try {
    await mkdir(folder, { recursive: true });
    const fetched = await fetchPieces(place, storage, object, half, how.bar);
    await utimes(half, fetched.modified, fetched.modified);
    if (how.over) await rename(half, how.target);
    else if (!(await nameOnce(half, how.target))) return "taken";
    return "done";
  } catch (error) {
    throw inWords(error, how.target);
  } finally {
    // Where there is no folder there is nothing half-done either, and the reason above is the one to tell.
    await rm(half, { force: true }).catch(() => undefined);
  }
}

const fileReasons: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EISDIR: "a folder is in its place",
  EEXIST: "a file is in the place of its folder",
  ENOTDIR: "a file is in the place of its folder",
  ENAMETOOLONG: "its name is too long for this disk",
};

function inWords(error: unknown, target: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const why = fileReasons[code];
  return why === undefined || error instanceof StorageError
    ? error
    : new Refusal(`${printable(target)} cannot be written: ${why}.`, { cause: error });
}

/** Gives the file its name unless somebody else has taken that meanwhile. */
async function nameOnce(half: string, target: string): Promise<boolean> {
  const hasCode = (error: unknown, ...codes: string[]): boolean =>
    error instanceof Error && "code" in error && codes.includes(String(error.code));
  try {
    await link(half, target);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    // Some disks have no second names.
    if (!hasCode(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) throw error;
  }
  try {
    await copyFile(half, target, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** Replaced meanwhile; a store without ETags cannot tell. */
const isOther = (a: ObjectHead, b: ObjectHead): boolean =>
  a.etag !== "" && b.etag !== "" && a.etag !== b.etag;

/** All bytes of the object, on disk when this returns; those of one and the same object. */
async function fetchPieces(
  place: Place,
  storage: Storage,
  object: ObjectHead,
  file: string,
  bar: Progress,
): Promise<ObjectHead> {
  const handle = await open(file, "wx", 0o666);
  const stop = new AbortController();
  const one = async (start: number): Promise<ObjectHead> => {
    stop.signal.throwIfAborted();
    const isWhole = object.bytes <= pieceBytes;
    const range = { start, end: Math.min(start + pieceBytes, object.bytes) - 1 };
    const answer = await storage.read(object.key, isWhole ? {} : { range });
    if (answer === undefined)
      throw new Refusal(`${printable(object.key)} was removed before it was fetched.`);
    if (isOther(answer.head, object))
      throw new Refusal(`${printable(object.key)} was replaced while it was being fetched. Fetch it again.`);
    let position = start;
    for await (const bytes of answer.body) {
      place.signal.throwIfAborted();
      stop.signal.throwIfAborted();
      for (let written = 0; written < bytes.byteLength; )
        written += (await handle.write(bytes, written, bytes.byteLength - written, position + written))
          .bytesWritten;
      position += bytes.byteLength;
      bar.add(bytes.byteLength);
    }
    return answer.head;
  };
  try {
    const atOnce = pLimit(piecesAtOnce);
    const starts = Array.from(
      { length: Math.max(1, Math.ceil(object.bytes / pieceBytes)) },
      (_, index) => index * pieceBytes,
    );
    const pieces = starts.map((start) => atOnce(() => one(start)));
    try {
      const [first = object] = await Promise.all(pieces);
      await handle.datasync();
      return first;
    } catch (error) {
      stop.abort();
      // Nothing may still write when the file is closed.
      await Promise.allSettled(pieces);
      throw error;
    }
  } finally {
    await handle.close();
  }
}

async function toOutput(place: Place, storage: Storage, key: string): Promise<void> {
  const answer = await storage.read(key);
  if (answer === undefined) throw missing(place, key);
  const bar = progress(answer.head.bytes);
  bar.at(printable(key));
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const bytes of answer.body) {
      bar.add(bytes.byteLength);
      yield bytes;
    }
  };
  try {
    await pipeline(Readable.from(counted()), process.stdout, { end: false });
  } finally {
    bar.end();
  }
}

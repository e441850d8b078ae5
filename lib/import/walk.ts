/** What lies in folders, in order of names; held at a time: the names of one folder. Nothing is followed or changed. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { leavesOut } from "./pattern.ts";

/** A path as the system takes it: bytes where its name is not UTF-8, as old archives have them. */
export type Place = string | Buffer;

export type Found =
  | { is: "file"; place: Place; shown: string }
  | { is: "hidden" | "excluded" | "link" | "special" | "sidecar"; shown: string }
  | { is: "unreadable"; shown: string; why: string };

/** Made by systems beside pictures, never by a person. */
const systemNames = /^(@eaDir|#recycle|__MACOSX|Thumbs\.db|desktop\.ini|\$RECYCLE\.BIN|lost\+found)$/i;
/** What programs write beside a picture about it; its own day will come. */
const sidecars = /\.(xmp|aae|thm|pp3|dop|on1|json|xml)$/i;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The name as text when it is text; otherwise as it can be shown, and the bytes to open it by. */
function nameOf(bytes: Buffer): { shown: string; exact: boolean } {
  try {
    return { shown: decoder.decode(bytes), exact: true };
  } catch {
    return { shown: bytes.toString("utf8"), exact: false };
  }
}

const join = (folder: Place, name: Buffer, text: { shown: string; exact: boolean }): Place =>
  typeof folder === "string" && text.exact
    ? path.join(folder, text.shown)
    : Buffer.concat([Buffer.from(folder), Buffer.from("/"), name]);

type Limits = {
  /** Tintype's own data must not be imported into itself. */
  ownData: string | undefined;
  /** Of a path below the folder that was named. */
  leavesOut: (name: string) => boolean;
};

/** Walks files and folders; a folder within another of them is walked once. Symbolic links are told, not followed. */
export async function* walk(
  roots: string[],
  options: { ownData?: string; exclude?: readonly string[] } = {},
): AsyncGenerator<Found> {
  const limits = {
    ownData:
      options.ownData === undefined ? undefined : await realpath(options.ownData).catch(() => undefined),
    leavesOut: leavesOut(options.exclude ?? []),
  };
  for (const root of await outermost(roots)) {
    try {
      // A link that a person names is meant.
      const real = await realpath(root);
      const facts = await stat(real);
      if (facts.isFile()) yield { is: "file", place: real, shown: root };
      else if (facts.isDirectory()) yield* folder({ place: real, shown: root, below: "" }, limits);
      else yield { is: "special", shown: root };
    } catch (error) {
      yield { is: "unreadable", shown: root, why: reason(error) };
    }
  }
}

/** Without those that lie within another, or are the same. */
async function outermost(roots: string[]): Promise<string[]> {
  const real = await Promise.all(
    roots.map(async (root) => ({ root, real: await realpath(root).catch(() => path.resolve(root)) })),
  );
  return real
    .filter(
      (one, n) =>
        !real.some(
          (other, m) =>
            m !== n &&
            ((one.real === other.real && m < n) ||
              (one.real !== other.real && one.real.startsWith(other.real.replace(/\/?$/, "/")))),
        ),
    )
    .map((one) => one.root);
}

type Folder = {
  place: Place;
  shown: string;
  /** Its path below the folder that was named. */
  below: string;
};

async function* folder(here: Folder, limits: Limits): AsyncGenerator<Found> {
  const { place, shown } = here;
  if (place === limits.ownData) {
    yield { is: "hidden", shown: `${shown}/` };
    return;
  }
  const folders: Folder[] = [];
  try {
    // As bytes: a name that is not UTF-8 could not be opened by the text made of it.
    const entries = await readdir(place, { encoding: "buffer", withFileTypes: true });
    for (const entry of entries.sort((a, b) => Buffer.compare(a.name, b.name))) {
      const found = enter(entry, here, limits);
      if (found.is === "folder") folders.push(found);
      else yield found;
    }
  } catch (error) {
    yield { is: "unreadable", shown: `${shown}/`, why: reason(error) };
  }
  for (const one of folders) yield* folder(one, limits);
}

function enter(entry: Dirent<Buffer>, parent: Folder, limits: Limits): Found | ({ is: "folder" } & Folder) {
  const { name } = entry;
  const text = nameOf(name);
  const shown = path.join(parent.shown, text.shown);
  const below = path.posix.join(parent.below, text.shown);
  const told = entry.isDirectory() ? `${shown}/` : shown;
  if (entry.isSymbolicLink()) return { is: "link", shown };
  if (text.shown.startsWith(".") || systemNames.test(text.shown)) return { is: "hidden", shown: told };
  if (limits.leavesOut(below)) return { is: "excluded", shown: told };
  const place = join(parent.place, name, text);
  if (entry.isDirectory()) return { is: "folder", place, shown, below };
  if (!entry.isFile()) return { is: "special", shown };
  return sidecars.test(text.shown) ? { is: "sidecar", shown } : { is: "file", place, shown };
}

/** A failure of the file system in words. */
export function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const words: Record<string, string> = {
    EACCES: "no permission to read it",
    EPERM: "no permission to read it",
    ENOENT: "it is not there",
    EIO: "the disk cannot read it",
    ELOOP: "it is a link",
    ENAMETOOLONG: "its path is too long",
    EMFILE: "too many files are open",
  };
  return words[code] ?? (code === "" ? String(error) : `the system says ${code}`);
}

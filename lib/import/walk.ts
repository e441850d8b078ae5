/** What lies in folders, in order of names; held at a time: the names of one folder. Nothing is followed or changed. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";

/** A path as the system takes it: bytes where its name is not UTF-8, as old archives have them. */
export type Place = string | Buffer;

export type Found =
  | { is: "file"; place: Place; shown: string }
  | { is: "hidden" | "link" | "special" | "sidecar"; shown: string }
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

/**
 * Walks files and folders. A folder within another of them is walked once; `exclude` is left out (Tintype's own data
 * must not be imported into itself). Symbolic links are told, not followed.
 */
export async function* walk(roots: string[], options: { exclude?: string } = {}): AsyncGenerator<Found> {
  const exclude =
    options.exclude === undefined ? undefined : await realpath(options.exclude).catch(() => undefined);
  for (const root of await outermost(roots)) {
    try {
      // A link that a person names is meant.
      const real = await realpath(root);
      const facts = await stat(real);
      if (facts.isFile()) yield { is: "file", place: real, shown: root };
      else if (facts.isDirectory()) yield* folder(real, root, exclude);
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

async function* folder(place: Place, shown: string, exclude: string | undefined): AsyncGenerator<Found> {
  if (place === exclude) {
    yield { is: "hidden", shown: `${shown}/` };
    return;
  }
  const below: { place: Place; shown: string }[] = [];
  try {
    // As bytes: a name that is not UTF-8 could not be opened by the text made of it.
    const entries = await readdir(place, { encoding: "buffer", withFileTypes: true });
    for (const entry of entries.sort((a, b) => Buffer.compare(a.name, b.name))) {
      const found = enter(entry, place, shown);
      if (found.is === "folder") below.push(found);
      else yield found;
    }
  } catch (error) {
    yield { is: "unreadable", shown: `${shown}/`, why: reason(error) };
  }
  for (const one of below) yield* folder(one.place, one.shown, exclude);
}

function enter(
  entry: Dirent<Buffer>,
  parent: Place,
  shownParent: string,
): Found | { is: "folder"; place: Place; shown: string } {
  const { name } = entry;
  const text = nameOf(name);
  const shown = path.join(shownParent, text.shown);
  if (entry.isSymbolicLink()) return { is: "link", shown };
  if (text.shown.startsWith(".") || systemNames.test(text.shown))
    return { is: "hidden", shown: entry.isDirectory() ? `${shown}/` : shown };
  if (entry.isDirectory()) return { is: "folder", place: join(parent, name, text), shown };
  if (!entry.isFile()) return { is: "special", shown };
  if (sidecars.test(text.shown)) return { is: "sidecar", shown };
  return { is: "file", place: join(parent, name, text), shown };
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

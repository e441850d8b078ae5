/** Which files a push is about: what next built for browsers, and public/. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "../start/refusal.ts";

export type StaticFile = {
  /** Below the location of the bucket: static/… */
  key: string;
  /** On this disk. */
  path: string;
  bytes: number;
  /** The name changes with the content, so that nobody has to ask again. */
  hashed: boolean;
};

export const staticPrefix = "static/";
const buildPrefix = "_next/static/";

/** What collectstatic leaves out as well: hidden files, editors' copies. */
const isLeftOut = (name: string): boolean => name.startsWith(".") || name.endsWith("~") || name === "CVS";

async function* walk(
  folder: string,
  below = "",
): AsyncGenerator<{ name: string; path: string; bytes: number }> {
  const entries = await readdir(path.join(folder, below), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (isLeftOut(entry.name)) continue;
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    const file = path.join(folder, name);
    // Follows a link, as next does when it serves the folder.
    const facts = await stat(file);
    if (facts.isDirectory()) yield* walk(folder, name);
    else if (facts.isFile()) yield { name, path: file, bytes: facts.size };
  }
}

/**
 * The files of a build and of public/, those with hashed names first: a page must not name what is not there yet.
 * Throws Refusal when there is no build, or when public/ has a folder that is the build's.
 */
export async function staticFiles(folders: { build: string; public: string }): Promise<StaticFile[]> {
  const files: StaticFile[] = [];
  const built = path.join(folders.build, "static");
  if ((await stat(built).catch(() => undefined)) === undefined)
    throw new Refusal(`There are no built pages in ${folders.build}: run tintype build first.`);
  for await (const { name, path: file, bytes } of walk(built))
    files.push({ key: `${staticPrefix}${buildPrefix}${name}`, path: file, bytes, hashed: true });
  // A project without public/ has nothing there, and that is all.
  if ((await stat(folders.public).catch(() => undefined)) === undefined) return files;
  for await (const { name, path: file, bytes } of walk(folders.public)) {
    if (name.startsWith(buildPrefix))
      throw new Refusal(
        `public/${buildPrefix} is where the build's own files go: name that folder otherwise.`,
      );
    files.push({ key: `${staticPrefix}${name}`, path: file, bytes, hashed: false });
  }
  return files;
}

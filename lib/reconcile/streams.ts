/** The two sides of the comparison, each in the order of keys and a page at a time. */
import type { Db } from "#db/client.ts";
import * as rows from "#db/queries/reconcile.ts";
import type { ObjectHead, Storage } from "../storage/port.ts";
import { inOrder, pastPrefix } from "./keys.ts";

/** Rows a page where an index gives the order; and where each page is a walk through the whole table. */
const pageRows = { indexed: 2_000, sorted: 50_000 };

type PageOf<T> = (from: { after: string; limit: number; bytewise: boolean }) => Promise<T[]>;

async function* paged<T>(
  page: PageOf<T>,
  keyOf: (one: T) => string,
  from: { after: string; bytewise: boolean },
): AsyncGenerator<T> {
  const limit = from.bytewise ? pageRows.indexed : pageRows.sorted;
  let { after } = from;
  for (;;) {
    const found = await page({ after, limit, bytewise: from.bytewise });
    yield* found;
    const last = found.at(-1);
    if (last === undefined || found.length < limit) return;
    after = keyOf(last);
  }
}

const keyOf = ({ key }: { key: string }): string => key;

/** Originals and clips that should be there, by key, after `after`. */
export const keptOriginals = (
  db: Db,
  from: { after: string; bytewise: boolean },
): AsyncGenerator<rows.KeptOriginal> =>
  inOrder(keyOf, [
    paged((page) => rows.originalsAfter(db, page), keyOf, from),
    paged((page) => rows.clipsAfter(db, page), keyOf, from),
  ]);

/** Folders of renditions that should be there, in order, after `after`. */
export const keptRenditions = (
  db: Db,
  from: { after: string; bytewise: boolean },
): AsyncGenerator<rows.KeptRenditions> =>
  paged(
    (page) => rows.renditionsAfter(db, page),
    ({ folder }) => folder,
    from,
  );

/** Everything in the bucket whose key begins with `prefix`, without what lies below the folders in `except`. */
export async function* objectsOf(
  storage: Storage,
  prefix: string,
  { after = "", except = [] }: { after?: string; except?: readonly string[] } = {},
): AsyncGenerator<ObjectHead> {
  let from = after;
  again: for (;;) {
    for await (const object of storage.list(prefix, from === "" ? {} : { after: from })) {
      const skipped = except.find((folder) => object.key.startsWith(folder));
      if (skipped === undefined) {
        yield object;
        continue;
      }
      // One request instead of one for every thousand objects of a folder that is none of ours to compare.
      from = pastPrefix(skipped);
      continue again;
    }
    return;
  }
}

export type Folder = { folder: string; objects: ObjectHead[] };
/** More than any set of renditions has; a folder of somebody else's is told in pieces. */
const folderMax = 1_000;

/** The same, gathered by the folder that objects lie in: "derived/abc" for "derived/abc/320.avif". */
export async function* foldersOf(objects: AsyncIterable<ObjectHead>): AsyncGenerator<Folder> {
  let open: Folder | undefined;
  for await (const object of objects) {
    const folder = object.key.slice(0, Math.max(object.key.lastIndexOf("/"), 0));
    if (open !== undefined && open.folder === folder && open.objects.length < folderMax) {
      open.objects.push(object);
      continue;
    }
    if (open !== undefined) yield open;
    open = { folder, objects: [object] };
  }
  if (open !== undefined) yield open;
}

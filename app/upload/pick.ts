/**
 * What a person dropped, pasted or chose, as a stream of files: folders are opened, system files left out. No React.
 */

/** A way back to the file after a reload: the thing the browser gave access to, and the path inside it. */
export type Source = { root: FileSystemHandle; path: string[] };
export type Picked = { file: File; folder: string; source: Source | undefined };

/** Left behind by systems and photo programs; nobody means to upload them. */
const systemNames = new Set(["thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", "@eadir", "$recycle.bin"]);
const systemFolders = new Set([
  "__macosx",
  "@eadir",
  "$recycle.bin",
  "system volume information",
  "#recycle",
]);

export const isSystemFile = (name: string): boolean =>
  name.startsWith(".") || systemNames.has(name.toLowerCase());
export const isSystemFolder = (name: string): boolean =>
  name.startsWith(".") || systemFolders.has(name.toLowerCase());

const inside = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);

type Dropped =
  | {
      kind: "handle";
      handle: Promise<FileSystemHandle | null>;
      entry: FileSystemEntry | null;
      file: File | null;
    }
  | { kind: "entry"; entry: FileSystemEntry }
  | { kind: "file"; file: File };

/**
 * Everything in a drop or a paste. The list must be read before the event handler returns (the browser empties it
 * then), so this is not itself a generator: it takes hold of everything at once and hands out a stream.
 */
export function pickFromTransfer(transfer: DataTransfer): AsyncGenerator<Picked> {
  const dropped: Dropped[] = [];
  for (const entry of transfer.items) {
    if (entry.kind !== "file") continue;
    const viaEntry = entry.webkitGetAsEntry?.() ?? null;
    if ("getAsFileSystemHandle" in entry && typeof entry.getAsFileSystemHandle === "function") {
      const handle: Promise<FileSystemHandle | null> = entry.getAsFileSystemHandle().catch(() => null);
      dropped.push({ kind: "handle", handle, entry: viaEntry, file: entry.getAsFile() });
    } else if (viaEntry !== null) dropped.push({ kind: "entry", entry: viaEntry });
    else {
      const file = entry.getAsFile();
      if (file !== null) dropped.push({ kind: "file", file });
    }
  }
  if (dropped.length === 0) for (const file of transfer.files) dropped.push({ kind: "file", file });
  return walk(dropped);
}

async function* walk(dropped: Dropped[]): AsyncGenerator<Picked> {
  for (const one of dropped) {
    if (one.kind === "file") yield* pickFromFiles([one.file]);
    else if (one.kind === "entry") yield* fromEntry(one.entry, "");
    else {
      const handle = await one.handle;
      // Chromium answers undefined, not null, for what was never in a folder: a screenshot from the clipboard.
      if (handle instanceof FileSystemHandle) yield* fromHandle(handle, "", { root: handle, path: [] });
      else if (one.entry !== null) yield* fromEntry(one.entry, "");
      else if (one.file !== null) yield* pickFromFiles([one.file]);
    }
  }
}

/** Files of an `<input>`; those of a chosen folder carry their path. */
export async function* pickFromFiles(files: Iterable<File>): AsyncGenerator<Picked> {
  for (const file of files) {
    const folders = file.webkitRelativePath.split("/").slice(0, -1);
    if (isSystemFile(file.name) || folders.some(isSystemFolder)) continue;
    yield { file, folder: folders.join("/"), source: undefined };
  }
}

/** Files of handles from a picker or a drop; the handle lets the page find the file again after a reload. */
export async function* pickFromHandles(handles: Iterable<FileSystemHandle>): AsyncGenerator<Picked> {
  for (const handle of handles) yield* fromHandle(handle, "", { root: handle, path: [] });
}

async function* fromHandle(handle: FileSystemHandle, folder: string, source: Source): AsyncGenerator<Picked> {
  if (handle instanceof FileSystemFileHandle) {
    if (!isSystemFile(handle.name)) yield { file: await handle.getFile(), folder, source };
  } else if (handle instanceof FileSystemDirectoryHandle) {
    if (isSystemFolder(handle.name)) return;
    for await (const [name, child] of handle.entries())
      yield* fromHandle(child, inside(folder, handle.name), {
        root: source.root,
        path: [...source.path, name],
      });
  }
}

/** Exported for its test: a folder hands out at most a hundred entries at a time until it answers with none. */
export async function* fromEntry(entry: FileSystemEntry, folder: string): AsyncGenerator<Picked> {
  if (entry.isFile) {
    if (isSystemFile(entry.name)) return;
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    yield { file, folder, source: undefined };
    return;
  }
  if (isSystemFolder(entry.name)) return;
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    for (const child of some) yield* fromEntry(child, inside(folder, entry.name));
  }
}

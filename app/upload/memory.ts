/** What was under way survives a reload, in this browser's IndexedDB. No React, no picture bytes: names and marks only. */
import type { Remembered } from "./match.ts";
import type { Picked, Source } from "./pick.ts";
import type { Entry } from "./table.ts";

type Kept = Remembered & { at: number };

const writeAfterMs = 300;
/** The server has forgotten such an upload for days; so does the browser. */
const ageMaxMs = 7 * 86_400_000;

const byName = new Intl.Collator(undefined, { numeric: true });

const settledRequest = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });

const finished = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(transaction.error));
  });

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open("tintype-uploads", 1);
  request.addEventListener("upgradeneeded", () =>
    request.result.createObjectStore("rows", { keyPath: "id" }),
  );
  return settledRequest(request);
}

const keep = (entry: Entry, owner: string, tab: string): Kept => ({
  id: entry.id,
  token: entry.token,
  name: entry.row.name,
  folder: entry.row.folder,
  bytes: entry.row.bytes,
  lastModified: entry.lastModified,
  mime: entry.mime,
  sha256: entry.sha256,
  uploadId: entry.uploadId,
  source: entry.source,
  owner,
  tab,
  at: Date.now(),
});

export type Memory = {
  remember(entry: Entry): void;
  forget(id: string): void;
  /** Rows of this person that no living tab looks after; from now on they are this tab's. */
  claim(alive: () => Promise<ReadonlySet<string>>): Promise<{ mine: Remembered[]; others: Remembered[] }>;
};

/** Without IndexedDB (private windows of some browsers) nothing survives, and nothing else is lost. */
export function openMemory(owner: string, tab: string): Memory {
  let opened: Promise<IDBDatabase | undefined> | undefined;
  const database = () => {
    // Asked once: what cannot be opened now is not opened later, and the page works without.
    opened ??= openDatabase().catch(() => undefined);
    return opened;
  };
  let writes = new Map<string, Kept | undefined>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const write = async () => {
    timer = undefined;
    const now = writes;
    writes = new Map();
    const db = await database();
    if (db === undefined) return;
    const rows = db.transaction("rows", "readwrite").objectStore("rows");
    for (const [id, kept] of now) {
      if (kept === undefined) rows.delete(id);
      else put(rows, kept);
    }
  };
  const soon = (id: string, kept: Kept | undefined) => {
    writes.set(id, kept);
    if (timer === undefined) timer = setTimeout(write, writeAfterMs);
  };
  // The last changes before a reload are the ones that matter.
  addEventListener("pagehide", () => void write());

  return {
    remember: (entry) => soon(entry.id, keep(entry, owner, tab)),
    forget: (id) => soon(id, undefined),
    async claim(alive) {
      const db = await database();
      if (db === undefined) return { mine: [], others: [] };
      const before: Kept[] = await settledRequest(db.transaction("rows").objectStore("rows").getAll());
      const living = await alive();
      // Judged from what was read before the living were counted: a tab that came since cannot look dead.
      const dead = new Set(before.map((kept) => kept.tab).filter((id) => id !== tab && !living.has(id)));
      const transaction = db.transaction("rows", "readwrite");
      const rows = transaction.objectStore("rows");
      const all: Kept[] = await settledRequest(rows.getAll());
      const mine: Kept[] = [];
      for (const kept of all) {
        if (Date.now() - kept.at > ageMaxMs) rows.delete(kept.id);
        else if (kept.owner === owner && dead.has(kept.tab)) {
          rows.put({ ...kept, tab });
          mine.push(kept);
        }
      }
      await finished(transaction);
      mine.sort((a, b) => byName.compare(`${a.folder}/${a.name}`, `${b.folder}/${b.name}`));
      const others = all.filter((kept) => kept.owner === owner && kept.tab !== tab && !dead.has(kept.tab));
      return { mine, others };
    },
  };
}

/** Some browsers cannot store the handle of a file; its name and marks are kept all the same. */
function put(rows: IDBObjectStore, kept: Kept): void {
  try {
    rows.put(kept);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "DataCloneError")) throw error;
    rows.put({ ...kept, source: undefined });
  }
}

type WithPermission = FileSystemHandle & {
  queryPermission?: (options: { mode: "read" }) => Promise<PermissionState>;
  requestPermission?: (options: { mode: "read" }) => Promise<PermissionState>;
};

async function mayRead(handle: WithPermission): Promise<boolean> {
  if ((await handle.queryPermission?.({ mode: "read" })) === "granted") return true;
  return (await handle.requestPermission?.({ mode: "read" })) === "granted";
}

/**
 * The files behind these handles again, as far as the person allows it. Call it from a click: the browser asks then,
 * once for each folder or file that was given. The first "no" ends the asking.
 */
export async function reopen(
  rows: readonly { folder: string; source: Source | undefined }[],
): Promise<Picked[]> {
  const allowed = new Map<FileSystemHandle, boolean>();
  const picked: Picked[] = [];
  for (const { folder, source } of rows) {
    if (source === undefined) continue;
    const may = allowed.get(source.root) ?? (await mayRead(source.root).catch(() => false));
    allowed.set(source.root, may);
    if (!may) break;
    // Moved, renamed or deleted since: the row stays, and the page asks for the file.
    const file = await fileAt(source).catch(() => undefined);
    if (file !== undefined) picked.push({ file, folder, source });
  }
  return picked;
}

async function fileAt({ root, path }: Source): Promise<File | undefined> {
  let at: FileSystemHandle = root;
  for (const [index, name] of path.entries()) {
    if (!(at instanceof FileSystemDirectoryHandle)) return undefined;
    at = index === path.length - 1 ? await at.getFileHandle(name) : await at.getDirectoryHandle(name);
  }
  return at instanceof FileSystemFileHandle ? at.getFile() : undefined;
}

/**
 * Files in the folder that the browser keeps for this site: where no file of the person's own can be written, an archive
 * of any size is gathered there instead of in memory, and handed over when it is whole. No React.
 */
import type { DiskReply, DiskRequest } from "./disk-worker.ts";

/** Left to whatever else the browser keeps for this site. */
const share = 0.9;
/** The browser copies what it is handed: so long for any file, and so much longer for each of its bytes. */
const copyMs = 10 * 60_000;
const copyBytesPerMs = 10_000;

const lockOf = (name: string): string => `tintype:download:${name}`;

const folder = async (): Promise<FileSystemDirectoryHandle> =>
  (await navigator.storage.getDirectory()).getDirectoryHandle("downloads", { create: true });

type Listed = { keys?: () => AsyncIterable<string> };
const namesIn = (listed: FileSystemDirectoryHandle & Listed): AsyncIterable<string> | undefined =>
  listed.keys?.();

/** How long a file that was handed over is left alone. */
const spareMs = (file: File): number => copyMs + file.size / copyBytesPerMs;

/** The browser may still copy it, though the page that handed it over is closed or was loaded anew. */
async function isCopied(here: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  const file = await (await here.getFileHandle(name)).getFile();
  return Date.now() - file.lastModified < spareMs(file);
}

/** Removes what pages that are closed by now have left behind. */
async function sweep(): Promise<void> {
  const here = await folder();
  const names: string[] = [];
  for await (const name of namesIn(here) ?? []) names.push(name);
  for (const name of names)
    await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
      if (lock !== null && !(await isCopied(here, name))) await here.removeEntry(name);
    });
}

/** How many bytes of one file there is room for; 0 where the browser has no such folder, as on plain http. */
export async function roomOnDisk(): Promise<number> {
  try {
    await sweep();
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    return Math.floor(Math.max(0, quota - usage) * share);
  } catch {
    // A private window refuses, each browser in its own way.
    return 0;
  }
}

export type DiskFile = {
  write(chunk: Uint8Array): Promise<void>;
  /** The whole of it, to be handed over at once: it is removed a while later. */
  end(): Promise<File>;
  /** Leaves nothing behind. */
  drop(): Promise<void>;
};

/** Keeps others from sweeping a file away until it is let go of, or the page is closed. */
function hold(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(lockOf(name), () => new Promise<void>((release) => resolve(() => release())))
      .catch(reject);
  });
}

/** An empty file. Throws DOMException, as do its functions, when the browser refuses. */
export async function openDisk(): Promise<DiskFile> {
  const name = `${crypto.randomUUID()}.zip`;
  const release = await hold(name);
  let worker: Worker;
  try {
    worker = new Worker(new URL("./disk-worker.ts", import.meta.url), { type: "module" });
  } catch (error) {
    release();
    throw error;
  }
  const ask = (request: DiskRequest): Promise<void> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<DiskReply>) => {
        if (data.failed === undefined) resolve();
        else reject(new DOMException("The browser refused to write the file.", data.failed));
      };
      worker.onerror = ({ message }) => reject(new DOMException(message, "OperationError"));
      worker.postMessage(request);
    });
  const remove = async (): Promise<void> => {
    worker.terminate();
    // What cannot be removed now is swept away later.
    await (await folder()).removeEntry(name).catch(() => undefined);
    release();
  };
  try {
    await ask({ name });
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    write: (chunk) => ask({ chunk }),
    end: async () => {
      await ask({ end: true });
      worker.terminate();
      const file = await (await (await folder()).getFileHandle(name)).getFile();
      setTimeout(() => void remove(), spareMs(file));
      return file;
    },
    drop: async () => {
      await ask({ end: true }).catch(() => undefined);
      await remove();
    },
  };
}

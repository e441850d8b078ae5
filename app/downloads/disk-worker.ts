/**
 * Writes a file into the folder that the browser keeps for this site, off the main thread: only there does every browser
 * write it as it comes. One message in, one out, in order.
 */

export type DiskRequest = { name: string } | { chunk: Uint8Array } | { end: true };
/** `failed` is the name of what the browser refused with. */
export type DiskReply = { failed?: string };

/** Missing from TypeScript's own description of a page, which has none. */
type Access = {
  write(chunk: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
};
const accessOf = (
  file: FileSystemFileHandle & { createSyncAccessHandle?: () => Promise<Access> },
): Promise<Access> | undefined => file.createSyncAccessHandle?.();

let access: Access | undefined;
let written = 0;

async function open(name: string): Promise<void> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("downloads", {
    create: true,
  });
  access = await accessOf(await folder.getFileHandle(name, { create: true }));
  if (access === undefined) throw new DOMException("No file can be written here.", "NotSupportedError");
}

function write(chunk: Uint8Array): void {
  if (access === undefined) throw new DOMException("No file is open.", "InvalidStateError");
  const bytes = access.write(chunk, { at: written });
  written += bytes;
  // Some browsers write less instead of refusing.
  if (bytes < chunk.byteLength) throw new DOMException("The disk is full.", "QuotaExceededError");
}

async function answer(request: DiskRequest): Promise<DiskReply> {
  try {
    if ("name" in request) await open(request.name);
    else if ("chunk" in request) write(request.chunk);
    else {
      access?.flush();
      access?.close();
    }
    return {};
  } catch (error) {
    return { failed: error instanceof Error ? error.name : "UnknownError" };
  }
}

addEventListener("message", (event: MessageEvent<DiskRequest>) => {
  void answer(event.data).then((reply) => postMessage(reply));
});

/**
 * Where an archive goes: straight into a file the person chose; where the browser has no such thing, into a file that it
 * keeps for this site and hands over when it is whole; and where it has neither, in parts through its memory. No React.
 */
import { type DiskFile, openDisk, roomOnDisk } from "./disk.ts";

/** What a browser holds at once before it is saved. */
const memoryBytesMax = 1024 ** 3;

/** One archive of a download. */
export type Part = {
  /** Bytes it may have. */
  max: number;
  /** Saves it. `number` is undefined when there is only one. */
  save(archive: ReadableStream<Uint8Array>, number: number | undefined, signal: AbortSignal): Promise<void>;
};
export type Sink = { next(): Promise<Part> };

type Picker = (options: {
  suggestedName: string;
  types: { description: string; accept: Record<string, string[]> }[];
}) => Promise<FileSystemFileHandle>;

/** Missing from TypeScript's own description of a browser: only some have it. */
const pickerOf = (page: Window & { showSaveFilePicker?: Picker }): Picker | undefined =>
  page.showSaveFilePicker?.bind(page);

/**
 * Asks where to save `name`; to be called straight from a click. `undefined` when the person changed their mind.
 * Nothing is left behind of an archive that was broken off: the file appears when it is complete.
 */
export async function openSink(name: string): Promise<Sink | undefined> {
  const pick = pickerOf(window);
  if (pick === undefined) return partsOf(name);
  let file: FileSystemFileHandle;
  try {
    file = await pick({
      suggestedName: `${name}.zip`,
      types: [{ description: "ZIP", accept: { "application/zip": [".zip"] } }],
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    // Not from here, such as a page in a frame: in parts, then.
    if (error instanceof DOMException) return partsOf(name);
    throw error;
  }
  return {
    next: async () => ({
      max: Number.POSITIVE_INFINITY,
      save: async (archive, _, signal) => {
        await archive.pipeTo(await file.createWritable(), { signal });
      },
    }),
  };
}

/** How large the archives of a download will be here, at most. */
export const archiveMax = async (): Promise<number> =>
  pickerOf(window) === undefined ? Math.max(memoryBytesMax, await roomOnDisk()) : Number.POSITIVE_INFINITY;

function partsOf(name: string): Sink {
  return {
    next: async () => {
      const room = await roomOnDisk();
      // Memory holds as much, and leaves nothing on the disk.
      if (room <= memoryBytesMax) return inMemory(name);
      const file = await openDisk().catch(() => undefined);
      return file === undefined ? inMemory(name) : onDisk(name, file, room);
    },
  };
}

const onDisk = (name: string, file: DiskFile, room: number): Part => ({
  max: room,
  save: async (archive, number, signal) => {
    try {
      await archive.pipeTo(new WritableStream({ write: (chunk) => file.write(chunk) }), { signal });
      hand(await file.end(), name, number);
    } catch (error) {
      await file.drop();
      throw error;
    }
  },
});

const inMemory = (name: string): Part => ({
  max: memoryBytesMax,
  save: async (archive, number, signal) => {
    const whole = await new Response(archive).blob();
    signal.throwIfAborted();
    hand(whole, name, number);
  },
});

/** To the browser's own downloads. */
function hand(archive: Blob, name: string, number: number | undefined): void {
  const url = URL.createObjectURL(new Blob([archive], { type: "application/zip" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = number === undefined ? `${name}.zip` : `${name} (${number}).zip`;
  link.click();
  // The browser has begun to copy it by then; a part that is kept would fill the memory.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

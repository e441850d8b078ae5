/** Where an archive goes: straight into a file the person chose, or, where the browser has no such thing, in parts. No React. */

/** What a browser holds at once before it is saved. */
const partBytesMax = 1024 ** 3;

export type Sink = {
  /** Bytes of one archive at most. */
  partMax: number;
  /** Saves one archive. `number` is undefined when there is only one. */
  save(archive: ReadableStream<Uint8Array>, number: number | undefined, signal: AbortSignal): Promise<void>;
};

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
    partMax: Number.POSITIVE_INFINITY,
    save: async (archive, _, signal) => {
      await archive.pipeTo(await file.createWritable(), { signal });
    },
  };
}

function partsOf(name: string): Sink {
  return {
    partMax: partBytesMax,
    save: async (archive, number, signal) => {
      const whole = await new Response(archive).blob();
      signal.throwIfAborted();
      const url = URL.createObjectURL(new Blob([whole], { type: "application/zip" }));
      const link = document.createElement("a");
      link.href = url;
      link.download = number === undefined ? `${name}.zip` : `${name} (${number}).zip`;
      link.click();
      // The browser has begun to copy it by then; a part that is kept would fill the memory.
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    },
  };
}

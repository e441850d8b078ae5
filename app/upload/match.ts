/** Finding a row from before a reload again when its file is chosen once more. */
import type { Source } from "./pick.ts";

/** What survives a reload. Without `source` the person is asked for the file by name. */
export type Remembered = {
  id: string;
  token: string;
  name: string;
  folder: string;
  bytes: number;
  lastModified: number;
  mime: string;
  sha256?: string | undefined;
  uploadId?: string | undefined;
  source?: Source | undefined;
  owner: string;
  tab: string;
};

type Marks = { name: string; size: number; lastModified: number };
const markOf = ({ name, size, lastModified }: Marks): string => `${size}/${lastModified}/${name}`;

/**
 * Name, size and modification time together say that it is the same file; anything less is left to the hash, which
 * the check stage compares. The server measures the bytes in any case.
 */
export class Again {
  #byMark = new Map<string, string[]>();

  put(one: Pick<Remembered, "id" | "name" | "bytes" | "lastModified">): void {
    const mark = markOf({ name: one.name, size: one.bytes, lastModified: one.lastModified });
    this.#byMark.set(mark, [...(this.#byMark.get(mark) ?? []), one.id]);
  }

  /** The id of the row that waits for this file; each row is given out once. */
  take(file: Marks): string | undefined {
    const mark = markOf(file);
    const ids = this.#byMark.get(mark);
    const id = ids?.shift();
    if (ids?.length === 0) this.#byMark.delete(mark);
    return id;
  }
}

/** A download from the first question to the last byte. No React. */
import { addressesMax, type DownloadFile, type DownloadSize } from "#lib/downloads/shapes.ts";
import { type Api, DownloadFailure, openApi, type What } from "./api.ts";
import { Archive, type Progress } from "./archive.ts";
import type { Sink } from "./sink.ts";

/** An address is taken for good this long; those of the gallery live at least as long as one window, a minute or more. */
const addressMs = 45_000;

/** Addresses of files, asked for in batches shortly before they are needed. */
class AddressBook {
  readonly #api: Api;
  readonly #size: DownloadSize;
  readonly #coming: string[] = [];
  readonly #known = new Map<string, { url: string; at: number }>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(api: Api, size: DownloadSize) {
    this.#api = api;
    this.#size = size;
  }

  /** Files whose turn comes soon. */
  expect(files: readonly DownloadFile[]): void {
    this.#coming.push(...files.map(({ id }) => id));
  }

  /** One question at a time: files that are read side by side want addresses of the same batch. */
  of(id: string, fresh: boolean): Promise<string> {
    const answer = this.#turn.then(() => this.#of(id, fresh));
    // Whoever asked hears of a failure; the next question is asked all the same.
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #of(id: string, fresh: boolean): Promise<string> {
    const known = this.#known.get(id);
    if (!fresh && known !== undefined && Date.now() - known.at < addressMs) return known.url;
    const at = this.#coming.indexOf(id);
    const batch = at === -1 ? [id] : this.#coming.slice(at, at + addressesMax);
    if (at > 0) for (const gone of this.#coming.splice(0, at)) this.#known.delete(gone);
    const found = await this.#api.addresses(this.#size, batch);
    for (const [one, url] of Object.entries(found)) this.#known.set(one, { url, at: Date.now() });
    const url = found[id];
    if (url === undefined) throw new DownloadFailure("gone", "there is no address for it any more");
    return url;
  }
}

async function* filesOf(api: Api, size: DownloadSize, book: AddressBook): AsyncGenerator<DownloadFile> {
  let cursor: string | undefined;
  do {
    const page = await api.page(size, cursor);
    book.expect(page.files);
    yield* page.files;
    cursor = page.next;
  } while (cursor !== undefined);
}

export type Running = {
  what: What;
  size: DownloadSize;
  /** How many it will be, about. */
  bytes: number;
  sink: Sink;
  signal: AbortSignal;
  onProgress(progress: Progress): void;
  onStall(stalled: boolean): void;
};

/** Saves everything. Throws DownloadFailure with the server's code, or the signal's reason when it was cancelled. */
export async function run({ signal, ...running }: Running): Promise<void> {
  // When the disk is full, files that are read ahead would be waited for without end.
  const end = new AbortController();
  try {
    await save({ ...running, signal: AbortSignal.any([signal, end.signal]) });
  } finally {
    end.abort();
  }
}

async function save({ what, size, bytes, sink, signal, onProgress, onStall }: Running): Promise<void> {
  const api = openApi(what, { signal, onStall });
  await api.begin(size);
  const book = new AddressBook(api, size);
  const archive = new Archive({
    files: filesOf(api, size, book),
    address: (id, fresh) => book.of(id, fresh),
    signal,
    onProgress,
    onStall,
  });
  for (let number = 1; await archive.more(); number++) {
    const part = await sink.next();
    await part.save(archive.part(part.max), number > 1 || bytes > part.max ? number : undefined, signal);
  }
}

/**
 * One file from the bucket, whatever happens to the connection: what has arrived is not asked for again, a dead or
 * expired address is replaced, and a connection on which nothing moves is given up. No React.
 */
import { DownloadFailure, pause } from "./api.ts";

/** Answers in a row that brought nothing. */
const barrenMax = 5;
const pauseMax = 30_000;
const silenceMs = 30_000;

export type Doors = {
  /** `fresh`: the one given before does not work any more. Throws DownloadFailure("gone") when there is none. */
  address(fresh: boolean): Promise<string>;
  signal: AbortSignal;
  /** Nothing answers (true): it is tried again until the download is cancelled; and it goes on again (false). */
  onStall?: (stalled: boolean) => void;
  /** Pauses between tries, in milliseconds. */
  pauseMs?: number;
};

/** Statuses of an address that ran out, or was signed for an object that is not there (any more). */
const isDeadAddress = (status: number): boolean => status === 400 || status === 403;

/** Aborts when the download ends or nothing has moved for a while. */
function watch(signal: AbortSignal): { signal: AbortSignal; moved(): void; end(): void } {
  const silence = new AbortController();
  const stop = (): void => silence.abort(signal.reason);
  let timer = setTimeout(() => silence.abort(), silenceMs);
  signal.addEventListener("abort", stop, { once: true });
  return {
    signal: silence.signal,
    moved: () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
    },
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    },
  };
}

async function open(url: string, from: number, signal: AbortSignal): Promise<Response> {
  return fetch(url, {
    // An answer kept from an <img> lacks the permission for pages of other origins.
    cache: "no-store",
    credentials: "omit",
    referrerPolicy: "no-referrer",
    headers: from === 0 ? {} : { range: `bytes=${from}-` },
    signal,
  });
}

/**
 * The bytes of the file in order, each once. While the bucket cannot be reached at all this waits; it throws
 * DownloadFailure "gone" when the bucket has the file no more, "broken" when its answers bring nothing.
 */
export async function* fetchFile(doors: Doors): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let got = 0;
  let barren = 0;
  let silent = 0;
  let fresh = false;
  for (;;) {
    const guard = watch(doors.signal);
    const before = got;
    let answered = false;
    try {
      const answer = await open(await doors.address(fresh), got, guard.signal);
      answered = true;
      if (silent > 0) doors.onStall?.(false);
      silent = 0;
      fresh = false;
      if (isDeadAddress(answer.status)) fresh = true;
      else if (answer.status === 404) throw new DownloadFailure("gone", "the bucket has it no more");
      // Nothing is left: the last byte had arrived when the connection broke.
      else if (answer.status === 416 && got > 0) return;
      else if (answer.ok && answer.body !== null) {
        // A store that does not know ranges begins anew: what is here already is let pass.
        let skip = answer.status === 206 ? 0 : got;
        const length = Number(answer.headers.get("content-length") ?? Number.NaN);
        const wanted = Number.isNaN(length) ? undefined : got + length - skip;
        for await (const chunk of chunksOf(answer.body)) {
          guard.moved();
          const rest = skip >= chunk.byteLength ? undefined : chunk.subarray(skip);
          skip = Math.max(0, skip - chunk.byteLength);
          if (rest === undefined) continue;
          got += rest.byteLength;
          yield rest;
        }
        if (wanted === undefined || got >= wanted) return;
      }
    } catch (error) {
      if (doors.signal.aborted) throw doors.signal.reason;
      if (error instanceof DownloadFailure) throw error;
      // The connection broke: on from where it did.
    } finally {
      guard.end();
    }
    if (!answered) {
      silent += 1;
      if (silent > 1) doors.onStall?.(true);
      await pause(Math.min(pauseMax, (doors.pauseMs ?? 500) * 2 ** Math.min(silent, 8)), doors.signal);
      continue;
    }
    barren = got > before ? 0 : barren + 1;
    if (barren >= barrenMax) throw new DownloadFailure("broken", `no byte came in ${barrenMax} tries`);
    if (barren > 0) await pause((doors.pauseMs ?? 500) * 2 ** (barren - 1), doors.signal);
  }
}

/** Not every browser lets a stream be walked by `for await`. */
async function* chunksOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      yield value;
    }
  } finally {
    // What is given up may have broken already; why is known to whoever gave it up.
    if (!ended) await reader.cancel().catch(() => undefined);
  }
}

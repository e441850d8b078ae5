/** The questions a download asks of the web server, none of which carries a picture byte. No React. */
import type { Addresses, DownloadPage, DownloadSize, DownloadSum } from "#lib/downloads/shapes.ts";

/** What is saved: where its questions are answered, and what is said with each of them. */
export type What = { path: string; ask: Record<string, unknown> };

export type Api = {
  sum(size: DownloadSize): Promise<DownloadSum>;
  /** Counts the download; to be called once, before the first file. */
  begin(size: DownloadSize): Promise<void>;
  page(size: DownloadSize, cursor: string | undefined): Promise<DownloadPage>;
  addresses(size: DownloadSize, ids: string[]): Promise<Addresses>;
};

/** `code` is the server's, "no_answer" when none came. */
export class DownloadFailure extends Error {
  override readonly name = "DownloadFailure";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const codeOf = (text: string): string => {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null && "code" in said ? String(said.code) : "";
  } catch {
    // A proxy in between answers in HTML.
    return "";
  }
};

/** Milliseconds between tries at most. */
const pauseMax = 30_000;

/** `onStall`: nothing answers (true), and it goes on again (false). */
export function openApi(
  { path, ask }: What,
  { signal, onStall = () => {} }: { signal: AbortSignal; onStall?: (stalled: boolean) => void },
): Api {
  let ticket: string | undefined;

  async function once<T>(body: Record<string, unknown>): Promise<T> {
    const answer = await fetch(path, {
      method: "POST",
      cache: "no-store",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...ask, ...body, ...(ticket === undefined || ticket === "" ? {} : { ticket }) }),
      signal,
    }).catch((cause: unknown) => {
      if (signal.aborted) throw cause;
      throw new DownloadFailure("no_answer", String(cause));
    });
    const text = await answer.text();
    if (!answer.ok)
      throw new DownloadFailure(answer.status >= 500 ? "no_answer" : codeOf(text), text.slice(0, 200));
    return JSON.parse(text) as T;
  }

  /** While nothing answers it is asked again, until the download is cancelled; what was refused, is refused. */
  async function asked<T>(body: Record<string, unknown>): Promise<T> {
    for (let n = 1; ; n++) {
      try {
        const answer = await once<T>(body);
        if (n > 1) onStall(false);
        return answer;
      } catch (error) {
        if (!(error instanceof DownloadFailure) || error.code !== "no_answer") throw error;
        onStall(true);
        await pause(Math.min(pauseMax, 500 * 2 ** n), signal);
      }
    }
  }

  return {
    sum: (size) => asked({ question: "sum", size }),
    begin: async (size) => {
      ({ ticket } = await asked<{ ticket: string }>({ question: "begin", size }));
    },
    page: (size, cursor) => asked({ question: "page", size, ...(cursor === undefined ? {} : { cursor }) }),
    addresses: async (size, ids) =>
      (await asked<{ addresses: Addresses }>({ question: "addresses", size, ids })).addresses,
  };
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

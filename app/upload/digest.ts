/** The page's side of the digest worker. No React. */
import type { DigestReply, DigestRequest } from "./digest-worker.ts";

/** The file could not be read: it was moved, changed or its permission ended. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

type Waiting = { resolve: (sha256: string) => void; reject: (error: Error) => void };

/** A function from file to lower-case hex SHA-256. Throws Unreadable. The worker starts with the first file. */
export function openDigest(): (file: File) => Promise<string> {
  let worker: Worker | undefined;
  let last = 0;
  const waiting = new Map<number, Waiting>();

  const start = (): Worker => {
    const started = new Worker(new URL("./digest-worker.ts", import.meta.url), { type: "module" });
    started.addEventListener("message", (event: MessageEvent<DigestReply>) => {
      const one = waiting.get(event.data.n);
      waiting.delete(event.data.n);
      if ("sha256" in event.data) one?.resolve(event.data.sha256);
      else one?.reject(new Unreadable(event.data.error));
    });
    // A worker that died (out of memory, blocked by policy) would leave its files waiting for ever.
    started.addEventListener("error", (event) => {
      for (const one of waiting.values())
        one.reject(new Error(event.message || "The digest worker stopped."));
      waiting.clear();
      started.terminate();
      worker = undefined;
    });
    return started;
  };

  return (file) =>
    new Promise((resolve, reject) => {
      worker ??= start();
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ n: last, file } satisfies DigestRequest);
    });
}

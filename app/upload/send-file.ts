/**
 * Bytes from the browser into the bucket: a form with the policy's fields and the file last, or a signed PUT of
 * the file or of one part of it. XHR, not fetch, because only XHR tells how much has been sent. No React, no
 * picture byte to any other place.
 */
import type { PartPermit, PostPermit, PutPermit } from "#lib/media.ts";

export type Sent =
  | { outcome: "stored" }
  /** The bucket said no; nothing was stored. */
  | { outcome: "refused"; status: number }
  /** Reset, timed out, 5xx, or an answer that may not be read: it may have been stored or not (F-5). */
  | { outcome: "unknown"; status: number }
  | { outcome: "aborted" };

export type Sending = { onProgress: (bytes: number) => void; signal: AbortSignal };

/** No progress at all for so long: the connection is dead and the browser has not noticed. */
const silenceMs = 60_000;

export async function sendFile(permit: PostPermit | PutPermit, file: File, options: Sending): Promise<Sent> {
  if (permit.transport === "post") {
    const form = new FormData();
    for (const [name, value] of Object.entries(permit.fields)) form.append(name, value);
    form.append("file", file);
    return transfer({ method: "POST", url: permit.url, headers: {}, body: form, bytes: file.size }, options);
  }
  const { url, headers } = permit;
  const sent = await transfer({ method: "PUT", url, headers, body: file, bytes: file.size }, options);
  // If-None-Match: an earlier try was stored, and only its answer was lost. The server looks at what is there.
  return sent.outcome === "refused" && sent.status === 412 ? { outcome: "stored" } : sent;
}

export const sendPart = ({ url, headers }: PartPermit, part: Blob, options: Sending): Promise<Sent> =>
  transfer({ method: "PUT", url, headers, body: part, bytes: part.size }, options);

/** Answers that say nothing about the next try: timeout, a condition that raced, too many requests. */
const passing = new Set([408, 409, 425, 429]);

function transfer(
  what: {
    method: "POST" | "PUT";
    url: string;
    headers: Record<string, string>;
    body: FormData | Blob;
    bytes: number;
  },
  options: Sending,
): Promise<Sent> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    let stalled = false;
    let watch: ReturnType<typeof setTimeout> | undefined;
    const stillAlive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => {
        stalled = true;
        request.abort();
      }, silenceMs);
    };
    const end = (sent: Sent) => {
      clearTimeout(watch);
      options.signal.removeEventListener("abort", abort);
      resolve(sent);
    };

    // A form's own few hundred bytes are part of what is counted; the difference is not worth showing.
    request.upload.addEventListener("progress", (event) => {
      stillAlive();
      options.onProgress(Math.min(event.loaded, what.bytes));
    });
    request.upload.addEventListener("load", stillAlive);
    request.addEventListener("load", () => {
      const { status } = request;
      if (status >= 200 && status < 300) end({ outcome: "stored" });
      // 501 and 405: a store without POST Object, which a fresh permit gets round.
      else if ((status >= 400 && status < 500 && !passing.has(status)) || status === 501)
        end({ outcome: "refused", status });
      else end({ outcome: "unknown", status });
    });
    request.addEventListener("error", () => end({ outcome: "unknown", status: 0 }));
    request.addEventListener("abort", () =>
      end(stalled ? { outcome: "unknown", status: 0 } : { outcome: "aborted" }),
    );
    if (options.signal.aborted) return end({ outcome: "aborted" });
    options.signal.addEventListener("abort", abort);
    request.open(what.method, what.url);
    for (const [name, value] of Object.entries(what.headers)) request.setRequestHeader(name, value);
    stillAlive();
    request.send(what.body);
  });
}

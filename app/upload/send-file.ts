/**
 * One file from the browser into the bucket: a multipart POST of the policy's fields, the file last. XHR, not
 * fetch, because only XHR tells how much has been sent. No React, no picture byte to any other place.
 */
export type Sent =
  | { outcome: "stored" }
  /** The bucket said no; nothing was stored. */
  | { outcome: "refused"; status: number }
  /** Reset, timed out, 5xx, or an answer that may not be read: it may have been stored or not (F-5). */
  | { outcome: "unknown"; status: number }
  | { outcome: "aborted" };

/** No progress at all for so long: the connection is dead and the browser has not noticed. */
const silenceMs = 60_000;

export function sendFile(
  policy: { url: string; fields: Record<string, string> },
  file: File,
  options: { onProgress: (bytes: number) => void; signal: AbortSignal },
): Promise<Sent> {
  return new Promise((resolve) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(policy.fields)) form.append(name, value);
    form.append("file", file);

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

    // The form's own few hundred bytes are part of what is counted; the difference is not worth showing.
    request.upload.addEventListener("progress", (event) => {
      stillAlive();
      options.onProgress(Math.min(event.loaded, file.size));
    });
    request.upload.addEventListener("load", stillAlive);
    request.addEventListener("load", () => {
      const { status } = request;
      if (status >= 200 && status < 300) end({ outcome: "stored" });
      else if (status >= 400 && status < 500 && status !== 408 && status !== 429)
        end({ outcome: "refused", status });
      else end({ outcome: "unknown", status });
    });
    request.addEventListener("error", () => end({ outcome: "unknown", status: 0 }));
    request.addEventListener("abort", () =>
      end(stalled ? { outcome: "unknown", status: 0 } : { outcome: "aborted" }),
    );
    if (options.signal.aborted) return end({ outcome: "aborted" });
    options.signal.addEventListener("abort", abort);
    request.open("POST", policy.url);
    stillAlive();
    request.send(form);
  });
}

/** The steps of a trial that only a browser can make, made as the pages make them: XHR with progress, an image, a fetch. No React. */
import type { Seen, Trial } from "#lib/doctor/trial.ts";

const answerMsMax = 20_000;

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

type Answer = { status: number; etag: string | null };

/** Status 0: there was no answer that a page may read. */
function send(
  method: "POST" | "PUT",
  url: string,
  headers: Record<string, string>,
  body: FormData | Blob,
): Promise<Answer> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const none = (): void => resolve({ status: 0, etag: null });
    // An upload that is watched is asked for by a preflight, as those of the upload page are.
    request.upload.addEventListener("progress", () => {});
    request.addEventListener("load", () => {
      // Asking for a header that is not exposed is an error in the console of the browser.
      const exposed = request.getAllResponseHeaders().toLowerCase();
      resolve({
        status: request.status,
        etag: exposed.includes("etag:") ? request.getResponseHeader("etag") : null,
      });
    });
    for (const event of ["error", "abort", "timeout"]) request.addEventListener(event, none);
    request.timeout = answerMsMax;
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });
}

const isGood = (status: number): boolean => status >= 200 && status < 300;

function show(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const image = new Image();
    const timeout = setTimeout(() => resolve(false), answerMsMax);
    const end = (shown: boolean): void => {
      clearTimeout(timeout);
      resolve(shown);
    };
    image.addEventListener("load", () => end(image.naturalWidth > 0));
    image.addEventListener("error", () => end(false));
    image.src = url;
  });
}

async function read(url: string, expected: Uint8Array): Promise<Omit<Seen, "id">> {
  try {
    // Not from the browser's cache: what the image above was answered with has no word about CORS.
    const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(answerMsMax) });
    if (!answer.ok) return { ok: false, status: answer.status };
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const same = bytes.length === expected.length && bytes.every((byte, n) => byte === expected[n]);
    return same ? { ok: true, status: answer.status } : { ok: false, status: answer.status, flaw: "bytes" };
  } catch {
    // A page is not told more than that there was nothing to read.
    return { ok: false, status: 0 };
  }
}

/** Makes every step of a trial and tells each as it is seen. */
export async function tryFromHere(trial: Trial, onSeen: (seen: Seen) => void): Promise<void> {
  const bytes = bytesOf(trial.picture);
  const file = new File([bytes], "probe.png", { type: trial.pictureType });
  if (trial.post !== undefined) {
    const form = new FormData();
    for (const [name, value] of Object.entries(trial.post.fields)) form.append(name, value);
    form.append("file", file);
    const { status } = await send("POST", trial.post.url, {}, form);
    onSeen({ id: "browserPost", ok: isGood(status), status });
  }
  const put = await send("PUT", trial.put.url, trial.put.headers, file);
  onSeen({ id: "browserPut", ok: isGood(put.status), status: put.status });
  if (trial.part !== undefined) {
    const { status, etag } = await send("PUT", trial.part.url, trial.part.headers, new Blob([bytes]));
    const stored = isGood(status);
    const unread = stored && etag === null;
    onSeen({
      id: "browserPart",
      ok: stored && !unread,
      status,
      ...(unread ? { flaw: "etag" as const } : {}),
    });
  }
  const shown = await show(trial.show);
  onSeen({ id: "browserShow", ok: shown, status: shown ? 200 : 0 });
  onSeen({ id: "browserRead", ...(await read(trial.show, bytes)) });
}

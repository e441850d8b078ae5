/** Sends bytes to the store as a browser does. */
import { settings } from "../env.ts";
import type { PostPermit, PutPermit } from "../media.ts";
import { StorageError } from "../storage/port.ts";

const sendMsMax = 60_000;

/**
 * Sends what a permit is for. The address is the one that browsers use; where this machine does not reach it, a form is
 * as good at the store's own. Throws StorageError.
 */
export async function sendTo(permit: PostPermit | PutPermit, bytes: Buffer): Promise<void> {
  const content = Uint8Array.from(bytes);
  const attempt = async (url: string): Promise<number | undefined> => {
    try {
      const response = await fetch(url, {
        ...(permit.transport === "post"
          ? { method: "POST", body: form(permit, content) }
          : { method: "PUT", headers: permit.headers, body: content }),
        redirect: "manual",
        signal: AbortSignal.timeout(sendMsMax),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      // Refused, reset, a name that is not known here: the answer below says so.
      return undefined;
    }
  };
  const inside = permit.transport === "post" ? insideUrl(permit.url) : undefined;
  const status = (await attempt(permit.url)) ?? (inside === undefined ? undefined : await attempt(inside));
  if (status === undefined)
    throw new StorageError("unavailable", `The store does not answer at ${new URL(permit.url).origin}.`);
  if (status < 200 || status > 299)
    throw new StorageError("denied", `The store refused a sample picture (${status}).`);
}

function form({ fields }: PostPermit, content: Uint8Array<ArrayBuffer>): FormData {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", new Blob([content]), "sample");
  return body;
}

function insideUrl(url: string): string | undefined {
  const { bucket } = settings();
  if (bucket?.endpoint === undefined || !bucket.forcePathStyle) return undefined;
  const { pathname, origin } = new URL(url);
  const at = new URL(bucket.endpoint);
  return at.origin === origin ? undefined : new URL(pathname, at.origin).href;
}

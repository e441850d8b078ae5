/**
 * What a store says when it is asked as a browser would ask it. "unknown" is whatever could also have come from
 * something in between, and never a no.
 */
import { createHash } from "node:crypto";
import { settings } from "../env.ts";
import { log } from "../log.ts";
import type { Transport } from "../media.ts";
import { absentKey } from "../storage/keys.ts";
import { type Storage, StorageError } from "../storage/port.ts";

export type SingleTransport = Exclude<Transport, "multipart">;
/** Whether a store knows If-None-Match and x-amz-checksum-sha256 on a PUT. */
export type PutBounds = { ifAbsent: boolean; checksum: boolean };

/** Where the store is reached from here, when the address that browsers use may not be. */
type Inside = { endpoint: string | undefined; forcePathStyle: boolean } | undefined;
type Answer = { status: number; code: string | undefined };

const answerMsMax = 3_000;
const promise = { bytes: 1, contentType: "application/octet-stream", expiresIn: 60 };
const oneByte = "x";
const sha256 = createHash("sha256").update(oneByte).digest("hex");

/**
 * Posts a signed form that promises one byte and brings two: a store that knows POST Object refuses it as too large
 * and keeps nothing.
 */
export async function acceptsPost(
  storage: Storage,
  inside: Inside = settings().bucket,
): Promise<SingleTransport | "unknown"> {
  const key = absentKey();
  const answer = await signedAnswer(async () => {
    const { url, fields } = await storage.presignPost(key, promise);
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    body.append("file", new Blob(["no"]));
    return { url, init: { method: "POST", body } };
  }, inside);
  if (answer === undefined) return "unknown";
  if (isStored(answer)) {
    // A store that does not count bytes has kept them.
    await remove(storage, key);
    return "post";
  }
  if (answer.code === "EntityTooLarge" || answer.code === "EntityTooSmall") return "post";
  return isNo(answer) ? "put" : "unknown";
}

/** From the strictest to the plainest; some stores refuse headers that they do not know. */
const bounds: PutBounds[] = [
  { ifAbsent: true, checksum: true },
  { ifAbsent: true, checksum: false },
  { ifAbsent: false, checksum: true },
  { ifAbsent: false, checksum: false },
];

/** Puts one byte, bound as closely as the store lets it be, and removes it. */
export async function acceptsPut(
  storage: Storage,
  inside: Inside = settings().bucket,
): Promise<PutBounds | "unknown"> {
  for (const bound of bounds) {
    const key = absentKey();
    const answer = await signedAnswer(async () => {
      const { url, headers } = await storage.presignPut(key, {
        ...promise,
        ifAbsent: bound.ifAbsent,
        ...(bound.checksum ? { sha256 } : {}),
      });
      return { url, init: { method: "PUT", headers, body: oneByte } };
    }, inside);
    if (answer === undefined) return "unknown";
    if (isStored(answer)) {
      await remove(storage, key);
      return bound;
    }
    // Such as Backblaze: 501 to a condition, 400 to a checksum.
    if (!isNo(answer) && answer.status !== 400) return "unknown";
  }
  return "unknown";
}

const isStored = ({ status }: Answer): boolean => status >= 200 && status < 300;
const isNo = ({ status, code }: Answer): boolean =>
  status === 501 || status === 405 || code === "NotImplemented" || code === "MethodNotAllowed";

/** If it cannot be removed here, the sweep of incoming/ does it. */
async function remove(storage: Storage, key: string): Promise<void> {
  await storage
    .delete(key)
    .catch((error: unknown) => log("uploads").warn({ err: error }, "what a question left stays for now"));
}

/** Undefined when nothing was said: not signed, not reached, cut off. */
async function signedAnswer(
  sign: () => Promise<{ url: string; init: RequestInit }>,
  inside: Inside,
): Promise<Answer | undefined> {
  let signed: Awaited<ReturnType<typeof sign>>;
  try {
    signed = await sign();
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
  const { url, init } = signed;
  const other = insideUrl(url, inside);
  return (await send(url, init)) ?? (other === undefined ? undefined : send(other, init));
}

/** A policy is as good at the other address; a PUT is signed for its host and gets a 403 there, which says nothing. */
function insideUrl(url: string, inside: Inside): string | undefined {
  if (inside?.endpoint === undefined || !inside.forcePathStyle) return undefined;
  const { pathname, search, origin } = new URL(url);
  const at = new URL(inside.endpoint);
  return at.origin === origin ? undefined : new URL(`${pathname}${search}`, at.origin).href;
}

async function send(url: string, init: RequestInit): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      signal: AbortSignal.timeout(answerMsMax),
    });
    const text = await response.text();
    return { status: response.status, code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] };
  } catch {
    // Reset, refused, timed out.
    return undefined;
  }
}

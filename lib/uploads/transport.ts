/**
 * POST or PUT: which of the two a store takes from browsers. POST is the better one (a policy bounds the size, and one
 * preflight serves all), but some stores answer it with 501. `auto` asks the store once in the life of a process.
 */
import { settings } from "../env.ts";
import { log } from "../log.ts";
import type { Transport } from "../media.ts";
import { absentKey } from "../storage/keys.ts";
import { type Storage, StorageError } from "../storage/port.ts";

export type SingleTransport = Exclude<Transport, "multipart">;

const answerMsMax = 3_000;
/** A store that did not say is asked again so soon; what it said is looked at again so late. */
const unknownMs = 30_000;
const knownMs = 3_600_000;

/** How one file that is not large travels. Where the store has not said yet, by POST. */
export async function singleTransport(storage: Storage): Promise<SingleTransport> {
  const { transport } = settings().uploads;
  if (transport !== "auto") return transport;
  const memory = memoryOf(storage);
  if (performance.now() >= memory.nextAt)
    memory.asking = ask(storage, memory)
      // Nobody may be waiting for it, and no upload depends on it.
      .catch((error: unknown) => log("uploads").error({ err: error }, "the store could not be asked"))
      .finally(() => {
        memory.asking = undefined;
      });
  // Only the first upload of a process waits; when the answer is asked for anew, the last one serves meanwhile.
  if (memory.known === undefined) await memory.asking;
  return memory.known ?? "post";
}

type Memory = {
  known: SingleTransport | undefined;
  nextAt: number;
  asking: Promise<void> | undefined;
};

/** On globalThis: the bundler may load this module more than once, and each copy would ask for itself. */
const holder = globalThis as typeof globalThis & { tintypeTransports?: WeakMap<Storage, Memory> };

function memoryOf(storage: Storage): Memory {
  holder.tintypeTransports ??= new WeakMap();
  const memory = holder.tintypeTransports.get(storage) ?? {
    known: undefined,
    nextAt: Number.NEGATIVE_INFINITY,
    asking: undefined,
  };
  holder.tintypeTransports.set(storage, memory);
  return memory;
}

async function ask(storage: Storage, memory: Memory): Promise<void> {
  memory.nextAt = performance.now() + unknownMs;
  const answer = await acceptsPost(storage, settings().bucket);
  memory.nextAt = performance.now() + (answer === "unknown" ? unknownMs : knownMs);
  if (answer === "unknown" || answer === memory.known) return;
  memory.known = answer;
  log("uploads").info({ transport: answer }, "how browsers send to this store");
}

/** What a store said to a form: it takes such (post), it does not know them (put), or it did not say. */
export type PostAnswer = SingleTransport | "unknown";

/**
 * Posts a signed form that promises one byte and brings two: a store that knows POST Object refuses it as too large
 * and keeps nothing. "unknown" is whatever could also have come from something in between, and never a no.
 */
export async function acceptsPost(
  storage: Storage,
  inside?: { endpoint: string | undefined; forcePathStyle: boolean },
): Promise<PostAnswer> {
  const key = absentKey();
  let policy: Awaited<ReturnType<Storage["presignPost"]>>;
  try {
    policy = await storage.presignPost(key, {
      bytes: 1,
      contentType: "application/octet-stream",
      expiresIn: 60,
    });
  } catch (error) {
    if (error instanceof StorageError) return "unknown";
    throw error;
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(policy.fields)) form.append(name, value);
  form.append("file", new Blob(["no"]));
  const answer = (await send(policy.url, form)) ?? (await send(insideUrl(policy.url, inside), form));
  if (answer === undefined) return "unknown";
  if (answer.status >= 200 && answer.status < 300) {
    // A store that does not count bytes has kept them; if they cannot be removed here, the sweep of incoming/ does it.
    await storage
      .delete(key)
      .catch((error: unknown) => log("uploads").warn({ err: error }, "a probe was left"));
    return "post";
  }
  if (answer.code === "EntityTooLarge" || answer.code === "EntityTooSmall") return "post";
  const isRefusal = answer.status === 501 || answer.status === 405;
  return isRefusal ? "put" : "unknown";
}

/** The address browsers use may not lead anywhere from here; the policy is as good at the one that does. */
function insideUrl(
  url: string,
  inside: { endpoint: string | undefined; forcePathStyle: boolean } | undefined,
): string | undefined {
  if (inside?.endpoint === undefined || !inside.forcePathStyle) return undefined;
  const { pathname, origin } = new URL(url);
  const at = new URL(inside.endpoint);
  return at.origin === origin ? undefined : new URL(pathname, at.origin).href;
}

async function send(
  url: string | undefined,
  form: FormData,
): Promise<{ status: number; code: string | undefined } | undefined> {
  if (url === undefined) return undefined;
  try {
    const response = await fetch(url, {
      method: "POST",
      body: form,
      redirect: "manual",
      signal: AbortSignal.timeout(answerMsMax),
    });
    const text = await response.text();
    return { status: response.status, code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] };
  } catch {
    // Reset, refused, timed out: nothing was said.
    return undefined;
  }
}

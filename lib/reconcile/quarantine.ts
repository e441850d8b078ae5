/**
 * quarantine/: objects that nothing refers to wait there instead of being deleted. The key says when an object came and
 * where it lay, and its own metadata why, so that the bucket alone is enough to bring it back.
 */
import { randomBytes } from "node:crypto";
import { type ObjectHead, type Storage, StorageError } from "../storage/port.ts";

const folder = "quarantine/";
/** quarantine/2026-11-23T06-30-00Z-abcdef/media/… */
const shape = /^quarantine\/((\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z-[a-z2-7]+)\/(.+)$/s;
const digits = "abcdefghijklmnopqrstuvwxyz234567";

/** The name of one round of putting things away. */
export function quarantineRound(now: Date = new Date()): string {
  const time = `${now.toISOString().slice(0, 19).replaceAll(":", "-")}Z`;
  return `${time}-${Array.from(randomBytes(8), (byte) => digits[byte & 31]).join("")}`;
}

export type Quarantined = {
  /** Where it is. */
  key: string;
  /** Where it lay. */
  from: string;
  since: Date;
  bytes: number;
};

function readKey(object: ObjectHead): Quarantined | undefined {
  const [, , day, hour, minute, second, from] = shape.exec(object.key) ?? [];
  if (from === undefined) return undefined;
  return {
    key: object.key,
    from,
    since: new Date(`${day}T${hour}:${minute}:${second}Z`),
    bytes: object.bytes,
  };
}

export type Moved = "moved" | "gone" | "changed";

/**
 * Moves an object that is still the one that was looked at (by its ETag). The copy is asked for before the object goes;
 * whatever happens in between, at least one of the two is there. Throws StorageError.
 */
export async function putAway(
  storage: Storage,
  object: { key: string; etag: string | undefined; why: string },
  round: string,
): Promise<Moved> {
  const now = await storage.describe(object.key);
  if (now === undefined) return "gone";
  if (object.etag !== undefined && now.etag !== object.etag) return "changed";
  const to = `${folder}${round}/${object.key}`;
  await move(storage, now, to, { ...now.metadata, "tintype-quarantined": object.why });
  return "moved";
}

async function move(
  storage: Storage,
  from: NonNullable<Awaited<ReturnType<Storage["describe"]>>>,
  to: string,
  metadata: Record<string, string>,
): Promise<void> {
  const { contentType, cacheControl, contentDisposition, contentEncoding } = from;
  const meta = {
    contentType: contentType ?? "application/octet-stream",
    ...(cacheControl === undefined ? {} : { cacheControl }),
    ...(contentDisposition === undefined ? {} : { contentDisposition }),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    metadata,
  };
  const copied = await storage.copy(from.key, to, { meta });
  if (copied === undefined) return;
  const there = await storage.head(to);
  if (there?.bytes !== from.bytes)
    throw new StorageError(
      "unavailable",
      `The store says that ${from.key} was copied, and does not have all of the copy. Nothing was removed.`,
    );
  await storage.delete(from.key);
}

/** Everything in quarantine, oldest first. */
export async function* listQuarantine(storage: Storage): AsyncGenerator<Quarantined> {
  for await (const object of storage.list(folder)) {
    const one = readKey(object);
    if (one !== undefined) yield one;
  }
}

/** Puts one back where it lay. "taken": something else lies there now, and nothing was done. Throws StorageError. */
export async function bringBack(storage: Storage, one: Quarantined): Promise<"back" | "gone" | "taken"> {
  if ((await storage.head(one.from)) !== undefined) return "taken";
  const now = await storage.describe(one.key);
  if (now === undefined) return "gone";
  const { "tintype-quarantined": _, ...metadata } = now.metadata ?? {};
  await move(storage, now, one.from, metadata);
  return "back";
}

/** The newest of what lay at `key`; `undefined` when the quarantine has none. Reads one page for each round there was. */
export async function findQuarantined(storage: Storage, key: string): Promise<Quarantined | undefined> {
  let newest: Quarantined | undefined;
  for await (const entry of storage.listFolder(folder)) {
    if (!("folder" in entry)) continue;
    const head = await storage.head(`${entry.folder}${key}`);
    const one = head === undefined ? undefined : readKey(head);
    if (one !== undefined) newest = one;
  }
  return newest;
}

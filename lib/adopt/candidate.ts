/** What an object of a bucket is to an adoption, from its listing and, where that does not say, from its first bytes. */
import mime from "mime";
import { Rejection } from "../imaging/rejection.ts";
import { sniffAny } from "../imaging/sniff.ts";
import { type MediaType, mediaTypes } from "../media.ts";
import { isPlainKey } from "../storage/keys.ts";
import { type ObjectHead, type Storage, StorageError } from "../storage/port.ts";

export type Candidate =
  | { is: "candidate"; type: MediaType }
  /** A key that ends in a slash, as consoles make them for an empty folder. */
  | { is: "folder" | "empty" | "tintypes_own" | "unusable_key" | "too_large" | "gone" }
  /** Archived, or closed to us: the others are not. */
  | { is: "unreadable" }
  | { is: "other_type"; type: string };

/** Enough to tell every kind of file that is told apart. */
const startBytes = 4_100;
/** Below these Tintype keeps its own, or shows what lies there to everybody. */
const ownFolders = /^(incoming|derived|static)\//;

/** Other names of types we take. */
const sameType: Record<string, MediaType> = {
  "image/pjpeg": "image/jpeg",
  "image/apng": "image/png",
  "image/heif": "image/heic",
};

/**
 * By its name, as the program that wrote it named the type; a name that says nothing has its first bytes read. `look`
 * reads them of every object. Throws StorageError when the store cannot be asked.
 */
export async function candidateOf(
  storage: Storage,
  object: ObjectHead,
  options: { bytesMax: (type: MediaType) => number; look: boolean },
): Promise<Candidate> {
  const { key, bytes } = object;
  if (key.endsWith("/")) return { is: "folder" };
  if (ownFolders.test(key)) return { is: "tintypes_own" };
  if (!isPlainKey(key)) return { is: "unusable_key" };
  if (bytes === 0) return { is: "empty" };
  const named = mime.getType(key);
  const type = options.look || named === null ? await typeWithin(storage, key) : (sameType[named] ?? named);
  if (type === undefined) return { is: "gone" };
  if (typeof type !== "string") return type;
  const accepted = mediaTypes.find((one) => one === type);
  if (accepted === undefined) return { is: "other_type", type };
  return bytes > options.bytesMax(accepted) ? { is: "too_large" } : { is: "candidate", type: accepted };
}

const unreadable = { is: "unreadable" } as const;

/** `undefined` when the object is gone since it was listed. */
async function typeWithin(storage: Storage, key: string): Promise<string | typeof unreadable | undefined> {
  const range = { start: 0, end: startBytes - 1 };
  const got = await storage.get(key, { bytesMax: startBytes, range }).catch((error: unknown) => {
    if (error instanceof StorageError && (error.code === "denied" || error.code === "unsupported"))
      return unreadable;
    throw error;
  });
  if (got === undefined || "is" in got) return got;
  try {
    return await sniffAny(got.body);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const [, found = ""] = /: (.*)$/s.exec(error.message) ?? [];
    return found.includes("/") ? found : "an unknown type";
  }
}

/** Sends the files of a build to static/ of the bucket: what is new or changed, hashed names first. */
import pLimit from "p-limit";
import { type Storage, StorageError } from "../storage/port.ts";
import { type Dress, dressOf, type Encoding, fingerprint, parcel } from "./describe.ts";
import { type StaticFile, staticPrefix } from "./files.ts";

/** `same` is not sent. `changed` replaces an object that is there, whoever put it there. */
export type Planned = StaticFile & { state: "new" | "changed" | "same"; dress: Dress; fingerprint: string };
export type Sent = { key: string; bytes: number; encoding: string | undefined };
export type Failed = { key: string; reason: string };

const atOnce = 8;
/** The name of the fingerprint in an object's metadata. */
const mark = "tintype-fingerprint";

/** Compares files with what is in the bucket. A HEAD for each that is there already. Throws StorageError. */
export async function planPush(
  storage: Storage,
  files: readonly StaticFile[],
  options: { encoding: Encoding },
): Promise<Planned[]> {
  const there = new Set<string>();
  for await (const { key } of storage.list(staticPrefix)) there.add(key);
  const limit = pLimit(atOnce);
  return limit.map(files, async (file) => {
    const dress = dressOf(file, options.encoding);
    const wanted = await fingerprint(file, dress);
    const found = there.has(file.key) ? await storage.describe(file.key) : undefined;
    const state = found === undefined ? "new" : found.metadata?.[mark] === wanted ? "same" : "changed";
    return { ...file, state, dress, fingerprint: wanted };
  });
}

async function send(storage: Storage, file: Planned): Promise<Sent> {
  const { body, bytes, meta } = await parcel(file, file.dress);
  await storage.put(file.key, body, {
    ...meta,
    metadata: { [mark]: file.fingerprint },
    // Nobody was asked whether this one may be replaced.
    ifAbsent: file.state === "new",
  });
  return { key: file.key, bytes, encoding: meta.contentEncoding };
}

const reasonOf = (error: unknown): string => {
  if (error instanceof StorageError && error.code === "conflict")
    return "It appeared in the bucket meanwhile: someone else is pushing as well. Push again.";
  return error instanceof Error ? error.message : String(error);
};

/**
 * Sends what is new or changed. The files of public/ go last and only when all others have arrived, so that nothing
 * in the bucket leads to what is missing there.
 */
export async function push(
  storage: Storage,
  plan: readonly Planned[],
  onSent: (file: Planned) => void = () => {},
): Promise<{ sent: Sent[]; failed: Failed[] }> {
  const sent: Sent[] = [];
  const failed: Failed[] = [];
  const due = plan.filter((file) => file.state !== "same");
  for (const hashed of [true, false]) {
    if (failed.length > 0) break;
    const limit = pLimit(atOnce);
    await limit.map(
      due.filter((file) => file.hashed === hashed),
      async (file) => {
        try {
          const one = await send(storage, file);
          sent.push(one);
          onSent(file);
        } catch (error) {
          failed.push({ key: file.key, reason: reasonOf(error) });
        }
      },
    );
  }
  return { sent, failed };
}

/**
 * POST or PUT: which of the two a store takes from browsers, and how much it lets a PUT be bound. POST is the better
 * one (a policy bounds the size, and one preflight serves all), but some stores answer it with 501. `auto` asks the
 * store once in the life of a process.
 */
import { settings } from "../env.ts";
import { log } from "../log.ts";
import type { Transport } from "../media.ts";
import type { Storage } from "../storage/port.ts";
import { acceptsPost, acceptsPut, type PutBounds, type SingleTransport } from "./probe.ts";

/** A store that did not say is asked again so soon; what it said is looked at again so late. */
const unknownMs = 30_000;
const knownMs = 3_600_000;

/**
 * How one file that is not large travels. Where the store has not said yet, by POST. `anew` asks one that has not
 * said, however short ago: a browser was refused.
 */
export async function singleTransport(
  storage: Storage,
  options: { anew?: boolean } = {},
): Promise<SingleTransport> {
  const { transport } = settings().uploads;
  if (transport !== "auto") return transport;
  const { post } = memoryOf(storage);
  if (options.anew === true && post.known === undefined) post.nextAt = Number.NEGATIVE_INFINITY;
  return (await recall(post, "how browsers send to this store", () => acceptsPost(storage))) ?? "post";
}

/** For a row that gets a new permit: a form that the store turned out to refuse becomes a PUT. */
export const transportAnew = async (storage: Storage, transport: Transport): Promise<Transport> =>
  transport === "multipart" ? transport : singleTransport(storage, { anew: true });

/** What a PUT to this store can be bound to; everything, where it has not said. */
export async function putBounds(storage: Storage): Promise<PutBounds> {
  const { put } = memoryOf(storage);
  const learnt = await recall(put, "what binds a PUT to this store", () => acceptsPut(storage));
  return learnt ?? { ifAbsent: true, checksum: true };
}

type Fact<T> = { known: T | undefined; nextAt: number; asking: Promise<void> | undefined };
type Memory = { post: Fact<SingleTransport>; put: Fact<PutBounds> };

/** On globalThis: the bundler may load this module more than once, and each copy would ask for itself. */
const holder = globalThis as typeof globalThis & { tintypeTransports?: WeakMap<Storage, Memory> };

const nothing = { known: undefined, nextAt: Number.NEGATIVE_INFINITY, asking: undefined };

function memoryOf(storage: Storage): Memory {
  holder.tintypeTransports ??= new WeakMap();
  const memory = holder.tintypeTransports.get(storage) ?? { post: { ...nothing }, put: { ...nothing } };
  holder.tintypeTransports.set(storage, memory);
  return memory;
}

/** Only the first upload of a process waits; when the question is put anew, the last answer serves meanwhile. */
async function recall<T>(
  fact: Fact<T>,
  what: string,
  ask: () => Promise<T | "unknown">,
): Promise<T | undefined> {
  if (performance.now() >= fact.nextAt)
    fact.asking = learn(fact, what, ask)
      // Nobody may be waiting for it, and no upload depends on it.
      .catch((error: unknown) => log("uploads").error({ err: error }, "the store could not be asked"))
      .finally(() => {
        fact.asking = undefined;
      });
  if (fact.known === undefined) await fact.asking;
  return fact.known;
}

async function learn<T>(fact: Fact<T>, what: string, ask: () => Promise<T | "unknown">): Promise<void> {
  fact.nextAt = performance.now() + unknownMs;
  const answer = await ask();
  fact.nextAt = performance.now() + (answer === "unknown" ? unknownMs : knownMs);
  if (answer === "unknown") return;
  if (fact.known === undefined) log("uploads").info({ answer }, what);
  fact.known = answer;
}

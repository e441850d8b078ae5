/**
 * Which files each push was about. A record is written before the files are, so that whatever a push leaves behind is
 * known; pruning removes what only outdated records name, and nothing that no push put there.
 */
import { z } from "zod";
import type { Storage } from "../storage/port.ts";
import { staticPrefix } from "./files.ts";
import type { Failed } from "./push.ts";

const folder = `${staticPrefix}.pushes/`;
const recordBytesMax = 64 * 1024 * 1024;
/** Tabs that are open and machines that are still on it load from the build before. */
const buildsKept = 2;
const dayMs = 86_400_000;

const shape = z.object({ buildId: z.string(), keys: z.array(z.string().startsWith(staticPrefix)) });
type PushRecord = z.infer<typeof shape> & { key: string; written: Date };

/** `now` only names the record; its age is by the store's clock. */
export async function writeRecord(
  storage: Storage,
  push: { buildId: string; keys: readonly string[] },
  now = new Date(),
): Promise<void> {
  const name = `${now.toISOString().replace(/[-:.]/g, "")}-${push.buildId.replace(/[^\w-]/g, "_")}`;
  await storage.put(`${folder}${name}.json`, Buffer.from(JSON.stringify(push)), {
    contentType: "application/json; charset=utf-8",
    cacheControl: "no-store",
  });
}

async function records(storage: Storage): Promise<PushRecord[]> {
  const found: PushRecord[] = [];
  for await (const head of storage.list(folder)) {
    const object = await storage.get(head.key, { bytesMax: recordBytesMax });
    if (object === undefined) continue;
    const parsed = shape.safeParse(jsonOf(object.body));
    // Someone else's object in our folder names nothing that could be removed.
    if (parsed.success) found.push({ ...parsed.data, key: head.key, written: head.modified });
  }
  return found.sort((a, b) => b.written.getTime() - a.written.getTime() || (a.key < b.key ? 1 : -1));
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * What may go: named by a push older than `keepDays` that is not of the last two builds, and by no other. `current` is
 * what is being pushed now. The days count from the newest record.
 */
export async function planPrune(
  storage: Storage,
  options: { keepDays: number; current?: { buildId: string; keys: readonly string[] } },
): Promise<{ keys: string[]; records: string[] }> {
  const all = await records(storage);
  const newest = options.current === undefined ? all[0]?.written.getTime() : Date.now();
  const kept = new Set(options.current?.keys);
  const builds = new Set(options.current === undefined ? [] : [options.current.buildId]);
  const outdated: PushRecord[] = [];
  for (const record of all) {
    const isRepeated = builds.has(record.buildId) && record.keys.every((key) => kept.has(key));
    if (builds.size < buildsKept) builds.add(record.buildId);
    const age = (newest ?? 0) - record.written.getTime();
    const isKept = builds.has(record.buildId) || age <= options.keepDays * dayMs;
    if (isRepeated || !isKept) outdated.push(record);
    else for (const key of record.keys) kept.add(key);
  }
  const goes = new Set(outdated.flatMap((record) => record.keys).filter((key) => !kept.has(key)));
  return { keys: [...goes].sort(), records: outdated.map((record) => record.key) };
}

/** Removes the files, then the records that named them: when it is cut short, the next one finishes. */
export async function prune(
  storage: Storage,
  plan: { keys: readonly string[]; records: readonly string[] },
): Promise<Failed[]> {
  const failed = [...(await storage.deleteMany(plan.keys))];
  if (failed.length === 0) failed.push(...(await storage.deleteMany(plan.records)));
  return failed.map(({ key, error }) => ({ key, reason: error.message }));
}

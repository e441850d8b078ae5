/**
 * Large uploads in parts, on the store's side: how a file is cut, what has arrived, and putting it together. The row
 * comes first, then the store's multipart upload, whose id is kept in the row; what is found without a row is aborted.
 */
import type { Db } from "#db/client.ts";
import { addPurges, openPurgeKeys } from "#db/queries/purges.ts";
import * as ways from "#db/queries/transports.ts";
import type { Upload } from "#db/schema.ts";
import { log } from "../log.ts";
import { isIncomingKey, isWrittenKey } from "../storage/keys.ts";
import { type OpenMultipart, type Storage, StorageError, type StoredPart } from "../storage/port.ts";
import { contentTypeFor } from "./permit.ts";
import { abortMark } from "./rules.ts";

const mebibyte = 1024 * 1024;
/** S3's smallest part: what is lost with a connection is as little as may be. */
const partBytesMin = 5 * mebibyte;
/** Of very large files the parts grow instead: their list stays within one page, and each costs a preflight. */
const partsMax = 128;

export type Plan = { partBytes: number; count: number; bytesOf(number: number): number };

/** Where a file of so many bytes is cut. Depends on nothing else, so that every process and every try cuts alike. */
export function planOf(bytes: number): Plan {
  const partBytes = Math.max(partBytesMin, Math.ceil(bytes / partsMax / mebibyte) * mebibyte);
  const count = Math.ceil(bytes / partBytes);
  const bytesOf = (number: number): number => (number < count ? partBytes : bytes - partBytes * (count - 1));
  return { partBytes, count, bytesOf };
}

/** Those parts that are exactly as the plan wants them, in order. One of another size will be sent again. */
export function arrivedParts(plan: Plan, parts: readonly StoredPart[]): StoredPart[] {
  return parts
    .filter(({ number, bytes }) => number <= plan.count && bytes === plan.bytesOf(number))
    .sort((a, b) => a.number - b.number);
}

/** What is needed to look for the bytes of an upload. */
type Sought = Pick<Upload, "stagingKey" | "bytes" | "transport" | "multipartId">;

export type Arrival = "stored" | "partly" | "absent";

/**
 * Looks whether the bytes are at the staging key; parts that are all there are put together first. Safe to repeat and
 * to race: whoever comes second finds the object. Throws StorageError when the store does not say.
 */
export async function bringIn(storage: Storage, upload: Sought): Promise<Arrival> {
  const parts = await partsOf(storage, upload);
  if (parts === undefined || upload.multipartId === null) return objectThere(storage, upload);
  const plan = planOf(upload.bytes);
  const arrived = arrivedParts(plan, parts);
  if (arrived.length < plan.count) return arrived.length > 0 ? "partly" : "absent";
  try {
    const done = await complete(storage, upload.stagingKey, upload.multipartId, arrived);
    return done === undefined ? await objectThere(storage, upload) : "stored";
  } catch (error) {
    if (error instanceof StorageError && error.code === "conflict") return objectThere(storage, upload);
    throw error;
  }
}

/** The same without putting anything together: "stored" means that telling the server will succeed. */
export async function lookFor(storage: Storage, upload: Sought): Promise<Arrival> {
  const parts = await partsOf(storage, upload);
  if (parts === undefined) return objectThere(storage, upload);
  const plan = planOf(upload.bytes);
  const arrived = arrivedParts(plan, parts).length;
  return arrived === plan.count ? "stored" : arrived > 0 ? "partly" : "absent";
}

/** Undefined: nothing is being gathered, so the object is there or not. */
async function partsOf(storage: Storage, upload: Sought): Promise<StoredPart[] | undefined> {
  return upload.transport === "multipart" && upload.multipartId !== null
    ? storage.multipart.parts(upload.stagingKey, upload.multipartId)
    : undefined;
}

async function objectThere(storage: Storage, upload: Sought): Promise<Arrival> {
  return (await storage.head(upload.stagingKey)) === undefined ? "absent" : "stored";
}

async function complete(
  storage: Storage,
  key: string,
  multipartId: string,
  parts: StoredPart[],
): Promise<{ etag: string } | undefined> {
  try {
    return await storage.multipart.complete(key, multipartId, parts, { ifAbsent: true });
  } catch (error) {
    // The condition is a second lock: the key is random, and its bytes are judged after this.
    if (!(error instanceof StorageError && error.code === "unsupported")) throw error;
    return storage.multipart.complete(key, multipartId, parts);
  }
}

/**
 * Where the parts of this upload go, and which of them are there. `undefined`: all of them and put together, by
 * another tab or by the sweeper; or the upload is over, which whoever asks next is told.
 */
export async function gather(
  db: Db,
  storage: Storage,
  upload: Upload,
): Promise<{ multipartId: string; arrived: StoredPart[] } | undefined> {
  const parts = await partsOf(storage, upload);
  if (parts !== undefined && upload.multipartId !== null)
    return { multipartId: upload.multipartId, arrived: arrivedParts(planOf(upload.bytes), parts) };
  // The store has no such multipart upload (any more): completed, or never begun, or ended by a lifecycle rule.
  if (upload.multipartId !== null && (await objectThere(storage, upload)) === "stored") return undefined;
  const multipartId = await storage.multipart.begin(upload.stagingKey, {
    contentType: contentTypeFor(upload.declaredMime),
  });
  const noted = await ways.noteMultipart(db, upload, multipartId);
  if (noted !== undefined) return { multipartId, arrived: [] };
  await addPurges(db, [{ key: abortMark(upload.stagingKey, multipartId), reason: "begun twice" }]);
  return undefined;
}

/** Nobody takes longer than that to write an object that is no upload: of a backup, the largest table. */
const writingMsMax = 86_400_000;

/**
 * Multipart uploads that nobody goes on with. Under incoming/: no open upload knows them, because a process died between the
 * store's answer and the row, or the row is closed. Elsewhere: what a process that was killed had begun to write in parts.
 * Asks for their end; returns how many it found.
 */
export async function abortLoose(
  db: Db,
  storage: Storage,
  { now, startedBefore }: { now: number; startedBefore: number },
): Promise<number> {
  const isOurs = ({ key, started }: OpenMultipart): boolean =>
    (isIncomingKey(key) && started.getTime() <= startedBefore) ||
    (isWrittenKey(key) && started.getTime() <= Math.min(startedBefore, now - writingMsMax));
  let found = 0;
  let page: { key: string; uploadId: string }[] = [];
  const flush = async (): Promise<void> => {
    const used = await ways.usedMultiparts(
      db,
      page.map((one) => one.uploadId),
    );
    const loose = page
      .filter((one) => !used.has(one.uploadId))
      .map((one) => abortMark(one.key, one.uploadId));
    const asked = await openPurgeKeys(db, loose);
    const fresh = loose.filter((key) => !asked.has(key));
    await addPurges(
      db,
      fresh.map((key) => ({ key, reason: "left over" })),
    );
    found += fresh.length;
    page = [];
  };
  try {
    for await (const open of storage.multipart.open("")) {
      if (!isOurs(open)) continue;
      page.push(open);
      if (page.length >= 500) await flush();
    }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    // Some stores do not list them, some credentials may not; a lifecycle rule of the bucket ends them as well.
    log("sweep").warn({ err: error }, "open multipart uploads cannot be listed");
  }
  await flush();
  return found;
}

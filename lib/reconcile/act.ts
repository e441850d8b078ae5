/**
 * Acts on findings: first what brings something back, then what takes something away, and never on what a finding says
 * alone. Database and object are looked at again at the very moment of acting, and what was found otherwise is left.
 */
import { randomUUID } from "node:crypto";
import { type Db, inTransaction } from "#db/client.ts";
import type { Brought } from "#db/queries/operator.ts";
import { addPurges, isReferenced, openPurgeKeys } from "#db/queries/purges.ts";
import * as rows from "#db/queries/reconcile.ts";
import { lockQuota } from "#db/queries/uploads.ts";
import { settings } from "../env.ts";
import { bring, filenameFor } from "../import/bring.ts";
import { deriveJob, enqueue } from "../jobs.ts";
import { type ObjectHead, type ObjectMeta, type Storage, StorageError } from "../storage/port.ts";
import { beginFileShape } from "../uploads/asked.ts";
import { readOriginalMeta } from "../uploads/original-meta.ts";
import type { Finding, Remedy } from "./finding.ts";
import { bringBack, findQuarantined, putAway } from "./quarantine.ts";

export type Acted =
  /** Done, or handed to the worker. */
  | "done"
  /** Not as it was found any more: nothing had to be done. */
  | "settled"
  /** Nothing that a program should do about it. */
  | "left"
  | "failed";

export type Acting = {
  db: Db;
  storage: Storage;
  /** Where what is put away goes: one folder a run. */
  round: string;
  /** Seconds; what is younger is left alone. */
  ageSeconds: number;
  /** Whose an adopted picture becomes when its object does not say. */
  ownerId: string | undefined;
};

type Remedying = (work: Acting, finding: Finding) => Promise<Acted>;

const remedying: Record<Remedy, Remedying> = {
  adopt,
  bring_back: restoreOriginal,
  derive,
  quarantine,
  abort,
  recount,
  schedule,
  retry: async ({ db }, { id }) =>
    id !== undefined && (await rows.retryJobs(db, [id])) > 0 ? "done" : "settled",
  none: async () => "left",
};

/** A store that does not answer is told as "failed", with its reason; everything else is thrown. */
export async function act(work: Acting, finding: Finding): Promise<{ acted: Acted; why?: string }> {
  try {
    return { acted: await remedying[finding.remedy](work, finding) };
  } catch (error) {
    if (error instanceof StorageError) return { acted: "failed", why: error.message };
    throw error;
  }
}

async function adopt(work: Acting, { key, etag }: Finding): Promise<Acted> {
  if (key === undefined) return "left";
  if ((await rows.mentioned(work.db, [key])).size > 0) return "settled";
  const object = await work.storage.describe(key);
  if (object === undefined || (etag !== undefined && object.etag !== etag)) return "settled";
  if (isYoung(work, object.modified)) return "settled";
  const ownerId = await rows.knownOwner(work.db, readOriginalMeta(object.metadata).ownerId, work.ownerId);
  if (ownerId === undefined) return "left";
  const { rows: begun } = await bring(work.db, ownerId, [broughtOf(object, ownerId)]);
  return begun.length > 0 ? "done" : "left";
}

/** Private, whatever the gallery does with uploads: nobody was asked who may see it. */
export function broughtOf(
  object: Pick<ObjectHead & ObjectMeta, "key" | "bytes" | "modified" | "metadata">,
  ownerId: string,
): Brought {
  const {
    filename = filenameFor(object.key),
    fileModifiedAt,
    timeZone = null,
  } = readOriginalMeta(object.metadata);
  const modified = beginFileShape.shape.lastModified.safeParse(object.modified.getTime()).data;
  return {
    ownerId,
    clientToken: randomUUID(),
    stagingKey: object.key,
    filename,
    bytes: object.bytes,
    sha256: null,
    fileModifiedAt: fileModifiedAt ?? (modified === undefined ? null : new Date(modified)),
    timeZone,
    inPlace: true,
    visibility: "private",
    keepOriginal: false,
  };
}

async function restoreOriginal({ db, storage }: Acting, { key }: Finding): Promise<Acted> {
  if (key === undefined) return "left";
  const row = await rows.originalNow(db, key);
  if (row === undefined || (await storage.head(key)) !== undefined) return "settled";
  const kept = await findQuarantined(storage, key);
  if (kept === undefined || kept.bytes !== row.bytes) return "left";
  return (await bringBack(storage, kept)) === "back" ? "done" : "settled";
}

async function derive({ db, storage }: Acting, { id }: Finding): Promise<Acted> {
  const row = id === undefined ? undefined : await rows.mediumNow(db, id);
  if (row === undefined) return "settled";
  // Without its original nothing can be made; that is told as a finding of its own.
  if ((await storage.head(row.key)) === undefined) return "left";
  await enqueue(db, "derive", { lane: "later", name: "reconcile" }, [deriveJob(row.id)]);
  return "done";
}

async function quarantine(work: Acting, { key, etag, class: why }: Finding): Promise<Acted> {
  if (key === undefined) return "left";
  const object = await work.storage.head(key);
  if (object === undefined || isYoung(work, object.modified)) return "settled";
  // I-5: asked in the transaction in which the object moves. Keys are random, so that nothing begins to refer to one that
  // nothing referred to, but for an adoption; and that finds the object gone, and the quarantine has it.
  return inTransaction(work.db, async (tx) => {
    if ((await isReferenced(tx, key)) || (await rows.mentionedStrictly(tx, key))) return "settled";
    const folder = `${key.slice(0, Math.max(key.lastIndexOf("/"), 0))}/`;
    if ((await openPurgeKeys(tx, [key, folder])).size > 0) return "settled";
    const moved = await putAway(work.storage, { key, etag, why }, work.round);
    return moved === "moved" ? "done" : "settled";
  });
}

async function abort({ db, storage }: Acting, { key, id }: Finding): Promise<Acted> {
  if (key === undefined || id === undefined) return "left";
  if ((await rows.gathering(db, [id])).size > 0) return "settled";
  await storage.multipart.abort(key, id);
  return "done";
}

async function recount({ db }: Acting, { id }: Finding): Promise<Acted> {
  if (id === undefined) return "left";
  return inTransaction(db, async (tx) => {
    // Whoever changes what the rows add up to holds this lock: under it, the sum is right.
    await lockQuota(tx, id);
    const [drift] = await rows.quotaDrift(tx, id);
    if (drift === undefined) return "settled";
    await rows.setQuota(tx, id, { used: drift.usedIs, reserved: drift.reservedIs });
    return "done";
  });
}

async function schedule({ db }: Acting, { id }: Finding): Promise<Acted> {
  if (id === undefined) return "left";
  return inTransaction(db, async (tx) => {
    const row = await rows.mediumNow(tx, id);
    if (row === undefined || !(await rows.isTrashWithoutEnd(tx, id))) return "settled";
    await addPurges(tx, [{ key: row.key, reason: "trash", mediaId: id, inSeconds: settings().trashSeconds }]);
    return "done";
  });
}

const isYoung = ({ ageSeconds }: Acting, modified: Date): boolean =>
  modified.getTime() > Date.now() - ageSeconds * 1000;

/**
 * `tintype adopt`: pictures that are in the bucket already become media where they lie. Their objects are read once,
 * by the worker; nothing here writes, moves, copies or deletes one. A page of the listing at a time is held.
 */
import { randomUUID } from "node:crypto";
import pLimit from "p-limit";
import type { Db } from "#db/client.ts";
import { type Brought, type KnownKey, knownKeys } from "#db/queries/operator.ts";
import { bring, filenameFor, lastingRefusals } from "../import/bring.ts";
import { leavesOut } from "../import/pattern.ts";
import { type Verdict, type Verification, verification } from "../import/verification.ts";
import type { MediaType, RejectCode, Visibility } from "../media.ts";
import type { ObjectHead, Storage } from "../storage/port.ts";
import { beginFileShape } from "../uploads/asked.ts";
import { bytesMaxFor } from "../uploads/rules.ts";
import { ownZone } from "../uploads/taken.ts";
import { type Candidate, candidateOf } from "./candidate.ts";

export type AdoptOutcome =
  /** Verified, and shown. */
  | "adopted"
  /** Handed to the worker; nobody waited for the verdict. */
  | "queued"
  /** What --apply would adopt. */
  | "new"
  /** A medium lies there already. */
  | "known"
  | "excluded"
  | "in_trash"
  | "busy"
  /** Deleted in the gallery and left in the bucket, as was asked. */
  | "deleted_before"
  | "refused_before"
  /** Its content is in the gallery already, from another object. */
  | "duplicate"
  | "refused"
  /** Not in the bucket any more when it was to be read. */
  | "gone"
  | "no_room"
  | Exclude<Candidate["is"], "candidate" | "gone" | "unreadable">;

export type AdoptEvent = {
  key: string;
  outcome: AdoptOutcome;
  bytes: number;
  /** As its name or its first bytes say. */
  type?: string;
  mediaId?: string;
  code?: RejectCode;
};

export type AdoptOptions = {
  ownerId: string;
  /** Relative to the location, as every key here. */
  prefix: string;
  /** Patterns of what is left out below the prefix; see import/pattern.ts. */
  exclude?: readonly string[];
  /** False for a look only. */
  apply: boolean;
  /** Adopts what was deleted or refused before. */
  again: boolean;
  /** Goes by the first bytes of every object instead of its name. */
  look: boolean;
  /** The object stays in the bucket when its medium is deleted for good. */
  keep: boolean;
  visibility: Visibility | undefined;
  wait: boolean;
  signal: AbortSignal;
  onEvent: (event: AdoptEvent) => void;
  onSilence: () => void;
  openMax?: number;
};

/** Objects looked at together: their keys are asked for in one go, and their rows made in one transaction. */
const pageSize = 500;
const openMaxUsual = 500;
const looksAtOnce = 8;
type Task = { object: ObjectHead; type?: MediaType };

/** Looks through everything below the prefix, and with `apply` adopts it. Throws StorageError. */
export async function adoptObjects(db: Db, storage: Storage, options: AdoptOptions): Promise<void> {
  const verdicts = verification<Task>(db, {
    openMax: options.openMax ?? openMaxUsual,
    signal: options.signal,
    onVerdict: (task, verdict) => options.onEvent(told(task, verdict)),
    onSilence: options.onSilence,
  });
  const isExcluded = leavesOut(options.exclude ?? []);
  let page: ObjectHead[] = [];
  for await (const object of storage.list(options.prefix)) {
    if (options.signal.aborted) break;
    // With or without a slash at the end, a prefix is where patterns begin.
    if (isExcluded(object.key.slice(options.prefix.length).replace(/^\//, ""))) {
      options.onEvent({ key: object.key, bytes: object.bytes, outcome: "excluded" });
      continue;
    }
    page.push(object);
    if (page.length < pageSize) continue;
    await adoptPage(db, storage, options, verdicts, page);
    page = [];
  }
  if (!options.signal.aborted) await adoptPage(db, storage, options, verdicts, page);
  for (const task of await verdicts.settled()) options.onEvent({ ...about(task), outcome: "queued" });
}

/** How many objects there are: for those who want to know how far it is. Throws StorageError. */
export async function countObjects(storage: Storage, prefix: string, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const _ of storage.list(prefix)) {
    if (signal.aborted) break;
    count += 1;
  }
  return count;
}

async function adoptPage(
  db: Db,
  storage: Storage,
  options: AdoptOptions,
  verdicts: Verification<Task>,
  page: ObjectHead[],
): Promise<void> {
  const known = await knownKeys(
    db,
    page.map((object) => object.key),
  );
  const fresh: Task[] = [];
  const inTurn = pLimit(looksAtOnce);
  const unknown: ObjectHead[] = [];
  for (const object of page) {
    const one = known.get(object.key);
    const begun = one?.is === "busy" && options.apply && options.wait ? one.upload : undefined;
    const event = knownEvent(object, one, options.again);
    // Of an earlier run that was ended: its verdict is what this one waits for as well.
    if (begun?.ownerId === options.ownerId) await verdicts.add(begun.id, { object });
    else if (event === undefined) unknown.push(object);
    else options.onEvent(event);
  }
  const judged = await Promise.all(
    unknown.map((object) =>
      inTurn(async () => ({
        object,
        candidate: await candidateOf(storage, object, { bytesMax: bytesMaxFor, look: options.look }),
      })),
    ),
  );
  for (const { object, candidate } of judged) {
    if (candidate.is === "candidate") fresh.push({ object, type: candidate.type });
    else options.onEvent(leftOut(object, candidate));
  }
  if (!options.apply) {
    for (const task of fresh) options.onEvent({ ...about(task), outcome: "new" });
    return;
  }
  if (fresh.length > 0 && !options.signal.aborted) await adopt(db, options, verdicts, fresh);
}

async function adopt(
  db: Db,
  options: AdoptOptions,
  verdicts: Verification<Task>,
  fresh: Task[],
): Promise<void> {
  const taskOf = new Map(fresh.map((task) => [task.object.key, task]));
  const { rows, noRoom } = await bring(
    db,
    options.ownerId,
    fresh.map((task) => broughtOf(task, options)),
  );
  for (const { stagingKey } of noRoom) {
    const task = taskOf.get(stagingKey);
    taskOf.delete(stagingKey);
    if (task !== undefined) options.onEvent({ ...about(task), outcome: "no_room" });
  }
  for (const row of rows) {
    const task = taskOf.get(row.stagingKey);
    taskOf.delete(row.stagingKey);
    if (task === undefined) continue;
    if (options.wait) await verdicts.add(row.id, task);
    else options.onEvent({ ...about(task), outcome: "queued" });
  }
  // Another adoption was a moment faster.
  for (const task of taskOf.values()) options.onEvent({ ...about(task), outcome: "busy" });
}

function broughtOf({ object }: Task, options: AdoptOptions): Brought {
  const modified = beginFileShape.shape.lastModified.safeParse(object.modified.getTime()).data;
  return {
    ownerId: options.ownerId,
    clientToken: randomUUID(),
    stagingKey: object.key,
    filename: filenameFor(object.key),
    bytes: object.bytes,
    // Read once, by the worker: a second reading of a whole bucket would be paid for.
    sha256: null,
    fileModifiedAt: modified === undefined ? null : new Date(modified),
    timeZone: ownZone(),
    inPlace: true,
    visibility: options.visibility ?? null,
    keepOriginal: options.keep,
  };
}

const about = ({ object, type }: Task) => ({
  key: object.key,
  bytes: object.bytes,
  ...(type === undefined ? {} : { type }),
});

/** What becomes of an object that the database knows; `undefined` when it may be adopted all the same. */
function knownEvent(object: ObjectHead, known: KnownKey | undefined, again: boolean): AdoptEvent | undefined {
  const event = { key: object.key, bytes: object.bytes };
  if (known === undefined) return undefined;
  if (known.is === "medium")
    return { ...event, outcome: known.trashed ? "in_trash" : "known", mediaId: known.mediaId };
  if (known.is === "busy") return { ...event, outcome: "busy" };
  if (known.is === "deleted") return again ? undefined : { ...event, outcome: "deleted_before" };
  // Other bytes than those that were refused.
  if (again || object.modified > known.closedAt) return undefined;
  if (known.code === "duplicate")
    return known.twin === undefined ? undefined : { ...event, outcome: "duplicate", mediaId: known.twin };
  return lastingRefusals.includes(known.code)
    ? { ...event, outcome: "refused_before", code: known.code }
    : undefined;
}

function leftOut(object: ObjectHead, candidate: Exclude<Candidate, { is: "candidate" }>): AdoptEvent {
  const event = { key: object.key, bytes: object.bytes };
  // What the worker would say of it.
  if (candidate.is === "unreadable") return { ...event, outcome: "refused", code: "internal" };
  if (candidate.is === "other_type") return { ...event, outcome: candidate.is, type: candidate.type };
  return { ...event, outcome: candidate.is };
}

function told(task: Task, verdict: Verdict): AdoptEvent {
  const event = about(task);
  if (verdict.verdict === "ready") return { ...event, outcome: "adopted", mediaId: verdict.mediaId };
  if (verdict.verdict === "gone") return { ...event, outcome: "gone" };
  if (verdict.verdict === "superseded") return { ...event, outcome: "busy" };
  const twin = verdict.mediaId === undefined ? {} : { mediaId: verdict.mediaId };
  if (verdict.code === "duplicate") return { ...event, outcome: "duplicate", ...twin };
  return { ...event, outcome: "refused", code: verdict.code };
}

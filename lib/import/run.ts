/**
 * `tintype import`: pictures from folders on this machine to the bucket and through the same verification as an upload.
 * Every state is in the ledger: a run that ends anywhere is continued by the same command, and the sweeper ends what no
 * run continues. The folders are only read.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Db } from "#db/client.ts";
import { type Brought, type KnownContent, knownContents } from "#db/queries/operator.ts";
import { renewPolicies } from "#db/queries/uploads.ts";
import { settings } from "../env.ts";
import type { RejectCode, Visibility } from "../media.ts";
import { incomingKey } from "../storage/keys.ts";
import { type Storage, StorageError } from "../storage/port.ts";
import { beginFileShape } from "../uploads/asked.ts";
import { bytesMaxFor } from "../uploads/rules.ts";
import { ownZone } from "../uploads/taken.ts";
import { arrived, arriveSeconds, bring, filenameFor, lastingRefusals } from "./bring.ts";
import { Changed, type Examined, examine, type Picture } from "./examine.ts";
import { together } from "./together.ts";
import { type Verdict, type Verification, verification } from "./verification.ts";
import { type Found, type Place, walk } from "./walk.ts";

/** Verified and shown · known by its content · left out · could not be brought. */
export type ImportOutcome =
  | "imported"
  /** In the bucket and queued; nobody waited for the verdict. */
  | "queued"
  /** What a dry run would bring. */
  | "new"
  | "known"
  | "again"
  | "deleted_before"
  | "refused_before"
  | "excluded"
  | "hidden"
  | "link"
  | "special"
  | "sidecar"
  | "empty"
  | "not_picture"
  | "other_kind"
  | "too_large"
  | "refused"
  | "no_room"
  | "changed"
  | "unreadable"
  | "gone";

export type ImportEvent = {
  path: string;
  outcome: ImportOutcome;
  bytes: number;
  mediaId?: string;
  code?: RejectCode;
  /** In words, where the outcome alone does not say it. */
  why?: string;
};

export type ImportOptions = {
  ownerId: string;
  folders: string[];
  /** Patterns of what is left out; see pattern.ts. */
  exclude?: readonly string[];
  visibility: Visibility | undefined;
  /** Brings what was deleted or refused before. */
  again: boolean;
  dryRun: boolean;
  wait: boolean;
  concurrency: number;
  signal: AbortSignal;
  onEvent: (event: ImportEvent) => void;
  /** No worker has taken anything for a minute. */
  onSilence: () => void;
  /** Uploads whose verdict is waited for; a test wants few. */
  openMax?: number;
};

const openMaxUsual = 100;
/** Pauses between tries to store a picture: a store that restarts is back within two minutes. */
const pausesMs = [1_000, 4_000, 15_000, 40_000, 60_000];

type Task = { shown: string; bytes: number };
type Run = {
  db: Db;
  storage: Storage;
  options: ImportOptions;
  known: (sha256: string) => Promise<KnownContent>;
  /** "no room" when it is more than the owner may keep. */
  bring: (wanted: Brought) => Promise<{ id: string; stagingKey: string } | "no room">;
  /** False when someone else closed the upload in between. */
  arrived: (id: string) => Promise<boolean>;
  verdicts: Verification<Task>;
  /** Contents being brought right now: the same picture twice in a folder waits for the first. */
  busy: Map<string, Promise<void>>;
  /** Contents that a dry run has met, by their first 48 bits: nothing else would tell that one comes twice. */
  met: Set<number>;
};

/**
 * Imports until everything is walked or the signal says stop; what is under way then is left in a state from which the
 * same call goes on. Throws StorageError when the bucket stays away or refuses.
 */
export async function importFolders(db: Db, storage: Storage, options: ImportOptions): Promise<void> {
  const verdicts = verification<Task>(db, {
    openMax: options.openMax ?? openMaxUsual,
    signal: options.signal,
    onVerdict: (task, verdict) => options.onEvent(told(task, verdict)),
    onSilence: options.onSilence,
  });
  const run: Run = {
    db,
    storage,
    options,
    ...sharing(db, options.ownerId),
    verdicts,
    busy: new Map(),
    met: new Set(),
  };
  const found = walk(options.folders, walkLimits(options.exclude));
  let failed = false;
  const hand = async (): Promise<void> => {
    while (!options.signal.aborted && !failed) {
      const next = await found.next();
      if (next.done === true) return;
      try {
        await take(run, next.value);
      } catch (error) {
        if (options.signal.aborted) return;
        failed = true;
        throw error;
      }
    }
  };
  const hands = await Promise.allSettled(Array.from({ length: options.concurrency }, hand));
  for (const one of hands) if (one.status === "rejected") throw one.reason;
  for (const task of await verdicts.settled())
    options.onEvent({ path: task.shown, outcome: "queued", bytes: task.bytes });
}

/** Questions and transactions that all files under way at a moment have in common. */
function sharing(db: Db, ownerId: string): Pick<Run, "known" | "bring" | "arrived"> {
  return {
    known: together((digests) => knownContents(db, ownerId, digests)),
    bring: together(async (wanted) => {
      const { rows } = await bring(db, ownerId, wanted);
      const rowOf = new Map(rows.map((row) => [row.stagingKey, row]));
      return wanted.map(({ stagingKey }) => rowOf.get(stagingKey) ?? "no room");
    }),
    arrived: together(async (ids) => {
      const started = new Set(await arrived(db, ids));
      return ids.map((id) => started.has(id));
    }),
  };
}

const walkLimits = (exclude: readonly string[] = []) => ({ ownData: settings().dataFolder, exclude });

/** How many files and whatever else a walk tells there are: for those who want to know how far it is. */
export async function countFiles(
  folders: string[],
  options: { exclude?: readonly string[]; signal: AbortSignal },
): Promise<number> {
  let count = 0;
  for await (const _ of walk(folders, walkLimits(options.exclude))) {
    if (options.signal.aborted) break;
    count += 1;
  }
  return count;
}

async function take(run: Run, found: Found): Promise<void> {
  if (found.is !== "file") {
    const why = found.is === "unreadable" ? { why: found.why } : {};
    run.options.onEvent({ path: found.shown, outcome: found.is, bytes: 0, ...why });
    return;
  }
  const examined = await examine(found.place, bytesMaxFor);
  if (examined.is !== "picture") {
    run.options.onEvent(leftOut(found.shown, examined));
    return;
  }
  try {
    await oneAtATime(run, examined.picture.sha256, () => place(run, found, examined.picture));
  } finally {
    await examined.picture.close();
  }
}

function leftOut(shown: string, examined: Exclude<Examined, { is: "picture" }>): ImportEvent {
  const why = "why" in examined ? { why: examined.why } : {};
  return { path: shown, outcome: examined.is, bytes: "bytes" in examined ? examined.bytes : 0, ...why };
}

async function oneAtATime(run: Run, sha256: string, work: () => Promise<void>): Promise<void> {
  while (run.busy.has(sha256)) await run.busy.get(sha256)?.catch(() => {});
  const working = work();
  run.busy.set(sha256, working);
  try {
    await working;
  } finally {
    run.busy.delete(sha256);
  }
}

/** Decides by content what becomes of a picture, and brings it when it is new. */
async function place(run: Run, found: { shown: string; place: Place }, picture: Picture): Promise<void> {
  const { options } = run;
  const { bytes, sha256 } = picture;
  const tell = (outcome: ImportOutcome, more: Partial<ImportEvent> = {}): void =>
    options.onEvent({ path: found.shown, outcome, bytes, ...more });
  const known = await run.known(sha256);
  if (known.live !== undefined) return tell("known", { mediaId: known.live });
  const [latest] = known.brought;
  if (latest?.state === "verifying") {
    // Of an earlier run, or the same picture twice in these folders.
    if (!options.wait || options.dryRun || run.verdicts.has(latest.id)) return tell("again");
    return run.verdicts.add(latest.id, { shown: found.shown, bytes });
  }
  if (known.deleted && !options.again) return tell("deleted_before");
  const refusal = known.brought.find(
    (one) => one.rejectCode !== null && lastingRefusals.includes(one.rejectCode),
  );
  if (refusal?.rejectCode && !options.again) return tell("refused_before", { code: refusal.rejectCode });
  if (options.dryRun) return tell(firstSight(run, sha256) ? "new" : "again");

  const begun =
    (latest?.state === "issued" && (await takeUp(run, latest.id))) ||
    (await begin(run, found.shown, picture));
  if (begun === "no room") return tell("no_room");
  try {
    await store(run, begun.stagingKey, picture);
  } catch (error) {
    // The sweeper ends its row; the next run brings the file as it is then.
    if (error instanceof Changed) return tell("changed");
    throw error;
  }
  // Another run of the same folder may have been a moment faster.
  if (!(await run.arrived(begun.id))) return tell("again");
  if (options.wait) await run.verdicts.add(begun.id, { shown: found.shown, bytes });
  else tell("queued");
}

function firstSight(run: Run, sha256: string): boolean {
  const start = Number.parseInt(sha256.slice(0, 12), 16);
  const known = run.met.has(start);
  run.met.add(start);
  return !known;
}

/** What a run that was ended had begun: its row, its space and its key, unless the sweeper may be ending it. */
async function takeUp(run: Run, id: string): Promise<{ id: string; stagingKey: string } | undefined> {
  const { ownerId } = run.options;
  const { ageSecondsMax } = settings().uploads;
  const [row] = await renewPolicies(run.db, [id], { ownerId, policySeconds: arriveSeconds, ageSecondsMax });
  return row;
}

function begin(run: Run, shown: string, picture: Picture): ReturnType<Run["bring"]> {
  const { ownerId, visibility } = run.options;
  const modified = beginFileShape.shape.lastModified.safeParse(Math.trunc(picture.modified.getTime())).data;
  return run.bring({
    ownerId,
    clientToken: randomUUID(),
    stagingKey: incomingKey(),
    filename: filenameFor(shown),
    bytes: picture.bytes,
    sha256: picture.sha256,
    fileModifiedAt: modified === undefined ? null : new Date(modified),
    timeZone: ownZone(),
    inPlace: false,
    visibility: visibility ?? null,
    keepOriginal: false,
  });
}

/** Tries until the bucket is back, for about two minutes. Throws StorageError, Changed. */
async function store(run: Run, key: string, picture: Picture): Promise<void> {
  const { signal } = run.options;
  for (const pause of [...pausesMs, undefined]) {
    try {
      await run.storage.put(key, picture.body(), { contentType: "application/octet-stream" });
      return;
    } catch (error) {
      if (changedWithin(error)) throw new Changed();
      if (!(error instanceof StorageError) || error.code !== "unavailable" || pause === undefined)
        throw error;
      await wait(pause, undefined, { signal });
    }
  }
}

/** What a body throws while it is sent comes back wrapped by whoever sent it. */
function changedWithin(error: unknown): boolean {
  for (let one: unknown = error; one instanceof Error; one = one.cause)
    if (one instanceof Changed) return true;
  return false;
}

function told(task: Task, verdict: Verdict): ImportEvent {
  const event = { path: task.shown, bytes: task.bytes };
  if (verdict.verdict === "ready") return { ...event, outcome: "imported", mediaId: verdict.mediaId };
  if (verdict.verdict === "gone") return { ...event, outcome: "gone" };
  if (verdict.verdict === "superseded") return { ...event, outcome: "again" };
  const twin = verdict.mediaId === undefined ? {} : { mediaId: verdict.mediaId };
  if (verdict.code === "duplicate") return { ...event, outcome: "known", ...twin };
  return { ...event, outcome: "refused", code: verdict.code };
}

/**
 * The life of an upload as the web process sees it: begin, renew, cancel, complete, ask. What happens to the bytes
 * is uploads/finalize.ts, what happens to the forgotten is uploads/sweep.ts.
 *
 * Row first, then a policy for exactly that row; a state is only ever left by compare-and-set; every deadline
 * is compared by the database's clock.
 */
import pLimit from "p-limit";
import { type Db, inTransaction } from "#db/client.ts";
import { addPurges } from "#db/queries/purges.ts";
import * as ledger from "#db/queries/uploads.ts";
import type { Upload } from "#db/schema.ts";
import { settings } from "./env.ts";
import { TintypeError } from "./errors.ts";
import { failpoint } from "./failpoint.ts";
import { enqueueUploads } from "./jobs.ts";
import { log } from "./log.ts";
import {
  type BeginAnswer,
  type CompleteAnswer,
  canUpload,
  type UploadPermit,
  type UploadStanding,
  type UploadView,
  type Viewer,
} from "./media.ts";
import { incomingKey } from "./storage/keys.ts";
import { type Storage, StorageError } from "./storage/port.ts";
import type { BeginFile } from "./uploads/asked.ts";
import { type Arrival, bringIn, lookFor } from "./uploads/multipart.ts";
import { newsOf } from "./uploads/news.ts";
import { freshPermit, type Permitted, permitFor } from "./uploads/permit.ts";
import { bytesMaxFor, finalPurges, queueSeconds, stagingPurges, writingSeconds } from "./uploads/rules.ts";
import { singleTransport } from "./uploads/transport.ts";
import { words } from "./words.ts";

const errorWords = words("errors");
const rejectWords = words("rejects");

function view(upload: Upload): UploadView {
  return {
    id: upload.id,
    state: upload.state,
    filename: upload.filename,
    bytes: upload.bytes,
    // Not known before the worker has read what was in the bucket already.
    sha256: upload.sha256 ?? "",
    mediaId: upload.mediaId,
    rejectCode: upload.rejectCode,
    message: upload.rejectCode === null ? null : rejectWords(upload.rejectCode),
    createdAt: upload.createdAt.toISOString(),
  };
}

/** The viewer, when they may upload. Throws unauthenticated, forbidden. */
export function mayUpload(viewer: Viewer | undefined): Viewer {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  if (!canUpload(viewer)) throw new TintypeError("forbidden");
  return viewer;
}

type Refusal = { status: "refused"; clientToken: string; code: string; message: string };
const refuse = (file: BeginFile, code: "too_large" | "quota_exceeded"): Refusal => ({
  status: "refused",
  clientToken: file.clientToken,
  code,
  message: errorWords(code),
});

/** Somebody without an account who sends through a link; what they send is the viewer's, who made the link. */
export type SendingGuest = {
  id: string;
  /** What the link still takes; asked while nothing else can begin for its maker. */
  left(tx: Db): Promise<{ files: number; bytes: number }>;
};

/**
 * Reserves rows and space for a batch and hands out a policy for each (R-10…R-15). A file is answered on its own:
 * a duplicate or one that does not fit does not hold up the others. Asking again with the same client token gives
 * the same upload (R-12, F-1). Throws too_many_in_flight and daily_limit for the batch as a whole.
 */
export async function beginUploads(
  db: Db,
  storage: Storage,
  ask: { viewer: Viewer | undefined; uploads: BeginFile[]; guest?: SendingGuest },
): Promise<BeginAnswer[]> {
  const viewer = mayUpload(ask.viewer);
  const { policySeconds, multipartThreshold } = settings().uploads;
  const single = await singleTransport(storage);
  const files = [...new Map(ask.uploads.map((file) => [file.clientToken, file])).values()];

  const reserved = await inTransaction(db, async (tx) => {
    const quota = await ledger.lockQuota(tx, viewer.id);
    await failpoint("reserve.locked");
    const known = await ledger.findByTokens(
      tx,
      viewer.id,
      files.map((file) => file.clientToken),
    );
    // A guest's token says nothing of what others have begun under it.
    const mine = known.filter((row) => row.guestId === (ask.guest?.id ?? null));
    const rowOf = new Map(mine.map((row) => [row.clientToken, row]));
    const guestLeft = await ask.guest?.left(tx);
    let places = guestLeft?.files ?? Number.POSITIVE_INFINITY;
    const fresh = files.filter((file) => !rowOf.has(file.clientToken));
    // A guest must not learn what is in the library: what repeats is told when it is approved.
    const twins =
      ask.guest === undefined
        ? await ledger.findDuplicates(
            tx,
            viewer.id,
            fresh.map((file) => file.sha256),
          )
        : [];
    const twinOf = new Map(twins.map((twin) => [twin.sha256, twin.id]));

    const refused = new Map<string, Refusal>();
    let room =
      quota === undefined || quota.limitBytes === 0
        ? Number.POSITIVE_INFINITY
        : quota.limitBytes - quota.usedBytes - quota.reservedBytes;
    if (guestLeft !== undefined) room = Math.min(room, guestLeft.bytes);
    const taken = fresh.filter((file) => {
      if (twinOf.has(file.sha256)) return false;
      const code =
        file.bytes > bytesMaxFor(file.mime)
          ? "too_large"
          : file.bytes > room || places < 1
            ? "quota_exceeded"
            : undefined;
      if (code !== undefined) refused.set(file.clientToken, refuse(file, code));
      else {
        room -= file.bytes;
        places -= 1;
      }
      return code === undefined;
    });
    if (taken.length > 0) await keepWithinCounts(tx, viewer.id, taken.length, ask.guest && "guests");

    const wanted = taken.map((file) => ({
      ownerId: viewer.id,
      clientToken: file.clientToken,
      stagingKey: incomingKey(),
      filename: file.filename,
      declaredMime: file.mime,
      transport: file.bytes > multipartThreshold ? ("multipart" as const) : single,
      bytes: file.bytes,
      sha256: file.sha256,
      fileModifiedAt: file.lastModified === undefined ? null : new Date(file.lastModified),
      timeZone: file.timeZone ?? null,
      guestId: ask.guest?.id ?? null,
    }));
    const rows = new Map(
      wanted.length === 0
        ? []
        : (await ledger.insertUploads(tx, wanted, policySeconds)).map((row) => [row.clientToken, row]),
    );
    await failpoint("reserve.inserted");
    const granted = new Map<string, Permitted>();
    for (const row of wanted) {
      const inserted = rows.get(row.clientToken);
      if (inserted !== undefined) granted.set(row.clientToken, { ...row, ...inserted });
    }
    if (granted.size > 0)
      await ledger.settleQuota(tx, viewer.id, {
        reserved: [...granted.values()].reduce((sum, row) => sum + row.bytes, 0),
      });
    // A repeated request gets a policy that outlives its answer.
    const again = mine.filter((row) => row.state === "issued").map((row) => row.id);
    const renewed =
      again.length === 0
        ? []
        : await ledger.renewPolicies(tx, again, {
            ownerId: viewer.id,
            policySeconds,
            ageSecondsMax: settings().uploads.ageSecondsMax,
          });
    for (const row of renewed) granted.set(row.clientToken, row);
    await failpoint("reserve.settled");
    return { rowOf, twinOf, refused, granted };
  });
  await failpoint("reserve.committed");

  return Promise.all(
    files.map(async (file): Promise<BeginAnswer> => {
      const { clientToken } = file;
      const granted = reserved.granted.get(clientToken);
      if (granted !== undefined)
        return { status: "issued", clientToken, ...(await permitFor(storage, granted)) };
      const row = reserved.rowOf.get(clientToken);
      // One that has grown too old is told as it stands: no policy any more.
      if (row !== undefined) return { status: "known", clientToken, ...view(row) };
      const mediaId = reserved.twinOf.get(file.sha256);
      if (mediaId !== undefined) return { status: "duplicate", clientToken, mediaId };
      return reserved.refused.get(clientToken) ?? refuse(file, "too_large");
    }),
  );
}

/**
 * throws too_many_in_flight, daily_limit. Guests are counted by themselves: who floods a link must not keep
 * its maker from uploading.
 */
export async function keepWithinCounts(
  tx: Db,
  ownerId: string,
  wanted: number,
  by: "owner" | "guests" = "owner",
): Promise<void> {
  const { openMax, dayMax } = settings().uploads;
  const now = await ledger.countUploads(tx, ownerId, { open: openMax + 1, day: dayMax + 1, by });
  if (now.open + wanted > openMax)
    throw new TintypeError("too_many_in_flight", {
      retryAfter: 30,
      details: { max: openMax, open: now.open },
    });
  if (now.day + wanted > dayMax)
    throw new TintypeError("daily_limit", { retryAfter: 3600, details: { max: dayMax } });
}

/** The row of an upload of theirs. Throws not_found. */
export async function ownUpload(db: Db, viewer: Viewer, id: string): Promise<Upload> {
  const [row] = await ledger.findOwnUploads(db, viewer.id, [id]);
  // somebody else's upload and no upload at all are the same answer.
  if (row === undefined) throw new TintypeError("not_found");
  return row;
}

/** What an upload that takes no more bytes is answered with: gone, or conflict when it has gone on. */
export const closedFor = (upload: Upload | undefined): TintypeError =>
  upload === undefined
    ? new TintypeError("not_found")
    : new TintypeError(upload.state === "verifying" || upload.state === "ready" ? "conflict" : "gone", {
        details: { state: upload.state },
      });

/** The asker's row with its end moved out. Throws gone once it is closed or too old, conflict while verifying. */
export async function renewRow(db: Db, ask: { viewer: Viewer | undefined; id: string }): Promise<Upload> {
  const viewer = mayUpload(ask.viewer);
  const { policySeconds, ageSecondsMax } = settings().uploads;
  const [row] = await ledger.renewPolicies(db, [ask.id], {
    ownerId: viewer.id,
    policySeconds,
    ageSecondsMax,
  });
  if (row !== undefined) return row;
  throw closedFor(await ownUpload(db, viewer, ask.id));
}

/** A new permit for the same key. Throws gone once the upload is closed or too old, conflict while verifying. */
export async function renewUpload(
  db: Db,
  storage: Storage,
  ask: { viewer: Viewer | undefined; id: string },
): Promise<UploadPermit> {
  return freshPermit(db, storage, await renewRow(db, ask));
}

/** issued | verifying → cancelled, giving the space back. A closed upload is answered as it stands. */
export async function cancelUpload(
  db: Db,
  ask: { viewer: Viewer | undefined; id: string },
): Promise<UploadView> {
  const viewer = mayUpload(ask.viewer);
  const found = await ownUpload(db, viewer, ask.id);
  const cancelled = await inTransaction(db, async (tx) => {
    // Quota before upload, as everywhere: two transactions on one owner cannot wait for each other.
    await ledger.lockQuota(tx, viewer.id);
    const row = await ledger.closeOpen(tx, found.id, ["issued", "verifying"], "cancelled");
    if (row === undefined) return undefined;
    await ledger.settleQuota(tx, viewer.id, { reserved: -row.bytes });
    await addPurges(tx, stagingPurges(row, "cancelled"));
    // A worker may be writing these right now: remove them when it must have noticed (R-23, F-17).
    await addPurges(tx, finalPurges(row, "cancelled", writingSeconds));
    return row;
  });
  return view(cancelled ?? (await ownUpload(db, viewer, ask.id)));
}

const standing = (row: ledger.Standing): UploadStanding => ({
  id: row.id,
  state: row.state,
  mediaId: row.mediaId,
  rejectCode: row.rejectCode,
  message: row.rejectCode === null ? null : rejectWords(row.rejectCode),
});

const unknownUpload = (id: string): CompleteAnswer => ({
  status: "refused",
  id,
  code: "not_found",
  message: errorWords("not_found"),
});

/**
 * Tells that the bytes are in the bucket: one transaction moves issued → verifying and enqueues the verification
 * . With `look` the bucket is asked first, and an upload whose object is absent stays issued; without it the
 * worker finds that out and gives the upload back. Safe to repeat and to race; each id is answered as it stands
 * afterwards.
 */
export async function completeUploads(
  db: Db,
  storage: Storage,
  ask: { viewer: Viewer | undefined; ids: string[]; look?: boolean },
): Promise<CompleteAnswer[]> {
  const viewer = mayUpload(ask.viewer);
  const issued = await ledger.findIssued(db, viewer.id, ask.ids);
  const inTurn = pLimit(8);
  const stored = new Map<string, "stored" | "object_missing" | "storage_unavailable">(
    await Promise.all(
      issued.map((row) =>
        // Parts are put together here, so they are always looked at.
        ask.look === false && row.transport !== "multipart"
          ? ([row.id, "stored"] as const)
          : inTurn(async () => [row.id, await look(() => bringIn(storage, row))] as const),
      ),
    ),
  );
  await failpoint("complete.looked");
  const begun = new Set(
    await beginVerifying(
      db,
      [...stored].filter(([, found]) => found === "stored").map(([id]) => id),
    ),
  );
  await failpoint("complete.committed");
  const others = ask.ids.filter((id) => !begun.has(id));
  const rows = others.length === 0 ? [] : await ledger.findStandings(db, viewer.id, others);
  const after = new Map(rows.map((row) => [row.id, row]));
  return ask.ids.map((id): CompleteAnswer => {
    if (begun.has(id))
      return { status: "known", id, state: "verifying", mediaId: null, rejectCode: null, message: null };
    const row = after.get(id);
    const missing = stored.get(id);
    if (row === undefined) return unknownUpload(id);
    if (row.state === "issued" && missing !== undefined && missing !== "stored")
      return { status: "refused", id, code: missing, message: errorWords(missing) };
    return { status: "known", ...standing(row) };
  });
}

/** issued → verifying and its job, in one transaction. Ids that are no longer issued are left alone. */
export async function beginVerifying(db: Db, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  return inTransaction(db, async (tx) => {
    const started = await ledger.startVerifying(tx, ids, queueSeconds);
    await failpoint("complete.started");
    await enqueueUploads(tx, started);
    await failpoint("complete.enqueued");
    return started.map(({ id }) => id);
  });
}

async function look(
  ask: () => Promise<Arrival>,
): Promise<"stored" | "object_missing" | "storage_unavailable"> {
  try {
    return (await ask()) === "stored" ? "stored" : "object_missing";
  } catch (cause) {
    // a store that does not answer says nothing about the object.
    if (!(cause instanceof StorageError)) throw cause;
    log("uploads").warn({ err: cause }, "the store did not say whether an upload has arrived");
    return "storage_unavailable";
  }
}

/** The same for one upload, as R-20 answers it. Throws object_missing, storage_unavailable, rejected, gone, not_found. */
export async function completeUpload(
  db: Db,
  storage: Storage,
  ask: { viewer: Viewer | undefined; id: string },
): Promise<UploadStanding> {
  const [answer] = await completeUploads(db, storage, { viewer: ask.viewer, ids: [ask.id] });
  if (answer === undefined || (answer.status === "refused" && answer.code === "not_found"))
    throw new TintypeError("not_found");
  if (answer.status === "refused")
    throw answer.code === "object_missing"
      ? new TintypeError("object_missing", { retryAfter: 2 })
      : new TintypeError("storage_unavailable", { retryAfter: 5 });
  if (answer.state === "rejected")
    throw new TintypeError("rejected", {
      details: { rejectCode: answer.rejectCode, reason: answer.message, mediaId: answer.mediaId },
    });
  if (answer.state === "cancelled" || answer.state === "expired")
    throw new TintypeError("gone", { details: { state: answer.state } });
  return answer;
}

/**
 * How uploads stand, for a page that waits: with `wait`, the answer is held back until nothing of theirs is being
 * verified any longer, at most so many seconds.
 */
export async function uploadStatus(
  db: Db,
  ask: {
    viewer: Viewer | undefined;
    ids: string[];
    wait?: number;
    signal?: AbortSignal;
  },
): Promise<CompleteAnswer[]> {
  const viewer = mayUpload(ask.viewer);
  const seconds = ask.wait ?? 0;
  const news = seconds > 0 ? await newsOf(viewer.id) : undefined;
  try {
    let rows = await ledger.findStandings(db, viewer.id, ask.ids);
    if (news !== undefined && rows.some((row) => row.state === "verifying")) {
      await news.wait({ seconds, signal: ask.signal });
      rows = await ledger.findStandings(db, viewer.id, ask.ids);
    }
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ask.ids.map((id): CompleteAnswer => {
      const row = byId.get(id);
      return row === undefined ? unknownUpload(id) : { status: "known", ...standing(row) };
    });
  } finally {
    news?.end();
  }
}

/** Theirs among the ids, as they stand. */
export async function getUploads(
  db: Db,
  ask: { viewer: Viewer | undefined; ids: string[] },
): Promise<UploadView[]> {
  const viewer = mayUpload(ask.viewer);
  return ask.ids.length === 0 ? [] : (await ledger.findOwnUploads(db, viewer.id, ask.ids)).map(view);
}

/** One upload; with `probe` also whether its bytes are in the bucket (F-5). Throws not_found, storage_unavailable. */
export async function getUpload(
  db: Db,
  storage: Storage,
  ask: { viewer: Viewer | undefined; id: string; probe: boolean },
): Promise<UploadView & { stored?: boolean }> {
  const row = await ownUpload(db, mayUpload(ask.viewer), ask.id);
  if (!ask.probe || row.state !== "issued") return view(row);
  const found = await look(() => lookFor(storage, row));
  if (found === "storage_unavailable") throw new TintypeError(found, { retryAfter: 5 });
  return { ...view(row), stored: found === "stored" };
}

/** What the asker's browsers have under way, newest first, at most 500: neither samples nor what guests send in their name. */
export async function openUploads(db: Db, ask: { viewer: Viewer | undefined }): Promise<UploadView[]> {
  const rows = await ledger.listOpenUploads(db, mayUpload(ask.viewer).id, 500);
  return rows.map(view);
}

/**
 * One picture on its way, as the page shows it. A row is replaced, never changed in place, so that a reader may
 * compare by identity.
 */
import type { RejectCode } from "#lib/media.ts";

/**
 * waiting → hashing → hashed → beginning → issued → sending → sent → completing → verifying → ready
 * with the side ways: retrying (between two tries), renewing (a fresh policy), probing (did it arrive?), missing
 * (known from before a reload, the file itself must be chosen again), and the ends duplicate, refused, failed, cancelled.
 */
export const phases = [
  "missing",
  "waiting",
  "hashing",
  "hashed",
  "beginning",
  "issued",
  "renewing",
  "sending",
  "retrying",
  "probing",
  "sent",
  "completing",
  "verifying",
  "ready",
  "duplicate",
  "refused",
  "failed",
  "cancelled",
] as const;
export type Phase = (typeof phases)[number];

/** Why a row stopped, where the page has the sentence; what the server refused brings its own sentence. */
export const noteCodes = [
  "empty",
  "too_large",
  "not_a_picture",
  "raw",
  "video",
  "bad_name",
  "changed",
  "unreadable",
  "bucket_refused",
  "no_connection",
  "gone",
  "twin",
] as const;
export type Note = { code: (typeof noteCodes)[number] } | { text: string; reject?: RejectCode };

export type Row = {
  id: string;
  name: string;
  /** Where it lay in a dropped folder, "" at the top. */
  folder: string;
  bytes: number;
  phase: Phase;
  /** Bytes that have left this browser in the present try. */
  sent: number;
  note: Note | undefined;
  /** The picture it became, or the one that was there already. */
  mediaId: string | undefined;
  /** Epoch ms of the next try, while retrying. */
  retryAt: number | undefined;
};

const among = (...list: Phase[]): ReadonlySet<Phase> => new Set(list);

/** Closing the page now would stop these. */
export const inHand = among(
  "waiting",
  "hashing",
  "hashed",
  "beginning",
  "issued",
  "renewing",
  "sending",
  "retrying",
  "probing",
  "sent",
  "completing",
);
/** The bucket has them; what is left happens without this page. */
export const landed = among("sent", "completing", "verifying", "ready");
/** Shall reach the bucket, or have. */
export const wanted: ReadonlySet<Phase> = new Set([...inHand, ...landed]);
export const underWay: ReadonlySet<Phase> = new Set([...inHand, "verifying", "missing"] as Phase[]);
export const troubled = among("refused", "failed");
/** Nothing more happens to these by themselves. */
export const settled = among("ready", "duplicate", "refused", "failed", "cancelled");
export const retriable = among("failed", "cancelled");
export const cancellable: ReadonlySet<Phase> = new Set([...inHand, "missing", "verifying"] as Phase[]);

/** Bytes of a row that count as done in the total. */
export const bytesDone = (row: Row): number =>
  landed.has(row.phase) ? row.bytes : Math.min(row.sent, row.bytes);

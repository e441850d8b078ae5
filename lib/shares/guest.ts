/**
 * Pictures from people without an account. They pass through the same states as everybody's uploads, in the name of
 * who made the link; a guest knows of nothing but what this browser sent, and nothing is shown before it is approved.
 */
import * as rows from "#db/queries/guests.ts";
import type { Db } from "../database.ts";
import { TintypeError } from "../errors.ts";
import type { BeginAnswer, CompleteAnswer, UploadParts, UploadPermit, UploadView, Viewer } from "../media.ts";
import { type Limit, take } from "../rate-limit.ts";
import type { Storage } from "../storage/port.ts";
import type { BeginFile } from "../uploads/asked.ts";
import { openParts } from "../uploads/parts.ts";
import * as uploads from "../uploads.ts";
import { words } from "../words.ts";
import { guestNameShape } from "./asked.ts";
import { enter, mustBeOpen, type OpenShare } from "./open.ts";
import type { Visitor } from "./visitor.ts";

const openMax = 500;
/** Policies and looks of one network at one link: each costs a signature or a request. */
const pace: Limit = { points: 1_200, seconds: 60 };

/** Somebody who came through the door of a guest link. */
export type Guest = { share: OpenShare; id: string; maker: Viewer };

/**
 * Goes through the door of a guest link, under a name if one was given. Returns the cookie that keeps it open. Throws
 * as `enter` does, and "not_found" for a link that is not for guests.
 */
export async function enterAsGuest(
  db: Db,
  token: string,
  ask: { visitor: Visitor; password: string; name: string },
): Promise<string> {
  const name = guestNameShape.safeParse(ask.name);
  const { share, cookie, visit } = await enter(db, token, ask, "guest");
  await rows.insertGuest(db, { id: visit.id, shareId: share.id, name: name.success ? name.data : "" });
  return cookie;
}

/** The guest a request comes from. Throws "not_found", "gone", "unauthenticated" before the door. */
export async function guestOf(db: Db, token: string, visitor: Pick<Visitor, "cookie">): Promise<Guest> {
  const share = await mustBeOpen(db, token, visitor, "guest");
  if (share.visit === undefined || !(await rows.hasGuest(db, { id: share.visit.id, shareId: share.id })))
    throw new TintypeError("unauthenticated");
  // What a link may do, its maker may: a maker who may not upload any more has ended the link.
  return { share, id: share.visit.id, maker: { id: share.ownerId, name: "", email: "", role: "member" } };
}

/** Counts what a guest asks for. Throws "rate_limited". */
export const paceGuest = (db: Db, guest: Guest, client: string, cost: number): Promise<void> =>
  take(`guest:${guest.share.id}:${client}`, pace, db, cost);

/** What the link still takes. */
export async function guestLeft(
  db: Db,
  share: Pick<OpenShare, "id" | "filesMax" | "bytesMax">,
): Promise<{ files: number; bytes: number }> {
  const taken = await rows.takenThrough(db, share.id);
  return {
    files: Math.max(0, (share.filesMax ?? 0) - taken.files),
    bytes: Math.max(0, (share.bytesMax ?? 0) - taken.bytes),
  };
}

/** What became of what this browser sent: waiting for its maker's word, taken, or not. */
export const guestFate = (
  db: Db,
  visit: { id: string } | undefined,
): Promise<{ waiting: number; taken: number; refused: number }> =>
  visit === undefined ? Promise.resolve({ waiting: 0, taken: 0, refused: 0 }) : rows.fateOf(db, visit.id);

/** A guest is told how a picture fares, never which one it became. */
const told = <Told extends { mediaId?: string | null }>(answer: Told): Told =>
  "mediaId" in answer ? { ...answer, mediaId: null } : answer;

export async function beginGuestUploads(
  db: Db,
  storage: Storage,
  guest: Guest,
  files: BeginFile[],
): Promise<BeginAnswer[]> {
  const answers = await uploads.beginUploads(db, storage, {
    viewer: guest.maker,
    uploads: files,
    guest: { id: guest.id, left: (tx) => guestLeft(tx, guest.share) },
  });
  return answers.map((answer) => {
    if (answer.status === "known") return told(answer);
    // It is not their space that is used up, and nothing that they could free.
    return answer.status === "refused" && answer.code === "quota_exceeded"
      ? { ...answer, code: "link_full", message: words("share")("guestFull") }
      : answer;
  });
}

const stranger = (id: string): CompleteAnswer => ({
  status: "refused",
  id,
  code: "not_found",
  message: words("errors")("not_found"),
});

/** Asks about this guest's own ids alone; all others are answered as ids that never were. */
async function among(
  db: Db,
  guest: Guest,
  ids: string[],
  ask: (own: string[]) => Promise<CompleteAnswer[]>,
): Promise<CompleteAnswer[]> {
  const own = await rows.ownOf(db, guest.id, ids);
  const answers = own.length === 0 ? [] : await ask(own);
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  return ids.map((id) => {
    const answer = byId.get(id) ?? stranger(id);
    return answer.status === "known" ? told(answer) : answer;
  });
}

export const completeGuestUploads = (
  db: Db,
  storage: Storage,
  guest: Guest,
  ask: { ids: string[]; look: boolean },
): Promise<CompleteAnswer[]> =>
  among(db, guest, ask.ids, (ids) =>
    uploads.completeUploads(db, storage, { viewer: guest.maker, ids, look: ask.look }),
  );

export const guestUploadStatus = (
  db: Db,
  guest: Guest,
  ask: { ids: string[]; wait: number; signal: AbortSignal },
): Promise<CompleteAnswer[]> =>
  among(db, guest, ask.ids, (ids) => uploads.uploadStatus(db, { ...ask, viewer: guest.maker, ids }));

async function assertOwn(db: Db, guest: Guest, id: string): Promise<void> {
  if ((await rows.ownOf(db, guest.id, [id])).length === 0) throw new TintypeError("not_found");
}

export async function getGuestUpload(
  db: Db,
  storage: Storage,
  guest: Guest,
  ask: { id: string; probe: boolean },
): Promise<UploadView & { stored?: boolean }> {
  await assertOwn(db, guest, ask.id);
  return told(await uploads.getUpload(db, storage, { viewer: guest.maker, ...ask }));
}

export async function renewGuestUpload(
  db: Db,
  storage: Storage,
  guest: Guest,
  id: string,
): Promise<UploadPermit> {
  await assertOwn(db, guest, id);
  return uploads.renewUpload(db, storage, { viewer: guest.maker, id });
}

export async function openGuestParts(
  db: Db,
  storage: Storage,
  guest: Guest,
  ask: { id: string; numbers: number[] | undefined },
): Promise<UploadParts> {
  await assertOwn(db, guest, ask.id);
  return openParts(db, storage, { viewer: guest.maker, ...ask });
}

export async function cancelGuestUpload(db: Db, guest: Guest, id: string): Promise<UploadView> {
  await assertOwn(db, guest, id);
  return told(await uploads.cancelUpload(db, { viewer: guest.maker, id }));
}

/** What this browser has under way, at most 500. */
export async function openGuestUploads(db: Db, guest: Guest): Promise<UploadView[]> {
  const ids = await rows.openOf(db, guest.id, openMax);
  return (await uploads.getUploads(db, { viewer: guest.maker, ids })).map(told);
}

/**
 * A share as its visitor meets it: what the link leads to, the door in front of it, and the visit that opens it.
 * Who is signed in plays no part: the link alone decides.
 */
import { randomUUID } from "node:crypto";
import { verifyPassword } from "better-auth/crypto";
import * as rows from "#db/queries/shares.ts";
import type { Db } from "../database.ts";
import { TintypeError } from "../errors.ts";
import { log } from "../log.ts";
import { type Limit, take } from "../rate-limit.ts";
import { stateOf } from "./manage.ts";
import { hashOf } from "./token.ts";
import {
  browserFamily,
  isProgram,
  readVisit,
  shortened,
  type Visit,
  type Visitor,
  visitSeconds,
  writeVisit,
} from "./visitor.ts";

/** Guesses at a password: per share and network, and per share from everywhere together. */
const perNetwork: Limit = { points: 10, seconds: 15 * 60 };
const perShare: Limit = { points: 200, seconds: 3600 };
/** Ways through a door without a password: each leaves a row, and a network may be a whole wedding's. */
const entries: Limit = { points: 300, seconds: 3600 };
/** New visits from one network: whoever throws the cookie away again and again fills no log. */
const newVisits: Limit = { points: 30, seconds: 3600 };

/** A share that is open to this visitor, and what is known of the visit. */
export type OpenShare = rows.ShareRow & { visit: Visit | undefined };

export type Answer =
  /** A link that never was, or is no more. */
  | { state: "unknown" }
  | { state: "revoked" | "expired" | "used" | "gone" }
  /** Something has to be done first: say the password, or (visits are counted) say that one wants in. */
  | { state: "door"; share: rows.ShareRow; needsPassword: boolean }
  | { state: "open"; share: OpenShare };

/** Which pages ask: those of shares, or those that guests send pictures through. A link leads to one of them alone. */
export type At = "share" | "guest";

/** What a link leads to. Every link costs the same one look at the database, right or wrong. */
export async function lookAt(
  db: Db,
  token: string,
  visitor: Pick<Visitor, "cookie">,
  at: At = "share",
): Promise<Answer> {
  const share = await rows.findShare(db, { tokenHash: hashOf(token) });
  if (share === undefined || (share.kind === "inbox") !== (at === "guest")) return { state: "unknown" };
  if (share.ended !== null) return { state: share.ended };
  const visit = readVisit({ shareId: share.id, passwordHash: share.passwordHash }, visitor.cookie);
  if (visit !== undefined) return { state: "open", share: { ...share, visit } };
  const state = stateOf(share);
  if (state !== "open") return { state };
  if (share.passwordHash !== null || share.visitsMax !== null || share.kind === "inbox")
    return { state: "door", share, needsPassword: share.passwordHash !== null };
  return { state: "open", share: { ...share, visit: undefined } };
}

const begin = (share: rows.ShareRow): { cookie: string; visit: Visit } => {
  const visit = { id: randomUUID(), until: Math.floor(Date.now() / 1000) + visitSeconds };
  return { visit, cookie: writeVisit({ shareId: share.id, passwordHash: share.passwordHash }, visit) };
};

const seenOf = (visitor: Visitor): { network: string; browser: string } => ({
  network: shortened(visitor.address),
  browser: browserFamily(visitor.userAgent),
});

/**
 * Goes through the door. Returns the cookie that keeps it open. Throws "not_found", "gone" with details {state},
 * "unauthenticated" for a wrong password, "rate_limited". Only who is let in is counted as a visit.
 */
export async function enter(
  db: Db,
  token: string,
  { visitor, password }: { visitor: Visitor; password: string },
  at: At = "share",
): Promise<{ share: rows.ShareRow; cookie: string; visit: Visit }> {
  const answer = await lookAt(db, token, { cookie: undefined }, at);
  if (answer.state === "unknown") throw new TintypeError("not_found");
  if (answer.state !== "door" && answer.state !== "open")
    throw new TintypeError("gone", { details: { state: answer.state } });
  const { share } = answer;
  if (share.passwordHash !== null) {
    await take(`share:${share.id}:${visitor.client}`, perNetwork, db);
    await take(`share:${share.id}`, perShare, db);
    if (!(await verifyPassword({ hash: share.passwordHash, password }))) {
      log("shares").warn({ shareId: share.id }, "a password was refused");
      throw new TintypeError("unauthenticated");
    }
  } else await take(`share-enter:${share.id}:${visitor.client}`, entries, db);
  if (!(await rows.countVisit(db, share.id, seenOf(visitor))))
    throw new TintypeError("gone", { details: { state: "used" } });
  return { share, ...begin(share) };
}

/**
 * Counts a visit to a share that has no door, the first time a browser comes. Returns the cookie to set; `undefined`
 * when nothing was counted, which keeps nobody out.
 */
export async function noteVisit(db: Db, share: OpenShare, visitor: Visitor): Promise<string | undefined> {
  if (share.visit !== undefined || isProgram(visitor.userAgent)) return undefined;
  try {
    await take(`share-visit:${share.id}:${visitor.client}`, newVisits, db);
  } catch (error) {
    if (error instanceof TintypeError && error.code === "rate_limited") return undefined;
    throw error;
  }
  return (await rows.countVisit(db, share.id, seenOf(visitor))) ? begin(share).cookie : undefined;
}

/**
 * The share, when it is open to this visitor. For everything that is not the page itself. Throws "not_found",
 * "gone" with details {state}, "unauthenticated" before the door.
 */
export async function mustBeOpen(
  db: Db,
  token: string,
  visitor: Pick<Visitor, "cookie">,
  at: At = "share",
): Promise<OpenShare> {
  const answer = await lookAt(db, token, visitor, at);
  if (answer.state === "open") return answer.share;
  if (answer.state === "unknown") throw new TintypeError("not_found");
  if (answer.state === "door") throw new TintypeError("unauthenticated");
  throw new TintypeError("gone", { details: { state: answer.state } });
}

/** Counts one download, of a picture or of all together. Throws "gone" with details {state: "downloads"} when none is left. */
export async function countShareDownload(db: Db, share: OpenShare): Promise<void> {
  if (!(await rows.countDownload(db, share.id)))
    throw new TintypeError("gone", { details: { state: "downloads" } });
}

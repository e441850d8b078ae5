/** The maker's side of shares: give, change, look at, take back. Everybody manages their own; there is no other door. */
import { hashPassword } from "better-auth/crypto";
import { z } from "zod";
import { inTransaction } from "#db/client.ts";
import { countArrivals } from "#db/queries/guests.ts";
import * as rows from "#db/queries/shares.ts";
import { chosenIn } from "../bulk/change.ts";
import { type SelectionInput, selectionShape } from "../bulk/shapes.ts";
import type { Db } from "../database.ts";
import { settings } from "../env.ts";
import { TintypeError } from "../errors.ts";
import { log } from "../log.ts";
import { canUpload, type ShareKind, type Viewer } from "../media.ts";
import { type ShareSettings, shareSettingsShape } from "./asked.ts";
import { chosenMax } from "./rules.ts";
import { hashOf, newSalt, tokenOf } from "./token.ts";

/** "used": its visits are used up. "gone": its album was deleted, or its maker has lost the right to share. */
export type ShareState = "open" | "revoked" | "expired" | "used" | "gone";

/** A share as its maker sees it. */
export type ShareView = Omit<rows.ShareRow, "salt" | "tokenHash" | "passwordHash" | "ended" | "ownerId"> & {
  state: ShareState;
  hasPassword: boolean;
  /** Pictures of guests that wait to be looked at. */
  waiting: number;
  /** The whole address; undefined when AUTH_SECRET has changed since, after which only a new link can be copied. */
  link: string | undefined;
};

type By = { viewer: Viewer | undefined };

function maker(viewer: Viewer | undefined): Viewer {
  if (viewer === undefined) throw new TintypeError("unauthenticated");
  if (!canUpload(viewer)) throw new TintypeError("forbidden");
  return viewer;
}

const audit = (by: Viewer, event: string, facts: Record<string, unknown>): void =>
  log("shares").info({ by: by.id, ...facts }, event);

/** Where a share's pages are. A guest link leads to a place of its own. */
export const pathOf = (kind: ShareKind, token: string): string =>
  `${kind === "inbox" ? "/guest" : "/s"}/${token}`;

function linkOf(row: Pick<rows.ShareRow, "kind" | "salt" | "tokenHash">): string | undefined {
  const token = tokenOf(row.salt);
  return hashOf(token) === row.tokenHash ? `${settings().appUrl}${pathOf(row.kind, token)}` : undefined;
}

export function stateOf(row: Pick<rows.ShareRow, "ended" | "visits" | "visitsMax">): ShareState {
  if (row.ended !== null) return row.ended;
  return row.visitsMax !== null && row.visits >= row.visitsMax ? "used" : "open";
}

function viewOf(row: rows.ShareRow, waiting: ReadonlyMap<string, number>): ShareView {
  const { salt: _, tokenHash: __, passwordHash, ended: ___, ownerId: ____, ...shown } = row;
  return {
    ...shown,
    state: stateOf(row),
    hasPassword: passwordHash !== null,
    waiting: waiting.get(row.id) ?? 0,
    link: linkOf(row),
  };
}

function refuse(error: z.ZodError): TintypeError {
  return new TintypeError("bad_request", {
    details: { fields: [...new Set(error.issues.map((issue) => String(issue.path[0] ?? "")))] },
  });
}

/** The typed settings as columns. A password is hashed as an account's is, before any row is locked. */
async function columnsOf(typed: Partial<ShareSettings>): Promise<rows.ShareChange> {
  const { password, ...rest } = typed;
  const passwordHash =
    password === undefined ? undefined : password === null ? null : await hashPassword(password);
  return {
    ...(Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== undefined),
    ) as rows.ShareChange),
    ...(passwordHash === undefined ? {} : { passwordHash }),
  };
}

const newSettings = shareSettingsShape.partial().required({ label: true });

export type NewShareOf =
  | { album: string }
  | { selection: SelectionInput }
  /** A link through which guests add to this album. */
  | { inbox: string };

/**
 * Gives a link. A choice is frozen in its order, an album is followed. Throws "bad_request" with the names of wrong
 * fields, "not_found" for an album that is not the viewer's or a choice with nothing of theirs, "too_large".
 */
export async function createShare(
  db: Db,
  { viewer, of, settings: typed }: By & { of: NewShareOf; settings: Partial<ShareSettings> },
): Promise<{ id: string; link: string; count: number | undefined }> {
  const by = maker(viewer);
  const parsed = newSettings.safeParse(typed);
  if (!parsed.success) throw refuse(parsed.error);
  const albumId = "album" in of ? of.album : "inbox" in of ? of.inbox : undefined;
  if (albumId !== undefined && !z.uuid().safeParse(albumId).success) throw new TintypeError("not_found");
  if (albumId !== undefined && (await rows.findOwnAlbum(db, { id: albumId, ownerId: by.id })) === undefined)
    throw new TintypeError("not_found");
  const kind: ShareKind = "album" in of ? "album" : "inbox" in of ? "inbox" : "selection";
  const selection = "selection" in of ? selectionShape.safeParse(of.selection) : undefined;
  if (selection?.success === false) throw new TintypeError("bad_request");
  const { label, ...rest } = await columnsOf(parsed.data);
  const salt = newSalt();
  const token = tokenOf(salt);
  const made = await inTransaction(db, async (tx) => {
    const id = await rows.insertShare(tx, {
      ...(kind === "inbox" ? guestDefaults : {}),
      ...rest,
      label: label ?? "",
      ownerId: by.id,
      kind,
      salt,
      tokenHash: hashOf(token),
      albumId,
    });
    if (selection === undefined) return { id, count: undefined };
    const chosen = await chosenIn(tx, by, selection.data);
    const count = await rows.insertShareMedia(tx, { id, ownerId: by.id }, chosen, chosenMax + 1);
    if (count === 0) throw new TintypeError("not_found");
    if (count > chosenMax) throw new TintypeError("too_large", { details: { max: chosenMax } });
    return { id, count };
  });
  audit(by, "shared", { shareId: made.id, kind });
  return { ...made, link: `${settings().appUrl}${pathOf(kind, token)}` };
}

/** What a guest may send when the maker says nothing else. */
const guestDefaults = { filesMax: 200, bytesMax: 2_000_000_000, download: "none" as const };

/** Changes what is given; from then on it counts at once, for open visits as well. Throws "bad_request", "not_found". */
export async function changeShare(
  db: Db,
  { viewer, id, settings: typed }: By & { id: string; settings: Partial<ShareSettings> },
): Promise<void> {
  const by = maker(viewer);
  const parsed = shareSettingsShape.partial().safeParse(typed);
  if (!parsed.success) throw refuse(parsed.error);
  const at = own(by, id);
  if (!(await rows.updateShare(db, at, await columnsOf(parsed.data)))) throw new TintypeError("not_found");
  audit(by, "share changed", { shareId: id, fields: Object.keys(parsed.data) });
}

function own(by: Viewer, id: string): { id: string; ownerId: string } {
  if (!z.uuid().safeParse(id).success) throw new TintypeError("not_found");
  return { id, ownerId: by.id };
}

/** Ends a share at once. Addresses of pictures that were handed out before live until their window ends. Throws "not_found". */
export async function revokeShare(db: Db, { viewer, id }: By & { id: string }): Promise<void> {
  const by = maker(viewer);
  if (!(await rows.updateShare(db, own(by, id), { revoked: true }))) throw new TintypeError("not_found");
  audit(by, "share revoked", { shareId: id });
}

/** Forgets a share with its log; its link then is one that never was. Throws "not_found", "conflict" while pictures wait. */
export async function removeShare(db: Db, { viewer, id }: By & { id: string }): Promise<void> {
  const by = maker(viewer);
  const work = async (tx: Db): Promise<void> => {
    if ((await countArrivals(tx, [id])).size > 0) throw new TintypeError("conflict");
    if (!(await rows.deleteShare(tx, own(by, id)))) throw new TintypeError("not_found");
  };
  // Something may arrive between the two.
  await inTransaction(db, work, { looksAgain: true });
  audit(by, "share removed", { shareId: id });
}

/** Another address for the same share; the old one is one that never was. Throws "not_found". */
export async function renewShareLink(db: Db, { viewer, id }: By & { id: string }): Promise<void> {
  const by = maker(viewer);
  const salt = newSalt();
  if (!(await rows.updateShare(db, own(by, id), { salt, tokenHash: hashOf(tokenOf(salt)) })))
    throw new TintypeError("not_found");
  audit(by, "share link renewed", { shareId: id });
}

/** One of the viewer's shares. Throws "not_found". */
export async function getShare(db: Db, { viewer, id }: By & { id: string }): Promise<ShareView> {
  const row = await rows.findShare(db, own(maker(viewer), id));
  if (row === undefined) throw new TintypeError("not_found");
  return viewOf(row, await waitingAt(db, [row]));
}

const waitingAt = (db: Db, found: rows.ShareRow[]): Promise<ReadonlyMap<string, number>> =>
  countArrivals(
    db,
    found.filter(({ kind }) => kind === "inbox").map(({ id }) => id),
  );

const placeShape = z.tuple([z.int(), z.uuid()]);
type Place = { at: Date; id: string };

const writePlace = ({ at, id }: Place): string =>
  Buffer.from(JSON.stringify([at.getTime(), id])).toString("base64url");

/** What is no cursor of ours starts at the beginning. */
function readPlace(text: string | undefined): Place | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = placeShape.safeParse(JSON.parse(Buffer.from(text, "base64url").toString()));
    return parsed.success ? { at: new Date(parsed.data[0]), id: parsed.data[1] } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A page of the viewer's shares, newest first; with `albumId` those of one album. */
export async function listShares(
  db: Db,
  { viewer, albumId, cursor, limit }: By & { albumId?: string; cursor?: string | undefined; limit: number },
): Promise<{ shares: ShareView[]; next: string | undefined }> {
  const by = maker(viewer);
  const place = readPlace(cursor);
  const found = await rows.listShares(db, {
    ownerId: by.id,
    albumId,
    from: place === undefined ? undefined : { createdAt: place.at, id: place.id },
    limit: limit + 1,
  });
  const page = found.slice(0, limit);
  const waiting = await waitingAt(db, page);
  const last = page.at(-1);
  return {
    shares: page.map((row) => viewOf(row, waiting)),
    next: found.length > limit && last ? writePlace({ at: last.createdAt, id: last.id }) : undefined,
  };
}

export type VisitView = { id: string; at: Date; network: string; browser: string };

/** When a share was visited, from which network and with which browser; newest first. Throws "not_found". */
export async function listVisits(
  db: Db,
  { viewer, id, cursor, limit }: By & { id: string; cursor?: string | undefined; limit: number },
): Promise<{ visits: VisitView[]; next: string | undefined }> {
  const share = await getShare(db, { viewer, id });
  const found = await rows.listVisits(db, { shareId: share.id, from: readPlace(cursor), limit: limit + 1 });
  const visits = found.slice(0, limit);
  const last = visits.at(-1);
  return { visits, next: found.length > limit && last ? writePlace(last) : undefined };
}

/** The viewer's own album of this id, to be shared; `undefined` when there is none. */
export async function ownAlbum(
  db: Db,
  { viewer, id }: By & { id: string },
): Promise<{ id: string; title: string } | undefined> {
  const by = maker(viewer);
  return z.uuid().safeParse(id).success ? rows.findOwnAlbum(db, { id, ownerId: by.id }) : undefined;
}

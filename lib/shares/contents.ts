/**
 * What the visitor of a share sees in it: an album as its owner sees it, or the choice that was frozen, of the maker's
 * own alone; never what is in the trash. What others put into an album is there as far as they show it to its owner.
 * Media go by names that mean nothing outside the share.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";
import * as rows from "#db/queries/shares.ts";
import { windowAround } from "../around.ts";
import type { Db } from "../database.ts";
import { type Beside, type GalleryRow, getMedia, type MediaDetails } from "../gallery.ts";
import { type MediaList, openList } from "../lists.ts";
import { limits, type Viewer } from "../media.ts";
import { idBehind, namesWithin, sealingKey } from "./token.ts";

type Held = Pick<rows.ShareRow, "id" | "ownerId" | "kind" | "albumId">;

/** Whose eyes a share lends: its maker's, with no name and no right but to look at what is theirs. */
export const makerOf = (share: Held): Viewer => ({ id: share.ownerId, name: "", email: "", role: "viewer" });

/** A cursor of the list below names media; visitors carry it sealed. */
function sealed(share: Held, text: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", sealingKey(share.id), iv);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64url");
}

function unsealed(share: Held, text: string): string | undefined {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.byteLength < 29 || bytes.byteLength > 600) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", sealingKey(share.id), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString("utf8");
  } catch {
    // Not sealed by us, or for another share: no cursor at all.
    return undefined;
  }
}

/** The list under a share, in its maker's eyes. `undefined` when its album is gone. */
function listOf(share: Held): MediaList | undefined {
  if (share.kind === "selection") return selectionList(share);
  return share.albumId === null ? undefined : openList(`album.${share.albumId}`);
}

const placeShape = z.int().min(0);
const tileOf = ({ position: _, ...row }: Awaited<ReturnType<typeof rows.listChosen>>[number]): GalleryRow =>
  row;

const selectionList = (share: Held): MediaList => ({
  async page(db, { cursor, limit }) {
    const from = cursor === undefined ? undefined : placeShape.safeParse(Number(cursor));
    if (from?.success === false) return undefined;
    const found = await rows.listChosen(db, { share, from: from?.data, limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      media: page.map(tileOf),
      ...(found.length > limit && last ? { next: String(last.position) } : {}),
    };
  },
  async neighbours(db, { of }) {
    const [here] = await rows.listChosenById(db, { share, ids: [of.id] });
    if (here === undefined) return {};
    const [[previous], [next]] = await Promise.all([
      rows.listChosen(db, { share, from: here.position, before: true, limit: 1 }),
      rows.listChosen(db, { share, from: here.position, limit: 1 }),
    ]);
    return {
      ...(previous === undefined ? {} : { previous: tileOf(previous) }),
      ...(next === undefined ? {} : { next: tileOf(next) }),
    };
  },
  async around(db, { of, limit, side }) {
    const [here] = await rows.listChosenById(db, { share, ids: [of.id] });
    if (here === undefined) return { before: [], after: [] };
    const from = here.position;
    const [before, after] = await Promise.all([
      side === "after" ? [] : rows.listChosen(db, { share, from, before: true, limit }),
      side === "before" ? [] : rows.listChosen(db, { share, from, limit }),
    ]);
    return { before: before.toReversed().map(tileOf), after: after.map(tileOf) };
  },
  async some(db, { ids }) {
    return (await rows.listChosenById(db, { share, ids })).map(tileOf);
  },
});

/** In a share nobody's pictures are one's own, and who else sees them is nobody's business. */
const shown = (name: (id: string) => string, row: GalleryRow): GalleryRow => ({
  ...row,
  id: name(row.id),
  own: false,
  visibility: "private",
});

export type SharePage = { media: GalleryRow[]; next: string | undefined };

/** A page of the share in its order; ids are names within it. `undefined` for a cursor that is not the share's. */
export async function sharePage(
  db: Db,
  share: Held,
  ask: { cursor: string | undefined; limit: number },
): Promise<SharePage | undefined> {
  const page = await rawPage(db, share, ask);
  if (page === undefined) return undefined;
  const name = namesWithin(share.id);
  return { media: page.media.map((row) => shown(name, row)), next: page.next };
}

/** As sharePage, with the ids of the gallery: for what is asked on the visitor's behalf. */
export async function rawPage(
  db: Db,
  share: Held,
  { cursor, limit }: { cursor: string | undefined; limit: number },
): Promise<SharePage | undefined> {
  const below = cursor === undefined ? undefined : unsealed(share, cursor);
  if (cursor !== undefined && below === undefined) return undefined;
  const page = await listOf(share)?.page(db, { viewer: makerOf(share), cursor: below, limit });
  if (page === undefined) return cursor === undefined ? { media: [], next: undefined } : undefined;
  return {
    media: page.media,
    next: page.next === undefined ? undefined : sealed(share, page.next),
  };
}

/** The gallery's ids behind names, in no order; names of media that the share does not (or no longer) hold are left out. */
export async function behind(db: Db, share: Held, names: string[]): Promise<GalleryRow[]> {
  const ids = names.slice(0, limits.batchMax).flatMap((name) => idBehind(share.id, name) ?? []);
  if (ids.length === 0) return [];
  return (await listOf(share)?.some(db, { viewer: makerOf(share), ids })) ?? [];
}

/** Those of the names that the share holds, for fresh addresses. */
export async function shareSome(db: Db, share: Held, names: string[]): Promise<GalleryRow[]> {
  const name = namesWithin(share.id);
  return (await behind(db, share, names)).map((row) => shown(name, row));
}

/** A picture of the share as its visitors may know it: no file name, no place, nobody's name. */
export type SharedMedia = Omit<
  MediaDetails,
  | "filename"
  | "ownerName"
  | "originalKey"
  | "latitude"
  | "longitude"
  | "altitude"
  | "place"
  | "placeAlso"
  | "mayEdit"
> & {
  /** Where the original lies; handed out only where the share says so. */
  originalKey: string | undefined;
};

/** One picture by its name in the share; `undefined` when it is not in it. */
export async function shareMedia(
  db: Db,
  share: Held & Pick<rows.ShareRow, "download">,
  name: string,
): Promise<SharedMedia | undefined> {
  const [row] = await behind(db, share, [name]);
  const found = row && (await getMedia(db, { viewer: makerOf(share), id: row.id }));
  if (found === undefined) return undefined;
  const {
    filename: _,
    ownerName: __,
    originalKey,
    latitude: ___,
    longitude: ____,
    altitude: _____,
    place: ______,
    placeAlso: _______,
    mayEdit: ________,
    ...media
  } = found;
  return {
    ...media,
    id: name,
    own: false,
    visibility: "private",
    // Of what others put into the album, its maker has no original to give.
    originalKey: share.download === "originals" && found.own ? originalKey : undefined,
    clipKey: share.download === "originals" && found.own ? media.clipKey : null,
  };
}

/** A picture beside the one that is looked at; `original` where its visitors may have that. */
export type SharedBeside = Omit<Beside, "filename"> & { original: boolean };
export type SharedAround = { before: SharedBeside[]; after: SharedBeside[]; first: boolean; last: boolean };

/**
 * Up to `limit` pictures on each side of one, or on one side, in the share's order; `first` and `last` say that
 * nothing comes beyond them. `undefined` when the share does not hold it.
 */
export async function shareAround(
  db: Db,
  share: Held & Pick<rows.ShareRow, "download">,
  { name, ...ask }: { name: string; limit: number; side?: "before" | "after" },
): Promise<SharedAround | undefined> {
  const [of] = await behind(db, share, [name]);
  const list = listOf(share);
  if (of === undefined || list === undefined) return undefined;
  const found = await windowAround(db, list, { viewer: makerOf(share), of, ...ask });
  const names = namesWithin(share.id);
  const renamed = ({ filename: _, ...row }: Beside): SharedBeside => ({
    ...row,
    ...shown(names, row),
    original: share.download === "originals" && row.own,
  });
  return { ...found, before: found.before.map(renamed), after: found.after.map(renamed) };
}

/** How many pictures a visitor finds. */
export async function shareCount(db: Db, share: Held & Pick<rows.ShareRow, "albumCount">): Promise<number> {
  return share.kind === "selection" ? rows.countChosen(db, share) : (share.albumCount ?? 0);
}

/** Narrower ones make no card, or a blurred one. */
export const cardWidthMin = 600;
/** Among so many of the first. */
const coversMax = 24;

/** The picture that stands for the share: the album's cover, else the first that is wide enough, else the first. */
export async function shareCover(
  db: Db,
  share: Held & Pick<rows.ShareRow, "albumCover">,
): Promise<GalleryRow | undefined> {
  const viewer = makerOf(share);
  const list = listOf(share);
  const chosen = share.kind === "album" ? share.albumCover : null;
  const cover = chosen === null ? [] : ((await list?.some(db, { viewer, ids: [chosen] })) ?? []);
  if (cover.length > 0) return cover[0];
  const page = await list?.page(db, { viewer, cursor: undefined, limit: coversMax });
  return page?.media.find(({ width }) => width >= cardWidthMin) ?? page?.media.at(0);
}

/** Saving all of a share: counted once when it begins, after which a ticket stands for it however often it is resumed. */
import { timingSafeEqual } from "node:crypto";
import { listFiles, type Sum, sumAlbum, sumChosen } from "#db/queries/downloads.ts";
import type { Db } from "../database.ts";
import {
  addressesOf,
  dateName,
  filesOf,
  type Manner,
  mediaBehind,
  nothing,
  sumIn,
  together,
} from "../downloads/list.ts";
import {
  type Addresses,
  countedMax,
  type DownloadPage,
  type DownloadSize,
  type DownloadSum,
  listedMax,
} from "../downloads/shapes.ts";
import { TintypeError } from "../errors.ts";
import { listSharedAlbums, withinShare } from "./albums.ts";
import { behind, rawPage } from "./contents.ts";
import { countShareDownload, type OpenShare } from "./open.ts";
import { idBehind, namesWithin, seal } from "./token.ts";

const ticketSeconds = 24 * 3600;

/** Visitors get titles and dates, never the names of files. */
const mannerOf = (share: OpenShare): Manner => ({
  wire: namesWithin(share.id),
  stem: (row) => (row.title === "" ? dateName(row) : row.title),
  // Of what others put into the album, its maker has no original to give.
  original: (row) => share.download === "originals" && row.ownerId === share.ownerId,
});

function assertOffered(share: OpenShare, size: DownloadSize): void {
  if (share.download === "none" || (size === "original" && share.download !== "originals"))
    throw new TintypeError("forbidden");
}

const sealOf = (share: OpenShare, until: number): string => seal("download", `${share.id}\n${until}`);

/** Counts one download. Throws "forbidden", and "gone" with details {state: "downloads"} when none is left. */
export async function beginShareDownload(db: Db, share: OpenShare, size: DownloadSize): Promise<string> {
  assertOffered(share, size);
  await countShareDownload(db, share);
  const until = Math.floor(Date.now() / 1000) + ticketSeconds;
  return `${until}.${sealOf(share, until)}`;
}

/** Throws "forbidden" for a download that was not begun, or a day ago. */
function assertTicket(share: OpenShare, ticket: string | undefined): void {
  const [, until = "", given = ""] = /^(\d{1,12})\.([\w-]{43})$/.exec(ticket ?? "") ?? [];
  const expected = Buffer.from(sealOf(share, Number(until)));
  const found = Buffer.from(given);
  const isOurs = found.length === expected.length && timingSafeEqual(found, expected);
  if (!isOurs || Number(until) * 1000 <= Date.now()) throw new TintypeError("forbidden");
}

/** One of the albums that are saved together, and the folders its files go into. */
type Part = {
  share: OpenShare;
  /** By its name in the share; "" is where one stands. */
  album: string;
  folder: string[];
};

/** More albums are an archive that nobody unpacks. */
const partsMax = 300;

/** Where one stands, and the albums in it, each before those in it. */
async function partsOf(db: Db, share: OpenShare): Promise<Part[]> {
  const parts: Part[] = [{ share, album: "", folder: [] }];
  for (const part of parts) {
    for (const { id: album, title } of await listSharedAlbums(db, part.share)) {
      const albumId = idBehind(share.id, album);
      if (parts.length >= partsMax || albumId === undefined) return parts;
      parts.push({ share: { ...share, albumId }, album, folder: [...part.folder, title] });
    }
  }
  return parts;
}

async function sumPart(db: Db, share: OpenShare): Promise<Sum> {
  const limit = countedMax + 1;
  const { id: shareId, ownerId, albumId } = share;
  if (share.kind === "selection") return sumChosen(db, { shareId, ownerId, limit });
  if (albumId === null) throw new TintypeError("not_found");
  return sumAlbum(db, { albumId, ownerId, limit });
}

/** How much all of it is, from where one stands in the share. */
export async function sumShare(db: Db, share: OpenShare, size: DownloadSize): Promise<DownloadSum> {
  assertOffered(share, size);
  let sum = nothing;
  for (const part of await partsOf(db, share)) sum = together(sum, await sumPart(db, part.share));
  return sumIn(sum, size);
}

/** A file of an album in the share is asked for by that album's name as well. */
const within = (album: string, id: string): string => (album === "" ? id : `${id}~${album}`);

/** Throws "not_found" for what is no place in this download. */
function placeIn(cursor: string | undefined): { at: number; below: string | undefined } {
  if (cursor === undefined) return { at: 0, below: undefined };
  const [, at = "", below = ""] = /^(\d{1,3})\.([\w-]*)$/.exec(cursor) ?? [];
  if (at === "") throw new TintypeError("not_found");
  return { at: Number(at), below: below === "" ? undefined : below };
}

/** A page of its files, in the share's order, album by album. */
export async function listShareDownload(
  db: Db,
  share: OpenShare,
  ask: { size: DownloadSize; cursor: string | undefined; ticket: string | undefined },
): Promise<DownloadPage> {
  assertOffered(share, ask.size);
  assertTicket(share, ask.ticket);
  const { at, below } = placeIn(ask.cursor);
  const parts = await partsOf(db, share);
  const part = parts[at];
  const page = part && (await rawPage(db, part.share, { cursor: below, limit: listedMax }));
  if (part === undefined || page === undefined) throw new TintypeError("not_found");
  const found = await listFiles(
    db,
    page.media.map(({ id }) => id),
  );
  const files = filesOf(found, ask.size, mannerOf(share), part.folder);
  const isLast = page.next === undefined && at + 1 >= parts.length;
  return {
    files: files.map((file) => ({ ...file, id: within(part.album, file.id) })),
    next: isLast ? undefined : page.next === undefined ? `${at + 1}.` : `${at}.${page.next}`,
  };
}

/** Fresh addresses of its files, by their names in the share. */
export async function shareAddresses(
  db: Db,
  share: OpenShare,
  ask: { size: DownloadSize; ids: string[]; ticket: string | undefined },
): Promise<Addresses> {
  assertOffered(share, ask.size);
  assertTicket(share, ask.ticket);
  const byAlbum = Map.groupBy(ask.ids, (id) => id.split("~")[1] ?? "");
  const addresses: Addresses = {};
  for (const [album, ids] of byAlbum) {
    const here = await withinShare(db, share, album === "" ? undefined : album);
    if (here === undefined) continue;
    const names = mediaBehind(ids.map((id) => id.split("~")[0] ?? ""));
    const held = await behind(db, here.share, names);
    const found = await listFiles(
      db,
      held.map(({ id }) => id),
    );
    for (const [id, url] of Object.entries(addressesOf(found, ask.size, mannerOf(share))))
      addresses[within(album, id)] = url;
  }
  return addresses;
}

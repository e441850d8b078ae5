/** Saving all of a share: counted once when it begins, after which a ticket stands for it however often it is resumed. */
import { timingSafeEqual } from "node:crypto";
import { listFiles, sumAlbum, sumChosen } from "#db/queries/downloads.ts";
import type { Db } from "../database.ts";
import { addressesOf, dateName, filesOf, type Manner, mediaBehind, sumIn } from "../downloads/list.ts";
import {
  type Addresses,
  countedMax,
  type DownloadPage,
  type DownloadSize,
  type DownloadSum,
  listedMax,
} from "../downloads/shapes.ts";
import { TintypeError } from "../errors.ts";
import { behind, rawPage } from "./contents.ts";
import { countShareDownload, type OpenShare } from "./open.ts";
import { namesWithin, seal } from "./token.ts";

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

/** How much all of it is. */
export async function sumShare(db: Db, share: OpenShare, size: DownloadSize): Promise<DownloadSum> {
  assertOffered(share, size);
  const limit = countedMax + 1;
  const { id: shareId, ownerId, albumId } = share;
  if (share.kind === "selection") return sumIn(await sumChosen(db, { shareId, ownerId, limit }), size);
  if (albumId === null) throw new TintypeError("not_found");
  return sumIn(await sumAlbum(db, { albumId, ownerId, limit }), size);
}

/** A page of its files, in the share's order. */
export async function listShareDownload(
  db: Db,
  share: OpenShare,
  ask: { size: DownloadSize; cursor: string | undefined; ticket: string | undefined },
): Promise<DownloadPage> {
  assertOffered(share, ask.size);
  assertTicket(share, ask.ticket);
  const page = await rawPage(db, share, { cursor: ask.cursor, limit: listedMax });
  if (page === undefined) throw new TintypeError("not_found");
  const found = await listFiles(
    db,
    page.media.map(({ id }) => id),
  );
  return { files: filesOf(found, ask.size, mannerOf(share)), next: page.next };
}

/** Fresh addresses of its files, by their names in the share. */
export async function shareAddresses(
  db: Db,
  share: OpenShare,
  ask: { size: DownloadSize; ids: string[]; ticket: string | undefined },
): Promise<Addresses> {
  assertOffered(share, ask.size);
  assertTicket(share, ask.ticket);
  const held = await behind(db, share, mediaBehind(ask.ids));
  const found = await listFiles(
    db,
    held.map(({ id }) => id),
  );
  return addressesOf(found, ask.size, mannerOf(share));
}

/**
 * What a download consists of, asked page by page, and the addresses of its files, asked late and in batches: signed
 * early they would run out before a long download came to them.
 */
import type { Db } from "#db/client.ts";
import * as rows from "#db/queries/downloads.ts";
import { TintypeError } from "../errors.ts";
import { openList } from "../lists.ts";
import { canAdminister, type Viewer } from "../media.ts";
import {
  type Addresses,
  countedMax,
  type DownloadFile,
  type DownloadPage,
  type DownloadSize,
  type DownloadSum,
  listedMax,
} from "./shapes.ts";
import { downloadUrl, placeOf } from "./sizes.ts";

export type { FileRow } from "#db/queries/downloads.ts";

/** Bytes of a rendition for each of its pixels, about: for saying beforehand how much it will be. */
const avifBytes = 0.07;
const jpegBytes = 0.15;

/** How files of a download are called and what may be had of them. */
export type Manner = {
  /** The id by which the file goes on the wire. */
  wire(id: string): string;
  /** Its name without an ending; for an original of one's own, the file's. */
  stem(row: rows.FileRow, size: DownloadSize): string;
  original(row: rows.FileRow): boolean;
};

const local = ({ takenAt, takenOffset }: rows.FileRow): string =>
  new Date(takenAt.getTime() + (takenOffset ?? 0) * 60_000).toISOString();

/** "2026-05-17 18.42.10": sorts as it was taken, and no system objects to it. */
export const dateName = (row: rows.FileRow): string =>
  local(row).slice(0, 19).replace("T", " ").replaceAll(":", ".");

const stemOf = (filename: string): string => filename.replace(/(.)\.[A-Za-z0-9]{1,8}$/, "$1");

/** For pictures of one's own the file's name, for others' the title or the date. */
export const galleryManner = (viewer: Viewer | undefined): Manner => ({
  wire: (id) => id,
  stem: (row) =>
    row.ownerId === viewer?.id ? stemOf(row.filename) : row.title === "" ? dateName(row) : row.title,
  original: (row) => row.ownerId === viewer?.id || canAdminister(viewer),
});

/** The size a file comes in: what is not given as an original comes as large as there is. */
function sizeOf(row: rows.FileRow, size: DownloadSize, manner: Manner): DownloadSize {
  if (size === "original") return manner.original(row) ? "original" : "large";
  return size;
}

const sourceOf = (row: rows.FileRow) => ({ ...row, originalKey: row.key });

function fileOf(row: rows.FileRow, size: DownloadSize, manner: Manner, folder: string[]): DownloadFile[] {
  const got = sizeOf(row, size, manner);
  const place = placeOf(sourceOf(row), got);
  if (place === undefined) return [];
  return [
    {
      id: manner.wire(row.id),
      folder,
      name: `${manner.stem(row, got)}.${place.ending}`,
      bytes: got === "original" ? row.bytes : undefined,
      sha256: got === "original" ? row.sha256 : undefined,
      title: row.title,
      taken: local(row),
    },
  ];
}

export const filesOf = (
  found: rows.FileRow[],
  size: DownloadSize,
  manner: Manner,
  folder: string[] = [],
): DownloadFile[] => found.flatMap((row) => fileOf(row, size, manner, folder));

/** Addresses that save each file; what has none in this size is left out. */
export const addressesOf = (found: rows.FileRow[], size: DownloadSize, manner: Manner): Addresses =>
  Object.fromEntries(
    found.flatMap((row) => {
      const url = downloadUrl(sourceOf(row), sizeOf(row, size, manner), manner.stem(row, size));
      return url === undefined ? [] : [[manner.wire(row.id), url]];
    }),
  );

/** How much it is, from sums: exact for originals. */
export const sumIn = (sum: rows.Sum, size: DownloadSize): DownloadSum => ({
  count: Math.min(sum.count, countedMax),
  bytes: Math.round(
    size === "original"
      ? sum.bytes
      : size === "large"
        ? sum.avifPixels * avifBytes
        : sum.jpegPixels * jpegBytes,
  ),
  exact: size === "original",
  more: sum.count > countedMax,
});

// What is asked by people in the gallery

type Ask = { viewer: Viewer | undefined; size: DownloadSize };
/** A list by its name, or so many ids at once. */
export type DownloadOf = { list: string } | { ids: string[] };

const visible = (viewer: Viewer | undefined) => ({ viewerId: viewer?.id, all: canAdminister(viewer) });

/** A page of what is to be saved. Throws "not_found" for a list that is not there for the viewer. */
export async function listDownload(
  db: Db,
  { viewer, size, of, cursor }: Ask & { of: DownloadOf; cursor: string | undefined },
): Promise<DownloadPage> {
  const manner = galleryManner(viewer);
  if ("ids" in of)
    return {
      files: filesOf(await rows.listFiles(db, of.ids.slice(0, listedMax), visible(viewer)), size, manner),
      next: undefined,
    };
  const page = await openList(of.list)?.page(db, { viewer, cursor, limit: listedMax });
  if (page === undefined) throw new TintypeError("not_found");
  const ids = page.media.map(({ id }) => id);
  return { files: filesOf(await rows.listFiles(db, ids), size, manner), next: page.next };
}

/** Fresh addresses of files of it, by id. Throws "not_found". */
export async function downloadAddresses(
  db: Db,
  { viewer, size, of, ids }: Ask & { of: DownloadOf; ids: string[] },
): Promise<Addresses> {
  const manner = galleryManner(viewer);
  if ("ids" in of) return addressesOf(await rows.listFiles(db, ids, visible(viewer)), size, manner);
  const list = openList(of.list);
  if (list === undefined) throw new TintypeError("not_found");
  const some = await list.some(db, { viewer, ids });
  return addressesOf(
    await rows.listFiles(
      db,
      some.map(({ id }) => id),
    ),
    size,
    manner,
  );
}

/** Walks no further than this to say how much a list holds. */
const walkedMax = 5_000;

const add = (sum: rows.Sum, row: rows.FileRow, original: boolean): rows.Sum => {
  const square = (width: number | undefined): number => ((width ?? 0) ** 2 * row.height) / row.width;
  return {
    count: sum.count + 1,
    bytes: sum.bytes + (original ? row.bytes : square(row.avifWidths.at(-1)) * avifBytes),
    avifPixels: sum.avifPixels + square(row.avifWidths.at(-1)),
    jpegPixels: sum.jpegPixels + square(row.jpegWidths.at(-1)),
  };
};

/** How many files and about how many bytes it will be. Throws "not_found". */
export async function sumDownload(
  db: Db,
  { viewer, size, of }: Ask & { of: DownloadOf },
): Promise<DownloadSum> {
  const manner = galleryManner(viewer);
  let sum: rows.Sum = { count: 0, bytes: 0, avifPixels: 0, jpegPixels: 0 };
  const take = (found: rows.FileRow[]): void => {
    for (const row of found) sum = add(sum, row, manner.original(row));
  };
  if ("ids" in of) {
    take(await rows.listFiles(db, of.ids, visible(viewer)));
    return sumIn(sum, size);
  }
  const list = openList(of.list);
  let cursor: string | undefined;
  do {
    const page = await list?.page(db, { viewer, cursor, limit: listedMax });
    if (page === undefined) throw new TintypeError("not_found");
    take(
      await rows.listFiles(
        db,
        page.media.map(({ id }) => id),
      ),
    );
    cursor = page.next;
  } while (cursor !== undefined && sum.count < walkedMax);
  return { ...sumIn(sum, size), more: cursor !== undefined };
}

/**
 * What a download consists of, asked page by page, and the addresses of its files, asked late and in batches: signed
 * early they would run out before a long download came to them.
 */
import type * as rows from "#db/queries/downloads.ts";
import { canAdminister, type Viewer } from "../media.ts";
import { safeName } from "./names.ts";
import {
  type Addresses,
  countedMax,
  type DownloadFile,
  type DownloadSize,
  type DownloadSum,
} from "./shapes.ts";
import { clipOf, clipUrl, downloadUrl, placeOf } from "./sizes.ts";

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

/** "2026-05-17 18.42.10": sorts as it was taken, and no system objects to it. */
export const dateName = (row: rows.FileRow): string =>
  row.takenAt.toISOString().slice(0, 19).replace("T", " ").replaceAll(":", ".");

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
  const stem = manner.stem(row, got);
  const about = { folder, title: row.title, taken: row.takenAt.toISOString() };
  const id = manner.wire(row.id);
  const whole = {
    ...about,
    id,
    name: `${stem}.${place.ending}`,
    bytes: got === "original" ? row.bytes : undefined,
    sha256: got === "original" ? row.sha256 : undefined,
  };
  const clip = got === "original" ? clipOf(row) : undefined;
  if (clip === undefined) return [whole];
  // Of one name, as the telephone had them: by that, programs know that they belong together.
  const { ending, bytes, sha256 } = clip;
  return [whole, { ...about, id: clipId(id), name: `${stem}.${ending}`, bytes, sha256 }];
}

/** How the second file of a medium goes on the wire. */
const clipId = (id: string): string => `${id}.m`;
/** The media behind what goes on the wire, each once. */
export const mediaBehind = (ids: string[]): string[] => [...new Set(ids.map((id) => id.replace(/\.m$/, "")))];

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
      const got = sizeOf(row, size, manner);
      const stem = safeName(manner.stem(row, size));
      const url = downloadUrl(sourceOf(row), got, stem);
      const clip = got === "original" ? clipUrl(row, stem) : undefined;
      const id = manner.wire(row.id);
      return [...(url === undefined ? [] : [[id, url]]), ...(clip === undefined ? [] : [[clipId(id), clip]])];
    }),
  );

/** How much it is, from sums: exact for originals. */
export const sumIn = (sum: rows.Sum, size: DownloadSize): DownloadSum => ({
  count: Math.min(size === "original" ? sum.count + sum.clips : sum.count, countedMax),
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

/** Two sums in one. */
export const together = (one: rows.Sum, other: rows.Sum): rows.Sum => ({
  count: one.count + other.count,
  clips: one.clips + other.clips,
  bytes: one.bytes + other.bytes,
  avifPixels: one.avifPixels + other.avifPixels,
  jpegPixels: one.jpegPixels + other.jpegPixels,
});

export const nothing: rows.Sum = { count: 0, clips: 0, bytes: 0, avifPixels: 0, jpegPixels: 0 };

const square = (row: rows.FileRow, width: number | undefined): number =>
  ((width ?? 0) ** 2 * row.height) / row.width;

/** A sum with one file more; in place of an original that may not be had, its largest rendition counts. */
export const add = (sum: rows.Sum, row: rows.FileRow, manner: Manner): rows.Sum => ({
  count: sum.count + 1,
  clips: sum.clips + (manner.original(row) && clipOf(row) !== undefined ? 1 : 0),
  bytes:
    sum.bytes +
    (manner.original(row)
      ? row.bytes + (clipOf(row)?.bytes ?? 0)
      : square(row, row.avifWidths.at(-1)) * avifBytes),
  avifPixels: sum.avifPixels + square(row, row.avifWidths.at(-1)),
  jpegPixels: sum.jpegPixels + square(row, row.jpegWidths.at(-1)),
});

import { type Loose, packSheet, type Sheet } from "#lib/contact-sheet.ts";
import { delivery } from "#lib/delivery/index.ts";
import type { GalleryRow } from "#lib/gallery.ts";
import { renditionKey } from "#lib/storage/keys.ts";
import { locale, words } from "#lib/words.ts";
import { marks, ratioMax, ratioMin } from "./layout-numbers.ts";

const w = words("gallery");

/** Pixels of width a tile is worth per unit of its ratio: a row of 240 px on a screen of 1.7 pixels a px. */
const sharpness = 408;

/** Ascending widths up to the first that is enough for a tile. */
const enough = (widths: number[], ratio: number): number[] => {
  const wanted = widths.findIndex((width) => width >= ratio * sharpness);
  return wanted === -1 ? widths : widths.slice(0, wanted + 1);
};

const day = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });

/** What the picture shows in its owner's words, or else when it was taken. */
function labelOf(row: GalleryRow): string {
  if (row.alt !== "") return row.alt;
  if (row.title !== "") return row.title;
  const date = day.format(row.takenAt.getTime() + (row.takenOffset ?? 0) * 60_000);
  return row.takenSource === "upload" ? w("photoAdded", { date }) : w("photoTaken", { date });
}

/** Only one's own pictures say who else sees them: on someone else's that is not in question. */
const markOf = (row: GalleryRow): number =>
  (row.own && row.visibility === "public" ? marks.public : 0) |
  (row.own && row.visibility === "unlisted" ? marks.unlisted : 0) |
  (row.motion === null ? 0 : marks.animated);

function looseOf(row: GalleryRow): Loose {
  const ratio = row.width / row.height;
  const { url } = delivery();
  const file = (width: number, format: "avif" | "jpg") => ({
    name: `${width}.${format}`,
    url: url(renditionKey(row.renditionFolder, width, format)),
  });
  const jpeg = enough(row.jpegWidths, ratio).at(-1);
  return {
    id: row.id,
    ratio: Math.round(Math.min(ratioMax, Math.max(ratioMin, ratio)) * 1000) / 1000,
    color: row.color,
    label: labelOf(row),
    mark: markOf(row),
    folder: row.renditionFolder,
    files: [
      ...enough(row.avifWidths, ratio).map((width) => file(width, "avif")),
      ...(jpeg === undefined ? [] : [file(jpeg, "jpg")]),
    ],
  };
}

export const sheetOf = (rows: GalleryRow[]): Sheet => packSheet(rows.map(looseOf));

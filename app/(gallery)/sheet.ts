import { type Loose, packSheet, type Sheet } from "#lib/contact-sheet.ts";
import { delivery } from "#lib/delivery/index.ts";
import type { GalleryRow } from "#lib/gallery.ts";
import { renditionKey } from "#lib/storage/keys.ts";
import { locale, perLocale, words } from "#lib/words.ts";
import { marks, ratioMax, ratioMin } from "./layout-numbers.ts";
import { lengthInWords } from "./length.ts";
import { type Runs, runsOf } from "./months.ts";

const w = words("gallery");

/**
 * Pixels of width per unit of ratio: for the rows of a plain screen, and for those of a fine one, of which the largest
 * enlarge a little until the timeline asks for what fits them. Every address weighs 45 bytes of the page.
 */
const plain = 245;
const fine = 478;

/** The widths that a tile may need: none that every screen would enlarge, none beyond the first that is enough. */
function useful(widths: number[], ratio: number): number[] {
  const enough = widths.findIndex((width) => width >= ratio * fine);
  const upTo = enough === -1 ? widths : widths.slice(0, enough + 1);
  const worth = upTo.filter((width) => width >= ratio * plain);
  return worth.length === 0 ? upTo.slice(-1) : worth;
}

const day = perLocale((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }));

/** Pictures of one day share a label, and putting one together takes as long as all the rest of a tile. */
const dated = new Map<string, string>();

function datedLabel(key: "photoAdded" | "photoTaken", at: number): string {
  const id = `${locale()} ${key} ${Math.floor(at / 86_400_000).toString()}`;
  const known = dated.get(id);
  if (known !== undefined) return known;
  if (dated.size > 10_000) dated.clear();
  const label = w(key, { date: day().format(at) });
  dated.set(id, label);
  return label;
}

/** What the picture shows in its owner's words, or else when it was taken. */
function labelOf(row: GalleryRow): string {
  const label = stillLabel(row);
  if (row.kind !== "video") return label;
  return `${words("kinds")("video", { length: lengthInWords(row.duration ?? 0) })}: ${label}`;
}

function stillLabel(row: GalleryRow): string {
  if (row.alt !== "") return row.alt;
  if (row.title !== "") return row.title;
  return datedLabel(row.takenSource === "upload" ? "photoAdded" : "photoTaken", row.takenAt.getTime());
}

/** Only one's own pictures say who else sees them: on someone else's that is not in question. */
const markOf = (row: GalleryRow): number =>
  (row.own && row.visibility === "public" ? marks.public : 0) |
  (row.own && row.visibility === "unlisted" ? marks.unlisted : 0) |
  (row.kind === "video"
    ? marks.video + marks.second * Math.round((row.duration ?? 0) / 1000)
    : row.motion === null
      ? 0
      : marks.animated);

/** What a list says of a picture, in words and in marks. */
export const faceOf = (row: GalleryRow): { id: string; label: string; mark: number } => ({
  id: row.id,
  label: labelOf(row),
  mark: markOf(row),
});

/** Width ÷ height as shown in the list. */
export const ratioOf = ({ width, height }: GalleryRow): number =>
  Math.round(Math.min(ratioMax, Math.max(ratioMin, width / height)) * 1000) / 1000;

/** The one width that fills so many pixels of height, or the largest there is. */
function filling(widths: number[], need: number): number[] {
  // A picture a seventh too small is enlarged without anybody seeing it.
  const enough = widths.find((width) => width >= need * 0.87) ?? widths.at(-1);
  return enough === undefined ? [] : [enough];
}

function looseOf(row: GalleryRow, px: number | undefined): Loose {
  const { url } = delivery();
  const ratio = row.width / row.height;
  return {
    ...faceOf(row),
    ratio: ratioOf(row),
    color: row.color,
    folder: row.renditionFolder,
    files: (px === undefined
      ? useful(row.avifWidths, ratio)
      : filling(row.avifWidths, px * Math.min(ratioMax, ratio))
    ).map((width) => ({
      name: `${width}.avif`,
      url: url(renditionKey(row.renditionFolder, width, "avif")),
    })),
  };
}

/** With every width a tile may need, or with the one that fills `px` device pixels of height. */
export const sheetOf = (rows: GalleryRow[], px?: number): Sheet =>
  packSheet(rows.map((row) => looseOf(row, px)));

/** The days of the pictures, in days since 1970. */
export const daysOf = (rows: GalleryRow[]): Runs =>
  runsOf(rows.map((row) => Math.floor(row.takenAt.getTime() / 86_400_000)));

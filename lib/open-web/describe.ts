/** What the open web is told of a public medium: its words, its pictures and the addresses that stay. */
import type { OpenRow } from "#db/queries/open-web.ts";
import { delivery } from "../delivery/index.ts";
import { settings } from "../env.ts";
import { renditionKey } from "../storage/keys.ts";
import { perLocale, words } from "../words.ts";

const day = perLocale((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }));

/** An address of this site that works everywhere: `/m/1` → `https://photos.example.com/m/1`. */
export const absolute = (path: string): string => `${settings().appUrl}${path}`;

export const pageOf = ({ id }: Pick<OpenRow, "id">): string => absolute(`/m/${id}`);

/** A JPEG of a medium and how large it is shown. */
export type OpenPicture = { url: string; width: number; height: number };

/** Never more than `width` pixels wide and `height` high as shown, in its own shape. */
const fitted = (row: Pick<OpenRow, "width" | "height">, width: number, height: number) => {
  const scale = Math.min(1, width / row.width, height / row.height);
  return {
    width: Math.max(1, Math.round(row.width * scale)),
    height: Math.max(1, Math.round(row.height * scale)),
  };
};

/**
 * The largest JPEG that fits, at an address of ours that stays while the signed ones change. When even the smallest is
 * too large, it is meant to be shown smaller. `undefined` when there is none.
 */
export function pictureOf(
  row: Pick<OpenRow, "id" | "width" | "height" | "jpegWidths">,
  most: { width: number; height: number } = {
    width: Number.POSITIVE_INFINITY,
    height: Number.POSITIVE_INFINITY,
  },
): OpenPicture | undefined {
  const allowed = fitted(row, most.width, most.height).width;
  const width = row.jpegWidths.findLast((each) => each <= allowed) ?? row.jpegWidths.at(0);
  if (width === undefined) return undefined;
  const largest = width === row.jpegWidths.at(-1);
  return {
    url: absolute(`/m/${row.id}/picture.jpg${largest ? "" : `?w=${width}`}`),
    ...fitted(row, Math.min(width, most.width), most.height),
  };
}

/** Where the JPEG lies at the moment: the wanted width, or the largest. */
export function addressOf(
  row: Pick<OpenRow, "jpegWidths" | "renditionFolder">,
  wanted: number | undefined,
): string | undefined {
  const width = row.jpegWidths.find((each) => each === wanted) ?? row.jpegWidths.at(-1);
  return width === undefined
    ? undefined
    : delivery().url(renditionKey(row.renditionFolder, width, "jpg"), { cookieless: true });
}

/** Its title, or the day it was taken. Never the name of the file: that is its owner's. */
export function titleOf(row: Pick<OpenRow, "title" | "takenAt">): string {
  if (row.title !== "") return row.title;
  return words("media")("titleTaken", { date: day().format(row.takenAt) });
}

export const altOf = (row: OpenRow): string => (row.alt === "" ? titleOf(row) : row.alt);

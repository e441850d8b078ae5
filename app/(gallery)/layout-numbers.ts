/** What server and browser must agree on about tiles. Safe in the browser. */

/** Narrower or wider pictures are cropped to these in lists, or a row would be a thread. */
export const ratioMin = 0.5;
export const ratioMax = 4;

/** Added up in a tile's `mark`; a video adds as many times `second` as it has seconds. */
export const marks = { public: 1, unlisted: 2, animated: 4, video: 8, second: 16 } as const;

/** The height of a row before it is stretched to fill the width; the same in gallery.css. */
export const rowHeight = "clamp(112px,12vw + 60px,336px)";
/**
 * Months that do not fill a row stand side by side. In pixels: the least that the name of a month needs, and what is
 * between two; the same in gallery.css. A month of more than `ratioMax` never stands beside another.
 */
export const shelf = { least: 168, gap: 24, ratioMax: 16 } as const;
/** Sums are of the pictures' own shapes, and the narrowest are shown a little wider than they are. */
const widened = 0.04;

/** Σ width ÷ height of a month as it crosses the wire. */
export const ratioSumOf = (sum: number): number => Math.round(sum * 100) / 100;
/** What a month takes of a row, against its height and without the gaps; `undefined` when it has rows of its own. */
export const shelfRatio = (ratioSum: number, count: number): number | undefined =>
  ratioSum > shelf.ratioMax ? undefined : ratioSumOf(ratioSum + widened * count);

/** How much wider than that a tile becomes on average when its row is stretched. */
export const stretch = 1.12;

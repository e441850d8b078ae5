/**
 * The whole timeline as numbers: months, cut into parts of a few hundred tiles that are loaded and laid out on their own.
 * What is not loaded has a guessed height. Typed arrays: ten million pictures are some ten thousand parts. Safe in the
 * browser.
 */
import type { Tile } from "#lib/contact-sheet.ts";
import { shelf, shelfRatio } from "../../layout-numbers.ts";
import type { Months } from "../../months.ts";
import { type Frame, guessHeight, layRows, type Rows } from "./rows.ts";

/** Of a month's heading, and of the space below its last row; the same in gallery.css. */
export const headingPx = 48;
export const monthGapPx = 16;
/** A month is cut into equal parts of at most so many. */
export const partMax = 300;

export type Loaded = { tiles: Tile[]; days: Int32Array };

export type Model = {
  months: Months;
  /** Per part: index of its month, first rank in it, number of tiles, rank in the timeline (and one more: all). */
  monthOf: Uint32Array;
  from: Uint32Array;
  count: Uint32Array;
  start: Uint32Array;
  /** Per month: its first part (and one more: the number of parts). */
  firstPart: Uint32Array;
  loaded: (Loaded | undefined)[];
  /** Kept when the tiles themselves are dropped: a height that was once known stays known. */
  ratios: (Float32Array | undefined)[];
  rows: (Rows | undefined)[];
  /** Of the part's first row; and of each month's heading (and one more: the end). */
  tops: Float64Array;
  heights: Float64Array;
  monthTops: Float64Array;
  /** Per month: the first of those it stands beside, which is itself when it begins a shelf; and where it stands there. */
  shelves: Uint32Array;
  xs: Float64Array;
  /** Index of a month that stands beside none before it: the page from the server begins with it. */
  breakAt: number;
  /** What guesses are multiplied with: real over guessed height of what is known. */
  correct: number;
};

/** `cuts` are ranks of a month at which a part must begin; `breakAt` is a month that begins a shelf. */
export function buildModel(months: Months, cuts: ReadonlyMap<number, number[]>, breakAt?: number): Model {
  const monthOf: number[] = [];
  const from: number[] = [];
  const count: number[] = [];
  const firstPart: number[] = [];
  for (const [index, month] of months.months.entries()) {
    firstPart.push(from.length);
    const all = months.counts[index] ?? 0;
    const within = (cuts.get(month) ?? []).filter((cut) => cut > 0 && cut < all);
    const ends = [0, ...within.sort((a, b) => a - b), all];
    for (let n = 1; n < ends.length; n++) {
      const [begin = 0, end = 0] = [ends[n - 1], ends[n]];
      const parts = Math.ceil((end - begin) / partMax);
      for (let part = 0; part < parts; part++) {
        const first = begin + Math.floor(((end - begin) * part) / parts);
        monthOf.push(index);
        from.push(first);
        count.push(begin + Math.floor(((end - begin) * (part + 1)) / parts) - first);
      }
    }
  }
  const parts = from.length;
  firstPart.push(parts);
  const start = new Uint32Array(parts + 1);
  for (let part = 0; part < parts; part++) start[part + 1] = (start[part] ?? 0) + (count[part] ?? 0);
  return {
    months,
    monthOf: Uint32Array.from(monthOf),
    from: Uint32Array.from(from),
    count: Uint32Array.from(count),
    start,
    firstPart: Uint32Array.from(firstPart),
    loaded: new Array<Loaded | undefined>(parts),
    ratios: new Array<Float32Array | undefined>(parts),
    rows: new Array<Rows | undefined>(parts),
    tops: new Float64Array(parts),
    heights: new Float64Array(parts),
    monthTops: new Float64Array(firstPart.length),
    shelves: new Uint32Array(months.months.length),
    xs: new Float64Array(months.months.length),
    breakAt: breakAt === undefined ? -1 : months.months.indexOf(breakAt),
    correct: 1,
  };
}

export const partsOf = (model: Model): number => model.from.length;
export const totalOf = (model: Model): number => model.start.at(-1) ?? 0;
export const heightOf = (model: Model): number => model.monthTops.at(-1) ?? 0;

/** The last part of a month ends where it ends; the others are filled to the edge. */
const isOpen = (model: Model, part: number): boolean => model.monthOf[part + 1] !== model.monthOf[part];

/** How wide a month is: as its pictures are in one row, or as the page. */
export function widthOf(model: Model, month: number, frame: Frame): number {
  const count = model.months.counts[month] ?? 0;
  const ratio = shelfRatio(model.months.ratios[month] ?? 0, count);
  const isCut = (model.firstPart[month + 1] ?? 0) - (model.firstPart[month] ?? 0) > 1;
  if (ratio === undefined || isCut) return frame.width;
  return Math.min(frame.width, Math.max(shelf.least, ratio * frame.row + count * frame.gap + 1));
}

export function layPart(model: Model, part: number, frame: Frame): void {
  const ratios = model.ratios[part];
  const width = widthOf(model, model.monthOf[part] ?? 0, frame);
  model.rows[part] =
    ratios === undefined ? undefined : layRows(ratios, { ...frame, width }, isOpen(model, part));
}

const guessOf = (model: Model, part: number, frame: Frame): number => {
  const month = model.monthOf[part] ?? 0;
  const mean = (model.months.ratios[month] ?? 0) / Math.max(1, model.months.counts[month] ?? 1);
  const count = model.count[part] ?? 0;
  return guessHeight(count, mean * count, frame);
};

/** Learns from what is known how far guesses are off. */
export function learn(model: Model, frame: Frame): void {
  let [real, guessed] = [0, 0];
  // A few rows teach nothing.
  for (const [part, rows] of model.rows.entries())
    if (rows !== undefined && rows.scales.length > 8) {
      real += rows.height;
      guessed += guessOf(model, part, frame);
    }
  if (guessed > 0) model.correct = real / guessed;
}

/** All heights and places, in one pass. Months that leave room in a row share it, as lines of words do. */
export function stack(model: Model, frame: Frame): void {
  const months = model.months.months.length;
  let [top, part, begin, used, shelfHeight] = [0, 0, 0, 0, 0];
  for (let month = 0; month < months; month++) {
    const width = widthOf(model, month, frame);
    // Browsers count in 64ths of a pixel.
    const fits = month !== model.breakAt && used + shelf.gap + width <= frame.width + 1 / 64;
    if (month > 0 && fits) used += shelf.gap;
    else {
      top += shelfHeight;
      [begin, used, shelfHeight] = [month, 0, 0];
    }
    model.shelves[month] = begin;
    model.xs[month] = used;
    model.monthTops[month] = top;
    used += width;
    let y = top + headingPx;
    const end = model.firstPart[month + 1] ?? 0;
    for (; part < end; part++) {
      const guess = width < frame.width ? frame.row : model.correct * guessOf(model, part, frame);
      const height = model.rows[part]?.height ?? guess;
      model.tops[part] = y;
      model.heights[part] = height;
      y += height + (part + 1 < end ? frame.gap : 0);
    }
    shelfHeight = Math.max(shelfHeight, y + monthGapPx - top);
  }
  model.monthTops[months] = top + shelfHeight;
}

/** The last index whose value is not above `at`; the first when all are. `values` ascend. */
export function lastUpTo(values: ArrayLike<number>, at: number, length = values.length): number {
  let [low, high] = [0, length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((values[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The month that stands at a height: of those beside each other the first. */
export const monthAt = (model: Model, y: number): number =>
  model.shelves[lastUpTo(model.monthTops, y, model.months.months.length)] ?? 0;
/** The part that stands at a height, or the one above when that is between two; of months beside each other the first. */
export function partAt(model: Model, y: number): number {
  const part = lastUpTo(model.tops, y);
  const month = model.monthOf[part] ?? 0;
  const first = model.shelves[month] ?? 0;
  return first === month ? part : (model.firstPart[first] ?? 0);
}
/** The part that holds a rank of the timeline. */
export const partWith = (model: Model, rank: number): number => lastUpTo(model.start, rank, partsOf(model));

export type Box = { x: number; y: number; width: number; height: number };

/** Where a tile of a laid-out part stands; `x` from the side where reading begins. */
export function boxOf(model: Model, part: number, index: number, frame: Frame): Box | undefined {
  const rows = model.rows[part];
  const ratios = model.ratios[part];
  if (rows === undefined || ratios === undefined) return undefined;
  const row = lastUpTo(rows.starts, index, rows.scales.length);
  const scale = rows.scales[row] ?? 0;
  let x = model.xs[model.monthOf[part] ?? 0] ?? 0;
  for (let n = rows.starts[row] ?? 0; n < index; n++) x += (ratios[n] ?? 1) * scale + frame.gap;
  const y = (model.tops[part] ?? 0) + (rows.tops[row] ?? 0);
  return { x, y, width: (ratios[index] ?? 1) * scale, height: scale };
}

/** Something on the screen that must stay where it is while heights around it change. */
export type Anchor = { rank: number; id: string | undefined; offset: number; fraction: number | undefined };

/** What stands at `y`, or first below it down to `until`: a row that is known; if there is none, a share of a part. */
export function anchorAt(model: Model, y: number, until: number): Anchor {
  if (partsOf(model) === 0) return { rank: 0, id: undefined, offset: y, fraction: undefined };
  let part = partAt(model, y);
  // A part that is known keeps its rows; where one that is guessed stands there is nothing to be kept.
  for (let next = part; next < partsOf(model) && (model.tops[next] ?? 0) < until; next++)
    if (model.rows[next] !== undefined) {
      part = next;
      break;
    }
  // Between two parts, in a month's heading: what follows is what is meant.
  if (y > (model.tops[part] ?? 0) + (model.heights[part] ?? 0) && part + 1 < partsOf(model)) part++;
  const top = model.tops[part] ?? 0;
  const rows = model.rows[part];
  const start = model.start[part] ?? 0;
  if (rows === undefined) {
    const fraction = (y - top) / Math.max(1, model.heights[part] ?? 1);
    return fraction > 0 && fraction <= 1
      ? { rank: start, id: undefined, offset: 0, fraction }
      : { rank: start, id: undefined, offset: y - top, fraction: undefined };
  }
  const row = lastUpTo(rows.tops, y - top, rows.scales.length);
  const index = rows.starts[row] ?? 0;
  return {
    rank: start + index,
    id: model.loaded[part]?.tiles[index]?.id,
    offset: y - top - (rows.tops[row] ?? 0),
    fraction: undefined,
  };
}

/** Where an anchor has come to stand. */
export function placeOf(model: Model, { rank, offset, fraction }: Anchor): number {
  if (partsOf(model) === 0) return offset;
  const part = partWith(model, Math.min(rank, Math.max(0, totalOf(model) - 1)));
  const top = model.tops[part] ?? 0;
  if (fraction !== undefined) return top + fraction * (model.heights[part] ?? 0);
  const rows = model.rows[part];
  if (rows === undefined) {
    const within = (rank - (model.start[part] ?? 0)) / Math.max(1, model.count[part] ?? 1);
    return top + within * (model.heights[part] ?? 0) + offset;
  }
  const row = lastUpTo(rows.starts, rank - (model.start[part] ?? 0), rows.scales.length);
  return top + (rows.tops[row] ?? 0) + offset;
}

/**
 * Justified rows in one pass over the ratios, exactly as gallery.css lays them out without script: a tile asks for ratio ×
 * row height, and what is left in a row is shared out in proportion. Safe in the browser.
 */

/** In CSS pixels. `row` is the height a row has before it is stretched. */
export type Frame = { width: number; row: number; gap: number };

export type Rows = {
  /** Index of the first tile of each row, and one more: the number of tiles. */
  starts: Uint32Array;
  /** Where each row begins, and one more: where a row after the last would. */
  tops: Float64Array;
  /** The height of each row, which is also what a tile's ratio is multiplied with for its width. */
  scales: Float64Array;
  /** The height of all of them. */
  height: number;
};

/** What the rest of the last row takes, against 100 for a ratio of 1; the same in gallery.css. */
const restGrow = 1_000_000;
/** A row that ends a part must not be higher than this, against the others; else it joins the one before. */
const highest = 1.6;

/**
 * `open` rows end where they end; others belong to a part that goes on elsewhere, and are filled to the edge, so that
 * nobody sees where it ended.
 */
export function layRows(ratios: ArrayLike<number>, { width, row, gap }: Frame, open: boolean): Rows {
  const count = ratios.length;
  const starts: number[] = [0];
  const sums: number[] = [];
  let used = 0;
  let sum = 0;
  for (let n = 0; n < count; n++) {
    const ratio = ratios[n] ?? 1;
    const base = Math.min(ratio * row, width);
    const next = used === 0 ? base : used + gap + base;
    // Browsers count in 64ths of a pixel.
    if (used > 0 && next > width + 1 / 64) {
      sums.push(sum);
      starts.push(n);
      used = base;
      sum = ratio;
    } else {
      used = next;
      sum += ratio;
    }
  }
  if (count > 0) sums.push(sum);
  let rows = sums.length;
  const last = rows - 1;
  // Two rows become one, lower than the others, rather than one much too high.
  if (!open && rows > 1 && (width - gap * (count - (starts[last] ?? 0) - 1)) / sum > row * highest) {
    sums[last - 1] = (sums[last - 1] ?? 0) + sum;
    sums.pop();
    starts.pop();
    rows--;
  }
  starts.push(count);
  return measure(starts, sums, { width, row, gap }, open);
}

function measure(starts: number[], sums: number[], { width, row, gap }: Frame, open: boolean): Rows {
  const rows = sums.length;
  const tops = new Float64Array(rows + 1);
  const scales = new Float64Array(rows);
  let top = 0;
  let rest = 0;
  for (let n = 0; n < rows; n++) {
    const tiles = (starts[n + 1] ?? 0) - (starts[n] ?? 0);
    const sum = sums[n] ?? 1;
    let scale = (width - gap * (tiles - 1)) / sum;
    if (open && n === rows - 1) {
      // The empty rest of the row stands in it as one more tile; without room even for its gap it makes a row of its own.
      const free = width - Math.min(sum * row, width) - gap * tiles;
      if (free >= 0) scale = row + (free * 100) / (sum * 100 + restGrow);
      else rest = gap;
    }
    scales[n] = scale;
    tops[n] = top;
    top += scale + gap;
  }
  tops[rows] = top;
  return { starts: Uint32Array.from(starts), tops, scales, height: Math.max(0, top - gap + rest) };
}

/** What is left in a row on average, in tiles: half of the next one, which is rather a wide one. */
const leftPerRow = 0.54;

/** The height of tiles whose ratios are not known yet, only their sum: rows as full as they are on average. */
export function guessHeight(count: number, ratioSum: number, { width, row, gap }: Frame): number {
  if (count === 0) return 0;
  const mean = ratioSum / count;
  const perRow = Math.max(1, (width + gap) / (mean * row + gap) - leftPerRow);
  if (count <= perRow) return row;
  const height = Math.max(row * 0.5, (width - gap * (perRow - 1)) / (perRow * mean));
  return (count / perRow) * (height + gap) - gap;
}

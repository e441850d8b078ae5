/**
 * No browser scrolls further than some million pixels. Past `limit` the page is made lower than what it shows: at both ends
 * one pixel stays one pixel, in between a place on the scrollbar stands for a place in the timeline. Small moves are
 * always taken as they are, so that wheel, finger and arrow keys reach every row. Safe in the browser.
 */

/** Chromium and Firefox end below 18 million. */
export const pixelsMax = 8_000_000;

export type Space = {
  /** Of the element that scrolls. */
  height: number;
  toShown(scrolled: number): number;
  toScrolled(shown: number): number;
};

/** `total` pixels to show, of which `view` are on the screen at once. */
export function spaceOf(total: number, view: number, limit = pixelsMax): Space {
  const same = (at: number): number => at;
  if (total <= limit) return { height: total, toShown: same, toScrolled: same };
  const edge = limit / 8;
  const last = total - view;
  const lastScrolled = limit - view;
  const pace = (last - 2 * edge) / (lastScrolled - 2 * edge);
  return {
    height: limit,
    toShown: (at) =>
      at <= edge ? at : at >= lastScrolled - edge ? last - (lastScrolled - at) : edge + (at - edge) * pace,
    toScrolled: (at) =>
      at <= edge ? at : at >= last - edge ? lastScrolled - (last - at) : edge + (at - edge) / pace,
  };
}

/**
 * Where one is. `shown` is what stands at the top of the window, `scrolled` where the scrollbar is; between two rests they
 * move by the same amount and may drift apart.
 */
export type Position = { shown: number; scrolled: number };

/** After the page scrolled to `scrolled`: a move of less than `near` pixels is taken as it is. */
export function moved(from: Position, scrolled: number, space: Space, near: number): Position {
  const by = scrolled - from.scrolled;
  return Math.abs(by) <= near
    ? { shown: from.shown + by, scrolled }
    : { shown: space.toShown(scrolled), scrolled };
}

/**
 * The line whose month the scrubber names: `top`, at the top of the window, until the end comes into sight; from there it
 * goes down to the foot of the window, or months that fit in the last window would never be named.
 */
export function namedLine(top: number, shown: number, lastShown: number, view: number): number {
  const left = Math.max(0, lastShown - shown);
  return left >= view ? top : top + (1 - left / view) * (shown + view - top);
}

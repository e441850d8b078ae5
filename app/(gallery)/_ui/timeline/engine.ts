/**
 * Keeps the window on the timeline: what is drawn, what is asked for, and where one is. The page scrolls by itself; this
 * follows. React draws what `view` says. Safe in the browser.
 */
import { flushSync } from "react-dom";
import type { Tile } from "#lib/contact-sheet.ts";
import { type Months, monthText } from "../../months.ts";
import { endOf, fetchRun, isNoAnswer, type Run, serverNow } from "./load.ts";
import {
  type Anchor,
  anchorAt,
  boxOf,
  buildModel,
  headingPx,
  heightOf,
  lastUpTo,
  layPart,
  learn,
  type Model,
  monthAt,
  partAt,
  partMax,
  partsOf,
  partWith,
  placeOf,
  stack,
  totalOf,
  widthOf,
} from "./model.ts";
import type { Frame } from "./rows.ts";
import { moved, namedLine, type Position, pixelsMax, type Space, spaceOf } from "./space.ts";

export type PlacedTile = {
  tile: Tile;
  x: number;
  y: number;
  width: number;
  height: number;
  /** Of the first tile of a day: the day, in days since 1970. */
  day: number | undefined;
  /** Colour only: it is on the screen for a moment on the way to somewhere else. */
  plain: boolean;
};
export type PlacedMonth = {
  month: number;
  top: number;
  /** Where it stands beside others, and how wide; `undefined` when it has its rows to itself. */
  aside: { x: number; width: number } | undefined;
  /** What places of tiles and gaps are counted from: far down, browsers draw large numbers inexactly. */
  origin: number;
  tiles: PlacedTile[];
  /** What is not loaded yet, as far as it is near the screen. */
  gaps: { top: number; height: number }[];
};
export type View = {
  height: number;
  months: PlacedMonth[];
  /** Something that was asked for did not come. */
  failed: boolean;
  /** Of the row at the top of the window. */
  topMonth: number;
  topDay: string | undefined;
  /** The months beside it, which the heading at the top would hide. */
  topBeside: { month: number; x: number }[];
  /** What the scrubber names: of the line that goes down to the foot of the window as the end comes into it. */
  scrubMonth: number;
  /** The picture that Tab leads to. */
  tab: string | undefined;
  /** How many came in above the window since one was last at the top. */
  arrived: number;
};

/** A tile's rank in the whole timeline, and the part it is in. */
export type Found = { rank: number; part: number; index: number };

export type Start = { month: number; rank: number; tiles: Tile[] };

/** Loaded tiles of so many parts are kept; those far from the screen go first. */
const partsKept = 40;
/** Addresses live longer than this, or are not worth asking for. */
const askedAgainMs = 60_000;
/** Without a move for so long, one has arrived. */
const restMs = 120;
/** Whoever still holds the scrubber is rather on the way. */
const holdMs = 400;
/** In windows: less than that at a time is scrolling, more is a jump. */
const nearWindows = 4;
const fastWindows = 1.5;
const originStep = 100_000;
/** So much of a heading may still be to go before its month stands at the top. */
const nearPx = headingPx / 2;

type Asked = { first: number; last: number; stop: AbortController };

export type Engine = ReturnType<typeof createEngine>;

export function createEngine(
  root: HTMLElement,
  names: { day: (day: number) => string; sticky: () => number; months: () => Promise<Months> },
) {
  let sticky = 0;
  let model: Model = buildModel({ months: [], counts: [], ratios: [] }, new Map());
  let frame: Frame = { width: 1, row: 1, gap: 4 };
  let space: Space = spaceOf(0, 1);
  let at: Position = { shown: 0, scrolled: 0 };
  /** Where the root begins, in the page. */
  let base = 0;
  let windowHeight = 1;
  /** What the page has below the timeline. */
  let below = 0;
  let view: View | undefined;
  let drawn = { from: Number.NaN, shift: Number.NaN, plain: false };
  let fast = false;
  let scrubbing = false;
  let touching = false;
  let failed = false;
  let focused: string | undefined;
  let current: string | undefined;
  let top = { month: 0, day: undefined as number | undefined, scrub: 0 };
  let arrived = 0;
  let restTimer: ReturnType<typeof setTimeout> | undefined;
  let asked: Asked[] = [];
  let started: Tile[] = [];
  /** Until then the page is the server's: whoever presses a picture meanwhile must not have it taken away. */
  let taken = false;
  /** Somebody has moved since the page was opened. Until then its address says the place better than its rows do. */
  let roamed = false;
  /** The month that the page began with: what is newer never stands beside it, because there it did not. */
  let breakMonth: number | undefined;
  let refreshing: Promise<void> | undefined;
  let again = false;
  let pending: number[] | "all" = [];
  let ended = false;
  const shownIds = new Set<string>();
  const partOfId = new Map<string, number>();
  const listeners = new Set<() => void>();
  const restListeners = new Set<(place: { month: number; rank: number; top: boolean }) => void>();

  const notify = (): void => {
    for (const listener of listeners) listener();
  };
  const anchorNow = (of: Model): Anchor => anchorAt(of, at.shown + sticky, at.shown + windowHeight);
  /** A page that is not on the screen has no rows to measure. */
  const px = (): number =>
    Math.max(1, Math.ceil((frame.row * 1.12 * Math.min(3, devicePixelRatio)) / 50)) * 50;
  /** When a tile came, by the clock of the page. */
  const came = new WeakMap<Tile, number>();

  /** Reads what the style sheet and the window decide. */
  function measure(): boolean {
    const probe = root.querySelector<HTMLElement>("[data-row]");
    const box = root.getBoundingClientRect();
    base = box.top + scrollY;
    windowHeight = innerHeight;
    below = Math.max(0, document.documentElement.scrollHeight - base - box.height);
    sticky = names.sticky();
    const next = {
      width: probe?.clientWidth ?? box.width,
      row: probe?.getBoundingClientRect().height ?? 200,
      gap: 4,
    };
    const changed = Math.abs(next.width - frame.width) > 0.5 || Math.abs(next.row - frame.row) > 0.1;
    if (changed) frame = next;
    return changed;
  }

  function layAll(): void {
    for (let part = 0; part < partsOf(model); part++)
      if (model.ratios[part] !== undefined) layPart(model, part, frame);
    learn(model, frame);
    stack(model, frame);
    space = spaceOf(heightOf(model), windowHeight, pixelsMax);
  }

  /** The highest that may stand at the top of the window. */
  const lastShown = (): number => Math.max(-base, heightOf(model) - windowHeight + below);
  function placed(
    part: number,
    index: number,
    plain: boolean,
    origin: number,
    monthTop: number,
  ): PlacedTile | undefined {
    const loaded = model.loaded[part];
    const tile = loaded?.tiles[index];
    const box = boxOf(model, part, index, frame);
    if (tile === undefined || box === undefined) return undefined;
    return { tile, ...box, y: box.y - monthTop - origin, day: dayStart(part, index), plain };
  }

  /** The day of a tile when the one before it, in its month, is of another. */
  function dayStart(part: number, index: number): number | undefined {
    const own = model.loaded[part]?.days[index];
    if (index > 0) return model.loaded[part]?.days[index - 1] === own ? undefined : own;
    if (model.monthOf[part - 1] !== model.monthOf[part]) return own;
    return model.loaded[part - 1]?.days.at(-1) === own ? undefined : own;
  }

  function pushRows(month: PlacedMonth, part: number, from: number, until: number, monthTop: number): void {
    const rows = model.rows[part];
    const loaded = model.loaded[part];
    const ratios = model.ratios[part];
    const top = model.tops[part] ?? 0;
    if (rows === undefined || loaded === undefined || ratios === undefined) {
      const [a, b] = [Math.max(top, from), Math.min(top + (model.heights[part] ?? 0), until)];
      if (b > a) month.gaps.push({ top: a - monthTop - month.origin, height: b - a });
      return;
    }
    for (let row = lastUpTo(rows.tops, from - top, rows.scales.length); row < rows.scales.length; row++) {
      const y = top + (rows.tops[row] ?? 0);
      if (y > until) break;
      const scale = rows.scales[row] ?? 0;
      if (y + scale < from) continue;
      let x = model.xs[model.monthOf[part] ?? 0] ?? 0;
      for (let index = rows.starts[row] ?? 0; index < (rows.starts[row + 1] ?? 0); index++) {
        const width = (ratios[index] ?? 1) * scale;
        const tile = loaded.tiles[index];
        if (tile !== undefined)
          month.tiles.push({
            tile,
            x,
            y: y - monthTop - month.origin,
            width,
            height: scale,
            day: dayStart(part, index),
            plain: (fast || scrubbing) && !shownIds.has(tile.id),
          });
        x += width + frame.gap;
      }
    }
  }

  /** What of the timeline is near the screen; a focused tile stays, or the keyboard would lose its place. */
  function draw(): void {
    const from = at.shown - windowHeight;
    const until = at.shown + 2 * windowHeight;
    const shift = at.shown - at.scrolled;
    const months: PlacedMonth[] = [];
    const pinned = focused === undefined ? undefined : find(focused);
    const pinnedMonth = pinned === undefined ? undefined : model.monthOf[pinned.part];
    const count = model.months.months.length;
    const first = count === 0 ? 0 : monthAt(model, from);
    const indexes: number[] = [];
    for (let index = first; index < count && (model.monthTops[index] ?? 0) <= until; index++)
      indexes.push(index);
    if (pinnedMonth !== undefined && !indexes.includes(pinnedMonth)) indexes.push(pinnedMonth);
    for (const index of indexes.sort((a, b) => a - b)) {
      const top = model.monthTops[index] ?? 0;
      const width = widthOf(model, index, frame);
      const origin = Math.max(0, Math.floor((from - top) / originStep) * originStep);
      const month: PlacedMonth = {
        month: model.months.months[index] ?? 0,
        top: top - shift,
        aside: width < frame.width ? { x: model.xs[index] ?? 0, width } : undefined,
        origin,
        tiles: [],
        gaps: [],
      };
      const [begin = 0, end = 0] = [model.firstPart[index], model.firstPart[index + 1]];
      const near = lastUpTo(model.tops.subarray(begin, end), from) + begin;
      for (let part = near; part < end && (model.tops[part] ?? 0) <= until; part++)
        pushRows(month, part, from, until, top);
      if (
        pinned !== undefined &&
        index === pinnedMonth &&
        !month.tiles.some(({ tile }) => tile.id === focused)
      ) {
        const tile = placed(pinned.part, pinned.index, false, origin, top);
        if (tile !== undefined) month.tiles.push(tile);
      }
      months.push(month);
    }
    shownIds.clear();
    for (const month of months) for (const { tile, plain } of month.tiles) if (!plain) shownIds.add(tile.id);
    drawn = { from, shift, plain: fast || scrubbing };
    readTop();
    const tab = current !== undefined && shownIds.has(current) ? current : firstInWindow(months)?.id;
    view = { height: space.height, months, failed, ...topOfView(), tab, arrived };
  }

  function topOfView(): Pick<View, "topMonth" | "topDay" | "topBeside" | "scrubMonth"> {
    const topBeside: View["topBeside"] = [];
    const { months } = model.months;
    const first = months.indexOf(top.month);
    for (let index = first + 1; first !== -1 && model.shelves[index] === first; index++)
      topBeside.push({ month: months[index] ?? 0, x: model.xs[index] ?? 0 });
    // Beside another month there is no room for the day, and every picture shows its own.
    const day = topBeside.length > 0 ? undefined : top.day;
    const topDay = day === undefined ? undefined : names.day(day);
    return { topMonth: top.month, topDay, topBeside, scrubMonth: top.scrub };
  }

  /** What Tab leads to while no tile was reached by it: the first whole one below the headings. */
  function firstInWindow(months: PlacedMonth[]): Tile | undefined {
    const line = at.scrolled + sticky;
    for (const month of months)
      for (const { tile, y } of month.tiles) if (month.top + month.origin + y >= line) return tile;
    return undefined;
  }

  const namedMonth = (line: number): number => {
    const { months } = model.months;
    // Of months beside each other the first is named, but at the very end the oldest of all.
    return (line > heightOf(model) - 1 ? months.at(-1) : months[monthAt(model, line)]) ?? 0;
  };

  function readTop(): void {
    if (partsOf(model) === 0) return;
    // A heading that is half there is the one that counts: no place is kept to the pixel.
    const y = at.shown + sticky + nearPx;
    const part = partAt(model, y);
    const month = monthAt(model, y);
    const rows = model.rows[part];
    const row = rows === undefined ? 0 : lastUpTo(rows.tops, y - (model.tops[part] ?? 0), rows.scales.length);
    const isOf = model.monthOf[part] === month;
    top = {
      month: model.months.months[month] ?? 0,
      // Where the heading itself stands at the top, its first row is the one meant.
      day: isOf ? model.loaded[part]?.days[rows?.starts[row] ?? 0] : undefined,
      scrub: namedMonth(namedLine(y, at.shown, lastShown(), windowHeight)),
    };
  }

  function redraw(): void {
    if (!taken) return;
    draw();
    notify();
    pushHeading();
  }

  /** The heading at the top makes way for the next one, or both would be read in one place. */
  function pushHeading(): void {
    const over = root.querySelector<HTMLElement>(":scope > .month-head");
    if (over === null) return;
    const line = at.shown + sticky;
    const month = monthAt(model, line + nearPx);
    let next = month;
    while (next < model.months.months.length && model.shelves[next] === month) next++;
    const ahead = (model.monthTops[month] ?? 0) - line;
    const room = (model.monthTops[next] ?? Number.POSITIVE_INFINITY) - line;
    // Gone when the next one is half there.
    const leaves = Math.min(0, ((room - headingPx) * headingPx) / (headingPx - nearPx));
    const by = month > 0 && ahead > 0 ? ahead : leaves;
    over.style.translate = by === 0 ? "" : `0 ${by.toFixed(1)}px`;
  }

  /** Puts `shown` at the top of the window. Heights may have changed: the page is drawn before it scrolls. */
  function go(shown: number): void {
    const wanted = Math.min(Math.max(shown, -base), Math.max(-base, lastShown()));
    at = { shown: wanted, scrolled: Math.max(-base, space.toScrolled(wanted)) };
    if (wanted <= 0) arrived = 0;
    flushSync(redraw);
    scrollTo({ top: base + at.scrolled, behavior: "instant" });
    const real = scrollY - base;
    if (Math.abs(real - at.scrolled) > 0.01) {
      at = { shown: wanted, scrolled: real };
      flushSync(redraw);
    }
  }

  function onScroll(): void {
    const before = at;
    at = moved(at, scrollY - base, space, nearWindows * windowHeight);
    const by = Math.abs(at.shown - before.shown);
    if (by === 0) return;
    if (by > 1) roamed = true;
    fast = by > fastWindows * windowHeight;
    // At an end of the page, but not of the timeline: there would be no further.
    const atTop = at.scrolled <= -base + 1 && at.shown > -base + 1;
    const atEnd = at.scrolled >= space.height + below - windowHeight - 1 && at.shown < lastShown() - 1;
    if (at.shown < -base || at.shown > lastShown() || ((atTop || atEnd) && !touching)) go(at.shown);
    else follow();
    clearTimeout(restTimer);
    restTimer = setTimeout(rest, scrubbing ? holdMs : restMs);
  }

  function follow(): void {
    const far = Math.abs(at.shown - windowHeight - drawn.from) > windowHeight / 3;
    // Sums of fractions differ in their last digits: those are no move.
    if (far || Math.abs(at.shown - at.scrolled - drawn.shift) > 0.01) redraw();
    else {
      const before = top;
      readTop();
      const isSame = top.day === before.day && top.month === before.month && top.scrub === before.scrub;
      if (view !== undefined && !isSame) {
        view = { ...view, ...topOfView() };
        notify();
      }
      pushHeading();
    }
    if (arrived > 0 && at.shown <= 0) {
      arrived = 0;
      redraw();
    }
    drop();
    if (!fast && !scrubbing) want();
  }

  /** Nothing moves any more: the scrollbar is put where it belongs, and what was skipped is drawn. */
  function rest(): void {
    if (ended) return;
    fast = false;
    want();
    if (drawn.plain) redraw();
    if (touching || scrubbing) return;
    if (Math.abs(Math.max(-base, space.toScrolled(at.shown)) - at.scrolled) > 1) go(at.shown);
    const place = roamed ? here() : undefined;
    if (place !== undefined) for (const listener of restListeners) listener(place);
  }

  /** The first whole row below the heading that stays at the top: a reload begins with it. */
  function here(): { month: number; rank: number; top: boolean } | undefined {
    if (partsOf(model) === 0) return undefined;
    const line = at.shown + sticky + 48;
    const part = partAt(model, line + 40);
    const rows = model.rows[part];
    const y = line - (model.tops[part] ?? 0);
    let row = rows === undefined ? 0 : lastUpTo(rows.tops, y, rows.scales.length);
    if (
      rows !== undefined &&
      row + 1 < rows.scales.length &&
      y - (rows.tops[row] ?? 0) > (rows.scales[row] ?? 0) / 2
    )
      row++;
    const month = model.months.months[model.monthOf[part] ?? 0] ?? 0;
    const rank = (model.from[part] ?? 0) + (rows?.starts[row] ?? 0);
    return { month, rank, top: at.shown <= 0 || (part === 0 && row === 0) };
  }

  /** Ends questions about what is no longer near. */
  function drop(): void {
    const [from, until] = [at.shown - 2 * windowHeight, at.shown + 4 * windowHeight];
    for (const one of asked) {
      const top = model.tops[one.first] ?? 0;
      const bottom = (model.tops[one.last] ?? 0) + (model.heights[one.last] ?? 0);
      if (bottom < from || top > until) one.stop.abort();
    }
  }

  const isAsked = (part: number): boolean => asked.some(({ first, last }) => part >= first && part <= last);
  const isStale = (part: number): boolean => {
    const tile = model.loaded[part]?.tiles[0];
    if (tile === undefined) return true;
    // What has just come is not asked for again, whatever its address says: it would be for ever.
    const isNew = performance.now() - (came.get(tile) ?? Number.NEGATIVE_INFINITY) < askedAgainMs;
    return !isNew && endOf(tile) < serverNow() + 60_000;
  };

  /** Asks for what is on the screen, then for what is next to it; one question for parts that lie together. */
  function want(): void {
    if (ended || partsOf(model) === 0 || asked.length >= 2) return;
    for (const [above, below] of [
      [0.25, 1.25],
      [1, 2.5],
    ] as const) {
      const [from, until] = [at.shown - above * windowHeight, at.shown + below * windowHeight];
      for (
        let part = partAt(model, Math.max(0, from));
        part < partsOf(model) && (model.tops[part] ?? 0) <= until;
        part++
      )
        if (isStale(part) && !isAsked(part) && (model.tops[part] ?? 0) + (model.heights[part] ?? 0) >= from) {
          void askFrom(part);
          return;
        }
    }
  }

  async function askFrom(first: number): Promise<void> {
    let last = first;
    let count = model.count[first] ?? 0;
    while (last + 1 < partsOf(model) && isStale(last + 1) && !isAsked(last + 1)) {
      const more = model.count[last + 1] ?? 0;
      if (count + more > partMax) break;
      count += more;
      last++;
    }
    const one: Asked = { first, last, stop: new AbortController() };
    asked.push(one);
    const asking = model;
    const month = model.months.months[model.monthOf[first] ?? 0] ?? 0;
    try {
      const run = await fetchRun({ month, from: model.from[first] ?? 0, count, px: px() }, one.stop.signal);
      asked = asked.filter((other) => other !== one);
      if (ended || asking !== model) return;
      failed = false;
      for (const tile of run.tiles) came.set(tile, performance.now());
      if (fits(run, first, last)) receive(run, first, last);
      else void refresh([]);
      want();
    } catch (error) {
      asked = asked.filter((other) => other !== one);
      if (ended || one.stop.signal.aborted) return;
      if (!isNoAnswer(error)) throw error;
      failed = true;
      redraw();
    }
  }

  /** Whether what came is what was expected; if not, the library has changed. */
  function fits(run: Run, first: number, last: number): boolean {
    const expected: [number, number][] = [];
    for (let part = first; part <= last; part++) {
      const month = model.months.months[model.monthOf[part] ?? 0] ?? 0;
      const count = model.count[part] ?? 0;
      const before = expected.at(-1);
      if (before?.[0] === month) before[1] += count;
      else expected.push([month, count]);
    }
    return JSON.stringify(expected) === JSON.stringify(run.months);
  }

  /** Pictures that are on the screen keep the addresses they were loaded from. */
  function keep(tile: Tile, known: ReadonlyMap<string, Tile>): Tile {
    const before = known.get(tile.id);
    return before !== undefined &&
      before.label === tile.label &&
      before.mark === tile.mark &&
      before.ratio === tile.ratio &&
      folderOf(before) === folderOf(tile)
      ? before
      : tile;
  }

  function knownTiles(): Map<string, Tile> {
    const known = new Map(started.map((tile) => [tile.id, tile]));
    const loaded = new Set<string>();
    for (const image of root.querySelectorAll("img"))
      if (image.complete && image.naturalWidth > 0) loaded.add(image.closest("a")?.pathname.slice(3) ?? "");
    for (const month of view?.months ?? [])
      for (const { tile } of month.tiles) if (loaded.has(tile.id)) known.set(tile.id, tile);
    return known;
  }

  function receive(run: Run, first: number, last: number): void {
    const known = knownTiles();
    const anchor = anchorNow(model);
    let from = 0;
    for (let part = first; part <= last; part++) {
      const count = model.count[part] ?? 0;
      const tiles = run.tiles.slice(from, from + count).map((tile) => keep(tile, known));
      setPart(part, tiles, run.days.slice(from, from + count));
      from += count;
    }
    forget();
    settle(anchor);
  }

  function setPart(part: number, tiles: Tile[], days: Int32Array): void {
    model.loaded[part] = { tiles, days };
    model.ratios[part] = Float32Array.from(tiles, ({ ratio }) => ratio);
    for (const { id } of tiles) partOfId.set(id, part);
    layPart(model, part, frame);
  }

  /** Heights changed: what is on the screen stays. */
  function settle(anchor: Anchor): void {
    learn(model, frame);
    stack(model, frame);
    space = spaceOf(heightOf(model), windowHeight, pixelsMax);
    const shown = at.shown <= 0 ? at.shown : placeOf(model, anchor) - sticky;
    at = { shown, scrolled: at.scrolled };
    redraw();
    clearTimeout(restTimer);
    restTimer = setTimeout(rest, scrubbing ? holdMs : restMs);
  }

  function forget(): void {
    const parts = [...model.loaded.keys()].filter((part) => model.loaded[part] !== undefined);
    if (parts.length <= partsKept) return;
    const middle = partAt(model, Math.max(0, at.shown));
    const pinned = focused === undefined ? undefined : find(focused)?.part;
    parts.sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const part of parts.slice(0, parts.length - partsKept)) {
      if (part === pinned) continue;
      for (const { id } of model.loaded[part]?.tiles ?? []) partOfId.delete(id);
      model.loaded[part] = undefined;
    }
  }

  function find(id: string): Found | undefined {
    const part = partOfId.get(id);
    if (part === undefined) return undefined;
    const index = model.loaded[part]?.tiles.findIndex((tile) => tile.id === id) ?? -1;
    return index === -1 ? undefined : { rank: (model.start[part] ?? 0) + index, part, index };
  }

  const located = (rank: number): Found => {
    const part = partWith(model, rank);
    return { rank, part, index: rank - (model.start[part] ?? 0) };
  };

  /** Takes over what the server has drawn, so that nothing moves. */
  async function begin(start: Start, found: Promise<Months>): Promise<boolean> {
    const months = await found;
    if (ended || months.months.length === 0) return false;
    started = start.tiles;
    const index = months.months.indexOf(start.month);
    const rank = index === -1 ? 0 : Math.min(start.rank, Math.max(0, (months.counts[index] ?? 1) - 1));
    const month =
      index === -1 ? (months.months.find((one) => one < start.month) ?? months.months[0] ?? 0) : start.month;
    const cuts = new Map(rank > 0 ? [[month, [rank]]] : []);
    breakMonth = months.months[0] === month ? undefined : month;
    model = buildModel(months, cuts, breakMonth);
    measure();
    const first = partWith(model, startOf(month, rank));
    let [last, count] = [first, model.count[first] ?? 0];
    while (last + 1 < partsOf(model) && count + (model.count[last + 1] ?? 0) <= partMax)
      count += model.count[++last] ?? 0;
    const run = await fetchRun({ month, from: rank, count, px: px() });
    if (ended) return false;
    if (!fits(run, first, last)) return begin(start, names.months());
    // What the reader did in the meantime counts.
    measure();
    const list = root.querySelector("ul");
    const y = list === null ? sticky + 64 : list.getBoundingClientRect().top;
    const known = knownTiles();
    let from = 0;
    for (let part = first; part <= last; part++) {
      const size = model.count[part] ?? 0;
      setPart(
        part,
        run.tiles.slice(from, from + size).map((tile) => keep(tile, known)),
        run.days.slice(from, from + size),
      );
      from += size;
    }
    layAll();
    const shown = (model.tops[first] ?? 0) - y;
    at = { shown, scrolled: scrollY - base };
    taken = true;
    const plainTop = first === 0 && Math.abs(shown - at.scrolled) < 2;
    if (plainTop) flushSync(redraw);
    else {
      // What the server puts above its list goes away with the first drawing.
      flushSync(redraw);
      measure();
      go(shown);
    }
    listen();
    restTimer = setTimeout(rest, scrubbing ? holdMs : restMs);
    return true;
  }

  /** The rank in the timeline of a month's rank. */
  function startOf(month: number, rank: number): number {
    const index = Math.max(
      0,
      model.months.months.findIndex((one) => one <= month),
    );
    return (model.start[model.firstPart[index] ?? 0] ?? 0) + rank;
  }

  /** The library changed: heights and places are made anew, and what is on the screen stays where it is. */
  function refresh(changed: number[] | "all"): Promise<void> {
    pending = pending === "all" || changed === "all" ? "all" : [...pending, ...changed];
    again = true;
    refreshing ??= (async () => {
      try {
        while (again && !ended) {
          again = false;
          const now = pending;
          pending = [];
          await renew(now);
        }
      } catch (error) {
        // Without an answer the page stays as it is; the next news or the next scroll asks again.
        if (!isNoAnswer(error)) throw error;
      } finally {
        refreshing = undefined;
      }
    })();
    return refreshing;
  }

  async function renew(changed: number[] | "all"): Promise<void> {
    const months = await names.months();
    if (ended) return;
    const before = model;
    const anchor = anchorNow(before);
    const atTop = at.shown <= 0;
    const isSame = (month: number): boolean => {
      const [a, b] = [before.months.months.indexOf(month), months.months.indexOf(month)];
      return (
        changed !== "all" &&
        !changed.includes(month) &&
        a !== -1 &&
        b !== -1 &&
        before.months.counts[a] === months.counts[b] &&
        before.months.ratios[a] === months.ratios[b]
      );
    };
    const part = partWith(before, anchor.rank);
    const month = before.months.months[before.monthOf[part] ?? 0] ?? 0;
    const rank = anchor.rank - (before.start[before.firstPart[before.monthOf[part] ?? 0] ?? 0] ?? 0);
    const grown =
      (months.counts[months.months.indexOf(month)] ?? 0) -
      (before.months.counts[before.monthOf[part] ?? 0] ?? 0);
    // What came is mostly newer: the anchor is looked for from a little before where it would then be.
    const from = atTop ? 0 : Math.max(0, rank + Math.min(0, grown) - 40);
    const top = atTop ? (months.months[0] ?? month) : month;
    const cuts = new Map<number, number[]>();
    for (const index of before.months.months.keys()) {
      const own = before.months.months[index] ?? 0;
      if (isSame(own))
        cuts.set(own, [...before.from.subarray(before.firstPart[index], before.firstPart[index + 1])]);
    }
    if (!isSame(top)) cuts.set(top, [from, from + partMax]);
    const next = buildModel(months, cuts, breakMonth);
    const ids = new Map<string, number>();
    for (const [index, own] of months.months.entries()) {
      if (!isSame(own)) continue;
      const old = before.firstPart[before.months.months.indexOf(own)] ?? 0;
      for (let n = next.firstPart[index] ?? 0; n < (next.firstPart[index + 1] ?? 0); n++) {
        const was = old + n - (next.firstPart[index] ?? 0);
        next.loaded[n] = before.loaded[was];
        next.ratios[n] = before.ratios[was];
        next.rows[n] = before.rows[was];
        for (const { id } of before.loaded[was]?.tiles ?? []) ids.set(id, n);
      }
    }
    const run = isSame(top) ? undefined : await fetchRun({ month: top, from, count: partMax + 60, px: px() });
    if (ended || before !== model) return;
    if (!atTop)
      for (const [index, own] of months.months.entries())
        if (own >= month)
          arrived += Math.max(
            0,
            (months.counts[index] ?? 0) - (before.months.counts[before.months.months.indexOf(own)] ?? 0),
          );
    swap(next, ids, run, { month: top, from }, anchor, atTop);
  }

  function swap(
    next: Model,
    ids: Map<string, number>,
    run: Run | undefined,
    at0: { month: number; from: number },
    anchor: Anchor,
    atTop: boolean,
  ): void {
    const known = knownTiles();
    const oldMonth = model.months.months[model.monthOf[partWith(model, anchor.rank)] ?? 0] ?? 0;
    const oldStart = startOf(oldMonth, 0);
    model = next;
    taken = true;
    partOfId.clear();
    for (const [id, part] of ids) partOfId.set(id, part);
    for (const one of asked) one.stop.abort();
    asked = [];
    if (run !== undefined && partsOf(model) > 0) {
      let part = partWith(model, startOf(at0.month, at0.from));
      let from = 0;
      // Only whole parts, of the months they should be of.
      while (part < partsOf(model) && from + (model.count[part] ?? 0) <= run.tiles.length) {
        const count = model.count[part] ?? 0;
        if (model.loaded[part] === undefined)
          setPart(
            part,
            run.tiles.slice(from, from + count).map((tile) => keep(tile, known)),
            run.days.slice(from, from + count),
          );
        from += count;
        part++;
      }
    }
    layAll();
    const where = anchor.id === undefined ? undefined : find(anchor.id);
    const rank = where?.rank ?? startOf(oldMonth, 0) + (anchor.rank - oldStart);
    at = { ...at, shown: atTop ? at.shown : placeOf(model, { ...anchor, rank }) - sticky };
    at = { ...at, shown: Math.min(at.shown, lastShown()) };
    redraw();
    want();
    clearTimeout(restTimer);
    restTimer = setTimeout(rest, scrubbing ? holdMs : restMs);
  }

  const onResize = (): void => {
    const anchor = anchorNow(model);
    const offset = anchor.offset;
    if (measure()) layAll();
    space = spaceOf(heightOf(model), windowHeight, pixelsMax);
    go(at.shown <= 0 ? scrollY - base : placeOf(model, { ...anchor, offset }) - sticky);
    want();
  };
  const onTouchStart = (): void => {
    touching = true;
  };
  const onTouchEnd = (event: TouchEvent): void => {
    touching = event.touches.length > 0;
    clearTimeout(restTimer);
    restTimer = setTimeout(rest, scrubbing ? holdMs : restMs);
  };
  const onVisible = (): void => {
    if (document.visibilityState === "visible") want();
  };
  const onOnline = (): void => {
    failed = false;
    redraw();
    want();
  };
  let observer: ResizeObserver | undefined;

  function listen(): void {
    addEventListener("scroll", onScroll, { passive: true });
    addEventListener("resize", onResize);
    addEventListener("touchstart", onTouchStart, { passive: true });
    addEventListener("touchend", onTouchEnd, { passive: true });
    addEventListener("touchcancel", onTouchEnd, { passive: true });
    addEventListener("online", onOnline);
    document.addEventListener("visibilitychange", onVisible);
    observer = new ResizeObserver(() => {
      const probe = root.querySelector<HTMLElement>("[data-row]");
      if (probe !== null && Math.abs(probe.clientWidth - frame.width) > 0.5) onResize();
    });
    observer.observe(root);
  }

  function end(): void {
    ended = true;
    clearTimeout(restTimer);
    for (const one of asked) one.stop.abort();
    removeEventListener("scroll", onScroll);
    removeEventListener("resize", onResize);
    removeEventListener("touchstart", onTouchStart);
    removeEventListener("touchend", onTouchEnd);
    removeEventListener("touchcancel", onTouchEnd);
    removeEventListener("online", onOnline);
    document.removeEventListener("visibilitychange", onVisible);
    observer?.disconnect();
    listeners.clear();
  }

  return {
    begin,
    end,
    refresh,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onRest(listener: (place: { month: number; rank: number; top: boolean }) => void): () => void {
      restListeners.add(listener);
      return () => restListeners.delete(listener);
    },
    view: (): View | undefined => view,
    months: (): Months => model.months,
    total: (): number => totalOf(model),
    /** Where a month's heading is, and the whole height: what a scrubber shows. */
    topOf: (index: number): number => model.monthTops[index] ?? 0,
    /** The first of the months that one stands beside. */
    shelfOf: (index: number): number => model.shelves[index] ?? index,
    height: (): number => heightOf(model),
    shown: (): number => at.shown,
    windowHeight: (): number => windowHeight,
    find,
    rankAt: startOf,
    located,
    /** Where a tile stands, as the timeline counts; undefined while its part is not loaded. */
    box: (rank: number) => {
      const { part, index } = located(rank);
      return boxOf(model, part, index, frame);
    },
    tileAt: (rank: number): Tile | undefined => {
      const { part, index } = located(rank);
      return model.loaded[part]?.tiles[index];
    },
    dayAt: (rank: number): number | undefined => {
      const { part, index } = located(rank);
      return model.loaded[part]?.days[index];
    },
    monthAt: (rank: number): number | undefined =>
      model.months.months[model.monthOf[located(rank).part] ?? -1],
    /** About where a tile will stand. */
    about: (rank: number): number => placeOf(model, { rank, id: undefined, offset: 0, fraction: undefined }),
    go(shown: number): void {
      roamed = true;
      go(shown);
      clearTimeout(restTimer);
      restTimer = setTimeout(rest, scrubbing ? holdMs : restMs);
    },
    scrub(on: boolean): void {
      scrubbing = on;
      if (!on) rest();
    },
    focus(id: string | undefined): void {
      focused = id;
    },
    current: (): string | undefined => current,
    setCurrent(id: string | undefined): void {
      current = id;
      redraw();
    },
    retry(): void {
      onOnline();
    },
    placeText: ({ month, rank }: { month: number; rank: number }): string =>
      rank === 0 ? monthText(month) : `${monthText(month)}.${rank}`,
  };
}

/** Renditions that were made anew lie in another folder. */
const folderOf = (tile: Tile): string => {
  const url = tile.sources[0]?.url ?? "";
  const path = url.split("?")[0] ?? "";
  return path.slice(0, path.lastIndexOf("/"));
};

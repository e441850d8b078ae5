/**
 * What is chosen, as a description: single pictures, whole days and months, all from one picture to another, or a whole
 * list, less some. Safe in the browser; knows nothing of React and nothing of how pictures are shown.
 */
import type { SelectionInput } from "#lib/bulk/shapes.ts";
import { type Selection, type Shown, shownList } from "../_ui/selecting.ts";
import { timeline } from "../href.ts";

/** A picture and where it stood in the list when it was chosen: the list may have let go of it since. */
type End = { id: string; rank: number };
/** All from one picture to another, both included, where the page does not hold what is between. */
export type Range = { first: End; last: End };

/** What was chosen, at one moment. */
export type Chosen = {
  /** The list it was chosen in, as `openList` knows it. */
  list: string;
  all: boolean;
  ids: ReadonlySet<string>;
  days: ReadonlySet<string>;
  months: ReadonlySet<string>;
  /** No two of them overlap. */
  ranges: readonly Range[];
  /** Not chosen although their day, month or list is. */
  except: ReadonlySet<string>;
};

const none = (list: string): Chosen => ({
  list,
  all: false,
  ids: new Set(),
  days: new Set(),
  months: new Set(),
  ranges: [],
  except: new Set(),
});

const isAny = ({ all, ids, days, months, ranges }: Chosen): boolean =>
  all || ids.size > 0 || days.size > 0 || months.size > 0 || ranges.length > 0;

const monthOf = (day: string): string => day.slice(0, "2019-07".length);

const has = (chosen: Chosen, id: string, shown: Shown | undefined): boolean =>
  chosen.ids.has(id) || (!chosen.except.has(id) && isDescribed(chosen, id, shown));

const plus = <T>(set: ReadonlySet<T>, ...added: T[]): Set<T> => new Set([...set, ...added]);
const less = <T>(set: ReadonlySet<T>, removed: (one: T) => boolean): Set<T> =>
  new Set([...set].filter((one) => !removed(one)));

/** Pictures that have come since have moved the ends; one that the list has let go of is where it was. */
const ends = ({ first, last }: Range, shown: Shown | undefined): [number, number] => [
  shown?.rankOf(first.id) ?? first.rank,
  shown?.rankOf(last.id) ?? last.rank,
];

function isInRange({ ranges }: Chosen, id: string, shown: Shown | undefined): boolean {
  const rank = ranges.length === 0 ? undefined : shown?.rankOf(id);
  if (rank === undefined) return false;
  return ranges.some((range) => {
    const [first, last] = ends(range, shown);
    return first <= rank && rank <= last;
  });
}

/** Chosen without being counted up: by its day, its month, what it stands between, or its list. */
function isDescribed(chosen: Chosen, id: string, shown: Shown | undefined): boolean {
  const { all, days, months } = chosen;
  if (all || isInRange(chosen, id, shown)) return true;
  if (days.size === 0 && months.size === 0) return false;
  const [day, month] = [shown?.dayOf(id), shown?.monthOf(id)];
  return (day !== undefined && days.has(day)) || (month !== undefined && months.has(month));
}

/** The sets are copied once, however many ids there are. */
function withIds(chosen: Chosen, given: Iterable<string>, wanted: boolean, shown: Shown | undefined): Chosen {
  const ids = new Set(chosen.ids);
  const except = new Set(chosen.except);
  for (const id of given) {
    const described = isDescribed(chosen, id, shown);
    if (wanted && !described) ids.add(id);
    else ids.delete(id);
    if (!wanted && described) except.add(id);
    else except.delete(id);
  }
  return { ...chosen, ids, except };
}

/** What overlaps becomes one; single pictures inside are not counted beside it. */
function withRange(chosen: Chosen, one: End, other: End, shown: Shown | undefined): Chosen {
  let [first, last] = one.rank <= other.rank ? [one, other] : [other, one];
  const apart: Range[] = [];
  for (const range of chosen.ranges) {
    const [low, high] = ends(range, shown);
    if (high < first.rank || last.rank < low) apart.push(range);
    else {
      if (low < first.rank) first = range.first;
      if (high > last.rank) last = range.last;
    }
  }
  const added = { ...chosen, ranges: [{ first, last }] };
  const isIn = (id: string): boolean => id === one.id || id === other.id || isInRange(added, id, shown);
  return {
    ...chosen,
    ranges: [...apart, { first, last }],
    ids: less(chosen.ids, isIn),
    except: less(chosen.except, isIn),
  };
}

/** All of a day or month, or none of it; single pictures of it are not counted beside it. */
function withSpan(chosen: Chosen, span: string, wanted: boolean, shown: Shown | undefined): Chosen {
  const kind = span.length > "2019-07".length ? "days" : "months";
  const isIn = (id: string): boolean => span === (kind === "days" ? shown?.dayOf(id) : shown?.monthOf(id));
  const days = kind === "months" ? less(chosen.days, (day) => day.startsWith(span)) : chosen.days;
  return {
    ...chosen,
    days,
    ids: less(chosen.ids, isIn),
    except: less(chosen.except, isIn),
    [kind]: wanted
      ? plus(kind === "days" ? days : chosen.months, span)
      : less(chosen[kind], (one) => one === span),
  };
}

export type SelectionStore = Selection & {
  /** The same object until something changes. */
  chosen(): Chosen;
  /** One picture, in or out, whatever it was. */
  set(id: string, wanted: boolean): void;
  /** From one to another as they are shown, both included; without `from`, from the one chosen last. */
  range(to: string, from?: string): void;
  /** Exactly `base` and these: what a lasso encloses. */
  replace(base: Chosen, ids: Iterable<string>): void;
  everything(): void;
  clear(): void;
  /** What goes to the server. */
  described(): SelectionInput;
};

/** An empty selection. `shown` tells which list is on the page now. */
export function selectionStore(shown: () => Shown | undefined = shownList): SelectionStore {
  let now = none(timeline);
  let anchor: { id: string; rank: number | undefined } | undefined;
  const listeners = new Set<() => void>();
  const become = (next: Chosen): void => {
    now = next;
    if (!isAny(now)) anchor = undefined;
    for (const listener of listeners) listener();
  };
  /** Another list's selection is over as soon as something is chosen in this one. */
  const here = (): Chosen => {
    // The timeline tells of itself only once somebody has moved in it.
    const list = shown()?.list ?? timeline;
    return list === now.list ? now : none(list);
  };
  const mark = (id: string): void => {
    anchor = { id, rank: shown()?.rankOf(id) };
  };
  const endAt = (id: string): End | undefined => {
    const rank = shown()?.rankOf(id) ?? (anchor?.id === id ? anchor.rank : undefined);
    return rank === undefined ? undefined : { id, rank };
  };
  const range = (to: string, from = anchor?.id): void => {
    const ids = from === undefined ? [to] : shown()?.between(from, to);
    const [one, other] = [from === undefined ? undefined : endAt(from), endAt(to)];
    if (anchor === undefined) mark(to);
    // What the page does not hold, the server finds by its two ends.
    if (ids === undefined && one !== undefined && other !== undefined)
      become(withRange(here(), one, other, shown()));
    else become(withIds(here(), ids ?? [to], true, shown()));
  };
  const chooseSpan = (span: string, wanted: boolean): void => become(withSpan(here(), span, wanted, shown()));
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    chosen: () => now,
    active: () => isAny(now),
    has: (id) => has(now, id, shown()),
    choose(id, isRange) {
      if (isRange && anchor !== undefined) return range(id);
      mark(id);
      become(withIds(here(), [id], !has(here(), id, shown()), shown()));
    },
    set(id, wanted) {
      mark(id);
      become(withIds(here(), [id], wanted, shown()));
    },
    range,
    replace: (base, ids) => become(withIds(base, ids, true, shown())),
    chooseDay: (day) => chooseSpan(day, !here().days.has(day)),
    chooseMonth: (month) => chooseSpan(month, !here().months.has(month)),
    hasDay: (day) => now.all || now.days.has(day) || now.months.has(monthOf(day)),
    hasMonth: (month) => now.all || now.months.has(month),
    everything: () => become({ ...none(here().list), all: true }),
    clear: () => become(none(now.list)),
    described: () => ({
      list: now.list,
      all: now.all,
      ids: [...now.ids],
      days: [...now.days],
      months: [...now.months],
      ranges: now.ranges.map(({ first, last }) => [first.id, last.id]),
      except: [...now.except],
    }),
  };
}

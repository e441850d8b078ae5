/**
 * The door between the tiles of a list and whatever keeps what is chosen. The keeper is loaded on first use and steps
 * in by `keepSelection`; until then nothing is chosen and no list pays for it.
 */
import { useCallback, useSyncExternalStore } from "react";

export type Selection = {
  subscribe(listener: () => void): () => void;
  /** Something is chosen: a click on a picture chooses another one instead of opening it. */
  active(): boolean;
  has(id: string): boolean;
  /** A click on a picture; with `range`, all from the one chosen last up to this one. */
  choose(id: string, range: boolean): void;
  /** "2019-07-04" and "2019-07", as shown in the list: all of it, or none when all of it was chosen. */
  chooseDay(day: string): void;
  chooseMonth(month: string): void;
  hasDay(day: string): boolean;
  hasMonth(month: string): boolean;
};

/** What a list on the page tells about itself to whoever keeps the selection. */
export type Shown = {
  /** As `openList` knows it. */
  list: string;
  /** The ids from one to the other, both included; `undefined` when not all of them are loaded. */
  between(from: string, to: string): string[] | undefined;
  /** Where in the whole list it stands, when the list knows. */
  rankOf(id: string): number | undefined;
  /** "2019-07-04", where it was taken, when the list knows. */
  dayOf(id: string): string | undefined;
  /** "2019-07", under which it is shown: by the clock of Greenwich, so it may be another one than its day's. */
  monthOf(id: string): string | undefined;
};

let kept: Selection | undefined;
let shown: Shown | undefined;
const waiting = new Set<() => void>();

export function keepSelection(selection: Selection | undefined): void {
  kept = selection;
  for (const listener of waiting) listener();
}

export const selection = (): Selection | undefined => kept;

/** Returns what ends it. */
export function showList(list: Shown): () => void {
  shown = list;
  return () => {
    if (shown === list) shown = undefined;
  };
}

export const shownList = (): Shown | undefined => shown;

function subscribe(listener: () => void): () => void {
  let leave = kept?.subscribe(listener);
  const changed = (): void => {
    leave?.();
    leave = kept?.subscribe(listener);
    listener();
  };
  waiting.add(changed);
  return () => {
    waiting.delete(changed);
    leave?.();
  };
}

const nothing = (): undefined => undefined;

/** `undefined` until there is a keeper. */
export function useChosen(id: string): boolean | undefined {
  return useSyncExternalStore(
    subscribe,
    useCallback(() => kept?.has(id), [id]),
    nothing,
  );
}

/** Whether a click chooses; `undefined` until there is a keeper. */
export function useSelecting(): boolean | undefined {
  return useSyncExternalStore(subscribe, () => kept?.active(), nothing);
}

/** Whether all of a day ("2019-07-04") or a month ("2019-07") is chosen. */
export function useSpanChosen(span: string): boolean | undefined {
  return useSyncExternalStore(
    subscribe,
    useCallback(() => (span.length > 7 ? kept?.hasDay(span) : kept?.hasMonth(span)), [span]),
    nothing,
  );
}

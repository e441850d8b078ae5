/**
 * Keeps the selection of this tab, its count, and what was done with it, so that the last thing can be taken back. The
 * only instance: lists know it by the door in ../_ui/selecting.ts.
 */
import type { ChangeAnswer, ChangeInput } from "#lib/bulk/shapes.ts";
import { w } from "#lib/words/select.ts";
import { type Shown, shownList } from "../_ui/selecting.ts";
import { announceGone } from "../_ui/use-gone.ts";
import { announceMove, type Move } from "../_ui/use-moves.ts";
import { idOfPath, timeline } from "../href.ts";
import { type Chosen, selectionStore } from "./selection.ts";
import { askCount, Refused, sendChange, sendUndo } from "./send.ts";

const tilesBetween = (from: string, to: string): string[] | undefined => {
  const ids = [...document.querySelectorAll<HTMLAnchorElement>(".tile > a")].map(({ pathname }) =>
    idOfPath(pathname),
  );
  const [a, b] = [ids.indexOf(from), ids.indexOf(to)];
  return a === -1 || b === -1 ? undefined : ids.slice(Math.min(a, b), Math.max(a, b) + 1);
};

/** The list on the page; one that has not told of itself yet is read from its tiles. */
function shownHere(): Shown {
  const told = shownList();
  return {
    list: told?.list ?? timeline,
    between: (from, to) => (told === undefined ? tilesBetween(from, to) : told.between(from, to)),
    rankOf: (id) => told?.rankOf(id),
    dayOf: (id) => told?.dayOf(id),
    monthOf: (id) => told?.monthOf(id),
  };
}

export const store = selectionStore(shownHere);

/** What people are told, and the way back from it. */
export type Said = { text: string; bad?: boolean; undo?: Done; running?: boolean };
type Done = {
  id: string;
  /** Pictures that left the list with it. */
  gone: string[];
  /** What puts moved pictures back where they were in the list. */
  back: Move[];
};

export type Kept = { chosen: Chosen; count: number | undefined; busy: boolean; said: Said | undefined };

let now: Kept = { chosen: store.chosen(), count: 0, busy: false, said: undefined };
const listeners = new Set<() => void>();
const done: Done[] = [];
/** What must be read anew by the page after a change: set by the component that has the router. */
let refreshPage = (): void => {};

export const kept = (): Kept => now;
export const listen = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const onRefresh = (refresh: () => void): void => {
  refreshPage = refresh;
};

function become(part: Partial<Kept>): void {
  now = { ...now, ...part };
  for (const listener of listeners) listener();
}

const isCountedUp = ({ all, days, months, ranges }: Chosen): boolean =>
  !all && days.size === 0 && months.size === 0 && ranges.length === 0;
/** Several clicks in a row are counted once. */
const countAfterMs = 150;
let counting: ReturnType<typeof setTimeout> | undefined;

async function count(chosen: Chosen): Promise<void> {
  const answer = await askCount(store.described()).catch((): { count?: number } => ({}));
  if (now.chosen === chosen) become({ count: answer.count });
}

store.subscribe(() => {
  const chosen = store.chosen();
  // Every check mark of the page is shown from then on.
  document.documentElement.classList.toggle("choosing", store.active());
  clearTimeout(counting);
  const single = isCountedUp(chosen);
  become({ chosen, count: single ? chosen.ids.size : undefined });
  if (!single) counting = setTimeout(() => void count(chosen), countAfterMs);
});

export const say = (said: Said | undefined): void => become({ said });

/** Ids of the pictures on the page that are chosen. */
export const chosenTiles = (): string[] =>
  [...document.querySelectorAll<HTMLAnchorElement>(".tile > a")]
    .map((link) => idOfPath(link.pathname))
    .filter((id) => store.has(id));

/** Lists hear of it by `announceGone`; a page of another kind reads anew. */
const tellGone = (ids: string[], gone: boolean): void => {
  for (const id of ids) announceGone(id, gone);
};

/** What of the chosen is somebody else's, as far as both sides have counted. */
const leftOut = ({ changed, same }: ChangeAnswer, wanted: number | undefined): string =>
  wanted === undefined || wanted <= changed + same
    ? ""
    : ` ${w("others", { count: wanted - changed - same })}`;

/** What takes longer than that is told of before it is done. */
const soonMs = 300;

/** Runs one thing after another: what is chosen may depend on what was done before. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (now.busy) return;
  become({ busy: true });
  const telling = setTimeout(() => say({ text: w("working"), running: true }), soonMs);
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say({ text: error.message, bad: true });
  } finally {
    clearTimeout(telling);
    become({ busy: false, said: now.said?.running === true ? undefined : now.said });
  }
}

/** Makes a change of what is chosen; `sentence` says what it did to so many. */
export function change(
  wanted: ChangeInput,
  sentence: (count: number) => string,
  { leaves = false }: { leaves?: boolean } = {},
): Promise<void> {
  return alone(async () => {
    const gone = leaves ? chosenTiles() : [];
    const before = now.count;
    const answer = await sendChange(store.described(), wanted);
    const { id, changed } = answer;
    const text = `${changed === 0 ? w("nothing") : sentence(changed)}${leftOut(answer, before)}`;
    if (id === undefined) return say({ text });
    const made = { id, gone, back: [] };
    done.push(made);
    say({ text, undo: made });
    tellGone(gone, true);
    if (leaves) store.clear();
    refreshPage();
  });
}

/** Remembers what was done elsewhere on the page, so that it can be taken back from here. */
export function remember(id: string, text: string, back: Move[]): void {
  const made = { id, gone: [], back };
  done.push(made);
  say({ text, undo: made });
}

/** Takes back the given change, or the last one. */
export function takeBack(which: Done | undefined = done.at(-1)): Promise<void> {
  return alone(async () => {
    if (which === undefined) return;
    done.splice(done.indexOf(which), 1);
    say(undefined);
    const { restored, left } = await sendUndo(which.id);
    say({
      text:
        left === 0 ? w("undone") : restored === 0 ? w("undoNothing") : w("undoneSome", { restored, left }),
    });
    tellGone(which.gone, false);
    for (const move of which.back) announceMove(move);
    if (which.back.length === 0) refreshPage();
  });
}

export const canTakeBack = (): boolean => done.length > 0;

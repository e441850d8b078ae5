"use client";
/** What the timeline does once somebody moves in it; loaded at the first sign of that. */
import { idOfPath, leftEvent } from "../../href.ts";
import { dayText, type LaterWords, type Months, monthText } from "../../months.ts";
import { selection, showList } from "../selecting.ts";
import { createEngine, type Start } from "./engine.ts";
import { stepFrom, steps } from "./keys.ts";
import { fetchMonths, fetchPlace, isNoAnswer } from "./load.ts";
import { Scrubber } from "./scrubber.tsx";

export type Windowed = ReturnType<typeof openTimeline>;

/** A page that did not come by then does not come. */
const leavingMs = 5_000;
/** After a failure. */
const againMs = 4_000;

/** Where headings stay while the page scrolls below them. */
const stickyTop = (root: HTMLElement): number => {
  const head = root.querySelector(".month-head");
  return head === null ? 0 : Number.parseFloat(getComputedStyle(head).top) || 0;
};

export function openTimeline(root: HTMLElement) {
  const locale = document.documentElement.lang;
  const dayFormat = new Intl.DateTimeFormat(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
  const monthFormat = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });
  const monthName = (month: number): string =>
    monthFormat.format(Date.UTC(Math.floor(month / 12), month % 12));
  const dayNames = new Map<number, string>();
  const dayName = (day: number): string => {
    const name = dayNames.get(day) ?? dayFormat.format(day * 86_400_000);
    dayNames.set(day, name);
    return name;
  };
  let words: LaterWords = {
    total: "",
    scrubber: "",
    loadFailed: "",
    tryAgain: "",
    chooseMonth: "",
    arrivedOne: "",
    arrivedMany: "",
  };
  const hear = async (): Promise<Months> => {
    const found = await fetchMonths();
    words = found.words;
    return found;
  };
  const engine = createEngine(root, { day: dayName, sticky: () => stickyTop(root), months: hear });
  const ends: (() => void)[] = [];
  const link = (id: string) => root.querySelector<HTMLAnchorElement>(`a[href="/m/${id}"]`);

  /** Brings a picture into the window, and the focus to it. */
  async function reach(rank: number): Promise<void> {
    const last = engine.total() - 1;
    const wanted = Math.max(0, Math.min(last, rank));
    for (let tries = 0; tries < 100; tries++) {
      const tile = engine.tileAt(wanted);
      const box = engine.box(wanted);
      if (tile !== undefined && box !== undefined) {
        const [from, until] = [
          engine.shown() + stickyTop(root) + 48,
          engine.shown() + engine.windowHeight() - 8,
        ];
        engine.focus(tile.id);
        if (box.y < from) engine.go(wanted === 0 ? -1e9 : engine.shown() - (from - box.y) - 8);
        else if (box.y + box.height > until) engine.go(engine.shown() + box.y + box.height - until + 8);
        engine.setCurrent(tile.id);
        link(tile.id)?.focus({ preventScroll: true });
        return;
      }
      engine.go(engine.about(wanted) - engine.windowHeight() / 2);
      // Until it has come; whoever moves on in the meantime ends it.
      await new Promise<void>((resolve) => {
        const leave = engine.subscribe(() => {
          leave();
          resolve();
        });
      });
    }
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target instanceof Element ? event.target.closest("a, input") : null;
    const tile = target?.closest("li")?.querySelector("a");
    if (!tile || event.altKey || event.ctrlKey || event.metaKey) return;
    const id = idOfPath(tile.pathname);
    if (event.key === " " && target instanceof HTMLAnchorElement && selection() !== undefined) {
      event.preventDefault();
      selection()?.choose(id, event.shiftKey);
      return;
    }
    const step = steps[event.key];
    const found = engine.find(id);
    if (step === undefined || found === undefined) return;
    event.preventDefault();
    const rank = stepFrom(engine, found.rank, step, getComputedStyle(root).direction === "rtl");
    if (rank !== undefined) void reach(rank);
  };

  const onFocus = (event: FocusEvent): void => {
    const tile = event.target instanceof Element && event.target.closest("li")?.querySelector("a");
    if (!tile) return;
    const id = idOfPath(tile.pathname);
    engine.focus(id);
    if (engine.current() !== id) engine.setCurrent(id);
  };

  /** A change of the address would call off a page that is on its way. */
  let leavingUntil = 0;
  const onClick = (event: MouseEvent): void => {
    if (event.target instanceof Element && event.target.closest("a") !== null)
      leavingUntil = performance.now() + leavingMs;
  };

  /** The address keeps the place: a reload, or the way back from elsewhere, begins there. */
  function keepPlace(place: { month: number; rank: number; top: boolean }): void {
    if (location.pathname !== "/" || performance.now() < leavingUntil) return;
    const path = place.top ? "/" : `/?at=${engine.placeText(place)}`;
    if (path !== location.pathname + location.search) history.replaceState(null, "", path);
  }

  /** Whoever comes back from a picture finds it in the window, with the focus on it, however far they walked. */
  async function comeBack(id: string): Promise<void> {
    const near = engine.find(id)?.rank;
    if (near !== undefined) return reach(near);
    const place = await fetchPlace(id);
    await reach(engine.rankAt(place.month, place.rank));
    // The library may have changed since the window learned of it.
    const found = engine.find(id)?.rank;
    if (found !== undefined && engine.current() !== id) await reach(found);
  }
  const onLeft = (event: Event): void => {
    if (!(event instanceof CustomEvent) || engine.view() === undefined) return;
    comeBack(event.detail).catch((error: unknown) => {
      // Without an answer, or where the picture is not in the list any more, the window stays where it was.
      if (!isNoAnswer(error)) throw error;
    });
  };

  let begun = false;
  return {
    engine,
    begin(start: Start): void {
      if (begun) return;
      begun = true;
      history.scrollRestoration = "manual";
      root.addEventListener("keydown", onKeyDown);
      root.addEventListener("focusin", onFocus);
      addEventListener(leftEvent, onLeft);
      addEventListener("click", onClick, { capture: true });
      ends.push(
        () => {
          removeEventListener(leftEvent, onLeft);
          root.removeEventListener("keydown", onKeyDown);
          root.removeEventListener("focusin", onFocus);
          removeEventListener("click", onClick, { capture: true });
        },
        () => {
          history.scrollRestoration = "auto";
        },
        engine.onRest(keepPlace),
        showList({
          list: "timeline",
          between(from, to) {
            const [a, b] = [engine.find(from), engine.find(to)];
            if (a === undefined || b === undefined) return undefined;
            const ids: string[] = [];
            for (let rank = Math.min(a.rank, b.rank); rank <= Math.max(a.rank, b.rank); rank++) {
              const id = engine.tileAt(rank)?.id;
              if (id === undefined) return undefined;
              ids.push(id);
            }
            return ids;
          },
          rankOf: (id) => engine.find(id)?.rank,
          dayOf(id) {
            const found = engine.find(id);
            const day = found === undefined ? undefined : engine.dayAt(found.rank);
            return day === undefined ? undefined : dayText(day);
          },
          monthOf(id) {
            const found = engine.find(id);
            const month = found === undefined ? undefined : engine.monthAt(found.rank);
            return month === undefined ? undefined : monthText(month);
          },
        }),
      );
      const attempt = (): void => {
        // Without an answer the page from the server goes on working by its links, and it is asked again.
        engine.begin(start, hear()).catch((error: unknown) => {
          if (!isNoAnswer(error)) throw error;
          const timer = setTimeout(attempt, againMs);
          ends.push(() => clearTimeout(timer));
        });
      };
      attempt();
    },
    end(): void {
      engine.end();
      for (const end of ends) end();
    },
    subscribe: engine.subscribe,
    view: engine.view,
    monthName,
    dayName,
    changed(months: number[] | "all"): void {
      if (engine.view() !== undefined) void engine.refresh(months);
    },
    toYear(year: number): void {
      const go = (): void => {
        const index = engine.months().months.findIndex((month) => month < (year + 1) * 12);
        if (index !== -1) engine.go(engine.topOf(index) - stickyTop(root));
      };
      if (engine.view() !== undefined) go();
      else {
        const leave = engine.subscribe(() => {
          leave();
          go();
        });
      }
    },
    Scrubber,
    words: (): LaterWords => words,
    scrubber: { engine, monthName, words: () => words, sticky: () => stickyTop(root) },
  };
}

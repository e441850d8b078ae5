"use client";
import {
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { LaterWords } from "../../months.ts";
import type { Engine } from "./engine.ts";
import { lastUpTo } from "./model.ts";

/** Between the names of two years, and between two dots, in pixels. */
const yearPx = 24;
const dotPx = 8;
/** The handle goes away so long after the page stood still. */
const restMs = 1500;

const otherHands = ["wheel", "touchmove", "pointerdown"] as const;

type Mark = { at: number; text: string; index: number };

/** Years where there is room for their names, and months where there is room for a dot. */
function marksOf(engine: Engine, height: number): { years: Mark[]; dots: number[] } {
  const { months } = engine.months();
  const all = engine.height();
  const years: Mark[] = [];
  const dots: number[] = [];
  let [lastYear, lastAt, lastDot] = [Number.NaN, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [index, month] of months.entries()) {
    const at = (engine.topOf(index) / all) * height;
    const year = Math.floor(month / 12);
    if (year !== lastYear && at - lastAt >= yearPx) {
      years.push({ at, text: String(year), index });
      lastAt = at;
      lastDot = at;
    } else if (at - lastDot >= dotPx && at - lastAt >= yearPx / 2) {
      dots.push(at);
      lastDot = at;
    }
    lastYear = year;
  }
  // A dot just above a name would touch it.
  return { years, dots: dots.filter((at) => !years.some((year) => Math.abs(year.at - at) < yearPx / 2)) };
}

/** By transform: marks move a little whenever a height becomes known, and no layout shall count as one that shifts. */
const atHeight = (top: number) => ({ transform: `translateY(calc(${top.toFixed(1)}px - 50%))` });

/** The line along the edge that stands for all years: to drag, to click, and for arrow keys. */
export function Scrubber({
  engine,
  monthName,
  words,
  sticky,
}: {
  engine: Engine;
  monthName: (month: number) => string;
  words: () => LaterWords;
  sticky: () => number;
}) {
  const view = useSyncExternalStore(engine.subscribe, engine.view);
  const rail = useRef<HTMLDivElement>(null);
  const thumb = useRef<HTMLDivElement>(null);
  /** How far from the middle of the handle it is held. */
  const grip = useRef(0);
  const [height, setHeight] = useState(0);
  const [dragged, setDragged] = useState(false);
  const [moving, setMoving] = useState(false);
  /** The month that keys went to. Near the end several share the window, and each must be reached and named. */
  const [asked, setAsked] = useState<number>();

  useEffect(() => {
    const element = rail.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    // Whoever moves the page by another hand is where that leads.
    const forget = (): void => setAsked(undefined);
    for (const sign of otherHands) addEventListener(sign, forget, { passive: true });
    return () => {
      for (const sign of otherHands) removeEventListener(sign, forget);
    };
  }, []);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    // The thumb follows every frame; React need not know.
    const place = (): void => {
      const share = Math.max(
        0,
        Math.min(1, engine.shown() / Math.max(1, engine.height() - engine.windowHeight())),
      );
      // By its own layout it would count as one that shifts.
      const top = share * (rail.current?.clientHeight ?? 0);
      thumb.current?.style.setProperty("transform", `translateY(calc(${top.toFixed(1)}px - 50%))`);
    };
    const onScroll = (): void => {
      place();
      setMoving(true);
      clearTimeout(timer);
      timer = setTimeout(() => setMoving(false), restMs);
    };
    place();
    addEventListener("scroll", onScroll, { passive: true });
    const leave = engine.subscribe(place);
    return () => {
      removeEventListener("scroll", onScroll);
      clearTimeout(timer);
      leave();
    };
  }, [engine]);

  const { months } = engine.months();
  const named = asked ?? view?.scrubMonth ?? months[0] ?? 0;
  const index = Math.max(0, months.indexOf(named));
  const label = monthName(named);

  const drag = (event: PointerEvent): void => {
    const box = rail.current?.getBoundingClientRect();
    if (box === undefined) return;
    const share = Math.max(0, Math.min(1, (event.clientY - grip.current - box.top) / box.height));
    engine.go(share * (engine.height() - engine.windowHeight()) - (share === 0 ? 1e9 : 0));
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const handle = thumb.current?.getBoundingClientRect();
    const isOnHandle = handle !== undefined && event.clientY >= handle.top && event.clientY <= handle.bottom;
    // Whoever takes hold of the handle has it as they took it.
    grip.current = isOnHandle ? event.clientY - (handle.top + handle.bottom) / 2 : 0;
    setDragged(true);
    setAsked(undefined);
    engine.scrub(true);
    drag(event);
  };
  const onPointerEnd = (): void => {
    if (!dragged) return;
    setDragged(false);
    engine.scrub(false);
  };
  const toMonth = (wanted: number): void => {
    const month = Math.max(0, Math.min(months.length - 1, wanted));
    const to = engine.shelfOf(month);
    setAsked(months[month === months.length - 1 ? month : to]);
    engine.go(to === 0 ? -1e9 : engine.topOf(to) - sticky());
  };
  /** The month that is a year away, or the nearest further one. Newest first: numbers of months fall. */
  const yearFrom = (by: number): number => {
    const wanted = (months[index] ?? 0) + by * 12;
    if (by > 0)
      return lastUpTo(
        months.map((month) => -month),
        -wanted,
      );
    const found = months.findIndex((month) => month <= wanted);
    return found === -1 ? months.length - 1 : found;
  };
  /** The first month of those below. */
  const below = (): number => {
    let next = index + 1;
    while (next < months.length - 1 && engine.shelfOf(next) <= index) next++;
    return next;
  };
  const keyed = (key: string): number | undefined => {
    if (key === "ArrowUp" || key === "ArrowLeft") return index - 1;
    if (key === "ArrowDown" || key === "ArrowRight") return below();
    if (key === "PageUp") return Math.max(0, yearFrom(1));
    if (key === "PageDown") return Math.max(below(), yearFrom(-1));
    if (key === "Home") return 0;
    return key === "End" ? months.length - 1 : undefined;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const wanted = keyed(event.key);
    if (wanted === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    toMonth(wanted);
  };

  const { years, dots } = marksOf(engine, height);
  const isShort = engine.height() < 2 * engine.windowHeight();
  return (
    <>
      {isShort ? null : (
        <div
          ref={rail}
          role="slider"
          tabIndex={0}
          aria-label={words().scrubber}
          aria-orientation="vertical"
          aria-valuemin={0}
          aria-valuemax={months.length - 1}
          aria-valuenow={index}
          aria-valuetext={label}
          className={moving || dragged ? "scrubber scrubber-moving" : "scrubber"}
          onPointerDown={onPointerDown}
          onPointerMove={(event) => {
            if (dragged) drag(event);
          }}
          onPointerUp={onPointerEnd}
          onPointerCancel={onPointerEnd}
          onKeyDown={onKeyDown}
          onBlur={() => setAsked(undefined)}
        >
          {years.map(({ at, text }) => (
            <span key={text} className="scrubber-mark" style={atHeight(at)}>
              {text}
            </span>
          ))}
          {dots.map((at) => (
            <span key={at} className="scrubber-dot" style={atHeight(at)} />
          ))}
          <div ref={thumb} className="scrubber-thumb">
            {dragged || moving ? <Label key={label} text={label} /> : null}
          </div>
        </div>
      )}
      <Notes engine={engine} words={words()} />
    </>
  );
}

const arrivedText = (words: LaterWords, count: number): string =>
  count === 1
    ? words.arrivedOne
    : words.arrivedMany.replace(
        "{count}",
        new Intl.NumberFormat(document.documentElement.lang).format(count),
      );

/** A new one for each month: one that grew to the side would count as a layout that shifts. */
const Label = ({ text }: { text: string }) => <span className="scrubber-label">{text}</span>;

/** What is said below the pictures, and of pictures that came while one was further down. */
function Notes({ engine, words }: { engine: Engine; words: LaterWords }) {
  const view = useSyncExternalStore(engine.subscribe, engine.view);
  const { arrived = 0, failed = false } = view ?? {};
  return (
    <div className="notes">
      <p role="status" className={failed ? "note" : "sr-only"}>
        {failed ? words.loadFailed : arrived > 0 ? arrivedText(words, arrived) : ""}
      </p>
      {failed ? (
        <button type="button" onClick={engine.retry} className="note note-button">
          {words.tryAgain}
        </button>
      ) : arrived > 0 ? (
        <button type="button" onClick={() => engine.go(-1e9)} className="note note-button">
          {arrivedText(words, arrived)}
        </button>
      ) : null}
    </div>
  );
}

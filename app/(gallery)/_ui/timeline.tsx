"use client";
import { useRouter } from "next/navigation";
import {
  type MouseEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { type Sheet, type Tile, unpackSheet } from "#lib/contact-sheet.ts";
import { idOfPath, timeline } from "../href.ts";
import type { Runs } from "../months.ts";
import { useLive } from "./live.ts";
import { MonthOver, MonthSection } from "./month-section.tsx";
import { selection } from "./selecting.ts";
import { PlacesAhead, TileView, type TileWords } from "./tile.tsx";
import type { Windowed } from "./timeline/windowed.tsx";
import { useFresh } from "./use-fresh.ts";
import { useGone } from "./use-gone.ts";

export type TimelineWords = TileWords & {
  list: string;
  older: string;
  newer: string;
  years: string;
};

/** A month, or the part of one, that the server has drawn: so many pictures, and the places of those that follow. */
export type DrawnMonth = {
  month: number;
  title: string;
  shown: number;
  ahead: number[];
  /** Of a month that may stand beside others: what it takes of a row, as `shelfRatio` has it, and how many pictures. */
  aside: [number, number] | undefined;
};

export type TimelineProps = {
  sheet: Sheet;
  /** The days of the pictures, in their order: [day, how many], and what each is called. */
  days: Runs;
  dayNames: string[];
  months: DrawnMonth[];
  /** Where the first picture stands: a month (years × 12 + months), and its place in it. */
  start: { month: number; rank: number };
  /** Where what follows and what comes before is, for pages without script. */
  older: string | undefined;
  newer: string | undefined;
  /** Newest first: [year, where it begins on the way down, in thousandths]. */
  years: Runs;
  /** How many pictures there are, in words for those who do not see the scrubber. */
  total: string;
  /** The server draws the page anew whenever something changes. */
  redrawn?: boolean;
  /** How many are on the screen at first. */
  eager: number;
  few: boolean;
  /** When the library last changed, by the clock of the database. */
  since: number | undefined;
  words: TimelineWords;
};

const isPlainClick = (event: MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/** An edge of a row at the bottom of the window is not worth a script. */
const almost = 0.9;

const signs = ["scroll", "wheel", "pointermove", "pointerdown", "touchstart", "keydown"] as const;

/** Loads what the reader needs to go on, at the first sign of one; or at once, where the page begins in the middle. */
function useWindowed(root: { current: HTMLElement | null }, props: TimelineProps, tiles: Tile[]) {
  const [windowed, setWindowed] = useState<Windowed>();
  const loading = useRef<Promise<Windowed>>(undefined);
  const { few, start } = props;
  const load = useCallback((): Promise<Windowed> => {
    loading.current ??= import("./timeline/windowed.tsx").then(({ openTimeline }) => {
      if (root.current === null) throw new Error("Expected the list of months on the page");
      const opened = openTimeline(root.current);
      setWindowed(opened);
      return opened;
    });
    return loading.current;
  }, [root]);

  // Only the first drawing is taken over; what the server draws later does not begin again.
  const drawn = useRef({ ...start, tiles });
  useEffect(() => {
    windowed?.begin(drawn.current);
    return windowed?.end;
  }, [windowed]);

  const inMiddle = start.rank > 0 || props.newer !== undefined;
  useEffect(() => {
    if (few) return;
    const end = (): void => {
      for (const sign of signs) removeEventListener(sign, go);
    };
    const go = (): void => {
      end();
      void load();
    };
    // On a large screen the places of pictures that did not come with the page are in sight.
    const place = root.current?.querySelector(".ahead > span")?.getBoundingClientRect();
    const isShort = place !== undefined && place.top < innerHeight * almost;
    if (inMiddle || isShort || scrollY > 0 || location.search.includes("at=")) go();
    else for (const sign of signs) addEventListener(sign, go, { passive: true });
    return end;
  }, [few, inMiddle, load, root]);
  return { windowed, load };
}

const never = () => () => {};
const nothing = (): undefined => undefined;

/** The months that came with the page, each with its tiles and the names of the days that begin in it. */
function drawnMonths({ days, dayNames, months }: TimelineProps, first: Tile[]) {
  const dayAt = new Map<number, number>();
  let at = 0;
  for (const [run, [, count]] of days.entries()) {
    dayAt.set(at, run);
    at += count;
  }
  let before = 0;
  return months.map(({ month, title, shown, ahead, aside }) => {
    const begin = before;
    before += shown;
    const tiles = first.slice(begin, before).map((tile, n) => {
      const run = dayAt.get(begin + n) ?? -1;
      return { tile, n: begin + n, day: days[run]?.[0], dayName: dayNames[run] };
    });
    return { month, title, tiles, ahead, aside };
  });
}

/** The whole library by months: its first screen from the server, the rest in a window that moves over it. */
export function Timeline(props: TimelineProps) {
  const { sheet, few, words, redrawn = few } = props;
  const router = useRouter();
  const root = useRef<HTMLDivElement>(null);
  const first = useMemo(() => unpackSheet(sheet), [sheet]);
  const { windowed, load } = useWindowed(root, props, first);
  const view = useSyncExternalStore(windowed?.subscribe ?? never, windowed?.view ?? nothing, nothing);
  const fresh = useFresh(root, timeline);
  const gone = useGone();

  useLive(
    props.since,
    useCallback(
      (changed: number[] | "all") => {
        // News of one picture that stays where it is.
        if (changed.length === 0) return;
        if (redrawn) router.refresh();
        else void load().then((opened) => opened.changed(changed));
      },
      [redrawn, load, router],
    ),
  );
  useEffect(() => {
    if (gone.size > 0) windowed?.changed("all");
  }, [windowed, gone]);

  const drawnFrom = useRef(sheet);
  useEffect(() => {
    if (drawnFrom.current === sheet) return;
    // The server has drawn the page anew: the window holds what was there before.
    drawnFrom.current = sheet;
    windowed?.changed("all");
  }, [windowed, sheet]);

  const isEmpty = view?.height === 0;
  useEffect(() => {
    // The last picture went: the page has something to say about that.
    if (isEmpty) router.refresh();
  }, [isEmpty, router]);

  const open = useCallback(
    (event: MouseEvent<HTMLAnchorElement>) => {
      if (selection()?.active() === true && (isPlainClick(event) || event.shiftKey)) {
        event.preventDefault();
        selection()?.choose(idOfPath(event.currentTarget.pathname), event.shiftKey);
        return;
      }
      if (!isPlainClick(event)) return;
      event.preventDefault();
      router.push(event.currentTarget.pathname + event.currentTarget.search, { scroll: false });
    },
    [router],
  );

  const shared = (tile: Tile) => ({
    list: timeline,
    tile: fresh.tiles.get(tile.id) ?? tile,
    failed: fresh.failed.has(tile.id),
    again: fresh.tiles.has(tile.id),
    words,
    open,
    report: fresh.report,
  });
  const visible = ({ tile }: { tile: Tile }): boolean => !gone.has(tile.id);

  if (few)
    return (
      <div ref={root}>
        <p className="sr-only">{props.total}</p>
        <ul aria-label={words.list} className="sheet sheet-few">
          {first
            .filter((tile) => visible({ tile }))
            .map((tile, n) => (
              <TileView key={tile.id} {...shared(tile)} eager first={n === 0} />
            ))}
        </ul>
      </div>
    );
  const isPlaced = view !== undefined && windowed !== undefined;
  return (
    <div className="timeline">
      <p className="sr-only">{(isPlaced && windowed.words().total) || props.total}</p>
      {/* The elements of the window are those the server has drawn: made anew, their pictures would blink. */}
      <div
        ref={root}
        className={isPlaced ? "months months-placed" : "months"}
        style={isPlaced ? { height: view.height } : undefined}
      >
        <div data-row="" className="row-probe" />
        {isPlaced ? (
          <MonthOver
            month={view.topMonth}
            title={windowed.monthName(view.topMonth)}
            day={view.topDay}
            beside={view.topBeside.map(({ month, x }) => ({ name: windowed.monthName(month), x }))}
          />
        ) : null}
        {isPlaced
          ? view.months.map(({ month, top, aside, origin, tiles, gaps }) => (
              <MonthSection
                key={month}
                month={month}
                title={windowed.monthName(month)}
                choose={windowed.words().chooseMonth}
                placed={{ top, ...aside }}
              >
                <ul key="tiles" aria-label={words.list} className="placed" style={{ top: top + origin }}>
                  {tiles.filter(visible).map(({ tile, day, plain, x, y, width, height }) => (
                    <TileView
                      key={tile.id}
                      {...shared(tile)}
                      eager
                      first={false}
                      x={x}
                      y={y}
                      width={width}
                      height={height}
                      plain={plain}
                      tab={view.tab === tile.id ? 0 : -1}
                      day={day}
                      dayName={day === undefined ? undefined : windowed.dayName(day)}
                    />
                  ))}
                </ul>
                {gaps.map((gap) => (
                  <div
                    key={gap.top}
                    className="gap"
                    style={{
                      top: top + origin + gap.top,
                      height: gap.height,
                      ...(aside === undefined
                        ? undefined
                        : { insetInline: `${aside.x}px auto`, width: aside.width }),
                    }}
                  />
                ))}
              </MonthSection>
            ))
          : drawnMonths(props, first).map(({ month, title, tiles, ahead, aside }) => (
              <MonthSection key={month} month={month} title={title} choose={words.choose} aside={aside}>
                <ul key="tiles" aria-label={words.list} className="sheet">
                  {tiles.filter(visible).map(({ tile, n, day, dayName }) => (
                    <TileView
                      key={tile.id}
                      {...shared(tile)}
                      eager={n < props.eager}
                      first={n === 0}
                      day={day}
                      dayName={dayName}
                    />
                  ))}
                  {ahead.length === 0 ? null : <PlacesAhead ratios={ahead} />}
                </ul>
              </MonthSection>
            ))}
      </div>
      {isPlaced ? <windowed.Scrubber {...windowed.scrubber} /> : <Links {...props} load={load} />}
    </div>
  );
}

/** What leads through the library without script, until there is some. */
function Links({ older, newer, years, words, load }: TimelineProps & { load: () => Promise<Windowed> }) {
  const jump = (event: MouseEvent<HTMLAnchorElement>, year: number): void => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    void load().then((opened) => opened.toYear(year));
  };
  return (
    <>
      {newer === undefined && older === undefined ? null : (
        <p className="links">
          {newer === undefined ? null : (
            <a href={newer} rel="prev">
              {words.newer}
            </a>
          )}
          {older === undefined ? null : (
            <a href={older} rel="next">
              {words.older}
            </a>
          )}
        </p>
      )}
      {years.length < 2 ? null : (
        <nav aria-label={words.years} className="years">
          {years.map(([year, top]) => (
            <a
              key={year}
              href={`/?at=${year}`}
              onClick={(event) => jump(event, year)}
              style={{ top: `${top / 10}%` }}
            >
              {year}
            </a>
          ))}
        </nav>
      )}
    </>
  );
}

"use client";
import { type CSSProperties, type MouseEvent, memo } from "react";
import type { Tile } from "#lib/contact-sheet.ts";
import { pictureHref } from "../href.ts";
import { marks, rowHeight, stretch } from "../layout-numbers.ts";
import { dateOf, dayText } from "../months.ts";
import { ChooseSpan } from "./month-section.tsx";
import { selection, useChosen } from "./selecting.ts";

export type TileWords = {
  public: string;
  unlisted: string;
  animated: string;
  unavailable: string;
  choose: string;
};

const nominal = 400;

type Report = (image: HTMLImageElement) => void;

/** A picture that is scrolled away before it has come is not waited for: others need the connection. */
const leave = (image: HTMLImageElement) => () => {
  if (!image.complete) image.srcset = "";
};

function Picture({
  tile,
  eager,
  first,
  report,
}: {
  tile: Tile;
  eager: boolean;
  first: boolean;
  report: Report;
}) {
  return (
    // Around a plain eager image React writes a copy of its addresses into the head, which is as far away as this is.
    <picture>
      {/* No `src`: whoever can show AVIF reads `srcset`, and another copy of an address would double what lists weigh. */}
      <img
        alt={tile.label}
        width={Math.round(tile.ratio * nominal)}
        height={nominal}
        sizes={`min(100vw,${(tile.ratio * stretch).toFixed(2)}*${rowHeight})`}
        srcSet={tile.sources.map(({ url, width }) => `${url} ${width}w`).join(",")}
        decoding="async"
        loading={eager ? undefined : "lazy"}
        fetchPriority={first ? "high" : undefined}
        onError={(event) => report(event.currentTarget)}
        ref={leave}
      />
    </picture>
  );
}

const glyphs = {
  public: "M8 1.5a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM1.5 8h13M8 1.5c4 4 4 9 0 13-4-4-4-9 0-13z",
  unlisted:
    "M6.5 9.5l3-3M7 4.5l1.5-1.5a3.2 3.2 0 014.5 4.5L11.500 9M9 11.500L7.500 13A3.200 3.200 0 013 8.500L4.500 7",
  animated: "M5 3.500v9l7.500-4.500z",
};

/** Said in the label as well, in words. */
const lengthOf = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${(seconds % 60).toString().padStart(2, "0")}`;

function Marks({ mark, words }: { mark: number; words: TileWords }) {
  const shown = (["animated", "unlisted", "public"] as const).filter((name) => (mark & marks[name]) !== 0);
  return (
    <span className="pointer-events-none absolute end-1.5 bottom-1.5 flex gap-1">
      {(mark & marks.video) === 0 ? null : (
        <span aria-hidden="true" className="rounded-full bg-page/85 px-1.5 text-xs/5.5 text-ink tabular-nums">
          ▶ {lengthOf(Math.floor(mark / marks.second))}
        </span>
      )}
      {shown.map((name) => (
        <span key={name} className="rounded-full bg-page/85 p-1 text-ink">
          <svg viewBox="0 0 16 16" className="size-3.5" role="img" aria-label={words[name]}>
            <path
              d={glyphs[name]}
              fill="none"
              stroke="currentColor"
              strokeWidth="1.4"
              strokeLinejoin="round"
            />
          </svg>
        </span>
      ))}
    </span>
  );
}

/** Chooses the picture without opening it; there is none until somebody keeps what is chosen. */
function Choose({ tile, tab, words }: { tile: Tile; tab: number | undefined; words: TileWords }) {
  const chosen = useChosen(tile.id);
  if (chosen === undefined) return null;
  return (
    <input
      type="checkbox"
      checked={chosen}
      tabIndex={tab}
      aria-label={`${words.choose}: ${tile.label}`}
      onChange={({ nativeEvent }) =>
        selection()?.choose(tile.id, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)
      }
      className="choose"
    />
  );
}

/** Small, on the first picture of each day. */
function DayLabel({ day, name, words }: { day: number; name: string; words: TileWords }) {
  return (
    <span className="day">
      <ChooseSpan span={dayText(day)} label={`${words.choose}: ${name}`} />
      <span aria-hidden="true" data-date={dateOf(name)}>
        {name}
      </span>
    </span>
  );
}

const placeOf = (ratio: number): CSSProperties => ({ ["--ratio" as string]: ratio });

/** The places of pictures that are on their way, so that nothing moves when they come. Without script none come. */
export function PlacesAhead({ ratios }: { ratios: number[] }) {
  return (
    <li aria-hidden="true" className="ahead">
      {ratios.map((ratio, n) => (
        // A place has nothing else to be told apart by.
        <span key={n.toString()} style={placeOf(ratio)} />
      ))}
    </li>
  );
}

/** A link to the picture, in the place that is kept for it from the first paint. */
export const TileView = memo(function TileView({
  list,
  tile,
  eager,
  first,
  failed,
  again,
  words,
  open,
  report,
  x,
  y,
  width,
  height,
  plain = false,
  tab,
  day,
  dayName,
}: {
  /** The list the picture is seen in, as `openList` knows it. */
  list: string;
  tile: Tile;
  /** In the rows that are on the screen at first. */
  eager: boolean;
  /** The one picture the page is waiting for. */
  first: boolean;
  failed: boolean;
  /** The second try, with fresh addresses. They may be the same ones: only a new element loads them again. */
  again: boolean;
  words: TileWords;
  open: (event: MouseEvent<HTMLAnchorElement>) => void;
  report: Report;
  /** Where it stands, when the list places its tiles itself; x from the side where reading begins. */
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  /** Colour only. */
  plain?: boolean;
  /** -1 where arrow keys lead from tile to tile and one of them alone is a stop of Tab. */
  tab?: number | undefined;
  /** The day that begins with it, in days since 1970, and what it is called. */
  day?: number | undefined;
  dayName?: string | undefined;
}) {
  const backgroundColor = `#${tile.color.toString(16).padStart(6, "0")}`;
  return (
    <li
      className="tile"
      style={
        x === undefined || y === undefined
          ? { ...placeOf(tile.ratio), backgroundColor }
          : {
              transform: `translate(calc(var(--way) * ${x}px), ${y}px)`,
              width,
              height,
              backgroundColor,
            }
      }
    >
      <a
        href={pictureHref(tile.id, list)}
        onClick={open}
        tabIndex={tab}
        aria-label={plain ? tile.label : undefined}
      >
        {plain ? null : failed ? (
          <span className="flex size-full flex-col items-center justify-center gap-1 overflow-hidden bg-raised p-2 text-center text-xs text-muted">
            <span className="line-clamp-2 text-ink">{tile.label}</span>
            {words.unavailable}
          </span>
        ) : (
          <Picture key={again ? "again" : "first"} tile={tile} eager={eager} first={first} report={report} />
        )}
        {tile.mark === 0 ? null : <Marks mark={tile.mark} words={words} />}
      </a>
      {day === undefined || dayName === undefined ? null : (
        <DayLabel day={day} name={dayName} words={words} />
      )}
      <Choose tile={tile} tab={tab} words={words} />
    </li>
  );
});

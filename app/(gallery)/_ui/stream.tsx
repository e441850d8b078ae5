"use client";
import { useRouter } from "next/navigation";
import { type MouseEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Sheet, type Tile, unpackSheet } from "#lib/contact-sheet.ts";
import { idOfPath, timeline } from "../href.ts";
import { selection, showList } from "./selecting.ts";
import { PlacesAhead, TileView, type TileWords } from "./tile.tsx";
import { useFaces } from "./use-faces.ts";
import { useFresh } from "./use-fresh.ts";
import { useGone } from "./use-gone.ts";
import { useMoves } from "./use-moves.ts";
import { useReturn } from "./use-return.ts";

export type StreamWords = TileWords & {
  list: string;
  older: string;
  loading: string;
  loaded: string;
  end: string;
  loadFailed: string;
  tryAgain: string;
};

type More = { sheet: Sheet; next?: string };

async function fetchMore(list: string, cursor: string): Promise<More> {
  const answer = await fetch(`/more?${new URLSearchParams({ list, after: cursor }).toString()}`, {
    headers: { accept: "application/json" },
  });
  if (!answer.ok) throw new Error(`Expected older pictures, got ${answer.status}`);
  return answer.json();
}

/** What was loaded after the first page, and how to go on. */
function useOlder(list: string, cursor: string | undefined) {
  const [tiles, setTiles] = useState<Tile[]>([]);
  const [next, setNext] = useState(cursor);
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  const busy = useRef(false);
  const load = useCallback(async () => {
    if (next === undefined || busy.current) return;
    busy.current = true;
    setState("loading");
    try {
      const more = await fetchMore(list, next);
      setTiles((before) => [...before, ...unpackSheet(more.sheet)]);
      setNext(more.next);
      setState("idle");
    } catch {
      // Whatever failed, the person sees it and can try again; nothing else hangs on it.
      setState("failed");
    } finally {
      busy.current = false;
    }
  }, [list, next]);
  return { tiles, next, state, load };
}

const isPlainClick = (event: MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/** The pictures of the first page and, once there is script, all older ones as the reader comes near them. */
export function Stream({
  list: name = timeline,
  path = "/",
  sheet,
  next: firstNext,
  ahead,
  eager,
  few,
  words,
}: {
  /** As `openList` knows it. */
  list?: string;
  /** Where the list's page is, with its query if it has one; the cursor of older pictures is added. */
  path?: string;
  sheet: Sheet;
  next?: string;
  /** The ratios of those that come first after `next`. */
  ahead: number[];
  /** How many are on the screen at first. */
  eager: number;
  few: boolean;
  words: StreamWords;
}) {
  const router = useRouter();
  const list = useRef<HTMLUListElement>(null);
  const sentinel = useRef<HTMLDivElement>(null);
  const first = useMemo(() => unpackSheet(sheet), [sheet]);
  const older = useOlder(name, firstNext);
  const { load, state } = older;
  const gone = useGone();
  const arranged = useMoves(first);
  const fresh = useFresh(list, name);
  const faced = useFaces(first);

  useEffect(() => {
    // The end of the pictures: places that are kept free for more are no pictures yet.
    const end = list.current?.querySelector(".ahead > span") ?? sentinel.current;
    if (end === null || state === "failed") return;
    // Two screens ahead: the next pictures are there before the reader is.
    const near = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void load();
      },
      { rootMargin: "0px 0px 200% 0px" },
    );
    near.observe(end);
    return () => near.disconnect();
  }, [load, state]);

  const found = useMemo(() => {
    const seen = new Set<string>(gone);
    // A picture removed from the first page moves one up that an older page already brought.
    return [...first, ...older.tiles].filter(({ id }) => !seen.has(id) && seen.add(id));
  }, [first, older.tiles, gone]);
  const tiles = useMemo(() => arranged(found), [arranged, found]);
  const ids = useMemo(() => tiles.map(({ id }) => id), [tiles]);
  useReturn(list, { ids, hasMore: older.next !== undefined, state, load });

  useEffect(
    () =>
      showList({
        list: name,
        between: (from, to) => {
          const [a, b] = [ids.indexOf(from), ids.indexOf(to)];
          return a === -1 || b === -1 ? undefined : ids.slice(Math.min(a, b), Math.max(a, b) + 1);
        },
        rankOf: () => undefined,
        dayOf: () => undefined,
        monthOf: () => undefined,
      }),
    [name, ids],
  );

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

  return (
    <>
      <ul ref={list} aria-label={words.list} className={few ? "sheet sheet-few" : "sheet"}>
        {tiles.map((tile, n) => (
          <TileView
            key={tile.id}
            list={name}
            tile={faced(fresh.tiles.get(tile.id) ?? tile)}
            failed={fresh.failed.has(tile.id)}
            again={fresh.tiles.has(tile.id)}
            eager={n < eager}
            first={n === 0}
            words={words}
            open={open}
            report={fresh.report}
          />
        ))}
        {older.tiles.length > 0 || ahead.length === 0 ? null : <PlacesAhead ratios={ahead} />}
      </ul>
      <div
        ref={sentinel}
        className="flex min-h-16 flex-wrap items-center justify-center gap-3 py-6 text-sm text-muted"
      >
        <p role="status" className={state === "failed" ? undefined : "sr-only"}>
          {state === "failed"
            ? words.loadFailed
            : state === "loading"
              ? words.loading
              : older.tiles.length === 0
                ? ""
                : older.next === undefined
                  ? words.end
                  : words.loaded}
        </p>
        {state === "failed" ? (
          <button
            type="button"
            onClick={() => void load()}
            className="min-h-10 rounded-md border border-line bg-surface px-4 font-medium text-ink hover:bg-raised"
          >
            {words.tryAgain}
          </button>
        ) : older.next === undefined ? null : (
          <a
            href={`${path}${path.includes("?") ? "&" : "?"}after=${older.next}`}
            rel="next"
            className="inline-flex min-h-10 items-center rounded-md px-4 font-medium text-ink hover:bg-raised"
          >
            {words.older}
          </a>
        )}
      </div>
    </>
  );
}

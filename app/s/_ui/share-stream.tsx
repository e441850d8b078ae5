"use client";
import Link from "next/link";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "#app/_ui/button.tsx";
import { rowHeight, stretch } from "#app/(gallery)/layout-numbers.ts";
import { type Sheet, type Tile, unpackSheet } from "#lib/contact-sheet.ts";
import { w } from "#lib/words/share.ts";
import { refusedBy, sharedHref } from "./place.ts";

type More = { sheet: Sheet; next?: string };

async function ask(path: string, query: Record<string, string>): Promise<More> {
  const answer = await fetch(`${path}/more?${new URLSearchParams(query).toString()}`);
  if (!answer.ok) {
    refusedBy(answer.status);
    throw new Error(`Expected pictures of the share, got ${answer.status}`);
  }
  return answer.json();
}

/** Those that did not load get a fresh address once, many with one question. */
function useFresh(path: string, within: Record<string, string>) {
  const [fresh, setFresh] = useState<ReadonlyMap<string, Tile | undefined>>(new Map());
  const waiting = useRef(new Set<string>());
  const asked = useRef(new Set<string>());
  const report = useCallback(
    (id: string) => {
      if (asked.current.has(id)) {
        setFresh((before) => new Map([...before, [id, undefined]]));
        return;
      }
      asked.current.add(id);
      if (waiting.current.add(id).size > 1) return;
      setTimeout(async () => {
        const ids = [...waiting.current].slice(0, 50);
        waiting.current.clear();
        const found = await ask(path, { ...within, ids: ids.join(",") }).then(
          ({ sheet }) => unpackSheet(sheet),
          (): Tile[] => [],
        );
        setFresh(
          (before) =>
            new Map([...before, ...ids.map((id) => [id, found.find((one) => one.id === id)] as const)]),
        );
      }, 50);
    },
    [path, within],
  );
  return { fresh, report };
}

function Picture({ tile, first, report }: { tile: Tile; first: boolean; report: (id: string) => void }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    // It may have failed before there was script to hear it.
    const { current } = image;
    if (current?.complete && current.naturalWidth === 0 && current.currentSrc !== "") report(tile.id);
  }, [tile.id, report]);
  return (
    <img
      ref={image}
      alt={tile.label}
      width={Math.round(tile.ratio * 400)}
      height={400}
      sizes={`min(100vw,${(tile.ratio * stretch).toFixed(2)}*${rowHeight})`}
      srcSet={tile.sources.map(({ url, width }) => `${url} ${width}w`).join(",")}
      decoding="async"
      loading={first ? undefined : "lazy"}
      onError={() => report(tile.id)}
    />
  );
}

/** The pictures of a share, and, once there is script, all further ones as the reader comes near them. */
export function ShareStream({
  path,
  album,
  sheet,
  next: firstNext,
  eager,
  few,
}: {
  /** Where the share's pages are. */
  path: string;
  /** The album that is looked at, by its name in the share; "" for the share itself. */
  album: string;
  sheet: Sheet;
  next: string | undefined;
  eager: number;
  few: boolean;
}) {
  const within = useMemo((): Record<string, string> => (album === "" ? {} : { in: album }), [album]);
  const first = useMemo(() => unpackSheet(sheet), [sheet]);
  const [later, setLater] = useState<Tile[]>([]);
  const [next, setNext] = useState(firstNext);
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  const end = useRef<HTMLDivElement>(null);
  const busy = useRef(false);
  const { fresh, report } = useFresh(path, within);

  const load = useCallback(async () => {
    if (next === undefined || busy.current) return;
    busy.current = true;
    setState("loading");
    try {
      const more = await ask(path, { ...within, after: next });
      setLater((before) => [...before, ...unpackSheet(more.sheet)]);
      setNext(more.next);
      setState("idle");
    } catch {
      // Whatever failed, the person sees it and can try again.
      setState("failed");
    } finally {
      busy.current = false;
    }
  }, [path, within, next]);

  useEffect(() => {
    if (end.current === null || state === "failed") return;
    const near = new IntersectionObserver(([entry]) => entry?.isIntersecting && void load(), {
      rootMargin: "0px 0px 200% 0px",
    });
    near.observe(end.current);
    return () => near.disconnect();
  }, [load, state]);

  const said =
    state === "failed"
      ? w("loadFailed")
      : state === "loading"
        ? w("loading")
        : later.length === 0
          ? ""
          : w(next === undefined ? "end" : "loaded");
  const tiles = useMemo(
    () => [...new Map([...first, ...later].map((tile) => [tile.id, tile])).values()],
    [first, later],
  );
  return (
    <>
      <ul aria-label={w("list")} className={few ? "sheet sheet-few" : "sheet"}>
        {tiles.map((tile, n) => {
          const isGone = fresh.has(tile.id) && fresh.get(tile.id) === undefined;
          const shown = fresh.get(tile.id) ?? tile;
          return (
            <li
              key={tile.id}
              className="tile"
              style={{
                ["--ratio" as string]: tile.ratio,
                backgroundColor: `#${tile.color.toString(16).padStart(6, "0")}`,
              }}
            >
              <Link
                href={sharedHref(path, tile.id, album)}
                prefetch={false}
                className="block size-full -outline-offset-2"
              >
                {isGone ? (
                  <span className="flex size-full items-center justify-center bg-raised p-2 text-center text-xs text-muted">
                    {w("unavailable")}
                  </span>
                ) : (
                  <Picture
                    key={shown === tile ? "first" : "again"}
                    tile={shown}
                    first={n < eager}
                    report={report}
                  />
                )}
              </Link>
            </li>
          );
        })}
      </ul>
      <div
        ref={end}
        className="flex min-h-16 flex-wrap items-center justify-center gap-3 py-6 text-sm text-muted"
      >
        <p role="status" className={state === "failed" ? undefined : "sr-only"}>
          {said}
        </p>
        {state === "failed" ? (
          <Button type="button" onClick={() => void load()}>
            {w("tryAgain")}
          </Button>
        ) : next === undefined ? null : (
          <a
            href={`?after=${next}`}
            rel="next"
            className="inline-flex min-h-10 items-center rounded-md px-4 font-medium text-ink hover:bg-raised"
          >
            {w("more")}
          </a>
        )}
      </div>
    </>
  );
}

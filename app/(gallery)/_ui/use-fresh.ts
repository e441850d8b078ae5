"use client";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { type Sheet, type Tile, unpackSheet } from "#lib/contact-sheet.ts";
import { idOfPath } from "../href.ts";

/** How many ids one question may carry. */
const askedMax = 50;
/** Pictures of one screen fail together; one question serves them all. */
const gatherMs = 50;

const idOf = (image: HTMLImageElement): string | undefined => {
  const path = image.closest("a")?.pathname;
  return path === undefined ? undefined : idOfPath(path);
};

async function fetchFresh(list: string, ids: string[]): Promise<Tile[]> {
  const answer = await fetch(`/more?${new URLSearchParams({ list, ids: ids.join(",") }).toString()}`, {
    headers: { accept: "application/json" },
  });
  if (!answer.ok) return [];
  const { sheet }: { sheet: Sheet } = await answer.json();
  return unpackSheet(sheet);
}

/**
 * in a tab left open the signed addresses run out. A picture that does not load gets a fresh address once; when
 * that fails as well, or there is none any more, it is `failed`.
 */
export function useFresh(list: RefObject<HTMLElement | null>, name: string) {
  const [tiles, setTiles] = useState<ReadonlyMap<string, Tile>>(new Map());
  const [failed, setFailed] = useState<ReadonlySet<string>>(new Set());
  const asked = useRef(new Set<string>());
  const waiting = useRef(new Set<string>());

  const ask = useCallback(async () => {
    const ids = [...waiting.current].slice(0, askedMax);
    for (const id of ids) waiting.current.delete(id);
    if (waiting.current.size > 0) setTimeout(ask, gatherMs);
    // No connection is answered like no address: the placeholder says so.
    const found = await fetchFresh(name, ids).catch((): Tile[] => []);
    setTiles((before) => new Map([...before, ...found.map((tile) => [tile.id, tile] as const)]));
    const missing = ids.filter((id) => !found.some((tile) => tile.id === id));
    if (missing.length > 0) setFailed((before) => new Set([...before, ...missing]));
  }, [name]);

  const report = useCallback(
    (image: HTMLImageElement) => {
      const id = idOf(image);
      if (id === undefined) return;
      if (asked.current.has(id)) {
        setFailed((before) => new Set([...before, id]));
        return;
      }
      asked.current.add(id);
      waiting.current.add(id);
      if (waiting.current.size === 1) setTimeout(ask, gatherMs);
    },
    [ask],
  );

  useEffect(() => {
    // Those that failed before there was script to hear it.
    for (const image of list.current?.querySelectorAll("img") ?? [])
      if (image.complete && image.naturalWidth === 0 && image.currentSrc !== "") report(image);
  }, [list, report]);

  return { tiles, failed, report };
}

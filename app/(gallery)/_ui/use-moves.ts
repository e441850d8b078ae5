"use client";
import { useCallback, useEffect, useState } from "react";
import type { Tile } from "#lib/contact-sheet.ts";

/** Pictures were put right before or after another one. */
export type Move = { ids: string[]; target: string; after: boolean };

const moved = "tintype:moved";

/** Tells lists on the same page, so that they need not be loaded again. */
export const announceMove = (move: Move): void => {
  window.dispatchEvent(new CustomEvent(moved, { detail: move }));
};

function withMove(tiles: Tile[], { ids, target, after }: Move): Tile[] {
  const going = new Set(ids);
  const rest = tiles.filter(({ id }) => !going.has(id));
  const at = rest.findIndex(({ id }) => id === target);
  if (at === -1) return tiles;
  const place = at + (after ? 1 : 0);
  return [...rest.slice(0, place), ...tiles.filter(({ id }) => going.has(id)), ...rest.slice(place)];
}

/** The order of the list after what was moved since it was loaded. `loaded` is a new object when it was read anew. */
export function useMoves(loaded: unknown): (tiles: Tile[]) => Tile[] {
  const [kept, setKept] = useState<{ of: unknown; moves: Move[] }>({ of: loaded, moves: [] });
  // What was read anew has the order already.
  if (kept.of !== loaded) setKept({ of: loaded, moves: [] });
  useEffect(() => {
    const hear = (event: Event): void => {
      if (event instanceof CustomEvent)
        setKept((before) => ({ ...before, moves: [...before.moves, event.detail] }));
    };
    window.addEventListener(moved, hear);
    return () => window.removeEventListener(moved, hear);
  }, []);
  return useCallback((tiles) => kept.moves.reduce(withMove, tiles), [kept.moves]);
}

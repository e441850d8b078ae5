"use client";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Walk } from "../load.ts";
import { askPlace, NotThere, usePlace } from "./place.ts";
import { joined, renewed, without } from "./walk.ts";

/** So many pictures before an end is reached, what lies beyond it is asked for. */
const near = 6;

type Side = "before" | "after";

/** The pictures of the list around the one that is shown; it grows at both ends before one gets there. */
export function useWalk(opened: Walk, openedId: string, list: string) {
  const place = usePlace();
  const [walk, setWalk] = useState(opened);
  const [id, setId] = useState(openedId);
  /** What could not be loaded is asked for again at the next step. */
  const [stuck, setStuck] = useState(false);
  const asking = useRef(new Set<Side>());
  const shown = useRef(id);
  shown.current = id;

  const grow = useCallback(
    async (side: Side, from: string): Promise<void> => {
      if (asking.current.has(side)) return;
      asking.current.add(side);
      try {
        const found = await askPlace<Walk>(place, place.around(from, list, side));
        setWalk((before) => joined(before, found, side));
        setStuck(false);
      } catch (error) {
        // The picture at the end was removed meanwhile: the one before it leads on.
        if (error instanceof NotThere && from !== shown.current) setWalk((before) => without(before, from));
        // Whatever failed, the picture that is shown stays, and the next step asks again.
        else setStuck(true);
      } finally {
        asking.current.delete(side);
      }
    },
    [list, place],
  );

  const at = walk.slides.findIndex((slide) => slide.id === id);
  useEffect(() => {
    if (at === -1) return;
    const first = walk.slides.at(0);
    const last = walk.slides.at(-1);
    if (!walk.first && first && at < near) void grow("before", first.id);
    if (!walk.last && last && walk.slides.length - at <= near) void grow("after", last.id);
  }, [at, walk, grow]);

  /** Fresh addresses for the pictures around this one. False: there are none. */
  const renew = useCallback(
    async (of: string): Promise<boolean> => {
      try {
        const found = await askPlace<Walk>(place, place.around(of, list));
        setWalk((before) => renewed(before, found.slides));
        return found.slides.some((slide) => slide.id === of);
      } catch {
        return false;
      }
    },
    [list, place],
  );

  return { walk, setWalk, id, setId, at, slide: walk.slides[at], stuck, renew };
}

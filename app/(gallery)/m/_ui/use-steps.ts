"use client";
import { useCallback, useEffect, useRef } from "react";
import { w } from "#lib/words/lightbox.ts";
import type { Told } from "./toast.tsx";
import type { useWalk } from "./use-walk.ts";

/** From one picture to another, and to the ones beside it. At the ends it says so. */
export function useSteps(
  { walk, at, setId, stuck }: ReturnType<typeof useWalk>,
  {
    tell,
    say,
  }: {
    tell: (told: Told | undefined | ((before: Told | undefined) => Told | undefined)) => void;
    say: (text: string) => void;
  },
) {
  /** A step towards pictures that are still on their way; taken when they are there. */
  const waiting = useRef<1 | -1>(undefined);
  const goTo = useCallback(
    (wanted: string) => {
      waiting.current = undefined;
      setId(wanted);
      tell((before) => (before?.undo === undefined ? undefined : before));
    },
    [setId, tell],
  );
  useEffect(() => {
    const target = waiting.current && walk.slides[at + waiting.current];
    if (target) goTo(target.id);
  }, [walk, at, goTo]);
  const step = (by: 1 | -1): boolean => {
    const target = walk.slides[at + by];
    if (target !== undefined) {
      goTo(target.id);
      return true;
    }
    const isEnd = by === 1 ? walk.last : walk.first;
    waiting.current = isEnd ? undefined : by;
    say(w(isEnd ? (by === 1 ? "lastPicture" : "firstPicture") : stuck ? "stuck" : "loading"));
    if (!isEnd && stuck) tell({ text: w("stuck"), bad: true });
    return false;
  };

  return { goTo, step };
}

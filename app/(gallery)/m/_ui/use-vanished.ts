"use client";
import { type Dispatch, type SetStateAction, useCallback, useEffect, useRef, useState } from "react";
import { w } from "#lib/words/lightbox.ts";
import { useLive } from "../../_ui/live.ts";
import { announceGone } from "../../_ui/use-gone.ts";
import { timeline } from "../../href.ts";
import type { Details } from "../details.ts";
import type { Walk } from "../load.ts";
import { askPlace, NotThere, usePlace } from "./place.ts";
import type { Told } from "./toast.tsx";
import { besides, without } from "./walk.ts";

/** News come in batches; a picture is asked about once for all that come together. */
const gatherMs = 300;

type Held = {
  walk: Walk;
  setWalk: Dispatch<SetStateAction<Walk>>;
  id: string;
  setId: (id: string) => void;
  list: string;
  /** When the server read it; unknown where it tells of nothing. */
  since: number | undefined;
  tell: (told: Told) => void;
  /** Somebody has typed something about the picture that is shown. */
  typed: () => boolean;
  known: (id: string) => Details | undefined;
  put: (details: Details) => void;
};

/** What was removed or hidden elsewhere (another tab, another person) makes way for the picture beside it, and that is said. */
export function useVanished(held: Held) {
  const place = usePlace();
  const latest = useRef(held);
  latest.current = held;

  /** Gone, and still shown, because what somebody typed about it would go with it. */
  const [kept, hold] = useState<string>();

  const vanish = useCallback((gone: string): void => {
    const { walk, setWalk, id, setId, list, tell, typed } = latest.current;
    if (id === gone && typed()) {
      hold(gone);
      return;
    }
    const next = besides(walk, gone);
    setWalk((before) => without(before, gone));
    // The timeline hears of it by itself, also when it comes back.
    if (list !== timeline) announceGone(gone, true);
    if (id !== gone) return;
    if (next !== undefined) setId(next.id);
    tell({ text: w(next === undefined ? "vanished" : "vanishedNext") });
  }, []);

  /** Whether it is gone; then it has made way. Without an answer it stays. */
  const isGone = useCallback(
    async (id: string): Promise<boolean> => {
      try {
        const before = latest.current.known(id);
        const details = await askPlace<Details>(place, place.details(id, latest.current.list));
        // What was written here meanwhile is younger than this answer.
        if (latest.current.known(id) === before) latest.current.put(details);
      } catch (error) {
        if (error instanceof NotThere && latest.current.walk.slides.some((slide) => slide.id === id))
          vanish(id);
        return error instanceof NotThere;
      }
      hold((before) => (before === id ? undefined : before));
      return false;
    },
    [place, vanish],
  );

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const look = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void isGone(latest.current.id), gatherMs);
  }, [isGone]);
  useLive(held.since, look, place.live);
  useEffect(() => {
    if (!place.live) return;
    // Back from another tab, where somebody may have done something: a hidden tab is told nothing, and a change of tags
    // or albums belongs to no month that could be asked about.
    const back = (): void => {
      if (!document.hidden) look();
    };
    document.addEventListener("visibilitychange", back);
    return () => document.removeEventListener("visibilitychange", back);
  }, [look, place.live]);

  // Whoever goes on lets it go.
  const isLeft = kept !== undefined && kept !== held.id;
  useEffect(() => {
    if (!isLeft || kept === undefined) return;
    hold(undefined);
    vanish(kept);
  }, [isLeft, kept, vanish]);
  return { vanish, isGone, isHeld: kept === held.id };
}

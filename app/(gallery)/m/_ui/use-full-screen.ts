"use client";
import { type RefObject, useCallback, useEffect, useState } from "react";

/** The view over the whole screen. Not the dialog around it, which no browser enlarges. `refused` is told when it was not allowed. */
export function useFullScreen(view: RefObject<HTMLElement | null>, refused: () => void) {
  const [full, setFull] = useState(false);
  /** Telephones that enlarge only videos, and frames that may not, say so; some do not know the word. */
  const [can, setCan] = useState(true);
  useEffect(() => {
    const look = (): void => setFull(document.fullscreenElement !== null);
    setCan(document.fullscreenEnabled === true);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  const toggle = useCallback(() => {
    const change =
      document.fullscreenElement === null ? view.current?.requestFullscreen() : document.exitFullscreen();
    change?.catch(refused);
  }, [view, refused]);
  return { full, can, toggle };
}

"use client";
import { type RefObject, useCallback, useEffect, useState } from "react";

/** The view over the whole screen. Not the dialog around it, which no browser enlarges. */
export function useFullScreen(view: RefObject<HTMLElement | null>) {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const look = (): void => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  const toggle = useCallback(() => {
    const change =
      document.fullscreenElement === null ? view.current?.requestFullscreen() : document.exitFullscreen();
    // Refused where the device has none: everything else goes on.
    change?.catch(() => undefined);
  }, [view]);
  return { full, toggle };
}

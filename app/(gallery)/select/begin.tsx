"use client";
import { type ComponentType, useEffect, useState } from "react";
import type { Visibility } from "#lib/media.ts";

type Bar = ComponentType<{ visibilities: readonly Visibility[]; mayChange: boolean }>;

/** The first sign that somebody is there: a pointer, a finger or a key. */
const signs = ["pointerover", "touchstart", "keydown"] as const;

/** Loads what selecting takes when somebody is there to select; until then a page pays for nothing but this. */
export function Begin(given: { visibilities: readonly Visibility[]; mayChange: boolean }) {
  const [Bar, setBar] = useState<Bar>();
  useEffect(() => {
    const stop = new AbortController();
    const begin = (first: Event): void => {
      // The touch itself follows, and is the one that a long press begins with.
      if (first instanceof PointerEvent && first.pointerType === "touch") return;
      stop.abort();
      let isOver = false;
      document.addEventListener("touchend", () => {
        isOver = true;
      });
      void import("./bar.tsx").then((loaded) => {
        loaded.begin(isOver ? undefined : first);
        setBar(() => loaded.SelectionBar);
      });
    };
    for (const sign of signs) document.addEventListener(sign, begin, { signal: stop.signal, passive: true });
    return () => stop.abort();
  }, []);
  return Bar === undefined ? null : <Bar {...given} />;
}

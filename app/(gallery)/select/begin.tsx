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
    let loading = false;
    // What is pressed while it loads is not lost, unless it is over by then.
    let latest: Event | undefined;
    const begin = (sign: Event): void => {
      // The touch itself follows, and is the one that a long press begins with.
      if (sign instanceof PointerEvent && sign.pointerType === "touch") return;
      latest = sign;
      if (loading) return;
      loading = true;
      void import("./bar.tsx").then((loaded) => {
        stop.abort();
        loaded.begin(latest);
        setBar(() => loaded.SelectionBar);
      });
    };
    document.addEventListener(
      "touchend",
      () => {
        latest = undefined;
      },
      { signal: stop.signal },
    );
    for (const sign of signs) document.addEventListener(sign, begin, { signal: stop.signal, passive: true });
    return () => stop.abort();
  }, []);
  return Bar === undefined ? null : <Bar {...given} />;
}

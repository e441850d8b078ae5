"use client";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { w } from "#lib/words/lightbox.ts";
import type { Slide } from "../slide.ts";
import { shortcutsOf } from "./keys.ts";
import { usePlace } from "./place.ts";

const isPlain = (event: React.MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/** The ways to the pictures before and after this one: links without script, steps with it. */
export function Beside({
  previous,
  next,
  list,
  rtl,
  step,
}: {
  previous: Slide | undefined;
  next: Slide | undefined;
  list: string;
  rtl: boolean;
  step: (by: 1 | -1) => void;
}) {
  const place = usePlace();
  const link = (rel: "prev" | "next", slide: Slide | undefined) => {
    if (slide === undefined) return null;
    const Icon = rel === "prev" ? ChevronLeft : ChevronRight;
    return (
      <a
        href={place.picture(slide.id, list)}
        rel={rel}
        aria-label={w(rel === "prev" ? "previous" : "next")}
        aria-keyshortcuts={shortcutsOf(rel === "prev" ? "previous" : "next", rtl)}
        onClick={(event) => {
          if (!isPlain(event)) return;
          event.preventDefault();
          step(rel === "prev" ? -1 : 1);
        }}
        className={`tool absolute top-1/2 z-10 inline-flex size-11 -translate-y-1/2 items-center justify-center rounded-full border border-line bg-surface/90 text-ink hover:bg-raised ${rel === "prev" ? "start-3" : "end-3"}`}
      >
        <Icon aria-hidden className="size-5 rtl:-scale-x-100" />
      </a>
    );
  };
  return (
    <>
      {link("prev", previous)}
      {link("next", next)}
    </>
  );
}

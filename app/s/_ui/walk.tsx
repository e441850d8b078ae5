"use client";
import { ChevronLeft, ChevronRight, Pause, Play } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { w } from "#lib/words/share.ts";

const secondsEach = 5;
const swipeMin = 50;
const look =
  "inline-flex min-h-11 min-w-11 items-center justify-center gap-2 rounded-full border border-line bg-surface px-3 text-sm font-medium text-ink hover:bg-raised";

/** Steps to the pictures beside this one: by links, by arrow keys, by a swipe, or by itself as a slideshow. */
export function Walk({
  previous,
  next,
  all,
  playing,
}: {
  /** Addresses; `undefined` at an end of the list. */
  previous: string | undefined;
  next: string | undefined;
  all: string;
  playing: boolean;
}) {
  const router = useRouter();
  const began = useRef<{ x: number; y: number } | undefined>(undefined);
  useEffect(() => {
    const go = (to: string | undefined): void => {
      if (to !== undefined) router.replace(to);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement) return;
      const back = document.documentElement.dir === "rtl";
      if (event.key === "ArrowRight") go(back ? previous : next);
      else if (event.key === "ArrowLeft") go(back ? next : previous);
      else if (event.key === "Escape") router.push(all);
    };
    const onDown = (event: PointerEvent): void => {
      began.current = event.pointerType === "touch" ? { x: event.clientX, y: event.clientY } : undefined;
    };
    const onUp = (event: PointerEvent): void => {
      const from = began.current;
      began.current = undefined;
      if (from === undefined || (window.visualViewport?.scale ?? 1) > 1) return;
      const x = event.clientX - from.x;
      if (Math.abs(x) < swipeMin || Math.abs(x) < 2 * Math.abs(event.clientY - from.y)) return;
      go(x < 0 ? next : previous);
    };
    addEventListener("keydown", onKey);
    addEventListener("pointerdown", onDown);
    addEventListener("pointerup", onUp);
    return () => {
      removeEventListener("keydown", onKey);
      removeEventListener("pointerdown", onDown);
      removeEventListener("pointerup", onUp);
    };
  }, [router, previous, next, all]);
  useEffect(() => {
    if (!playing || next === undefined) return;
    router.prefetch(`${next}?play=1`);
    const timer = setTimeout(() => router.replace(`${next}?play=1`), secondsEach * 1000);
    return () => clearTimeout(timer);
  }, [router, playing, next]);
  return (
    <nav aria-label={w("list")} className="flex flex-wrap items-center justify-center gap-2 p-3">
      {previous === undefined ? null : (
        <Link href={previous} replace rel="prev" aria-label={w("previous")} className={look}>
          <ChevronLeft aria-hidden className="size-5 rtl:-scale-x-100" />
        </Link>
      )}
      {next === undefined ? null : (
        <Link href={playing ? "?" : "?play=1"} replace scroll={false} className={look}>
          {playing ? <Pause aria-hidden className="size-4" /> : <Play aria-hidden className="size-4" />}
          {w(playing ? "stop" : "play")}
        </Link>
      )}
      <Link href={all} className={look}>
        {w("back")}
      </Link>
      {next === undefined ? null : (
        <Link href={next} replace rel="next" aria-label={w("next")} className={look}>
          <ChevronRight aria-hidden className="size-5 rtl:-scale-x-100" />
        </Link>
      )}
    </nav>
  );
}

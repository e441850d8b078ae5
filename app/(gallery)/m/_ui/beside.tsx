"use client";
import { ChevronLeft, ChevronRight } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useLayoutEffect, useRef } from "react";

const swipeMin = 48;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;

/** The picture between the links to the ones beside it; arrow keys and swipes follow the same links. */
export function Beside({
  previous,
  next,
  replace,
  ratio,
  words,
  children,
}: {
  previous: string | undefined;
  next: string | undefined;
  /** In a dialog one step back closes it, however many pictures were looked at. */
  replace: boolean;
  /** Width ÷ height of the picture. */
  ratio: number;
  words: { previous: string; next: string };
  children: ReactNode;
}) {
  const stage = useRef<HTMLDivElement>(null);
  const touch = useRef<{ x: number; y: number }>(null);
  const follow = (rel: "prev" | "next"): void => {
    stage.current?.querySelector<HTMLAnchorElement>(`a[rel=${rel}]`)?.click();
  };

  // Not later than the new picture is shown: a key pressed in between would be lost.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (isTyping(event.target)) return;
      const rel = event.key === "ArrowLeft" ? "prev" : event.key === "ArrowRight" ? "next" : undefined;
      const link = rel && stage.current?.querySelector<HTMLAnchorElement>(`a[rel=${rel}]`);
      if (!link) return;
      event.preventDefault();
      link.click();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  const link = (rel: "prev" | "next", id: string | undefined, label: string) =>
    id === undefined ? null : (
      <Link
        href={`/m/${id}`}
        rel={rel}
        replace={replace}
        scroll={false}
        aria-label={label}
        className={`absolute top-1/2 inline-flex size-11 -translate-y-1/2 items-center justify-center rounded-full border border-line bg-surface/90 text-ink hover:bg-raised ${rel === "prev" ? "left-3" : "right-3"}`}
      >
        {rel === "prev" ? (
          <ChevronLeft aria-hidden className="size-5" />
        ) : (
          <ChevronRight aria-hidden className="size-5" />
        )}
      </Link>
    );
  return (
    <div
      ref={stage}
      className="stage"
      style={{ ["--ratio" as string]: ratio }}
      onTouchStart={({ touches }) => {
        const first = touches.item(0);
        // Two fingers, or one on an enlarged page, mean to look closer, not to leave.
        const alone = touches.length === 1 && (window.visualViewport?.scale ?? 1) < 1.05;
        touch.current = first && alone ? { x: first.clientX, y: first.clientY } : null;
      }}
      onTouchEnd={({ changedTouches }) => {
        const last = changedTouches.item(0);
        const start = touch.current;
        touch.current = null;
        if (start === null || last === null) return;
        const x = last.clientX - start.x;
        if (Math.abs(x) < swipeMin || Math.abs(x) < 2 * Math.abs(last.clientY - start.y)) return;
        follow(x < 0 ? "next" : "prev");
      }}
    >
      {children}
      {link("prev", previous, words.previous)}
      {link("next", next, words.next)}
    </div>
  );
}

"use client";
import { type MouseEvent, useLayoutEffect, useRef, useState } from "react";
import { w } from "#lib/words/lightbox.ts";
import type { Slide } from "../slide.ts";
import { usePlace } from "./place.ts";

/** So many thumbnails on each side are in the document, however far one has walked. */
const besideMax = 24;

const isPlain = (event: MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/** The pictures beside this one, small. One stop for the Tab key; from there the arrows walk, as everywhere here. */
export function Filmstrip({
  slides,
  at,
  list,
  choose,
}: {
  slides: readonly Slide[];
  at: number;
  list: string;
  choose: (id: string) => void;
}) {
  const place = usePlace();
  const strip = useRef<HTMLUListElement>(null);
  // Without script every link is a stop of its own.
  const [scripted, setScripted] = useState(false);
  const current = slides[at]?.id;

  useLayoutEffect(() => {
    setScripted(true);
    const element = strip.current;
    if (!element || current === undefined) return;
    const centre = (): void => {
      const link = element.querySelector<HTMLElement>("[aria-current]");
      if (!link) return;
      const box = element.getBoundingClientRect();
      element.scrollLeft +=
        link.getBoundingClientRect().left + link.offsetWidth / 2 - box.left - box.width / 2;
    };
    centre();
    // Whoever walks with the keyboard inside the strip stays on the picture that is shown.
    if (element.contains(document.activeElement))
      element.querySelector<HTMLElement>("[aria-current]")?.focus({ preventScroll: true });
    // In a dialog that is still closed, or while it is put away, it has no width.
    const resized = new ResizeObserver(centre);
    resized.observe(element);
    return () => resized.disconnect();
  }, [current]);

  const from = Math.max(0, at - besideMax);
  return (
    <nav aria-label={w("stripLabel")} className="strip">
      <ul ref={strip} className="strip-list">
        {slides.slice(from, at + besideMax + 1).map((slide) => {
          const isCurrent = slide.id === current;
          const thumb = slide.sources.at(0)?.url ?? slide.src;
          return (
            <li key={slide.id}>
              <a
                href={place.picture(slide.id, list)}
                aria-current={isCurrent ? "true" : undefined}
                tabIndex={scripted && !isCurrent ? -1 : undefined}
                onClick={(event) => {
                  if (!isPlain(event)) return;
                  event.preventDefault();
                  choose(slide.id);
                }}
                style={{ backgroundColor: slide.color }}
                className="strip-link"
              >
                <img
                  src={thumb}
                  alt={slide.alt}
                  width={64}
                  height={64}
                  loading="lazy"
                  decoding="async"
                  fetchPriority="low"
                  draggable={false}
                />
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

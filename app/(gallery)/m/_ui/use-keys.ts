"use client";
import { useEffect, useRef } from "react";
import { type Deed, deedsOf } from "./keys.ts";

const panStep = 80;
const pans: Record<string, [number, number]> = {
  ArrowLeft: [-panStep, 0],
  ArrowRight: [panStep, 0],
  ArrowUp: [0, -panStep],
  ArrowDown: [0, panStep],
};

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
/** The space bar presses what has the focus before it means anything else. */
const isPressable = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("a, button, summary, video") !== null;

/** Keys for everything that can be done; none of them while somebody types, or while another dialog is open. */
export function useKeys(ask: {
  off: boolean;
  rtl: boolean;
  withCharacters: boolean;
  able: (deed: Deed) => boolean;
  act: (deed: Deed, key: string) => void;
  /** Moves an enlarged picture; false when all of it is seen. */
  pan: (x: number, y: number) => boolean;
}) {
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { off, rtl, withCharacters, able, act, pan } = latest.current;
      if (off || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
      if (isTyping(event.target)) {
        if (event.key !== "Escape" || !(event.target instanceof HTMLElement)) return;
        // Leaves the field, not the picture.
        event.preventDefault();
        event.target.closest<HTMLElement>("[tabindex]")?.focus();
        return;
      }
      if (event.key === " " && isPressable(event.target)) return;
      const move = event.shiftKey ? undefined : pans[event.key];
      if (move !== undefined && pan(...move)) {
        event.preventDefault();
        return;
      }
      const deed = deedsOf(event.key, rtl, withCharacters).find(able);
      if (deed === undefined) return;
      event.preventDefault();
      act(deed, event.key);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

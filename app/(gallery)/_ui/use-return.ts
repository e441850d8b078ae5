"use client";
import { type RefObject, useCallback, useEffect, useRef } from "react";
import { idOfPath, leftEvent } from "../href.ts";

/** Whoever walked further than so many pages gets back to the end of what is loaded. */
const pagesMax = 40;
const signs = ["pointerdown", "wheel", "keydown"] as const;

/**
 * Back from the light box one stands at the picture last seen, also when the list had not come that far: it is loaded up to
 * there, unless somebody moves on meanwhile. The light box itself goes to pictures that are loaded.
 */
export function useReturn(
  list: RefObject<HTMLElement | null>,
  {
    ids,
    hasMore,
    state,
    load,
  }: {
    ids: readonly string[];
    hasMore: boolean;
    state: "idle" | "loading" | "failed";
    load: () => Promise<void>;
  },
): void {
  const wanted = useRef<{ id: string; pages: number }>(undefined);
  const go = useCallback((): void => {
    const want = wanted.current;
    if (want === undefined || state === "loading") return;
    const isThere = ids.includes(want.id);
    if (!isThere && hasMore && state === "idle" && want.pages < pagesMax) {
      want.pages++;
      void load();
      return;
    }
    wanted.current = undefined;
    const links = [...(list.current?.querySelectorAll<HTMLAnchorElement>(".tile > a") ?? [])];
    const link = isThere ? links.find(({ pathname }) => idOfPath(pathname) === want.id) : links.at(-1);
    link?.scrollIntoView({ block: "nearest" });
    link?.focus({ preventScroll: true });
  }, [list, ids, hasMore, state, load]);
  // More has come, or did not.
  useEffect(() => go(), [go]);
  const latest = useRef({ ids, go });
  latest.current = { ids, go };
  useEffect(() => {
    const onLeft = (event: Event): void => {
      if (!(event instanceof CustomEvent) || typeof event.detail !== "string") return;
      if (latest.current.ids.includes(event.detail)) return;
      wanted.current = { id: event.detail, pages: 0 };
      latest.current.go();
    };
    const forget = (): void => {
      wanted.current = undefined;
    };
    addEventListener(leftEvent, onLeft);
    for (const sign of signs) addEventListener(sign, forget, { passive: true });
    return () => {
      removeEventListener(leftEvent, onLeft);
      for (const sign of signs) removeEventListener(sign, forget);
    };
  }, []);
}

"use client";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { w } from "#lib/words/lightbox.ts";
import type { Slide } from "../slide.ts";
import { usePlace } from "./place.ts";
import type { Stage, StageOptions, Zoom } from "./stage.ts";

export const whole: Zoom = { factor: 1, most: false };

export const wantsStillness = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const isRtl = (): boolean => document.documentElement.dir === "rtl";

type Heard = Pick<StageOptions, "moved" | "tapped" | "touched" | "loaded" | "failed" | "closed">;

/** Loads the stage when a picture is opened, and keeps it showing what it should. Until then the page's own picture stands. */
export function useStage(
  into: RefObject<HTMLElement | null>,
  ask: { slides: readonly Slide[]; id: string; list: string; playing: boolean; closable: boolean } & Heard,
) {
  const place = usePlace();
  const [stage, setStage] = useState<Stage>();
  const [zoom, setZoom] = useState<Zoom>(whole);
  const latest = useRef(ask);
  latest.current = ask;

  useEffect(() => {
    let left = false;
    let opened: Stage | undefined;
    const open = async (): Promise<void> => {
      // Without a connection the page's own picture stays, its links lead on, and nothing can be zoomed. Only that: a fault
      // of the stage itself must be seen.
      const stage = await import("./stage.ts").catch(() => undefined);
      const element = into.current;
      if (left || stage === undefined || element === null) return;
      const { slides, id, playing, closable } = latest.current;
      opened = stage.openStage({
        into: element,
        slides,
        id,
        rtl: isRtl(),
        playing,
        closable,
        still: wantsStillness(),
        unavailable: w("unavailable"),
        original: (id) => place.original(id, latest.current.list),
        zoomed: setZoom,
        moved: (id) => latest.current.moved(id),
        tapped: () => latest.current.tapped(),
        touched: () => latest.current.touched(),
        loaded: (id) => latest.current.loaded(id),
        failed: (id) => latest.current.failed(id),
        closed: () => latest.current.closed(),
      });
      setStage(opened);
    };
    void open();
    return () => {
      left = true;
      opened?.close();
      setStage(undefined);
    };
  }, [into, place]);

  const { slides, id, playing } = ask;
  useEffect(() => stage?.show(slides, id), [stage, slides, id]);
  useEffect(() => stage?.play(playing), [stage, playing]);

  const zoomBy = useCallback((factor: number) => stage?.zoomBy(factor), [stage]);
  return { stage, zoom, zoomBy };
}

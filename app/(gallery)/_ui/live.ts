import { useEffect, useRef } from "react";

/** The page itself comes first. */
const startMs = 2_000;
/** Whoever found no place comes back after this long, and after twice as long each time until `latestMs`. */
const [soonestMs, latestMs] = [60_000, 960_000];

type Hear = (months: number[] | "all") => void;

/** Everybody on the page who wants to know: one stream tells them all. */
const heard = new Set<Hear>();
let hangUp: (() => void) | undefined;
/** When the stream told of something last, by the database's clock: what is opened later may be older than that. */
let toldAt = 0;

function listen(since: number | undefined): () => void {
  let source: EventSource | undefined;
  let question = since === undefined ? "" : `?since=${since}`;
  let waitMs = soonestMs;
  let again: ReturnType<typeof setTimeout> | undefined;
  const open = (): void => {
    if (document.hidden || source !== undefined || again !== undefined) return;
    source = new EventSource(`/api/live${question}`);
    // A browser comes back by itself when a connection ends, but never after it was refused.
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      close();
      again = setTimeout(
        () => {
          again = undefined;
          open();
        },
        waitMs * (1 + Math.random() / 2),
      );
      waitMs = Math.min(waitMs * 2, latestMs);
    });
    source.addEventListener("open", () => {
      waitMs = soonestMs;
    });
    const hear = (event: MessageEvent<string>): void => {
      if (event.lastEventId !== "") question = `?after=${event.lastEventId}`;
      if (event.type !== "media") return;
      toldAt = Number(event.lastEventId);
      for (const changed of heard) changed(JSON.parse(event.data));
    };
    source.addEventListener("ready", hear);
    source.addEventListener("media", hear);
  };
  const close = (): void => {
    source?.close();
    source = undefined;
  };
  const turn = (): void => (document.hidden ? close() : open());
  const timer = setTimeout(() => {
    document.addEventListener("visibilitychange", turn);
    open();
  }, startMs);
  addEventListener("pagehide", close);
  addEventListener("pageshow", turn);
  return () => {
    clearTimeout(timer);
    clearTimeout(again);
    document.removeEventListener("visibilitychange", turn);
    removeEventListener("pagehide", close);
    removeEventListener("pageshow", turn);
    close();
  };
}

/**
 * Tells which months changed (years × 12 + months) while the page is open, and what it missed while its tab was asleep: a
 * hidden tab keeps no connection, of which browsers allow six. `since` is when the first of what is shown was read, by the
 * database's clock: what happened after it is told as well.
 */
export function useLive(since: number | undefined, changed: Hear, on = true): void {
  const first = useRef(since);
  useEffect(() => {
    if (!on) return;
    heard.add(changed);
    // Told between the reading and now, when nobody here listened yet.
    if (hangUp !== undefined && first.current !== undefined && toldAt > first.current) changed("all");
    hangUp ??= listen(first.current);
    return () => {
      heard.delete(changed);
      if (heard.size > 0) return;
      hangUp?.();
      hangUp = undefined;
    };
  }, [changed, on]);
}

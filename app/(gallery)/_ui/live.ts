import { useEffect } from "react";

/** The page itself comes first. */
const startMs = 2_000;

type Hear = (months: number[] | "all") => void;

/** Everybody on the page who wants to know: one stream tells them all. */
const heard = new Set<Hear>();
let hangUp: (() => void) | undefined;

function listen(since: number | undefined): () => void {
  let source: EventSource | undefined;
  let question = since === undefined ? "" : `?since=${since}`;
  const open = (): void => {
    if (document.hidden || source !== undefined) return;
    source = new EventSource(`/api/live${question}`);
    const hear = (event: MessageEvent<string>): void => {
      if (event.lastEventId !== "") question = `?after=${event.lastEventId}`;
      if (event.type === "media") for (const changed of heard) changed(JSON.parse(event.data));
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
    document.removeEventListener("visibilitychange", turn);
    removeEventListener("pagehide", close);
    removeEventListener("pageshow", turn);
    close();
  };
}

/**
 * Tells which months changed (years × 12 + months) while the page is open, and what it missed while its tab was asleep: a
 * hidden tab keeps no connection, of which browsers allow six. `since` is when the page was made, as the server has it.
 */
export function useLive(since: number | undefined, changed: Hear, on = true): void {
  useEffect(() => {
    if (!on) return;
    heard.add(changed);
    hangUp ??= listen(since);
    return () => {
      heard.delete(changed);
      if (heard.size > 0) return;
      hangUp?.();
      hangUp = undefined;
    };
  }, [since, changed, on]);
}

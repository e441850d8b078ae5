"use client";
import { useCallback, useSyncExternalStore } from "react";
import type { Queue, QueueState } from "./queue.ts";
import { phases, type Row } from "./row.ts";

/** What the server renders, and the first moment in the browser: nothing chosen yet. */
export const nothingYet: QueueState = {
  order: [],
  count: Object.fromEntries(phases.map((phase) => [phase, 0])) as QueueState["count"],
  bytesWanted: 0,
  bytesSent: 0,
  inHand: 0,
  hasVideos: false,
  hold: undefined,
  speed: undefined,
  secondsLeft: undefined,
};

export const useQueue = (queue: Queue): QueueState =>
  useSyncExternalStore(queue.watch, queue.state, () => nothingYet);

/** Renders again only when this very row changed. */
export function useRow(queue: Queue, id: string): Row | undefined {
  const watch = useCallback((run: () => void) => queue.watchRow(id, run), [queue, id]);
  const read = useCallback(() => queue.row(id), [queue, id]);
  return useSyncExternalStore(watch, read, () => undefined);
}

/** Once a second while something counts down. */
export function useSeconds(until: number | undefined): number {
  const watch = useCallback(
    (run: () => void) => {
      if (until === undefined) return () => undefined;
      const timer = setInterval(run, 500);
      return () => clearInterval(timer);
    },
    [until],
  );
  const left = () => (until === undefined ? 0 : Math.max(1, Math.ceil((until - Date.now()) / 1000)));
  return useSyncExternalStore(watch, left, () => 0);
}

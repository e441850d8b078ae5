"use client";
import { useCallback, useEffect, useRef, useState } from "react";

export const intervals = [3, 5, 10, 30] as const;
export type Interval = (typeof intervals)[number];

/**
 * Moves on by itself after each interval, counted from when the picture is there. A hidden tab waits; whoever touches
 * the picture or a key stops it.
 */
export function useSlideshow(ask: { ready: boolean; id: string; next: () => boolean; ended: () => void }) {
  const [running, setRunning] = useState(false);
  const [seconds, setSeconds] = useState<Interval>(5);
  const [hidden, setHidden] = useState(false);
  const latest = useRef(ask);
  latest.current = ask;

  useEffect(() => {
    const look = (): void => setHidden(document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);

  const { ready, id } = ask;
  useEffect(() => {
    if (!running || hidden || !ready) return;
    const timer = setTimeout(() => {
      // Another picture has begun an interval of its own.
      if (latest.current.id !== id || latest.current.next()) return;
      setRunning(false);
      latest.current.ended();
    }, seconds * 1000);
    return () => clearTimeout(timer);
  }, [running, hidden, ready, seconds, id]);

  useEffect(() => {
    if (!running || !("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | undefined;
    let over = false;
    // Refused on low battery or by policy: then the screen may go dark, and nothing else happens.
    navigator.wakeLock.request("screen").then(
      (held) => {
        if (over) void held.release();
        else lock = held;
      },
      () => undefined,
    );
    return () => {
      over = true;
      void lock?.release();
    };
  }, [running]);

  const stop = useCallback(() => setRunning(false), []);
  return { running, start: useCallback(() => setRunning(true), []), stop, seconds, setSeconds };
}

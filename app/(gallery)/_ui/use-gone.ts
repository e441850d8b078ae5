"use client";
import { useEffect, useState } from "react";

const removed = "tintype:removed";
const restored = "tintype:restored";

/** Tells lists on the same page that a picture went to the trash or came back from it. */
export const announceGone = (id: string, gone: boolean): void => {
  window.dispatchEvent(new CustomEvent(gone ? removed : restored, { detail: id }));
};

/** Ids of pictures that went to the trash since the list was loaded. */
export function useGone(): ReadonlySet<string> {
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const hear = (event: Event): void => {
      if (!(event instanceof CustomEvent) || typeof event.detail !== "string") return;
      const id: string = event.detail;
      setGone((before) =>
        event.type === removed
          ? new Set([...before, id])
          : new Set([...before].filter((other) => other !== id)),
      );
    };
    window.addEventListener(removed, hear);
    window.addEventListener(restored, hear);
    return () => {
      window.removeEventListener(removed, hear);
      window.removeEventListener(restored, hear);
    };
  }, []);
  return gone;
}

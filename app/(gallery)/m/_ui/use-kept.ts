"use client";
import { useCallback, useEffect, useState } from "react";

/** A choice that this browser remembers; undefined until it is known what is remembered or usual here. */
export function useKept(name: string, usual: () => boolean) {
  const [on, setOn] = useState<boolean>();
  useEffect(() => setOn(read(name) ?? usual()), [name, usual]);
  const keep = useCallback(
    (value: boolean) => {
      setOn(value);
      write(name, value);
    },
    [name],
  );
  return [on, keep, setOn] as const;
}

function read(name: string): boolean | undefined {
  try {
    const kept = localStorage.getItem(name);
    return kept === null ? undefined : kept === "1";
  } catch {
    // A browser that keeps nothing forgets this as well.
    return undefined;
  }
}

function write(name: string, value: boolean): void {
  try {
    localStorage.setItem(name, value ? "1" : "0");
  } catch {
    return;
  }
}

"use client";
import { useEffect, useState } from "react";
import type { Tile } from "#lib/contact-sheet.ts";

/** What a list says of a picture. */
export type Face = Pick<Tile, "id" | "label" | "mark">;

const changed = "tintype:changed";

/** Tells lists on the same page that a picture is called, or marked, otherwise now. */
export const announceFace = (face: Face): void => {
  window.dispatchEvent(new CustomEvent(changed, { detail: face }));
};

/** Puts on tiles what was changed since they were loaded. `loaded` is a new array when some of them were read anew. */
export function useFaces(loaded: readonly Tile[]): (tile: Tile) => Tile {
  const [kept, setKept] = useState<{ of: readonly Tile[]; faces: ReadonlyMap<string, Face> }>({
    of: loaded,
    faces: new Map(),
  });
  if (kept.of !== loaded) {
    // What was read anew says so itself.
    const read = new Set(loaded.map(({ id }) => id));
    setKept({ of: loaded, faces: new Map([...kept.faces].filter(([id]) => !read.has(id))) });
  }
  useEffect(() => {
    const hear = (event: Event): void => {
      if (!(event instanceof CustomEvent)) return;
      const face: Face = event.detail;
      setKept((before) => ({ ...before, faces: new Map(before.faces).set(face.id, face) }));
    };
    window.addEventListener(changed, hear);
    return () => window.removeEventListener(changed, hear);
  }, []);
  return (tile) => {
    const face = kept.faces.get(tile.id);
    return face === undefined ? tile : { ...tile, ...face };
  };
}

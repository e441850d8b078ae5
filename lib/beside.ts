/** Two probes of a list, told apart by the side they looked at. */
import type { NeighbourRow } from "#db/queries/gallery.ts";
import type { Neighbour } from "./gallery.ts";

/** `newer` stands before, the other after. */
export function beside(found: NeighbourRow[]): { previous?: Neighbour; next?: Neighbour } {
  const side = (newer: boolean): Neighbour | undefined => {
    const row = found.find((row) => row.newer === newer);
    if (row === undefined) return undefined;
    const { newer: _, ...neighbour } = row;
    return neighbour;
  };
  const previous = side(true);
  const next = side(false);
  return { ...(previous ? { previous } : {}), ...(next ? { next } : {}) };
}

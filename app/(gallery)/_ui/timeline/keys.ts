/** Where arrow keys lead from a tile. Safe in the browser. */
import type { Engine } from "./engine.ts";

export type Step = "left" | "right" | "up" | "down" | "first" | "last" | "pageUp" | "pageDown";

export const steps: Record<string, Step | undefined> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "first",
  End: "last",
  PageUp: "pageUp",
  PageDown: "pageDown",
};

/** The tile of another row that lies under the middle of this one, so many rows or pixels away. */
function across(engine: Engine, rank: number, down: boolean, far: number): number | undefined {
  const from = engine.box(rank);
  if (from === undefined) return undefined;
  const middle = from.x + from.width / 2;
  const by = down ? 1 : -1;
  let best: { rank: number; y: number; distance: number } | undefined;
  for (let at = rank + by; at >= 0 && at < engine.total(); at += by) {
    const box = engine.box(at);
    // Not loaded yet: the next one is as near as one can tell.
    if (box === undefined) return best?.rank ?? at;
    if (Math.abs(box.y - from.y) < 1 || Math.abs(box.y - from.y) < far) {
      if (Math.abs(box.y - from.y) >= 1) best = { rank: at, y: box.y, distance: Number.POSITIVE_INFINITY };
      continue;
    }
    if (best !== undefined && best.distance !== Number.POSITIVE_INFINITY && Math.abs(box.y - best.y) > 1)
      break;
    const distance = Math.abs(box.x + box.width / 2 - middle);
    if (best === undefined || distance < best.distance) best = { rank: at, y: box.y, distance };
  }
  return best?.rank;
}

/** The rank a key leads to from another; `undefined` at the end of the way. */
export function stepFrom(engine: Engine, rank: number, step: Step, rightToLeft: boolean): number | undefined {
  const page = engine.windowHeight() * 0.8;
  switch (step) {
    case "left":
      return rank + (rightToLeft ? 1 : -1);
    case "right":
      return rank + (rightToLeft ? -1 : 1);
    case "up":
      return across(engine, rank, false, 1);
    case "down":
      return across(engine, rank, true, 1);
    case "pageUp":
      return across(engine, rank, false, page);
    case "pageDown":
      return across(engine, rank, true, page);
    case "first":
      return 0;
    case "last":
      return engine.total() - 1;
  }
}

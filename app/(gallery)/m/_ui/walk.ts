import type { Walk } from "../load.ts";
import type { Slide } from "../slide.ts";

/** The same walk with what was found beyond one of its ends; a picture that is in it already stays where it is. */
export function joined(walk: Walk, found: Walk, side: "before" | "after"): Walk {
  const known = new Set(walk.slides.map(({ id }) => id));
  const fresh = found.slides.filter(({ id }) => !known.has(id));
  return side === "before"
    ? { slides: [...fresh, ...walk.slides], first: found.first, last: walk.last }
    : { slides: [...walk.slides, ...fresh], first: walk.first, last: found.last };
}

/** With fresh addresses or new words for pictures that are in it. */
export function renewed(walk: Walk, fresh: readonly Slide[]): Walk {
  const byId = new Map(fresh.map((slide) => [slide.id, slide]));
  return { ...walk, slides: walk.slides.map((slide) => byId.get(slide.id) ?? slide) };
}

/** Which picture to show when one is gone: the one after it, or else the one before. */
export function besides(walk: Walk, id: string): Slide | undefined {
  const at = walk.slides.findIndex((slide) => slide.id === id);
  return at === -1 ? undefined : (walk.slides[at + 1] ?? walk.slides[at - 1]);
}

export const without = (walk: Walk, id: string): Walk => ({
  ...walk,
  slides: walk.slides.filter((slide) => slide.id !== id),
});

/** Back in its place: right before the picture that followed it, or after the one it followed. */
export function withAgain(walk: Walk, slide: Slide, beside: { before?: string; after?: string }): Walk {
  if (walk.slides.some(({ id }) => id === slide.id)) return walk;
  const next = walk.slides.findIndex(({ id }) => id === beside.after);
  const previous = walk.slides.findIndex(({ id }) => id === beside.before);
  const at = next !== -1 ? next : previous !== -1 ? previous + 1 : walk.slides.length;
  return { ...walk, slides: walk.slides.toSpliced(at, 0, slide) };
}

/** Which of a picture's files is shown when: the small one it begins with, those to choose from, the original's own pixels. */
import type { Slide } from "../slide.ts";

export const srcSetOf = ({ sources }: Slide): string =>
  sources.map(({ url, width }) => `${url} ${width}w`).join(", ");
/** The list has it in the browser's cache. */
export const previewOf = ({ sources, src }: Slide): string =>
  (sources.find(({ width }) => width >= 320) ?? sources.at(-1))?.url ?? src;

/** The zoom at which every pixel that the viewer may have is a pixel of the picture. */
export const topOf = ({ width, sources, original }: Slide): number =>
  original ? 1 : Math.min(1, (sources.at(-1)?.width ?? width) / width);

/** What became of the original's own pixels. */
export type Full = "loading" | "shown" | "failed";

async function fetchOriginal(question: string): Promise<string> {
  const answer = await fetch(question, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`Expected the original's address, got ${answer.status}`);
  const { url }: { url: string } = await answer.json();
  return url;
}

async function loadImage(url: string): Promise<void> {
  const image = new Image();
  image.src = url;
  await image.decode();
}

/** The originals of the pictures on the stage: each is loaded once, when somebody looks closer than the renditions go. */
export function originalsOf(stage: {
  /** The picture that is looked at, how closely (1: a pixel of it is one of the page), and the element that shows it. */
  looked(): { slide: Slide; level: number; element: HTMLImageElement } | undefined;
  changed(): void;
  /** Answers with the address of a picture's original. */
  original(id: string): string;
}) {
  const states = new Map<string, Full>();
  return {
    stateOf: (id: string): Full | undefined => states.get(id),
    /** The element shows the renditions again; the original's pixels leave the memory. */
    forget: (id: string): void => void states.delete(id),
    /** Loaded only when somebody looks closer than the largest rendition can show. */
    async want(): Promise<void> {
      const looked = stage.looked();
      if (looked === undefined) return;
      const { slide, level } = looked;
      const largest = slide.sources.at(-1)?.width ?? 0;
      if (!slide.original || slide.motion !== undefined || states.has(slide.id)) return;
      if (slide.width <= largest || slide.width * level * devicePixelRatio <= largest * 1.05) return;
      states.set(slide.id, "loading");
      stage.changed();
      try {
        const url = await fetchOriginal(stage.original(slide.id));
        await loadImage(url);
        const now = stage.looked();
        if (now === undefined || now.slide.id !== slide.id) {
          states.delete(slide.id);
          return;
        }
        now.element.removeAttribute("srcset");
        now.element.src = url;
        states.set(slide.id, "shown");
      } catch {
        // The rendition stays, enlarged; the person is told.
        states.set(slide.id, "failed");
      }
      stage.changed();
    },
  };
}

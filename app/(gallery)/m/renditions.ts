import { delivery } from "#lib/delivery/index.ts";
import type { Neighbour } from "#lib/gallery.ts";
import { motionKey, renditionKey } from "#lib/storage/keys.ts";

type Source = Pick<Neighbour, "renditionFolder" | "avifWidths" | "jpegWidths" | "width" | "height">;

export type Large = { srcSet: string; sizes: string; src: string };

/** Fits a picture into the part of the window that the page gives it; see media.css. */
const sizesOf = ({ width, height }: Source): string => {
  const ratio = (width / height).toFixed(4);
  return `(min-width: 64rem) min(100vw - 22rem, (100vh - 3.5rem) * ${ratio}, ${width}px), min(100vw, 78vh * ${ratio}, ${width}px)`;
};

/** The picture as large as the window needs it. */
export function largeOf(media: Source): Large {
  const { url } = delivery();
  const srcSet = media.avifWidths
    .map((width) => `${url(renditionKey(media.renditionFolder, width, "avif"))} ${width}w`)
    .join(", ");
  return { srcSet, sizes: sizesOf(media), src: jpegOf(media) ?? "" };
}

/** The JPEG of at most 1280 pixels: for old browsers, link previews and everybody's download. */
export function jpegOf(media: Source, download?: string): string | undefined {
  const width = media.jpegWidths.at(-1);
  if (width === undefined) return undefined;
  return delivery().url(
    renditionKey(media.renditionFolder, width, "jpg"),
    download === undefined ? undefined : { download },
  );
}

/** A small picture that the list has probably loaded already: shown until the large one is there. */
export function previewOf(media: Source): string {
  const width = media.avifWidths.find((width) => width >= 320) ?? media.avifWidths.at(-1);
  return width === undefined ? "" : delivery().url(renditionKey(media.renditionFolder, width, "avif"));
}

/** What plays an animation, without anything of the original but its frames. */
export const motionOf = (media: Source & { motion: string | null }): string | undefined =>
  media.motion === null ? undefined : delivery().url(motionKey(media.renditionFolder, media.motion));

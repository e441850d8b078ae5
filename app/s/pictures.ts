import { delivery } from "#lib/delivery/index.ts";
import type { Neighbour } from "#lib/gallery.ts";
import { animationKey, movingOf } from "#lib/moving.ts";
import { renditionKey } from "#lib/storage/keys.ts";

type Source = Pick<Neighbour, "renditionFolder" | "avifWidths" | "jpegWidths" | "width" | "height">;

/** As large as the window needs it; see share.css. */
export function largeOf(media: Source) {
  const { url } = delivery();
  return {
    srcSet: media.avifWidths
      .map((width) => `${url(renditionKey(media.renditionFolder, width, "avif"))} ${width}w`)
      .join(", "),
    sizes: `min(100vw, 80vh * ${(media.width / media.height).toFixed(4)}, ${media.width}px)`,
    src: jpegOf(media)?.url ?? "",
  };
}

/** The JPEG of at most 1280 pixels: for old browsers and for the cards that messengers show. */
export function jpegOf(media: Source): { url: string; width: number; height: number } | undefined {
  const width = media.jpegWidths.at(-1);
  if (width === undefined) return undefined;
  return {
    url: delivery().url(renditionKey(media.renditionFolder, width, "jpg")),
    width,
    height: Math.round((width * media.height) / media.width),
  };
}

/** The video to play, with its type as a browser is asked for it. */
export function videoOf(
  media: Parameters<typeof movingOf>[0],
): { url: string; kind: "live" | "video" } | undefined {
  const moving = movingOf(media);
  if (moving === undefined) return undefined;
  return { url: delivery().url(moving.key, { contentType: moving.contentType }), kind: moving.kind };
}

export const motionOf = (media: Source & { motion: string | null }): string | undefined => {
  const key = animationKey(media);
  return key === undefined ? undefined : delivery().url(key);
};

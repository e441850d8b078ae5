import { delivery } from "#lib/delivery/index.ts";
import type { Beside, MediaDetails } from "#lib/gallery.ts";
import type { MediaType, Viewer } from "#lib/media.ts";
import { canAdminister } from "#lib/media.ts";
import { animationKey, type Moving, movingOf } from "#lib/moving.ts";
import { renditionKey } from "#lib/storage/keys.ts";
import { altOf, headingOf } from "./facts.ts";
import { jpegOf } from "./renditions.ts";

/** One picture as the light box shows it: everything but the facts about it. */
export type Slide = {
  id: string;
  heading: string;
  alt: string;
  /** Of the original, as shown. */
  width: number;
  height: number;
  /** CSS colour, shown until there is more. */
  color: string;
  /** Ascending widths; empty when the picture has no AVIF. */
  sources: { width: number; url: string }[];
  /** A JPEG for browsers without AVIF; may be empty. */
  src: string;
  /** The animation, as a picture. */
  motion?: string;
  /** A video, or the moving part of a still. */
  moving?: MovingPart;
  /** The viewer may have the original, and a browser can show it. */
  original: boolean;
};

/** Milliseconds; `type` as a browser is asked whether it plays it. */
export type MovingPart = { kind: "live" | "video"; url: string; type: string; duration: number };

export function partOf({ kind, key, contentType, codecs, duration }: Moving): MovingPart {
  const type = codecs === "" ? contentType : `${contentType}; codecs="${codecs}"`;
  return { kind, url: delivery().url(key, { contentType }), type, duration };
}

/** What every browser shows without help; anything else is looked at in its renditions only. */
const shownByBrowsers: ReadonlySet<string> = new Set<MediaType>([
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/avif",
]);

/** Whether a browser can show the original itself. */
export const isShownByBrowsers = (mime: string): boolean => shownByBrowsers.has(mime);

export function slideOf(row: Beside | MediaDetails, viewer: Viewer | undefined): Slide {
  const { url } = delivery();
  const animation = animationKey(row);
  const moving = movingOf(row);
  const mayHaveOriginal = row.own || canAdminister(viewer);
  return {
    id: row.id,
    heading: headingOf(row),
    alt: altOf(row),
    width: row.width,
    height: row.height,
    color: `#${row.color.toString(16).padStart(6, "0")}`,
    sources: row.avifWidths.map((width) => ({
      width,
      url: url(renditionKey(row.renditionFolder, width, "avif")),
    })),
    src: jpegOf(row) ?? "",
    ...(animation === undefined ? {} : { motion: url(animation) }),
    ...(moving === undefined ? {} : { moving: partOf(moving) }),
    original: mayHaveOriginal && isShownByBrowsers(row.mime),
  };
}

/** What of a medium moves: an animation that a browser shows as a picture, or a video. */
import type { GalleryRow } from "./gallery.ts";
import { motionKey } from "./storage/keys.ts";

type Row = Pick<GalleryRow, "kind" | "motion" | "duration" | "codecs" | "shownKey" | "renditionFolder">;

/** Where the animation lies that takes the place of the still; undefined for everything else, videos too. */
export const animationKey = ({
  motion,
  renditionFolder,
}: Pick<Row, "motion" | "renditionFolder">): string | undefined =>
  motion === "gif" || motion === "webp" ? motionKey(renditionFolder, motion) : undefined;

export type Moving = {
  /** The part of a still that moves, or a video. */
  kind: "live" | "video";
  key: string;
  contentType: "video/mp4" | "video/webm";
  codecs: string;
  /** Milliseconds. */
  duration: number;
};

/** The video to play, for whoever may see the medium: it tells of no place. */
export function movingOf(row: Row): Moving | undefined {
  const { kind, motion, duration, codecs, shownKey, renditionFolder } = row;
  if (kind === "picture") return undefined;
  const key = shownKey ?? (motion === null ? undefined : motionKey(renditionFolder, motion));
  if (key === undefined) return undefined;
  // QuickTime's own name for what is an MP4 keeps some browsers from playing it.
  const contentType = key.endsWith(".webm") ? "video/webm" : "video/mp4";
  return { kind, key, contentType, codecs: codecs ?? "", duration: duration ?? 0 };
}

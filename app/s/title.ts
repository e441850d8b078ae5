import type { GalleryRow, MediaDetails } from "#lib/gallery.ts";
import type { OpenShare } from "#lib/shares/open.ts";
import { perLocale, words } from "#lib/words.ts";

const w = words("share");

const day = perLocale((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }));

/** What visitors read above the pictures: the album's title, or the one the choice was given. Never who it is for. */
export const titleOf = (share: Pick<OpenShare, "kind" | "title" | "albumTitle">): string =>
  (share.kind === "selection" ? share.title : (share.albumTitle ?? "")) || w("untitled");

type Named = Pick<GalleryRow & MediaDetails, "title" | "takenAt">;

export const dayOf = ({ takenAt }: Omit<Named, "title">): string => day().format(takenAt);

/** A picture's title, or its day; never the name of its file. */
export const headingOf = (media: Named): string =>
  media.title === "" ? w("titleTaken", { date: dayOf(media) }) : media.title;

/** What a screen reader says in place of the picture. */
export const altOf = (media: Named & Pick<GalleryRow, "alt">): string =>
  media.alt === "" ? headingOf(media) : media.alt;

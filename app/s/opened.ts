import { cache } from "react";
import { database } from "#lib/database.ts";
import { clipOf, sizesFor } from "#lib/downloads/sizes.ts";
import {
  type SharedAround,
  type SharedBeside,
  type SharedMedia,
  shareAround,
  shareMedia,
} from "#lib/shares/contents.ts";
import type { OpenShare } from "#lib/shares/open.ts";
import { words } from "#lib/words.ts";
import { bytesInWords } from "../_ui/bytes.ts";
import type { Details } from "../(gallery)/m/details.ts";
import type { Opened, Walk } from "../(gallery)/m/load.ts";
import { isShownByBrowsers, type Slide, slideOf } from "../(gallery)/m/slide.ts";
import { loadShare, loadWithin, sharePath } from "./load.ts";
import { altOf, dayOf, headingOf } from "./title.ts";

const w = words("share");
/** How many pictures on each side come with the one that is opened, and with one that is walked to. */
const besideFirst = 8;
const besideMore = 24;

/** One way to save a picture, with what stands on its button. */
export type Offer = { href: string; text: string };
/** What a visitor reads of a picture; nothing in it can be changed. */
export type SharedDetails = Details & { offers: Offer[]; downloadsUsed: boolean };
export type SharedOpened = Omit<Opened, "details" | "since"> & { details: SharedDetails };

/** Looking closely at an original gives it away: where downloads are counted, that takes a download. */
const showsOriginals = (share: OpenShare): boolean =>
  share.download === "originals" && share.downloadsMax === null;

/** A picture as the light box shows it, without the name of its file. */
function slideIn(share: OpenShare, row: SharedBeside): Slide {
  return {
    ...slideOf({ ...row, filename: null }, undefined),
    heading: headingOf(row),
    alt: altOf(row),
    original: row.original && showsOriginals(share) && isShownByBrowsers(row.mime),
  };
}

function offersOf(share: OpenShare, media: SharedMedia, path: string): Offer[] {
  const clip = clipOf(media);
  const prepared = sizesFor(share, media).map(({ size, width, bytes }) => ({
    href: `${path}/download?size=${size}`,
    text:
      size === "original"
        ? w("downloadOriginal", { size: bytesInWords(bytes ?? 0) })
        : media.kind === "video"
          ? w("downloadVideo")
          : w(size === "large" ? "downloadLarge" : "downloadJpeg", { width: String(width) }),
  }));
  if (clip === undefined) return prepared;
  const text = w("downloadClip", { size: bytesInWords(clip.bytes) });
  return prepared.toSpliced(1, 0, { href: `${path}/download?size=clip`, text });
}

/** The address of a picture in a share, seen in one of its albums; `album` is "" in the share itself. */
const pagePath = (token: string, name: string): string => `${sharePath(token)}/m/${name}`;

export function detailsIn(
  share: OpenShare,
  { token, album, media }: { token: string; album: string; media: SharedMedia },
): SharedDetails {
  const used = share.downloadsMax !== null && share.downloads >= share.downloadsMax;
  const within = album === "" ? "" : `&in=${album}`;
  const offers = used
    ? []
    : offersOf(share, media, pagePath(token, media.id)).map((offer) => ({
        ...offer,
        href: `${offer.href}${within}`,
      }));
  const [best] = offers;
  return {
    id: media.id,
    heading: headingOf(media),
    title: media.title,
    description: media.description,
    alt: media.alt,
    facts: [{ name: w("taken"), value: dayOf(media) }],
    download: best === undefined ? undefined : { href: best.href, original: false },
    sizes: [],
    mayEdit: false,
    visibility: "private",
    choices: [],
    favourite: undefined,
    rating: 0,
    mayRate: false,
    tags: [],
    albums: [],
    mayCollect: false,
    mayShare: false,
    taken: "",
    place: undefined,
    offers,
    downloadsUsed: used && share.download !== "none",
  };
}

const besideOf = (share: OpenShare, media: SharedMedia): SharedBeside => ({
  ...media,
  original: media.originalKey !== undefined && share.download === "originals",
});

const walkOf = (share: OpenShare, around: SharedAround, of?: SharedMedia): Walk => ({
  slides: [...around.before, ...(of === undefined ? [] : [besideOf(share, of)]), ...around.after].map((row) =>
    slideIn(share, row),
  ),
  first: around.first,
  last: around.last,
});

/** The pictures around one, by its name in the share. `undefined` when the share does not hold it. */
export async function aroundIn(
  share: OpenShare,
  { name, side }: { name: string; side: "before" | "after" | undefined },
): Promise<Walk | undefined> {
  const { db } = database();
  const [around, of] = await Promise.all([
    shareAround(db, share, { name, limit: besideMore, ...(side === undefined ? {} : { side }) }),
    side === undefined ? shareMedia(db, share, name) : undefined,
  ]);
  return around && walkOf(share, around, of);
}

/** Everything the page of a picture begins with, asked for once by the page and by its metadata. */
export const loadPicture = cache(async (token: string, name: string, album: string) => {
  const answer = await loadShare(token);
  if (answer.state !== "open") return { answer };
  const { db } = database();
  const here = await loadWithin(token, album);
  if (here === undefined) return { answer };
  const [media, around] = await Promise.all([
    shareMedia(db, here.share, name),
    shareAround(db, here.share, { name, limit: besideFirst }),
  ]);
  if (media === undefined || around === undefined) return { answer };
  const opened: SharedOpened = {
    list: album,
    walk: walkOf(here.share, around, media),
    details: detailsIn(here.share, { token, album, media }),
  };
  return { answer, opened };
});

/** The album in a picture's address. */
export const albumIn = ({ in: album }: Record<string, string | string[] | undefined>): string =>
  (Array.isArray(album) ? album[0] : album) ?? "";

/** The page of the album that a picture was opened from. */
export const albumPath = (token: string, album: string): string =>
  album === "" ? sharePath(token) : `${sharePath(token)}/a/${encodeURIComponent(album)}`;

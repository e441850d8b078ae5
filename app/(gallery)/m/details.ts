import { albumsWith } from "#lib/albums.ts";
import { database } from "#lib/database.ts";
import { delivery } from "#lib/delivery/index.ts";
import { apart, safeName } from "#lib/downloads/names.ts";
import { clipUrl, downloadUrl, sizesFor } from "#lib/downloads/sizes.ts";
import { settings } from "#lib/env.ts";
import { isFavourite } from "#lib/favourites.ts";
import { hasFullJpeg } from "#lib/full-jpeg.ts";
import type { MediaDetails } from "#lib/gallery.ts";
import { canUpload, downloadName, type Viewer, type Visibility } from "#lib/media.ts";
import { tagsOf } from "#lib/tags.ts";
import { words } from "#lib/words.ts";
import { type Fact, factsOf, headingOf } from "./facts.ts";
import { jpegOf } from "./renditions.ts";

export type Choice = { value: Visibility; label: string; hint: string };

/** What the panel beside the picture says of it, and what the viewer may do with it. */
export type Details = {
  id: string;
  heading: string;
  title: string;
  description: string;
  alt: string;
  /** Undefined but for the owner, who alone may know and change it. */
  place: string | undefined;
  facts: Fact[];
  /** Where the picture can be saved from; `original` when these are its own bytes. */
  download: { href: string; original: boolean } | undefined;
  /** What else there is, for whoever wants another than that: the second original of two, or a prepared size. */
  sizes: { href: string; size: "clip" | "full" | "large" | "jpeg"; width: number }[];
  mayEdit: boolean;
  visibility: Visibility;
  /** For those who may edit. */
  choices: Choice[];
  /** Undefined for visitors, who have none. */
  favourite: boolean | undefined;
  /** 0 is none. */
  rating: number;
  mayRate: boolean;
  tags: { name: string; href: string }[];
  albums: { id: string; title: string; mayEdit: boolean }[];
  /** May put it into an album of their own. */
  mayCollect: boolean;
  /** May make a link for others to it. */
  mayShare: boolean;
  /** By the camera's clock, as a form field has it: "2026-05-17T18:42:10". */
  taken: string;
};

const choicesFor = (media: MediaDetails): Choice[] => {
  const w = words("media");
  return settings().visibilities.map((value) => ({
    value,
    label: value === "private" && !media.own ? w("privateOfOther") : w(value),
    hint: w(`${value}Hint`),
  }));
};

/** Originals for those who may have them, the JPEG rendition for everybody else (R-46). */
function downloadOf(media: MediaDetails): Details["download"] {
  if (media.originalKey === undefined) {
    const href = jpegOf(media, `${headingOf(media)}.jpg`);
    return href === undefined ? undefined : { href, original: false };
  }
  return {
    href: delivery().url(media.originalKey, {
      download: downloadName(media.filename ?? headingOf(media), media.mime),
      // An adopted object keeps the type it was given by whoever wrote it, right or wrong.
      contentType: media.mime,
    }),
    original: true,
  };
}

function sizesOf(media: MediaDetails): Details["sizes"] {
  const source = { ...media, originalKey: undefined };
  const { width } = media;
  const clip = clipUrl(media, apart(media.filename ?? headingOf(media)).stem);
  const clips: Details["sizes"] = clip === undefined ? [] : [{ href: clip, size: "clip", width }];
  const full: Details["sizes"] = hasFullJpeg(media)
    ? [{ href: `/m/${media.id}/full.jpg`, size: "full", width }]
    : [];
  return [...clips, ...full, ...preparedOf(media, source)];
}

function preparedOf(
  media: MediaDetails,
  source: MediaDetails & { originalKey: undefined },
): Details["sizes"] {
  return sizesFor({ download: "renditions" }, source).flatMap(({ size, width }) => {
    const href = downloadUrl(
      source,
      size,
      safeName(headingOf(media).replace(/(.)\.[A-Za-z0-9]{1,5}$/, "$1")),
    );
    return href === undefined || width === undefined || size === "original" ? [] : [{ href, size, width }];
  });
}

const tagHref = (name: string): string =>
  `/search?q=${encodeURIComponent(`tag:${/[\s":]/.test(name) ? `"${name.replaceAll('"', "")}"` : name}`)}`;

export async function detailsOf(media: MediaDetails, viewer: Viewer | undefined): Promise<Details> {
  const { db } = database();
  const [favourite, tags, albums] = await Promise.all([
    viewer === undefined ? undefined : isFavourite(db, { viewer, id: media.id }),
    tagsOf(db, { viewer, mediaId: media.id }),
    albumsWith(db, { viewer, mediaId: media.id }),
  ]);
  return {
    id: media.id,
    heading: headingOf(media),
    title: media.title,
    description: media.description,
    alt: media.alt,
    place: media.own ? media.place : undefined,
    facts: factsOf(media),
    download: downloadOf(media),
    sizes: sizesOf(media),
    mayEdit: media.mayEdit,
    visibility: media.visibility,
    choices: media.mayEdit ? choicesFor(media) : [],
    favourite,
    rating: media.rating,
    mayRate: media.own && media.mayEdit,
    tags: tags.map(({ name }) => ({ name, href: tagHref(name) })),
    albums: albums.map(({ id, title, mayEdit }) => ({ id, title, mayEdit })),
    mayCollect: canUpload(viewer),
    mayShare: media.own && canUpload(viewer),
    taken: media.takenAt.toISOString().slice(0, 19),
  };
}

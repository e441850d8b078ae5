import { cache } from "react";
import { currentViewer } from "#app/_session/viewer.ts";
import { windowAround } from "#lib/around.ts";
import { database } from "#lib/database.ts";
import { getMedia } from "#lib/gallery.ts";
import { openList, timelineList } from "#lib/lists.ts";
import { liveSince } from "#lib/live/live.ts";
import { timeline } from "../href.ts";
import { type Details, detailsOf } from "./details.ts";
import { type Slide, slideOf } from "./slide.ts";

/** How many pictures on each side come with the one that is opened. */
const besideFirst = 8;

/** The medium, asked for once a request by the page and by its metadata. */
export const loadMedia = cache(async (id: string) =>
  getMedia(database().db, { viewer: await currentViewer(), id }),
);

/** Pictures in the list's order around one of them. */
export type Walk = {
  slides: Slide[];
  /** Nothing comes before the first, after the last. */
  first: boolean;
  last: boolean;
};

export type Opened = {
  /** As `openList` knows it. */
  list: string;
  walk: Walk;
  details: Details;
  /** When it was read, by the database's clock: what happened after that is news to it. */
  since: number;
};

/** The list named in an address. */
export const listIn = ({ list }: Record<string, string | string[] | undefined>): string | undefined =>
  Array.isArray(list) ? list[0] : list;

/** A name that no list has is as good as none: the picture is shown among all others. */
export const listNamed = (name: string | undefined) => {
  const list = name === undefined ? undefined : openList(name);
  return list === undefined || name === undefined ? { name: timeline, list: timelineList } : { name, list };
};

/** Everything the view of a picture begins with; `undefined` when the viewer may not see it. */
export async function loadOpened(id: string, listName: string | undefined): Promise<Opened | undefined> {
  const [since, media] = await Promise.all([liveSince(database().db), loadMedia(id)]);
  if (media === undefined) return undefined;
  const viewer = await currentViewer();
  const { name, list } = listNamed(listName);
  const [{ before, after, first, last }, details] = await Promise.all([
    windowAround(database().db, list, { viewer, of: media, limit: besideFirst }),
    detailsOf(media, viewer),
  ]);
  return {
    list: name,
    walk: {
      slides: [
        ...before.map((row) => slideOf(row, viewer)),
        slideOf(media, viewer),
        ...after.map((row) => slideOf(row, viewer)),
      ],
      first,
      last,
    },
    details,
    since,
  };
}

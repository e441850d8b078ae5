import { cache } from "react";
import { currentViewer } from "#app/_session/viewer.ts";
import { database } from "#lib/database.ts";
import { getMedia, neighbours } from "#lib/gallery.ts";

/** The medium and what lies beside it, asked once a request by the page and by its metadata. */
export const loadMedia = cache(async (id: string) => {
  const viewer = await currentViewer();
  const { db } = database();
  const media = await getMedia(db, { viewer, id });
  if (media === undefined) return undefined;
  return { media, beside: await neighbours(db, { viewer, of: media }) };
});

import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { getMedia } from "#lib/gallery.ts";
import { json, route } from "#lib/http.ts";
import { rankOf } from "#lib/timeline/timeline.ts";
import { idShape } from "#lib/uploads/asked.ts";

/** GET → {month, rank}: where the picture stands in the timeline, for whoever walked to it from far away. */
export const GET = route({ params: idShape }, async ({ params, viewer }) => {
  const { db } = database();
  const of = await getMedia(db, { viewer, id: params.id });
  const place = of === undefined ? undefined : await rankOf(db, { viewer, of });
  if (place === undefined) throw new TintypeError("not_found");
  return json(place);
});

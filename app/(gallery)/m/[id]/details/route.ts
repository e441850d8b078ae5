import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { getMedia } from "#lib/gallery.ts";
import { json, route } from "#lib/http.ts";
import { idShape } from "#lib/uploads/asked.ts";
import { detailsOf } from "../../details.ts";

/** GET → Details: what the panel says when one has moved on to this picture. */
export const GET = route({ params: idShape }, async ({ params, viewer }) => {
  const media = await getMedia(database().db, { viewer, id: params.id });
  if (media === undefined) throw new TintypeError("not_found");
  return json(await detailsOf(media, viewer));
});

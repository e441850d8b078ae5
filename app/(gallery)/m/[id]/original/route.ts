import { database } from "#lib/database.ts";
import { delivery } from "#lib/delivery/index.ts";
import { TintypeError } from "#lib/errors.ts";
import { getMedia } from "#lib/gallery.ts";
import { json, route } from "#lib/http.ts";
import { idShape } from "#lib/uploads/asked.ts";
import { isShownByBrowsers } from "../../slide.ts";

/** GET → {url}: the original's own pixels, for those who may have them and zoom past the largest rendition. */
export const GET = route({ params: idShape }, async ({ params, viewer }) => {
  const media = await getMedia(database().db, { viewer, id: params.id });
  if (media?.originalKey === undefined || !isShownByBrowsers(media.mime)) throw new TintypeError("not_found");
  return json({ url: delivery().url(media.originalKey, { contentType: media.mime }) });
});

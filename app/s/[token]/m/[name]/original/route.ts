import { database } from "#lib/database.ts";
import { delivery } from "#lib/delivery/index.ts";
import { TintypeError } from "#lib/errors.ts";
import { json, route } from "#lib/http.ts";
import { shareMedia } from "#lib/shares/contents.ts";
import { askedShare, pictureShape } from "../../../../asked.ts";

/** GET ?in=<album> → {url} of the original, for a close look; not where downloads are counted. */
export const GET = route({ params: pictureShape }, async ({ request, params }) => {
  const share = await askedShare(request, params.token);
  const media = await shareMedia(database().db, share, params.name);
  if (media?.originalKey === undefined || share.downloadsMax !== null) throw new TintypeError("not_found");
  return json({ url: delivery().url(media.originalKey, { contentType: media.mime }) });
});

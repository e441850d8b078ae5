import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { json, route } from "#lib/http.ts";
import { shareMedia } from "#lib/shares/contents.ts";
import { askedShare, pictureShape } from "../../../../asked.ts";
import { detailsIn } from "../../../../opened.ts";

/** GET ?in=<album> → what a visitor may read of one picture. */
export const GET = route({ params: pictureShape }, async ({ request, params }) => {
  const share = await askedShare(request, params.token);
  const media = await shareMedia(database().db, share, params.name);
  if (media === undefined) throw new TintypeError("not_found");
  const album = new URL(request.url).searchParams.get("in") ?? "";
  return json(detailsIn(share, { token: params.token, album, media }));
});

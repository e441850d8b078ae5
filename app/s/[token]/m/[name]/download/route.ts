import { z } from "zod";
import { database } from "#lib/database.ts";
import { safeName } from "#lib/downloads/names.ts";
import { downloadSizes } from "#lib/downloads/shapes.ts";
import { clipUrl, downloadUrl, sizesFor } from "#lib/downloads/sizes.ts";
import { TintypeError } from "#lib/errors.ts";
import { route } from "#lib/http.ts";
import { shareMedia } from "#lib/shares/contents.ts";
import { countShareDownload } from "#lib/shares/open.ts";
import { askedShare, pictureShape } from "../../../../asked.ts";
import { headingOf } from "../../../../title.ts";

const sizeShape = z.enum([...downloadSizes, "clip"]);

/** GET ?size=&in=<album> → 303 to the bytes in the bucket. One picture counts as one download. */
export const GET = route({ params: pictureShape }, async ({ request, params }) => {
  const size = sizeShape.safeParse(new URL(request.url).searchParams.get("size"));
  const { db } = database();
  const share = await askedShare(request, params.token);
  const media = await shareMedia(db, share, params.name);
  if (media === undefined || !size.success) throw new TintypeError("not_found");
  const isOffered = sizesFor(share, media).some((offer) => offer.size === size.data);
  // The clip of a picture made of two files has an address only where originals do.
  if (size.data !== "clip" && !isOffered) throw new TintypeError("not_offered");
  const name = safeName(headingOf(media));
  const url = size.data === "clip" ? clipUrl(media, name) : downloadUrl(media, size.data, name);
  if (url === undefined) throw new TintypeError("not_found");
  await countShareDownload(db, share);
  return new Response(null, { status: 303, headers: { location: url } });
});

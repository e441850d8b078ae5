import { z } from "zod";
import { database } from "#lib/database.ts";
import { safeName } from "#lib/downloads/names.ts";
import { downloadSizes } from "#lib/downloads/shapes.ts";
import { clipUrl, downloadUrl, sizesFor } from "#lib/downloads/sizes.ts";
import { TintypeError } from "#lib/errors.ts";
import { route } from "#lib/http.ts";
import { shareMedia } from "#lib/shares/contents.ts";
import { countShareDownload, mustBeOpen } from "#lib/shares/open.ts";
import { visitorOf } from "#lib/shares/visitor.ts";
import { headingOf } from "../../../../title.ts";

const sizeShape = z.enum([...downloadSizes, "clip"]);
const paramsShape = z.object({ token: z.string(), name: z.string() });

/** GET ?size= → 303 to the bytes in the bucket. One picture counts as one download. */
export const GET = route({ params: paramsShape }, async ({ request, params }) => {
  const size = sizeShape.safeParse(new URL(request.url).searchParams.get("size"));
  const { db } = database();
  const share = await mustBeOpen(db, params.token, visitorOf(request.headers));
  const found = await shareMedia(db, share, params.name);
  if (found === undefined || !size.success) throw new TintypeError("not_found");
  const name = safeName(headingOf(found.media));
  const isOffered = sizesFor(share, found.media).some((offer) => offer.size === size.data);
  // The clip of a picture made of two files has an address only where originals do.
  if (size.data !== "clip" && !isOffered) throw new TintypeError("not_offered");
  const url = size.data === "clip" ? clipUrl(found.media, name) : downloadUrl(found.media, size.data, name);
  if (url === undefined) throw new TintypeError("not_found");
  await countShareDownload(db, share);
  return new Response(null, { status: 303, headers: { location: url } });
});

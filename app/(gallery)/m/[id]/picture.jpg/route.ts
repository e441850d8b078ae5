import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { route } from "#lib/http.ts";
import { publicPicture } from "#lib/open-web/picture.ts";

/** An address that stays, for feeds and other sites: leads to where a public picture lies at the moment. */
export const GET = route({ params: z.object({ id: z.uuid() }) }, async ({ request, params }) => {
  const width = Number(new URL(request.url).searchParams.get("w") ?? Number.NaN);
  const location = await publicPicture(database().db, params.id, width);
  if (location === undefined) throw new TintypeError("not_found");
  // For a little while only: a picture that is made private must be gone soon.
  return new Response(null, { status: 302, headers: { location, "cache-control": "public, max-age=300" } });
});

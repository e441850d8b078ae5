import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { route } from "#lib/http.ts";
import { html } from "#lib/markup.ts";
import { embedKept, embedPage } from "#lib/open-web/embed.ts";

/** A public album, for a frame on another site. */
export const GET = route({ params: z.object({ album: z.uuid() }) }, async ({ request, params }) => {
  const query = new URL(request.url).searchParams;
  const page = await embedPage(database().db, { albumId: params.album, query });
  if (page === undefined) throw new TintypeError("not_found");
  return html(page, embedKept);
});

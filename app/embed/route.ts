import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { route } from "#lib/http.ts";
import { html } from "#lib/markup.ts";
import { embedKept, embedPage } from "#lib/open-web/embed.ts";

/** The public pictures of the gallery, for a frame on another site. */
export const GET = route({}, async ({ request }) => {
  const query = new URL(request.url).searchParams;
  const page = await embedPage(database().db, { albumId: undefined, query });
  if (page === undefined) throw new TintypeError("not_found");
  return html(page, embedKept);
});

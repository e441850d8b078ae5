import { database } from "#lib/database.ts";
import { route } from "#lib/http.ts";
import { keepable } from "#lib/open-web/answer.ts";
import { sitemapIndex } from "#lib/open-web/sitemap.ts";

export const GET = route({}, async ({ request }) =>
  keepable(request, await sitemapIndex(database().db), { type: "application/xml", keepSeconds: 3600 }),
);

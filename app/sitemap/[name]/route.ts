import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { route } from "#lib/http.ts";
import { keepable } from "#lib/open-web/answer.ts";
import { sitemap } from "#lib/open-web/sitemap.ts";

const shape = z.object({ name: z.string().regex(/^[0-9a-z]+\.xml$/) });

export const GET = route({ params: shape }, async ({ request, params }) => {
  const text = await sitemap(database().db, params.name.slice(0, -".xml".length));
  if (text === undefined) throw new TintypeError("not_found");
  return keepable(request, text, { type: "application/xml", keepSeconds: 3600 });
});

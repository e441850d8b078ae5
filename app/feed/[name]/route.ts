import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { route } from "#lib/http.ts";
import { feedAnswer } from "#lib/open-web/answer.ts";
import { albumFeed } from "#lib/open-web/feeds.ts";

const shape = z.object({
  name: z
    .string()
    .regex(/^[0-9a-f-]{36}\.(xml|json)$/)
    .transform((name) => ({ id: name.slice(0, 36), form: name.endsWith("xml") ? "xml" : "json" }) as const),
});

/** A public album: `/feed/<id>.xml` and `/feed/<id>.json`. */
export const GET = route({ params: shape }, async ({ request, params: { name } }) => {
  const feed = await albumFeed(database().db, name.id);
  if (feed === undefined) throw new TintypeError("not_found");
  return feedAnswer(request, feed, name.form);
});

import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { json, route } from "#lib/http.ts";
import { openList } from "#lib/lists.ts";
import { isSearchList } from "#lib/search/list.ts";
import { paceSearch } from "#lib/search/pace.ts";
import { timeline } from "../href.ts";
import { sheetOf } from "../sheet.ts";

const pageLength = 60;

const list = z.string().default(timeline);
const questionShape = z.union([
  z.strictObject({ list, after: z.string() }),
  z.strictObject({ list, ids: z.string().transform((ids) => ids.split(",")) }),
]);

/**
 * GET ?list=<name>&after=<cursor> → {sheet, next?}: what follows in a list; without a name in the timeline.
 * GET ?list=<name>&ids=<id>,<id> → {sheet}: fresh addresses.
 */
export const GET = route({}, async ({ request, viewer }) => {
  const question = questionShape.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!question.success) throw new TintypeError("bad_request");
  const asked = openList(question.data.list);
  if (asked === undefined) throw new TintypeError("not_found");
  const { db } = database();
  if ("ids" in question.data)
    return json({ sheet: sheetOf(await asked.some(db, { viewer, ids: question.data.ids })) });
  if (isSearchList(question.data.list)) await paceSearch("pages", { headers: request.headers, viewer });
  const page = await asked.page(db, { viewer, cursor: question.data.after, limit: pageLength });
  if (page === undefined) throw new TintypeError("not_found");
  return json({ sheet: sheetOf(page.media), next: page.next });
});

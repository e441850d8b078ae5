import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { listMedia, listMediaById } from "#lib/gallery.ts";
import { json, route } from "#lib/http.ts";
import { sheetOf } from "../sheet.ts";

const pageLength = 60;

const questionShape = z.union([
  z.strictObject({ after: z.string() }),
  z.strictObject({ ids: z.string().transform((ids) => ids.split(",")) }),
]);

/** GET ?after=<cursor> → {sheet, next?}: older pictures. GET ?ids=<id>,<id> → {sheet}: fresh addresses. */
export const GET = route({}, async ({ request, viewer }) => {
  const question = questionShape.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!question.success) throw new TintypeError("bad_request");
  const { db } = database();
  if ("ids" in question.data)
    return json({ sheet: sheetOf(await listMediaById(db, { viewer, ids: question.data.ids })) });
  const page = await listMedia(db, { viewer, cursor: question.data.after, limit: pageLength });
  if (page === undefined) throw new TintypeError("not_found");
  return json({ sheet: sheetOf(page.media), next: page.next });
});

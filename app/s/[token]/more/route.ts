import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { json, route } from "#lib/http.ts";
import { sharePage, shareSome } from "#lib/shares/contents.ts";
import { mustBeOpen } from "#lib/shares/open.ts";
import { visitorOf } from "#lib/shares/visitor.ts";
import { sheetOf } from "../../../(gallery)/sheet.ts";

const pageLength = 60;
const questionShape = z.union([
  z.strictObject({ after: z.string().max(1000) }),
  z.strictObject({
    ids: z
      .string()
      .max(4000)
      .transform((ids) => ids.split(",")),
  }),
]);

/** GET ?after=<cursor> → {sheet, next?}. GET ?ids=<id>,<id> → {sheet}: fresh addresses. */
export const GET = route({ params: z.object({ token: z.string() }) }, async ({ request, params }) => {
  const question = questionShape.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!question.success) throw new TintypeError("bad_request");
  const { db } = database();
  const share = await mustBeOpen(db, params.token, visitorOf(request.headers));
  if ("ids" in question.data) return json({ sheet: sheetOf(await shareSome(db, share, question.data.ids)) });
  const page = await sharePage(db, share, { cursor: question.data.after, limit: pageLength });
  if (page === undefined) throw new TintypeError("not_found");
  return json({ sheet: sheetOf(page.media), next: page.next });
});

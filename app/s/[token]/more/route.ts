import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { json, route } from "#lib/http.ts";
import { sharePage, shareSome } from "#lib/shares/contents.ts";
import { sheetOf } from "../../../(gallery)/sheet.ts";
import { askedShare } from "../../asked.ts";

const pageLength = 60;
const questionShape = z.union([
  z.strictObject({ in: z.string().optional(), after: z.string().max(1000) }),
  z.strictObject({
    in: z.string().optional(),
    ids: z
      .string()
      .max(4000)
      .transform((ids) => ids.split(",")),
  }),
]);

/** GET ?after=<cursor> → {sheet, next?}. GET ?ids=<id>,<id> → {sheet}: fresh addresses. Both with ?in=<album>. */
export const GET = route({ params: z.object({ token: z.string() }) }, async ({ request, params }) => {
  const question = questionShape.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!question.success) throw new TintypeError("bad_request");
  const { db } = database();
  const share = await askedShare(request, params.token);
  if ("ids" in question.data) return json({ sheet: sheetOf(await shareSome(db, share, question.data.ids)) });
  const page = await sharePage(db, share, { cursor: question.data.after, limit: pageLength });
  if (page === undefined) throw new TintypeError("not_found");
  return json({ sheet: sheetOf(page.media), next: page.next });
});

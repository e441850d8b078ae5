import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { json, route } from "#lib/http.ts";
import { listFrom, monthOfRow, sectionRowsMax } from "#lib/timeline/timeline.ts";
import { monthNumber, runsOf, type Section } from "../../months.ts";
import { daysOf, sheetOf } from "../../sheet.ts";

const params = z.object({ month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/) });
const questionShape = z.strictObject({
  from: z.coerce.number().int().min(0).max(1e9),
  count: z.coerce.number().int().min(1).max(sectionRowsMax),
  px: z.coerce.number().int().min(50).max(4000),
});

/**
 * GET ?from=<rank>&count=<n>&px=<pixels> → {sheet, months, days}: pictures from that rank of a month on, newest first, each
 * with the one rendition that fills `px` device pixels of height.
 */
export const GET = route({ params }, async ({ request, viewer, params }) => {
  const question = questionShape.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!question.success) throw new TintypeError("bad_request");
  const { from, count, px } = question.data;
  const at = { month: monthNumber(params.month), rank: from };
  const rows = await listFrom(database().db, { viewer, at, limit: count });
  const section: Section = {
    sheet: sheetOf(rows, px),
    months: runsOf(rows.map(monthOfRow)),
    days: daysOf(rows),
  };
  return json(section);
});

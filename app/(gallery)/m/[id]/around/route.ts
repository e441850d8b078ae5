import { z } from "zod";
import { windowAround } from "#lib/around.ts";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { getMedia } from "#lib/gallery.ts";
import { json, route } from "#lib/http.ts";
import { idShape } from "#lib/uploads/asked.ts";
import { listNamed, type Walk } from "../../load.ts";
import { slideOf } from "../../slide.ts";

const windowLength = 24;

const questionShape = z.strictObject({
  list: z.string().optional(),
  side: z.enum(["before", "after"]).optional(),
});

/**
 * GET ?list=<name>&side=before|after → {slides, first, last}: up to 24 on each side of this picture in the list's
 * order, or on one side. Without a side the picture itself stands among them, with fresh addresses.
 */
export const GET = route({ params: idShape }, async ({ request, params, viewer }) => {
  const question = questionShape.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!question.success) throw new TintypeError("bad_request");
  const { db } = database();
  const of = await getMedia(db, { viewer, id: params.id });
  if (of === undefined) throw new TintypeError("not_found");
  const { side } = question.data;
  const found = await windowAround(db, listNamed(question.data.list).list, {
    viewer,
    of,
    limit: windowLength,
    ...(side === undefined ? {} : { side }),
  });
  const rows = [...found.before, ...(side === undefined ? [of] : []), ...found.after];
  return json({
    slides: rows.map((row) => slideOf(row, viewer)),
    first: found.first,
    last: found.last,
  } satisfies Walk);
});

import { z } from "zod";
import { database } from "#lib/database.ts";
import { addressesShape, sizeShape } from "#lib/downloads/asked.ts";
import { TintypeError } from "#lib/errors.ts";
import { json, route } from "#lib/http.ts";
import { take } from "#lib/rate-limit.ts";
import { withinShare } from "#lib/shares/albums.ts";
import { beginShareDownload, listShareDownload, shareAddresses, sumShare } from "#lib/shares/downloads.ts";
import { mustBeOpen } from "#lib/shares/open.ts";
import { visitorOf } from "#lib/shares/visitor.ts";

const common = { in: z.string().max(40).optional(), size: sizeShape, ticket: z.string().max(200).optional() };
const bodyShape = z.discriminatedUnion("question", [
  z.strictObject({ ...common, question: z.literal("sum") }),
  z.strictObject({ ...common, question: z.literal("begin") }),
  z.strictObject({ ...common, question: z.literal("page"), cursor: z.string().max(2000).optional() }),
  z.strictObject({ ...common, question: z.literal("addresses"), ids: addressesShape.shape.ids }),
]);
const pace = { points: 600, seconds: 60 };

/** As /api/downloads, for everything in a share or, with `in`, in an album in it. "begin" counts one download and answers with its ticket. */
export const POST = route(
  { params: z.object({ token: z.string() }), body: bodyShape },
  async ({ request, params, body }) => {
    const { db } = database();
    const visitor = visitorOf(request.headers);
    const whole = await mustBeOpen(db, params.token, visitor);
    await take(`share-downloads:${whole.id}:${visitor.client}`, pace);
    const share = (await withinShare(db, whole, body.in))?.share;
    if (share === undefined) throw new TintypeError("not_found");
    const { size, ticket } = body;
    if (body.question === "sum") return json(await sumShare(db, share, size));
    if (body.question === "begin") return json({ ticket: await beginShareDownload(db, share, size) });
    if (body.question === "page")
      return json(await listShareDownload(db, share, { size, ticket, cursor: body.cursor }));
    return json({ addresses: await shareAddresses(db, share, { size, ticket, ids: body.ids }) });
  },
);

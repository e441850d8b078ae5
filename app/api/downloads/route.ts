import { z } from "zod";
import { clientOf } from "#lib/auth.ts";
import { changeBytesMax, selectionShape } from "#lib/bulk/shapes.ts";
import { database } from "#lib/database.ts";
import { addressesShape, sizeShape } from "#lib/downloads/asked.ts";
import { downloadAddresses, listDownload, sumDownload } from "#lib/downloads/gallery.ts";
import { json, route } from "#lib/http.ts";
import { take } from "#lib/rate-limit.ts";

const ofShape = z.union([
  z.strictObject({ list: z.string().max(1000) }),
  z.strictObject({ selection: selectionShape }),
]);
const common = { of: ofShape, size: sizeShape, ticket: z.string().max(200).optional() };
const bodyShape = z.discriminatedUnion("question", [
  z.strictObject({ ...common, question: z.literal("sum") }),
  z.strictObject({ ...common, question: z.literal("begin") }),
  z.strictObject({ ...common, question: z.literal("page"), cursor: z.string().max(2000).optional() }),
  z.strictObject({ ...common, question: z.literal("addresses"), ids: addressesShape.shape.ids }),
]);
const pace = { points: 600, seconds: 60 };

/** What a download asks: how much, which files, and where they lie. No byte of a picture passes here. */
export const POST = route(
  { body: bodyShape, bodyBytesMax: changeBytesMax },
  async ({ request, viewer, body }) => {
    const { of, size } = body;
    await take(`downloads:${viewer?.id ?? clientOf(request.headers)}`, pace);
    const { db } = database();
    if (body.question === "begin") return json({ ticket: "" });
    if (body.question === "sum") return json(await sumDownload(db, { viewer, size, of }));
    if (body.question === "page")
      return json(await listDownload(db, { viewer, size, of, cursor: body.cursor }));
    return json({ addresses: await downloadAddresses(db, { viewer, size, ids: body.ids }) });
  },
);

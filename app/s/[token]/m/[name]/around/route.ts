import { z } from "zod";
import { TintypeError } from "#lib/errors.ts";
import { json, route } from "#lib/http.ts";
import { askedShare, pictureShape } from "../../../../asked.ts";
import { aroundIn } from "../../../../opened.ts";

const sideShape = z.enum(["before", "after"]).optional();

/**
 * GET ?in=<album>&side=before|after → {slides, first, last}: the pictures beside this one in the share's order.
 * Without a side the picture itself stands among them, with fresh addresses.
 */
export const GET = route({ params: pictureShape }, async ({ request, params }) => {
  const side = sideShape.safeParse(new URL(request.url).searchParams.get("side") ?? undefined);
  if (!side.success) throw new TintypeError("bad_request");
  const walk = await aroundIn(await askedShare(request, params.token), {
    name: params.name,
    side: side.data,
  });
  if (walk === undefined) throw new TintypeError("not_found");
  return json(walk);
});

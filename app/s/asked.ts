import { z } from "zod";
import { database } from "#lib/database.ts";
import { TintypeError } from "#lib/errors.ts";
import { withinShare } from "#lib/shares/albums.ts";
import { mustBeOpen, type OpenShare } from "#lib/shares/open.ts";
import { visitorOf } from "#lib/shares/visitor.ts";

export const pictureShape = z.object({ token: z.string(), name: z.string() });
const albumShape = z.string().max(40);

/**
 * The share a request asks about, as it looks from the album the request names. Looked up anew each time: a link that
 * has ended answers nothing, however long a page of it has been open. Throws as mustBeOpen does, and "not_found".
 */
export async function askedShare(request: Request, token: string): Promise<OpenShare> {
  const album = new URL(request.url).searchParams.get("in");
  const { db } = database();
  const share = await mustBeOpen(db, token, visitorOf(request.headers));
  const here = await withinShare(
    db,
    share,
    album === null ? undefined : (albumShape.safeParse(album).data ?? ""),
  );
  if (here === undefined) throw new TintypeError("not_found");
  return here.share;
}

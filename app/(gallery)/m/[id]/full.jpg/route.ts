import { database } from "#lib/database.ts";
import { fullJpegUrl } from "#lib/full-jpeg.ts";
import { route } from "#lib/http.ts";
import { storage } from "#lib/storage/current.ts";
import { idShape } from "#lib/uploads/asked.ts";

/** GET → 303 to a JPEG of the full size, once the worker has made it; 503 with Retry-After when that takes long. */
export const GET = route({ params: idShape }, async ({ request, params, viewer }) => {
  const ask = { viewer, id: params.id, signal: request.signal };
  const location = await fullJpegUrl(database().db, storage(), ask);
  return new Response(null, { status: 303, headers: { location, "cache-control": "no-store" } });
});

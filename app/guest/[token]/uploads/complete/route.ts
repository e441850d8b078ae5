import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { completeGuestUploads } from "#lib/shares/guest.ts";
import { storage } from "#lib/storage/current.ts";
import { completeShape } from "#lib/uploads/asked.ts";
import { askingGuest, tokenShape } from "../../../asked.ts";

export const POST = route({ params: tokenShape, body: completeShape }, async ({ request, params, body }) => {
  const guest = await askingGuest(request, params.token, body.ids.length);
  return json({ uploads: await completeGuestUploads(database().db, storage(), guest, body) });
});

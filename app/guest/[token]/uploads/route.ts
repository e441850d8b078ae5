import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { beginGuestUploads, openGuestUploads } from "#lib/shares/guest.ts";
import { storage } from "#lib/storage/current.ts";
import { beginShape } from "#lib/uploads/asked.ts";
import { askingGuest, tokenShape } from "../../asked.ts";

export const GET = route({ params: tokenShape }, async ({ request, params }) => {
  const guest = await askingGuest(request, params.token);
  return json({ uploads: await openGuestUploads(database().db, guest) });
});

export const POST = route({ params: tokenShape, body: beginShape }, async ({ request, params, body }) => {
  const guest = await askingGuest(request, params.token, body.uploads.length);
  return json({ uploads: await beginGuestUploads(database().db, storage(), guest, body.uploads) });
});

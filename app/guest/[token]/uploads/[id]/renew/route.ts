import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { renewGuestUpload } from "#lib/shares/guest.ts";
import { storage } from "#lib/storage/current.ts";
import { emptyShape } from "#lib/uploads/asked.ts";
import { askingGuest, uploadShape } from "../../../../asked.ts";

export const POST = route({ params: uploadShape, body: emptyShape }, async ({ request, params }) => {
  const guest = await askingGuest(request, params.token);
  return json(await renewGuestUpload(database().db, storage(), guest, params.id));
});

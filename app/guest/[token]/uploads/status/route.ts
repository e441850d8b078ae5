import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { guestUploadStatus } from "#lib/shares/guest.ts";
import { statusShape } from "#lib/uploads/asked.ts";
import { askingGuest, tokenShape } from "../../../asked.ts";

export const POST = route({ params: tokenShape, body: statusShape }, async ({ request, params, body }) => {
  const guest = await askingGuest(request, params.token);
  const asked = { ...body, signal: request.signal };
  return json({ uploads: await guestUploadStatus(database().db, guest, asked) });
});

import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { cancelGuestUpload, getGuestUpload } from "#lib/shares/guest.ts";
import { storage } from "#lib/storage/current.ts";
import { askingGuest, uploadShape } from "../../../asked.ts";

export const GET = route({ params: uploadShape }, async ({ request, params: { token, id } }) => {
  const guest = await askingGuest(request, token);
  const probe = new URL(request.url).searchParams.has("probe");
  return json(await getGuestUpload(database().db, storage(), guest, { id, probe }));
});

export const DELETE = route({ params: uploadShape }, async ({ request, params: { token, id } }) =>
  json(await cancelGuestUpload(database().db, await askingGuest(request, token), id)),
);

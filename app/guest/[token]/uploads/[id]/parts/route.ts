import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { partsAtOnceMax } from "#lib/media.ts";
import { openGuestParts } from "#lib/shares/guest.ts";
import { storage } from "#lib/storage/current.ts";
import { partsShape } from "#lib/uploads/asked.ts";
import { askingGuest, uploadShape } from "../../../../asked.ts";

export const POST = route({ params: uploadShape, body: partsShape }, async ({ request, params, body }) => {
  const guest = await askingGuest(request, params.token, body.numbers?.length ?? partsAtOnceMax);
  const asked = { id: params.id, numbers: body.numbers };
  return json(await openGuestParts(database().db, storage(), guest, asked));
});

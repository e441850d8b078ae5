import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { idsShape } from "#lib/media.ts";
import { uploadStatus } from "#lib/uploads.ts";

export const POST = route({ body: idsShape }, async ({ viewer, body }) =>
  json({ uploads: await uploadStatus(database().db, { viewer, ids: body.ids }) }),
);

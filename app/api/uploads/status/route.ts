import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { statusShape } from "#lib/uploads/asked.ts";
import { uploadStatus } from "#lib/uploads.ts";

export const POST = route({ body: statusShape }, async ({ request, viewer, body }) =>
  json({ uploads: await uploadStatus(database().db, { viewer, ...body, signal: request.signal }) }),
);

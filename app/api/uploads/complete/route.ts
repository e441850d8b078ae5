import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { storage } from "#lib/storage/current.ts";
import { completeShape } from "#lib/uploads/asked.ts";
import { paceLooks } from "#lib/uploads/pace.ts";
import { completeUploads } from "#lib/uploads.ts";

export const POST = route({ body: completeShape }, async ({ viewer, body }) => {
  if (body.look) await paceLooks(viewer, body.ids.length);
  return json({ uploads: await completeUploads(database().db, storage(), { viewer, ...body }) });
});

import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { beginShape } from "#lib/media.ts";
import { take } from "#lib/rate-limit.ts";
import { storage } from "#lib/storage/current.ts";
import { beginUploads, openUploads } from "#lib/uploads.ts";

export const GET = route({}, async ({ viewer }) =>
  json({ uploads: await openUploads(database().db, { viewer }) }),
);

export const POST = route({ body: beginShape }, async ({ viewer, body }) => {
  if (viewer !== undefined) await take(`begin:${viewer.id}`, { points: 300, seconds: 60 });
  return json({ uploads: await beginUploads(database().db, storage(), { viewer, uploads: body.uploads }) });
});

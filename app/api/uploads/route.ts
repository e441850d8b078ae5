import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { storage } from "#lib/storage/current.ts";
import { beginShape } from "#lib/uploads/asked.ts";
import { pacePolicies } from "#lib/uploads/pace.ts";
import { beginUploads, openUploads } from "#lib/uploads.ts";

export const GET = route({}, async ({ viewer }) =>
  json({ uploads: await openUploads(database().db, { viewer }) }),
);

export const POST = route({ body: beginShape }, async ({ viewer, body }) => {
  await pacePolicies(viewer, body.uploads.length);
  return json({ uploads: await beginUploads(database().db, storage(), { viewer, uploads: body.uploads }) });
});

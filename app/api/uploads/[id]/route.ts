import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { idShape } from "#lib/media.ts";
import { storage } from "#lib/storage/current.ts";
import { cancelUpload, getUpload } from "#lib/uploads.ts";

export const GET = route({ params: idShape }, async ({ request, viewer, params }) => {
  const probe = new URL(request.url).searchParams.has("probe");
  return json(await getUpload(database().db, storage(), { viewer, id: params.id, probe }));
});

export const DELETE = route({ params: idShape }, async ({ viewer, params }) =>
  json(await cancelUpload(database().db, { viewer, id: params.id })),
);

import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { storage } from "#lib/storage/current.ts";
import { idShape } from "#lib/uploads/asked.ts";
import { paceLooks } from "#lib/uploads/pace.ts";
import { cancelUpload, getUpload } from "#lib/uploads.ts";

export const GET = route({ params: idShape }, async ({ request, viewer, params }) => {
  const probe = new URL(request.url).searchParams.has("probe");
  if (probe) await paceLooks(viewer, 1);
  return json(await getUpload(database().db, storage(), { viewer, id: params.id, probe }));
});

export const DELETE = route({ params: idShape }, async ({ viewer, params }) =>
  json(await cancelUpload(database().db, { viewer, id: params.id })),
);

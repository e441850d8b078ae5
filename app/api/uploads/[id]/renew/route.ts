import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { storage } from "#lib/storage/current.ts";
import { emptyShape, idShape } from "#lib/uploads/asked.ts";
import { pacePolicies } from "#lib/uploads/pace.ts";
import { renewUpload } from "#lib/uploads.ts";

export const POST = route({ params: idShape, body: emptyShape }, async ({ viewer, params }) => {
  await pacePolicies(viewer, 1);
  return json(await renewUpload(database().db, storage(), { viewer, id: params.id }));
});

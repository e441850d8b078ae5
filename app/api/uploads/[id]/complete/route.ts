import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { storage } from "#lib/storage/current.ts";
import { emptyShape, idShape } from "#lib/uploads/asked.ts";
import { paceLooks } from "#lib/uploads/pace.ts";
import { completeUpload } from "#lib/uploads.ts";

export const POST = route({ params: idShape, body: emptyShape }, async ({ viewer, params }) => {
  await paceLooks(viewer, 1);
  const upload = await completeUpload(database().db, storage(), { viewer, id: params.id });
  return upload.state === "ready"
    ? json(upload)
    : json(upload, { status: 202, headers: { "retry-after": "1" } });
});

import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { partsAtOnceMax } from "#lib/media.ts";
import { storage } from "#lib/storage/current.ts";
import { idShape, partsShape } from "#lib/uploads/asked.ts";
import { pacePolicies } from "#lib/uploads/pace.ts";
import { openParts } from "#lib/uploads/parts.ts";

export const POST = route({ params: idShape, body: partsShape }, async ({ viewer, params, body }) => {
  await pacePolicies(viewer, body.numbers?.length ?? partsAtOnceMax);
  return json(await openParts(database().db, storage(), { viewer, id: params.id, numbers: body.numbers }));
});

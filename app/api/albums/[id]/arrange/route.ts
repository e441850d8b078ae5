import { arrange, arrangeShape } from "#lib/albums.ts";
import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { idShape } from "#lib/uploads/asked.ts";

/** {ids, target, after} → {id?}: puts pictures beside another one; `id` is what it is taken back by. */
export const POST = route({ params: idShape, body: arrangeShape }, async ({ viewer, params, body }) =>
  json({ id: await arrange(database().db, { viewer, albumId: params.id, ...body }) }),
);

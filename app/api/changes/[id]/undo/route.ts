import { undo } from "#lib/bulk/change.ts";
import { database } from "#lib/database.ts";
import { json, route } from "#lib/http.ts";
import { emptyShape, idShape } from "#lib/uploads/asked.ts";

/** {} → {restored, left}: takes one's own change back, once, within a day. */
export const POST = route({ params: idShape, body: emptyShape }, async ({ viewer, params }) =>
  json(await undo(database().db, { viewer, changeId: params.id })),
);
